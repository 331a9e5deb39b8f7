// libFuzzer target: any bytes as a scenario file. The loader answers with a scenario or with
// problems, each of which has a place inside the file; anything else is a crash.
#include <algorithm>
#include <cstdint>
#include <string_view>

#include "sim/base/check.h"
#include "sim/scenario/loader.h"

using namespace eventarium;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const scenario::LoadResult result = scenario::load_text(text, "fuzz.yaml");
  EVENTARIUM_CHECK(result.scenario.has_value() == result.problems.empty(),
                   "either a scenario or problems");
  const auto lines = 1 + std::count(text.begin(), text.end(), '\n');
  for (const scenario::Problem& problem : result.problems) {
    EVENTARIUM_CHECK(problem.line >= 1 && problem.line <= lines, "a line inside the file");
    EVENTARIUM_CHECK(problem.column >= 1 && problem.column <= static_cast<long>(size) + 1,
                     "a column inside the file");
    EVENTARIUM_CHECK(!problem.message.empty(), "a problem says what it is");
  }
  return 0;
}
