// Shared by the loader's tests: load a text, see the problems as "line:column: message" lines.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "sim/scenario/loader.h"

namespace eventarium::scenario {

/// The scenario; the test fails with the problems when there are any.
inline Scenario load(const std::string& yaml, const Overrides& overrides = {}) {
  LoadResult result = load_text(yaml, "test.yaml", overrides);
  std::string problems;
  for (const Problem& problem : result.problems) problems += to_text(problem) + "\n";
  INFO(yaml);
  REQUIRE_MESSAGE(problems.empty(), problems);
  REQUIRE(result.scenario.has_value());
  return *result.scenario;
}

/// The problems, one "line:column: message" per line; "" when there are none.
inline std::string problems(const std::string& yaml, const Overrides& overrides = {}) {
  std::string text;
  for (const Problem& problem : load_text(yaml, "test.yaml", overrides).problems) {
    if (!text.empty()) text += "\n";
    text += to_text(problem);
    const std::string prefix = "test.yaml:";
    const std::size_t at = text.rfind(prefix);
    if (at != std::string::npos) text.erase(at, prefix.size());
  }
  return text;
}

}  // namespace eventarium::scenario
