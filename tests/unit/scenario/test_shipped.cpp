// The scenarios in scenarios/: each loads, explains itself to a learner, and expects something.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <vector>

#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

std::vector<std::filesystem::path> shipped() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(EVENTARIUM_SOURCE_DIR "/scenarios"))
    if (entry.path().extension() == ".yaml") files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

}  // namespace

TEST_CASE("every shipped scenario loads") {
  CHECK(shipped().size() >= 8);
  for (const auto& file : shipped()) {
    const LoadResult result = load_file(file.string());
    for (const Problem& problem : result.problems) FAIL_CHECK(to_text(problem));
    CHECK(result.scenario.has_value());
  }
}

TEST_CASE("every shipped scenario explains itself and can be judged") {
  for (const auto& file : shipped()) {
    const LoadResult result = load_file(file.string());
    if (!result.scenario) continue;
    const Scenario& s = *result.scenario;
    INFO(s.name);
    CHECK(s.info.title != s.name);
    CHECK(!s.info.promise.empty());
    CHECK(s.info.promise.size() <= 110);
    for (const std::string* text : {&s.info.what, &s.info.how, &s.info.use, &s.info.extend})
      CHECK(text->size() > 60);
    CHECK(s.info.notice.size() >= 3);
    CHECK(s.info.attempt.size() >= 3);
    CHECK(s.expectations.size() >= 5);
    CHECK(s.view.speed.has_value());
  }
}

TEST_CASE("every shipped scenario names the schema in its first line") {
  for (const auto& file : shipped()) {
    std::ifstream stream(file);
    std::string line;
    std::getline(stream, line);
    INFO(file.string());
    CHECK(line == "# yaml-language-server: $schema=../assets/scenario.schema.json");
  }
}

TEST_CASE("the examples in the README load") {
  std::ifstream stream(EVENTARIUM_SOURCE_DIR "/README.md");
  std::stringstream whole;
  whole << stream.rdbuf();
  const std::string text = whole.str();
  const std::string fence = "```yaml\n";
  int examples = 0;
  for (std::size_t at = text.find(fence); at != std::string::npos; at = text.find(fence, at)) {
    at += fence.size();
    load(text.substr(at, text.find("```", at) - at));
    ++examples;
  }
  CHECK(examples >= 1);
}
