// The pauses between attempts, and the scope of a cause.
#include "sim/bus/backoff.h"

#include <doctest/doctest.h>

using namespace eventarium;

TEST_CASE("pauses double up to their limit and never overflow") {
  CHECK(bus::backoff(100ms, 1s, 1) == 100ms);
  CHECK(bus::backoff(100ms, 1s, 2) == 200ms);
  CHECK(bus::backoff(100ms, 1s, 4) == 800ms);
  CHECK(bus::backoff(100ms, 1s, 5) == 1s);
  CHECK(bus::backoff(100ms, 1s, 4'000'000'000U) == 1s);
  CHECK(bus::backoff(2s, 1s, 1) == 1s);
  CHECK(bus::backoff(Duration::zero(), 1s, 9) == Duration::zero());
}
