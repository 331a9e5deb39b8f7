// Simulated time and its texts.
#include "sim/base/time.h"

#include <doctest/doctest.h>

using namespace eventarium;

TEST_CASE("the clock shows minutes, seconds and milliseconds, and hours when there are any") {
  CHECK(format_clock(sim_time(0s)) == "00:00.000");
  CHECK(format_clock(sim_time(14803ms)) == "00:14.803");
  CHECK(format_clock(sim_time(14803ms + 999us)) == "00:14.803");  // never ahead of time
  CHECK(format_clock(sim_time(59min + 59s)) == "59:59.000");
  CHECK(format_clock(sim_time(1h + 2min + 3ms)) == "1:02:00.003");
}

TEST_CASE("a length of time is told in the unit a person would choose") {
  CHECK(format_duration(350ns) == "350 ns");
  CHECK(format_duration(120us) == "120 µs");
  CHECK(format_duration(4200us) == "4.2 ms");
  CHECK(format_duration(1500ms) == "1.5 s");
  CHECK(format_duration(999960us) == "1000 ms");
  CHECK(format_duration(90s) == "90 s");
  CHECK(format_duration(10min) == "10 min");
  CHECK(format_duration(-5ms) == "-5 ms");
}

TEST_CASE("seconds become the nearest nanosecond") {
  CHECK(from_seconds(0.1) == 100ms);
  CHECK(from_seconds(1e-9 * 2.6) == 3ns);
  CHECK(from_seconds(-0.25) == -250ms);
  CHECK(to_seconds(1500ms) == doctest::Approx(1.5));
  CHECK(to_ms(1500us) == doctest::Approx(1.5));
}
