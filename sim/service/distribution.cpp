// See distribution.h.
#include "sim/service/distribution.h"

#include <algorithm>

namespace eventarium::service {
namespace {

constexpr double longest_s = 1e9;

Duration bounded(double seconds) {
  if (!(seconds > 0)) return Duration::zero();  // not a number, too
  return from_seconds(std::min(seconds, longest_s));
}

}  // namespace

Duration draw(const scenario::Distribution& distribution, RandomStream& random) {
  using Kind = scenario::Distribution::Kind;
  const double a_s = to_seconds(distribution.a), b_s = to_seconds(distribution.b);
  switch (distribution.kind) {
    case Kind::fixed:
      return std::clamp<Duration>(distribution.a, Duration::zero(), from_seconds(longest_s));
    case Kind::uniform:
      return bounded(random.uniform(a_s, b_s));
    case Kind::exponential:
      return bounded(random.exponential(a_s));
    case Kind::log_normal:
      return bounded(random.log_normal(a_s, distribution.sigma));
  }
  return Duration::zero();
}

}  // namespace eventarium::service
