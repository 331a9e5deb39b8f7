// Pauses between attempts.
#include "sim/client/exponential_backoff.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("exponential back-off: doubles with 20 % jitter, never above its limit") {
  RandomStream random(1, "backoff");
  const ExponentialBackoff backoff(100ms, 1000ms);
  for (std::uint32_t failures = 0; failures < 3; ++failures) {
    const Duration middle = 100ms * (1 << failures);
    for (int i = 0; i < 50; ++i) {
      const Duration pause = backoff.after(failures, random);
      CHECK(pause >= middle * 8 / 10);
      CHECK(pause <= middle * 12 / 10);
    }
  }
  for (int i = 0; i < 50; ++i) CHECK(backoff.after(1000, random) <= 1000ms);
  CHECK(ExponentialBackoff(5000ms, 1000ms).after(0, random) == 1000ms);
  CHECK(ExponentialBackoff(0ms, 1000ms).after(7, random) == 0ms);
}
