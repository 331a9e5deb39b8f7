// Reads a scenario file: YAML, defaults, all errors of a file at once, each with its place and a
// hint. The accepted keys are those of assets/scenario.schema.json (a test holds them together).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/scenario/scenario.h"

namespace eventarium::scenario {

struct Problem {
  std::string file;
  int line = 0;  // from 1
  int column = 0;
  std::string message;  // with a hint, e.g. "unknown key 'partitons' (did you mean 'partitions'?)"
};

/// "file:line:column: message"
std::string to_text(const Problem& problem);

struct LoadResult {
  std::optional<Scenario> scenario;  // absent when there are problems
  std::vector<Problem> problems;
  std::vector<Problem> remarks;  // nothing is wrong, but somebody may have meant something else
};

/// `--set path=value`: "producers.0.count=5", "producers.website.count=5" or "seed=7"; the value
/// is YAML. Applied before defaults.
using Overrides = std::vector<std::pair<std::string, std::string>>;

LoadResult load_text(std::string_view yaml, const std::string& path,
                     const Overrides& overrides = {});
/// A file that can't be read is a problem at 0:0.
LoadResult load_file(const std::string& path, const Overrides& overrides = {});

}  // namespace eventarium::scenario
