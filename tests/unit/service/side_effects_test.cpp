// The ledger of side effects.
#include "sim/service/side_effects.h"

#include <doctest/doctest.h>

using eventarium::service::SideEffectLedger;

TEST_CASE("each key is counted on its own; repeats are known") {
  SideEffectLedger ledger;
  CHECK(ledger.times("mail:1") == 0);
  CHECK(ledger.perform("mail:1") == 1);
  CHECK(ledger.perform("mail:2") == 1);
  CHECK(ledger.repeated() == 0);
  CHECK(ledger.perform("mail:1") == 2);
  CHECK(ledger.times("mail:1") == 2);
  CHECK(ledger.repeated() == 1);
  CHECK(ledger.all().size() == 2);
}
