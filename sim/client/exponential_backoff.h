// How long to wait before the next attempt: doubling, with ±20 % jitter so that clients don't
// return in step, up to a limit. Kafka's ExponentialBackoff (4.1).
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "sim/base/random.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

class ExponentialBackoff {
 public:
  static constexpr double jitter = 0.2;

  /// A first pause above the longest one makes every pause the longest one.
  ExponentialBackoff(Duration first, Duration longest)
      : first_(std::min(first, longest)), longest_(longest) {}

  Duration first() const { return first_; }
  /// The pause after `failures` failed attempts in a row, counted from 0.
  Duration after(std::uint32_t failures, RandomStream& random) const {
    if (first_ <= Duration::zero() || first_ == longest_) return first_;
    const double doubled = static_cast<double>(first_.count()) * std::exp2(std::min(failures, 62U));
    const double limited = std::min(doubled, static_cast<double>(longest_.count()));
    const double drawn = limited * random.uniform(1 - jitter, 1 + jitter);
    return std::min(Duration{static_cast<std::int64_t>(drawn)}, longest_);
  }

 private:
  Duration first_, longest_;
};

}  // namespace eventarium::kafka
