// Checks an entry of a scenario's expect: against the ledger as it stands now. Latencies are from
// publication to the first delivery; counts are those of ledger.h. Knows no engine.
#pragma once

#include <string>

#include "sim/check/ledger.h"
#include "sim/scenario/scenario.h"

namespace eventarium::check {

struct Outcome {
  bool met = false;
  std::string actual;  // the value found, for people: "20", "4.2 ms", "nothing was delivered"
};

/// A node or topic that doesn't exist makes the expectation unmet, with a text that says so.
Outcome evaluate(const scenario::Expectation& expectation, const Ledger& ledger);

}  // namespace eventarium::check
