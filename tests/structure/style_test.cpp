// Rules of style that a machine can check: lengths, opening comments, dead words, paths of one
// machine, and that every file of the simulator is known to some test.
#include <doctest/doctest.h>

#include <algorithm>
#include <regex>
#include <set>

#include "tests/structure/sources.h"

using namespace eventarium::structure;

namespace {

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u;
  }));
}

/// The opening lines of functions that stand at the left margin, as clang-format leaves them.
bool opens_function(const std::string& line) {
  if (line.empty() || line[0] == ' ' || line[0] == '}' || line[0] == '#' || line[0] == '/')
    return false;
  static const std::regex other(
      R"(^(namespace|struct|class|enum|union|extern|template|TEST_CASE)\b)");
  return line.back() == '{' && !std::regex_search(line, other);
}

}  // namespace

TEST_CASE("files are at most 600 lines, lines at most 100 columns") {
  for (const Source& source : sources_in({"sim", "viz", "tests"})) {
    if (!source.is_cpp() || source.path == "sim/trace/schema.inl") continue;
    INFO(source.path);
    CHECK(source.lines.size() <= 600);
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      INFO("line ", i + 1);
      if (columns(source.lines[i]) > 100) {
        // Raw strings and addresses can't be broken.
        const bool unbreakable = source.lines[i].find("R\"") != std::string::npos ||
                                 source.lines[i].find("://") != std::string::npos ||
                                 source.in("tests");
        CHECK(unbreakable);
      }
    }
  }
}

TEST_CASE("functions are at most 70 lines") {
  for (const Source& source : sources_in({"sim", "viz"})) {
    if (!source.is_cpp()) continue;
    std::size_t begin = 0;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
      if (opens_function(source.lines[i])) begin = i + 1;
      if (source.lines[i] != "}" || begin == 0) continue;
      INFO(source.path, ":", begin);
      CHECK(i + 2 - begin <= 70);
      begin = 0;
    }
  }
}

TEST_CASE("a file opens with what it is for") {
  for (const Source& source : sources_in({"sim", "viz", "tests/structure", "tests/fuzz"})) {
    if (!source.is_cpp() || source.lines.empty()) continue;
    INFO(source.path);
    const std::string& first = source.lines[0];
    // What implements a header is explained there.
    const std::string own = "#include \"" + source.folder() + "/" + source.stem() + ".h\"";
    CHECK((first.rfind("//", 0) == 0 || (source.extension() == ".cpp" && first == own)));
  }
}

TEST_CASE("headers are included once") {
  for (const Source& source : sources_in({"sim", "viz", "tests"})) {
    if (source.extension() != ".h") continue;
    INFO(source.path);
    CHECK(source.text.find("#pragma once") != std::string::npos);
  }
}

TEST_CASE("no paths of one machine, nothing left for later") {
  // Put together here, so that this file passes its own test.
  const std::vector<std::string> forbidden = {
      std::string("/ho") + "me/",    std::string("/wo") + "rk/", std::string("/ro") + "ot/",
      std::string("../sh") + "ared", std::string("TO") + "DO",   std::string("FIX") + "ME"};
  for (const Source& source :
       sources_in({"sim", "viz", "tests", "scenarios", "assets", "tutorials", ".ci"})) {
    for (std::size_t i = 0; i < source.lines.size(); ++i)
      for (const std::string& word : forbidden) {
        if (source.lines[i].find(word) == std::string::npos) continue;
        FAIL_CHECK(source.path, ":", i + 1, ": ", word);
      }
  }
}
TEST_CASE("every file of the simulator and of the window's model is reached by a test") {
  // From the headers that tests include, on through what those and their implementations include
  // of the same folder. The command is tested as a program: its entry counts as included.
  const std::vector<Source> sources = sources_in({"sim", "viz/model"});
  std::set<std::string> reached = {"sim/app/command_line.h"};
  for (const Source& test : sources_in({"tests/unit"}))
    for (const Include& include : includes_of(test)) reached.insert(include.target);
  for (std::size_t before = 0; before != reached.size();) {
    before = reached.size();
    for (const Source& source : sources) {
      const std::string own = source.folder() + "/" + source.stem();
      bool known = reached.count(own + ".h") == 1;
      // A part of something: it implements a header of another name.
      for (const Include& include : includes_of(source))
        known = known || (source.extension() == ".cpp" && reached.count(include.target) == 1 &&
                          include.target.rfind(source.folder() + "/", 0) == 0 &&
                          !std::filesystem::exists(EVENTARIUM_SOURCE_DIR "/" + own + ".h"));
      if (!known) continue;
      reached.insert(source.path);
      for (const Include& include : includes_of(source))
        if (include.target.rfind(source.folder() + "/", 0) == 0) reached.insert(include.target);
    }
  }
  for (const Source& source : sources) {
    if (source.extension() != ".cpp" || source.stem() == "main") continue;
    INFO(source.path, ": no test reaches it");
    CHECK(reached.count(source.path) == 1);
  }
}
