// The pause before the next attempt: doubled for each failure in a row, up to a limit.
#pragma once

#include <algorithm>
#include <cstdint>

#include "sim/base/time.h"

namespace eventarium::bus {

/// `failures` in a row, at least 1.
inline Duration backoff(Duration first, Duration longest, std::uint32_t failures) {
  const std::uint32_t doublings = std::min(failures - 1, 30U);
  const Duration limit{longest.count() >> doublings};
  return first > limit ? longest : first * (std::int64_t{1} << doublings);
}

}  // namespace eventarium::bus
