#include "sim/scenario/units.h"

#include <array>
#include <charconv>
#include <cmath>

#include <fmt/format.h>

namespace eventarium::scenario {
namespace {

struct Unit {
  std::string_view name;
  double factor;
};

constexpr std::array time_units = {
    Unit{"ns", 1},   Unit{"us", 1e3}, Unit{"µs", 1e3},   Unit{"μs", 1e3},  // micro sign, Greek mu
    Unit{"ms", 1e6}, Unit{"s", 1e9},  Unit{"min", 60e9}, Unit{"h", 3600e9}};

constexpr std::array size_units = {Unit{"", 1},          Unit{"B", 1},           Unit{"kB", 1e3},
                                   Unit{"MB", 1e6},      Unit{"GB", 1e9},        Unit{"KiB", 1024},
                                   Unit{"MiB", 1048576}, Unit{"GiB", 1073741824}};

constexpr std::array disk_units = {Unit{"MB", 1e6},         Unit{"GB", 1e9},
                                   Unit{"TB", 1e12},        Unit{"MiB", 1048576},
                                   Unit{"GiB", 1073741824}, Unit{"TiB", 1099511627776}};

constexpr std::array bandwidth_units = {
    Unit{"bit/s", 0.125}, Unit{"kbit/s", 125},    Unit{"Mbit/s", 125e3},    Unit{"Gbit/s", 125e6},
    Unit{"B/s", 1},       Unit{"kB/s", 1e3},      Unit{"MB/s", 1e6},        Unit{"GB/s", 1e9},
    Unit{"KiB/s", 1024},  Unit{"MiB/s", 1048576}, Unit{"GiB/s", 1073741824}};

constexpr std::array rate_units = {Unit{"s", 1e9}, Unit{"min", 60e9}, Unit{"h", 3600e9}};

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

/// Takes an unsigned decimal ("12", "0.5") off the front; false when there is none.
bool take_number(std::string_view& text, double& value) {
  text = trimmed(text);
  std::size_t length = 0;
  while (length < text.size() &&
         ((text[length] >= '0' && text[length] <= '9') || text[length] == '.'))
    ++length;
  if (length == 0) return false;
  const char* const end = text.data() + length;
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stop != end) return false;
  text.remove_prefix(length);
  return true;
}

/// Takes the letters of a unit off the front.
std::string_view take_unit(std::string_view& text) {
  text = trimmed(text);
  std::size_t length = 0;
  const auto ends = [](char c) { return (c >= '0' && c <= '9') || c == ' ' || c == '.'; };
  while (length < text.size() && !ends(text[length])) ++length;
  const std::string_view unit = text.substr(0, length);
  text.remove_prefix(length);
  return unit;
}

template <std::size_t N>
const Unit* find_unit(const std::array<Unit, N>& units, std::string_view name) {
  for (const Unit& unit : units)
    if (unit.name == name) return &unit;
  return nullptr;
}

template <std::size_t N>
std::string names_of(const std::array<Unit, N>& units) {
  std::string names;
  for (const Unit& unit : units) {
    if (unit.name.empty() || static_cast<unsigned char>(unit.name[0]) >= 0x80) continue;
    if (!names.empty()) names += ", ";
    names += unit.name;
  }
  return names;
}

UnitError time_unit_error(std::string_view name) {
  if (name.empty()) return {"a length of time needs a unit, e.g. 5ms, 10s, 2min"};
  if (name == "m") return {"unit 'm': write 'min' for minutes or 'ms' for milliseconds"};
  return {fmt::format("unknown unit of time '{}' (known: {})", name, names_of(time_units))};
}

}  // namespace

Parsed<Duration> parse_duration(std::string_view text) {
  text = trimmed(text);
  if (text == "0") return Duration{0};
  if (!text.empty() && text.front() == '-') return UnitError{"a length of time can't be negative"};
  double total_ns = 0;
  do {
    double value = 0;
    if (!take_number(text, value))
      return UnitError{"a length of time is expected, e.g. 5ms, 10s, 2min"};
    const std::string_view name = take_unit(text);
    const Unit* const unit = find_unit(time_units, name);
    if (unit == nullptr) return time_unit_error(name);
    total_ns += value * unit->factor;
    text = trimmed(text);
  } while (!text.empty());
  if (!(total_ns <= static_cast<double>(duration_max.count())))
    return UnitError{"too long: a scenario lasts at most a year"};
  return Duration{std::llround(total_ns)};
}

