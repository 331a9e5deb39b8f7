#include "sim/base/iso_duration.h"

#include <doctest/doctest.h>

using namespace eventarium;

TEST_CASE("lengths of time in ISO 8601") {
  CHECK(parse_iso_duration("PT1H") == Duration{1h});
  CHECK(parse_iso_duration("PT1.5S") == Duration{1500ms});
  CHECK(parse_iso_duration("P2DT3H4M5S") == Duration{48h + 3h + 4min + 5s});
  CHECK(parse_iso_duration("P1D") == Duration{24h});
  CHECK(parse_iso_duration("PT0S") == Duration{0s});
}

TEST_CASE("what is no length of time") {
  for (const char* text : {"", "P", "PT", "1H", "PT1", "P1M", "PT-1S", "PT1S1H", "P1.5D", "PT1Hx",
                           "P1DT", "P99999999D"})
    CHECK_FALSE(parse_iso_duration(text).has_value());
}
