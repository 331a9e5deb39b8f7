// The built program on a virtual screen: pictures of real runs, and honest exit codes. Skipped,
// with a message, where there is no Xvfb.
#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;

const std::string program = std::string(EVENTARIUM_BINARY_DIR) + "/eventarium-view";

/// The exit code of a shell command; -1 when it was killed. Its errors go to `errors`.
int run(const std::string& command, const fs::path& errors) {
  const int status = std::system((command + " >/dev/null 2>" + errors.string()).c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

bool has_xvfb() { return std::system("command -v xvfb-run >/dev/null 2>&1") == 0; }

std::string on_screen(const std::string& arguments) {
  return "LIBGL_ALWAYS_SOFTWARE=1 xvfb-run -a -s '-screen 0 1920x1080x24' " + program + " " +
         arguments;
}

struct Folder {
  fs::path path = fs::temp_directory_path() / ("eventarium-view-test-" + std::to_string(getpid()));
  Folder() { fs::create_directories(path); }
  ~Folder() { fs::remove_all(path); }
};

std::string text_of(const fs::path& file) {
  std::ifstream stream(file, std::ios::binary);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

/// Width and height from a PNG's header; 0 when it is none.
std::pair<unsigned, unsigned> png_size(const std::string& png) {
  if (png.size() < 24 || png.compare(1, 3, "PNG") != 0) return {0, 0};
  const auto number = [&](std::size_t at) {
    unsigned value = 0;
    for (std::size_t i = at; i < at + 4; ++i)
      value = value << 8 | static_cast<unsigned char>(png[i]);
    return value;
  };
  return {number(16), number(20)};
}

}  // namespace

TEST_CASE("a picture of a running scenario, twice the same, in the size and profile asked for") {
  if (!has_xvfb()) {
    MESSAGE("skipped: there is no xvfb-run");
    return;
  }
  const Folder folder;
  const fs::path errors = folder.path / "errors", first = folder.path / "1.png",
                 second = folder.path / "2.png";
  const std::string options = " --at 4.00506 --size 1280x720 --profile projector";
  CHECK(run(on_screen("newsletter --screenshot " + first.string() + options), errors) == 0);
  CHECK(run(on_screen("newsletter --screenshot " + second.string() + options), errors) == 0);
  const std::string png = text_of(first);
  CHECK(png_size(png) == std::pair{1280U, 720U});
  CHECK(png.size() > 20000);  // an empty picture is a tenth of that
  CHECK(png == text_of(second));
}

TEST_CASE("every channel can be pictured") {
  if (!has_xvfb()) return;
  const Folder folder;
  for (const std::string name : {"newsletter-direct", "letter", "radio"}) {
    CAPTURE(name);
    const fs::path png = folder.path / (name + ".png");
    CHECK(run(on_screen(name + " --at 6 --screenshot " + png.string()), folder.path / "errors") ==
          0);
    CHECK(png_size(text_of(png)) == std::pair{1920U, 1080U});
  }
}

TEST_CASE("without a screen the program says so and ends with 3, with a bad file with 2") {
  const Folder folder;
  const fs::path errors = folder.path / "errors";
  CHECK(run("env -u DISPLAY -u WAYLAND_DISPLAY " + program + " newsletter", errors) == 3);
  CHECK(text_of(errors).find("no display") != std::string::npos);
  const fs::path bad = folder.path / "bad.yaml";
  std::ofstream(bad) << "version: 1\nproducrs: []\n";
  CHECK(run(program + " " + bad.string(), errors) == 2);
  CHECK(text_of(errors).find("bad.yaml:2:1") != std::string::npos);
  CHECK(run(program + " no-such-scenario", errors) == 2);
}
