// One run of one scenario on an engine: nodes, faults, expectations, verdict and fingerprint,
// from the declaration of the nodes to RunEnded. Prints nothing and reads nothing.
//
//   (constructed) --begin--> running --run_until(t) ...--> finish --> ended
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/app/administrator.h"
#include "sim/app/assembly.h"
#include "sim/app/client_operations.h"
#include "sim/app/fault_injector.h"
#include "sim/check/invariants.h"
#include "sim/check/ledger.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/fingerprint.h"
#include "sim/trace/header.h"

namespace eventarium::app {

using EngineFactory = std::function<std::unique_ptr<engine::Engine>(std::uint64_t seed)>;

class Simulation {
 public:
  /// `until`: end there instead of after the scenario's duration. When that is earlier, what the
  /// scenario expects at its end isn't checked.
  /// `planted`: mistakes on purpose, in tests of the checkers.
  Simulation(scenario::Scenario scenario, const EngineFactory& make_engine,
             std::optional<Duration> until = std::nullopt, PlantedFaults planted = {});

  Simulation(const Simulation&) = delete;  // what it schedules refers to it
  Simulation& operator=(const Simulation&) = delete;

  trace::Header header() const;
  const scenario::Scenario& scenario() const { return scenario_; }
  const check::Ledger& ledger() const { return ledger_; }
  /// The cluster as an administrator's tools would show it.
  const ClusterView& cluster() const { return administrator_.view(); }
  /// Checked after every event; what is violated also stands in the trace.
  const check::Invariants& invariants() const { return invariants_; }

  /// Before begin(): memory is taken for the records that are kept, not for all that ever were (see
  /// check::Ledger::settle_records).
  void settle_records() { ledger_.settle_records(); }
  /// Before begin(). Not owned. Sinks see every event, RunEnded included.
  void add_sink(trace::Sink& sink);
  /// Declares the nodes and who wants what, and schedules what the scenario schedules.
  void begin();
  /// Advances to `t`, rounded up to the engine's quantum, at most to the end. Emits the last
  /// expectations and RunEnded when it gets there. Only after begin().
  void run_until(SimTime t);

  SimTime now() const { return engine_->now(); }
  SimTime end() const { return end_; }
  bool ended() const { return ended_; }
  /// Of the events so far, RunEnded excluded.
  std::string fingerprint() const { return fingerprint_.text(); }
  std::uint64_t events() const { return fingerprint_.events(); }
  /// Expectations that this run ended too early for.
  std::size_t expectations_not_due() const;

  // ---- live commands, between two calls of run_until()
  enum class Order { inject, heal };
  /// The fault takes effect, or is healed, at exactly `at`, after everything else of that instant
  /// and after what was ordered for it before; at now() when `at` has passed. When it can't be
  /// done in the state that it finds then, it becomes a CommandRejected with `line`, the command
  /// as it was given. Not after the end.
  void order(Order order, SimTime at, const scenario::Fault& fault, std::string line);
  /// As order(), for an operation of the cluster.
  void operate(SimTime at, const scenario::Operation& operation, std::string line);
  /// Tells of a command that can't be ordered, after what was ordered for now() before.
  void reject(std::string line, std::string reason);

 private:
  void tell_who_reads_committed();
  void declare_publishers();
  void note_violation(trace::InvariantViolated violation, EventId cause);
  void tell_violations();
  void check_expectations(const std::vector<const scenario::Expectation*>& due);
  void finish();
  /// A live command: what is wrong with it as things are, and what it does.
  struct Command {
    std::function<std::string()> check;
    std::function<void()> carry_out;
  };
  void take(SimTime at, Command command, std::string line);

  scenario::Scenario scenario_;
  SimTime end_;
  std::unique_ptr<engine::Engine> engine_;
  Assembly assembly_;
  FaultInjector faults_;
  ClientOperations clients_;
  Administrator administrator_;
  check::Ledger ledger_;
  check::Invariants invariants_;
  // Found while an event was told to everybody; told themselves right after.
  std::vector<std::pair<trace::InvariantViolated, EventId>> violations_;
  trace::Fingerprint fingerprint_;
  std::optional<SimTime> waiting_;  // the instant at which the latest order for at once was given
  bool ended_ = false;
};

}  // namespace eventarium::app
