// Lengths of time in ISO 8601, as Kafka takes them in auto.offset.reset=by_duration:PT1H. Knows
// no calendar: days have 24 hours, months and years are refused.
#pragma once

#include <optional>
#include <string_view>

#include "sim/base/time.h"

namespace eventarium {

/// "P1DT2H3M4.5S", any part may be missing but not all. Nothing when it isn't one, or is negative
/// or longer than 290 years. Follows java.time.Duration.parse.
std::optional<Duration> parse_iso_duration(std::string_view text);

}  // namespace eventarium
