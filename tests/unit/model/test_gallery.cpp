#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>

#include "viz/model/gallery.h"

using namespace eventarium;
using namespace eventarium::viz;

namespace {

namespace fs = std::filesystem;

struct Folder {
  fs::path path = fs::path(EVENTARIUM_BINARY_DIR) / "test_gallery_files";
  Folder() {
    fs::remove_all(path);
    fs::create_directories(path);
  }
  ~Folder() { fs::remove_all(path); }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(path / name) << text;
  }
};

}  // namespace

TEST_CASE("gallery: scenarios by name, the first in front, broken ones with their problems") {
  const Folder folder;
  folder.write("b.yaml",
               "version: 1\ninfo: {title: Bee, promise: It hums., minutes: 3}\n"
               "topics: [{name: t}]\nproducers: [{name: p, topic: t}]\n");
  folder.write("a.yml", "version: 1\nproducerz: []\n");
  folder.write("newsletter.yaml", ":\n\t- broken");
  folder.write("notes.txt", "not a scenario");
  fs::create_directories(folder.path / "c.yaml");
  const auto entries = list_gallery(folder.path.string(), "newsletter");
  REQUIRE(entries.size() == 3);
  CHECK(entries[0].name == "newsletter");
  CHECK_FALSE(entries[0].problems.empty());
  CHECK(entries[1].name == "a");
  CHECK(entries[1].title == "a");
  REQUIRE_FALSE(entries[1].problems.empty());
  CHECK(entries[1].problems[0].find("a.yml:2:1:") != std::string::npos);
  CHECK(entries[2].title == "Bee");
  CHECK(entries[2].promise == "It hums.");
  CHECK(entries[2].minutes == 3);
  CHECK(entries[2].problems.empty());
}

TEST_CASE("gallery: no folder, no entries") { CHECK(list_gallery("/nowhere/at/all").empty()); }

TEST_CASE("gallery: all shipped scenarios can be played and promise something") {
  const auto entries = list_gallery(std::string(EVENTARIUM_SOURCE_DIR) + "/scenarios");
  REQUIRE(entries.size() >= 8);
  CHECK(entries.front().name == "newsletter");
  for (const GalleryEntry& entry : entries) {
    CAPTURE(entry.name);
    CHECK(entry.problems.empty());
    CHECK_FALSE(entry.promise.empty());
    CHECK(entry.minutes > 0);
    CHECK(entry.duration > Duration::zero());
  }
}
