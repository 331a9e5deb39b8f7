#include "sim/base/time.h"

#include <cmath>

#include <fmt/format.h>

namespace eventarium {

Duration from_seconds(double seconds) {
  return Duration{static_cast<std::int64_t>(std::llround(seconds * 1e9))};
}

std::string format_clock(SimTime t) {
  const std::int64_t total_ms = to_ns(t) / 1'000'000;
  const std::int64_t hours = total_ms / 3'600'000;
  const std::int64_t minutes = total_ms / 60'000 % 60;
  const std::int64_t seconds = total_ms / 1'000 % 60;
  const std::int64_t ms = total_ms % 1'000;
  if (hours > 0) return fmt::format("{}:{:02}:{:02}.{:03}", hours, minutes, seconds, ms);
  return fmt::format("{:02}:{:02}.{:03}", minutes, seconds, ms);
}

std::string format_duration(Duration d) {
  const auto number = [](double value) {
    return std::abs(value) < 99.95 ? fmt::format("{:.3g}", value) : fmt::format("{:.0f}", value);
  };
  const std::int64_t ns = d.count();
  const std::int64_t size = ns < 0 ? -ns : ns;
  const double value = static_cast<double>(ns);
  if (size < 1'000) return fmt::format("{} ns", ns);
  if (size < 1'000'000) return number(value / 1e3) + " µs";
  if (size < 1'000'000'000) return number(value / 1e6) + " ms";
  if (size < 120'000'000'000) return number(value / 1e9) + " s";
  return number(value / 60e9) + " min";
}

}  // namespace eventarium
