// Named random streams from one seed. A stream depends on (seed, name) only, so that adding a
// node or a draw elsewhere never shifts anybody's numbers. Own generator and own distributions:
// the standard library's differ between implementations.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "sim/base/time.h"

namespace eventarium {

/// xoshiro256** (Blackman & Vigna), seeded through splitmix64 from seed and name.
class RandomStream {
 public:
  RandomStream(std::uint64_t seed, std::string_view name);

  std::uint64_t next();
  /// Uniform in [0, bound), without modulo bias. bound > 0.
  std::uint64_t below(std::uint64_t bound);
  /// Uniform in [0, 1).
  double unit();
  double uniform(double low, double high);
  /// Mean in the caller's unit; mean >= 0.
  double exponential(double mean);
  double normal(double mean, double standard_deviation);
  /// Log-normal by its median and the sigma of the underlying normal.
  double log_normal(double median, double sigma);
  bool chance(double probability);

 private:
  std::array<std::uint64_t, 4> state_;
};

}  // namespace eventarium
