// Texts with units as people write them: "5ms", "1min 30s", "1 Gbit/s", "16 KiB", "5/s", "1%".
// A value or what is wrong with the text; knows nothing of YAML and of scenarios.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "sim/base/time.h"

namespace eventarium::scenario {

struct UnitError {
  std::string message;  // "needs a unit, e.g. 5ms, 10s, 2min"
};
template <class T>
using Parsed = std::variant<T, UnitError>;

/// No length of time in a scenario is longer.
constexpr Duration duration_max = 24h * 365;
constexpr double bandwidth_min_bytes_per_s = 1, bandwidth_max_bytes_per_s = 1e15;

/// ns, us (µs), ms, s, min, h; several in a row add up. A bare 0 is allowed, a negative is not.
Parsed<Duration> parse_duration(std::string_view text);
/// B, kB, MB, GB (powers of 1000), KiB, MiB, GiB; a bare number is bytes. Whole bytes, < 4 GiB.
Parsed<std::uint32_t> parse_size(std::string_view text);
/// As parse_size, for disks: also TB and TiB, at least 1 MB and at most 1000 TB.
Parsed<double> parse_disk_size(std::string_view text);
/// bit/s, kbit/s, Mbit/s, Gbit/s, and sizes per second (MB/s, KiB/s). Bytes per second, > 0.
Parsed<double> parse_bandwidth(std::string_view text);
/// "5/s", "300/min", "12/h": the time from one to the next.
Parsed<Duration> parse_rate(std::string_view text);
/// "0.01" or "1%", from 0 to 1.
Parsed<double> parse_probability(std::string_view text);
/// A decimal number without unit; no infinities.
Parsed<double> parse_number(std::string_view text);
/// Digits with an optional minus, within int64.
Parsed<std::int64_t> parse_integer(std::string_view text);

}  // namespace eventarium::scenario