Parsed<std::uint32_t> parse_size(std::string_view text) {
  double value = 0;
  std::string_view rest = text;
  if (!take_number(rest, value)) return UnitError{"a size is expected, e.g. 200, 16 KiB, 1 MB"};
  const std::string_view name = trimmed(rest);
  const Unit* const unit = find_unit(size_units, name);
  if (unit == nullptr)
    return UnitError{
        fmt::format("unknown unit of size '{}' (known: {})", name, names_of(size_units))};
  const double bytes = value * unit->factor;
  if (!(bytes < 4294967296.0)) return UnitError{"too large: a size is below 4 GiB"};
  return static_cast<std::uint32_t>(std::floor(bytes));
}

Parsed<double> parse_disk_size(std::string_view text) {
  double value = 0;
  std::string_view rest = text;
  if (!take_number(rest, value)) return UnitError{"a size is expected, e.g. 500 MB, 2 GiB, 1 TB"};
  const std::string_view name = trimmed(rest);
  const Unit* const unit = find_unit(disk_units, name);
  if (unit == nullptr)
    return UnitError{
        fmt::format("unknown unit of size '{}' (known: {})", name, names_of(disk_units))};
  const double bytes = value * unit->factor;
  if (!(bytes >= 1e6 && bytes <= 1e15)) return UnitError{"a disk holds from 1 MB to 1000 TB"};
  return bytes;
}

Parsed<double> parse_bandwidth(std::string_view text) {
  double value = 0;
  std::string_view rest = text;
  if (!take_number(rest, value))
    return UnitError{"a bandwidth is expected, e.g. 1 Gbit/s, 100 Mbit/s, 10 MB/s"};
  const std::string_view name = trimmed(rest);
  if (name.empty()) return UnitError{"a bandwidth needs a unit, e.g. 1 Gbit/s or 10 MB/s"};
  const Unit* const unit = find_unit(bandwidth_units, name);
  if (unit == nullptr)
    return UnitError{
        fmt::format("unknown unit of bandwidth '{}' (known: {})", name, names_of(bandwidth_units))};
  const double bytes_per_s = value * unit->factor;
  if (!(bytes_per_s >= bandwidth_min_bytes_per_s && bytes_per_s <= bandwidth_max_bytes_per_s))
    return UnitError{
        "a bandwidth lies between 1 B/s and 1000000 GB/s; to stop a link use the "
        "fault link_down"};
  return bytes_per_s;
}

Parsed<Duration> parse_rate(std::string_view text) {
  double value = 0;
  std::string_view rest = text;
  const UnitError expected{"a rate is expected, e.g. 5/s, 300/min, 12/h"};
  if (!take_number(rest, value)) return expected;
  rest = trimmed(rest);
  if (rest.empty() || rest.front() != '/') return expected;
  rest.remove_prefix(1);
  const Unit* const unit = find_unit(rate_units, trimmed(rest));
  if (unit == nullptr) return expected;
  if (!(value > 0)) return UnitError{"a rate must be more than 0"};
  const double interval_ns = unit->factor / value;
  if (!(interval_ns <= static_cast<double>(duration_max.count())))
    return UnitError{"too slow: less than one in a year"};
  return Duration{std::llround(interval_ns)};
}

Parsed<double> parse_probability(std::string_view text) {
  double value = 0;
  std::string_view rest = text;
  const UnitError expected{"a probability is expected: 0 to 1, or a percentage like 1%"};
  if (!take_number(rest, value)) return expected;
  rest = trimmed(rest);
  if (rest == "%")
    value /= 100;
  else if (!rest.empty())
    return expected;
  if (!(value >= 0 && value <= 1)) return expected;
  return value;
}

Parsed<double> parse_number(std::string_view text) {
  text = trimmed(text);
  const bool negative = !text.empty() && text.front() == '-';
  if (negative) text.remove_prefix(1);
  double value = 0;
  if (text.empty() || text.front() == ' ' || !take_number(text, value) || !text.empty())
    return UnitError{"a number is expected"};
  return negative ? -value : value;
}

Parsed<std::int64_t> parse_integer(std::string_view text) {
  text = trimmed(text);
  std::int64_t value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (text.empty() || error == std::errc::invalid_argument || stop != end)
    return UnitError{"a whole number is expected"};
  if (error == std::errc::result_out_of_range) return UnitError{"the number is too large"};
  return value;
}

}  // namespace eventarium::scenario
