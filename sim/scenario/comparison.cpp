#include "sim/scenario/comparison.h"

#include <array>
#include <utility>

namespace eventarium::scenario {
namespace {

using Kind = Expectation::Comparison;

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

Parsed<double> parse_operand(std::string_view text, bool times) {
  if (times) {
    const Parsed<Duration> duration = parse_duration(text);
    if (const auto* error = std::get_if<UnitError>(&duration)) return *error;
    return to_seconds(std::get<Duration>(duration));
  }
  const Parsed<std::int64_t> count = parse_integer(text);
  if (const auto* error = std::get_if<UnitError>(&count)) return *error;
  if (std::get<std::int64_t>(count) < 0) return UnitError{"a count can't be negative"};
  return static_cast<double>(std::get<std::int64_t>(count));
}

}  // namespace

Parsed<Comparison> parse_comparison(std::string_view text, bool times) {
  text = trimmed(text);
  Comparison result;
  const std::size_t dots = text.find("..");
  if (dots != std::string_view::npos) {
    const Parsed<double> low = parse_operand(trimmed(text.substr(0, dots)), times);
    if (const auto* error = std::get_if<UnitError>(&low)) return *error;
    const Parsed<double> high = parse_operand(trimmed(text.substr(dots + 2)), times);
    if (const auto* error = std::get_if<UnitError>(&high)) return *error;
    result = {Kind::between, std::get<double>(low), std::get<double>(high)};
    if (result.value > result.high) return UnitError{"the first end is above the second"};
    return result;
  }
  // Two characters before one, so that "<=" is not read as "<".
  static constexpr std::array<std::pair<std::string_view, Kind>, 6> operators = {
      {{"<=", Kind::at_most},
       {">=", Kind::at_least},
       {"==", Kind::equal},
       {"<", Kind::less},
       {">", Kind::more},
       {"=", Kind::equal}}};
  for (const auto& [sign, kind] : operators) {
    if (text.substr(0, sign.size()) != sign) continue;
    result.kind = kind;
    text = trimmed(text.substr(sign.size()));
    break;
  }
  const Parsed<double> value = parse_operand(text, times);
  if (const auto* error = std::get_if<UnitError>(&value)) return *error;
  result.value = std::get<double>(value);
  return result;
}

}  // namespace eventarium::scenario
