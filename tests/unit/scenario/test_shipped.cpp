// The scenarios in scenarios/: each loads, explains itself to a learner, and expects something.
#include <algorithm>
#include <filesystem>
#include <fstream>
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
