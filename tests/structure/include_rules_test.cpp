// Which folder may include which: dependencies point down, only one file knows SimGrid, only the
// window's folders know ImGui and GLFW, and the window knows of the simulation only its trace.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/structure/sources.h"

using namespace eventarium::structure;

namespace {

/// A folder, and the folders of this repository that its files may include besides itself.
const std::map<std::string, std::set<std::string>>& allowed() {
  static const std::map<std::string, std::set<std::string>> rules = [] {
    const std::set<std::string> engine = {"sim/base", "sim/trace", "sim/engine"};
    const auto with = [](std::set<std::string> set, const std::set<std::string>& more) {
      set.insert(more.begin(), more.end());
      return set;
    };
    const std::set<std::string> kafka = with(engine, {"sim/log"});
    const std::set<std::string> client = with(kafka, {"sim/broker", "sim/bus"});
    const std::set<std::string> service = with(client, {"sim/client", "sim/scenario"});
    const std::set<std::string> readers = {"sim/base", "sim/trace", "sim/scenario"};
    return std::map<std::string, std::set<std::string>>{
        {"sim/base", {}},
        {"sim/trace", {"sim/base"}},
        {"sim/scenario", {"sim/base"}},
        {"sim/engine", {"sim/base", "sim/trace"}},
        {"sim/log", engine},
        {"sim/bus", engine},
        {"sim/controller", with(kafka, {"sim/broker"})},
        {"sim/coordinator", with(kafka, {"sim/broker"})},
        {"sim/broker", kafka},
        {"sim/client", client},
        {"sim/service", service},
        {"sim/check", readers},
        {"sim/app",
         with(service, {"sim/service", "sim/check", "sim/controller", "sim/coordinator"})},
        {"viz/model", readers},
        {"viz/ui", with(readers, {"viz/model"})},
        {"viz/app", with(readers, {"viz/model", "viz/ui"})},
    };
  }();
  return rules;
}

bool starts_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

std::string folder_of(const std::string& path) { return path.substr(0, path.find_last_of('/')); }

}  // namespace

TEST_CASE("every folder of sim/ and viz/ has a place in the order of layers") {
  for (const Source& source : sources_in({"sim", "viz"})) {
    INFO(source.path);
    CHECK(allowed().count(source.folder()) == 1);
  }
}

TEST_CASE("dependencies point down") {
  for (const Source& source : sources_in({"sim", "viz"})) {
    const auto rule = allowed().find(source.folder());
    if (rule == allowed().end()) continue;
    for (const Include& include : includes_of(source)) {
      if (include.angled) continue;
      INFO(source.path, ":", include.line, " includes ", include.target);
      REQUIRE(include.target.find('/') != std::string::npos);
      const std::string folder = folder_of(include.target);
      CHECK((folder == source.folder() || rule->second.count(folder) == 1));
    }
  }
}

TEST_CASE("SimGrid, ImGui and GLFW stay where they belong") {
  for (const Source& source : sources_in({"sim", "viz", "tests"})) {
    for (const Include& include : includes_of(source)) {
      INFO(source.path, ":", include.line, " includes ", include.target);
      const bool simgrid =
          starts_with(include.target, "simgrid/") || starts_with(include.target, "xbt/");
      if (simgrid) CHECK(starts_with(source.path, "sim/engine/simgrid_engine"));
      const bool graphics = include.target.find("imgui") != std::string::npos ||
                            starts_with(include.target, "GLFW/") ||
                            starts_with(include.target, "GL/");
      if (graphics) CHECK((source.in("viz/ui") || source.in("viz/app") || source.in("tests")));
    }
  }
}

TEST_CASE("tests, tutorials and the like are included by nobody above them") {
  for (const Source& source : sources_in({"sim", "viz"}))
    for (const Include& include : includes_of(source)) {
      INFO(source.path, ":", include.line, " includes ", include.target);
      CHECK(!starts_with(include.target, "tests/"));
    }
}

TEST_CASE("nodes, engines, trace and model use no threads, processes or clocks of this world") {
  const std::set<std::string> headers = {
      "thread",   "mutex",      "future",    "atomic",
      "unistd.h", "sys/wait.h", "pthread.h", "condition_variable"};
  for (const Source& source : sources_in({"sim", "viz/model"})) {
    if (source.in("sim/app")) continue;
    for (const Include& include : includes_of(source)) {
      INFO(source.path, ":", include.line, " includes ", include.target);
      CHECK(headers.count(include.target) == 0);
    }
    const std::string code = code_only(source.text);
    for (const char* word : {"steady_clock", "system_clock", "random_device", "std::rand",
                             "std::time(", "getenv", "std::async"}) {
      INFO(source.path, " uses ", word);
      CHECK(code.find(word) == std::string::npos);
    }
  }
}
