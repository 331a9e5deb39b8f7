// What a run came to, in one value: for the report, for --json and for a trace that is read back.
// Folded from the trace, so that a replay says the same as the run itself.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/check/ledger.h"
#include "sim/trace/event.h"
#include "sim/trace/header.h"

namespace eventarium::app {

/// Collects the expectations that were checked.
class ExpectationLog : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override {
    if (const auto* checked = event.as<trace::ExpectationChecked>()) checked_.push_back(*checked);
  }
  const std::vector<trace::ExpectationChecked>& checked() const { return checked_; }
  bool all_met() const {
    for (const auto& entry : checked_)
      if (!entry.met) return false;
    return true;
  }

 private:
  std::vector<trace::ExpectationChecked> checked_;
};

/// References must outlive it.
struct RunSummary {
  const trace::Header& header;
  const check::Ledger& ledger;
  const ExpectationLog& expectations;
  std::size_t expectations_not_due = 0;
  Duration simulated{};
  double wall_s = 0;  // 0 for a replay
  double cpu_s = 0;   // of the processor alone, whatever else the machine does; 0 for a replay
  std::uint64_t events = 0;
  std::string fingerprint;
};

/// How often each side effect was done, by effect and service, in order of name.
struct EffectCount {
  std::string effect;
  NodeId service;
  std::uint64_t done = 0, repeated = 0;
};
std::vector<EffectCount> count_side_effects(const check::Ledger& ledger);

/// One JSON object, as the issue's `run --json`; `indent` < 0: on one line. With line end.
std::string to_json(const RunSummary& summary, int indent);

class Output;
/// The report at the end of a run, with its line ends.
std::string report_text(const RunSummary& summary, const Output& output);

/// Kafka's number of a broker: 1 for "broker-1"; the name itself where it has none.
std::string broker_id(const std::string& name);

}  // namespace eventarium::app
