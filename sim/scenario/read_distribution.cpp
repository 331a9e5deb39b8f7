// Reads a length of time that is drawn anew for each event.
#include <array>

#include <fmt/format.h>

#include "sim/scenario/map_reader.h"
#include "sim/scenario/units.h"

namespace eventarium::scenario {
namespace {

bool read_uniform(const YamlNode& node, Distribution& out, Problems& problems) {
  const std::vector<YamlNode>& ends = read_list(node, "uniform", problems);
  if (!node.is_sequence()) return false;
  if (ends.size() != 2) {
    problems.add(node.place, "uniform: two lengths of time are expected: [10ms, 20ms]");
    return false;
  }
  if (!read_duration(ends[0], "uniform", out.a, problems)) return false;
  if (!read_duration(ends[1], "uniform", out.b, problems)) return false;
  if (out.a > out.b) {
    problems.add(node.place, fmt::format("uniform: the first end ({}) is the later one ({})",
                                         format_duration(out.a), format_duration(out.b)));
    return false;
  }
  return true;
}

bool read_log_normal(const YamlNode& node, Distribution& out, Problems& problems) {
  const MapReader map(node, "log_normal", problems);
  const bool has_median = map.duration("median", out.a);
  std::string sigma_text;
  if (!map.text("sigma", sigma_text)) return false;
  const Parsed<double> sigma = parse_number(sigma_text);
  const double* const value = std::get_if<double>(&sigma);
  if (value == nullptr || *value < 0 || *value > 5) {
    problems.add(map.place_of("sigma"), "sigma: a number from 0 to 5 is expected");
    return false;
  }
  out.sigma = *value;
  return has_median;
}

}  // namespace

bool read_distribution(const YamlNode& node, std::string_view what, Distribution& out,
                       Problems& problems) {
  Distribution read;
  bool right = false;
  if (node.is_scalar()) {
    right = read_duration(node, what, read.a, problems);
  } else if (!node.is_map()) {
    problems.add(node.place,
                 fmt::format("{}: a length of time is expected, or one of {{uniform: [10ms, "
                             "20ms]}}, {{exponential: 100ms}}, {{log_normal: {{median: 120ms, "
                             "sigma: 0.5}}}}",
                             what));
  } else {
    const MapReader map(node, "distribution", problems);
    if (node.pairs.size() != 1) {
      problems.add(node.place, fmt::format("{}: exactly one of fixed, uniform, exponential, "
                                           "log_normal is expected",
                                           what));
      return false;
    }
    if (const YamlNode* const uniform = map.get("uniform")) {
      read.kind = Distribution::Kind::uniform;
      right = read_uniform(*uniform, read, problems);
    } else if (const YamlNode* const log_normal = map.get("log_normal")) {
      read.kind = Distribution::Kind::log_normal;
      right = read_log_normal(*log_normal, read, problems);
    } else if (map.has("exponential")) {
      read.kind = Distribution::Kind::exponential;
      right = map.duration("exponential", read.a);
    } else {
      right = map.duration("fixed", read.a);
    }
  }
  if (right) out = read;
  return right;
}

}  // namespace eventarium::scenario
