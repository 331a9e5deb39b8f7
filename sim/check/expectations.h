// Checks an entry of a scenario's expect: against the ledger as it stands now. Latencies are from
// publication to the first delivery; counts are those of ledger.h. Knows no engine.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "sim/check/ledger.h"
#include "sim/scenario/scenario.h"

namespace eventarium::check {

struct Outcome {
  bool met = false;
  std::string actual;  // the value found, for people: "20", "4.2 ms", "nothing was delivered"
};

/// Evaluates at one moment: the ledger must not be told anything while one is in use. Records are
/// counted once for all expectations that ask about the same ones.
class Evaluator {
 public:
  explicit Evaluator(const Ledger& ledger) : ledger_(ledger) {}
  /// A node or topic that doesn't exist makes the expectation unmet, with a text that says so.
  Outcome evaluate(const scenario::Expectation& expectation);

 private:
  const Verdict& verdict(const Filter& filter);

  const Ledger& ledger_;
  std::vector<std::pair<Filter, Verdict>> verdicts_;
};

}  // namespace eventarium::check
