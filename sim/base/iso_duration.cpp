#include "sim/base/iso_duration.h"

#include <charconv>
#include <string>

namespace eventarium {
namespace {

constexpr double longest_s = 290.0 * 365 * 24 * 3600;

/// Takes "<number><unit>" from the front of the text, when it is there.
std::optional<double> take_part(std::string_view& text, char unit) {
  const auto end = text.find_first_not_of("0123456789.");
  if (end == std::string_view::npos || end == 0 || text[end] != unit) return {};
  const std::string_view number = text.substr(0, end);
  if (unit != 'S' && number.find('.') != std::string_view::npos) return {};
  double value = 0;
  const auto [last, error] = std::from_chars(number.data(), number.data() + end, value);
  if (error != std::errc{} || last != number.data() + end) return {};
  text.remove_prefix(end + 1);
  return value;
}

}  // namespace

std::optional<Duration> parse_iso_duration(std::string_view text) {
  if (!text.starts_with('P')) return {};
  text.remove_prefix(1);
  double seconds = 0;
  bool any = false;
  const auto part = [&](char unit, double seconds_each) {
    const auto value = take_part(text, unit);
    seconds += value.value_or(0) * seconds_each;
    any = any || value.has_value();
    return value.has_value();
  };
  part('D', 24.0 * 3600);
  if (text.starts_with('T')) {
    text.remove_prefix(1);
    const bool hours = part('H', 3600), minutes = part('M', 60), rest = part('S', 1);
    if (!hours && !minutes && !rest) return {};
  }
  if (!any || !text.empty() || seconds > longest_s) return {};
  return from_seconds(seconds);
}

}  // namespace eventarium
