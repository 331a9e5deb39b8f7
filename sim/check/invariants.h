// What must never be, checked after every event of the trace: one property per function, named as
// a learner would say it. Each is a fold of its own or a look at the logs as they were before the
// event, and costs a constant time per event, most of them nothing. A run that breaks one has found
// a mistake in the simulator, never in the scenario: what a scenario may bring about (acks=1, an
// unclean election, a loss of power) is part of the property's definition, in invariant_list.cpp.
//
//   event ──► Invariants::on_event ──► violated ──► report(violation, cause)
//   event ──► Ledger::on_event          (after: the invariants look at the state before the event)
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/check/consumer_invariants.h"
#include "sim/check/group_invariants.h"
#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/check/log_invariants.h"
#include "sim/check/metadata_invariants.h"
#include "sim/check/partition_invariants.h"
#include "sim/check/quorum_invariants.h"
#include "sim/check/share_invariants.h"
#include "sim/check/transaction_invariants.h"

namespace eventarium::check {

class Invariants : public trace::Sink {
 public:
  /// The event that broke it is the cause of the violation.
  using Callback = std::function<void(trace::InvariantViolated violation, EventId cause)>;

  /// `ledger` gets the same events, each after this has seen it. Each invariant is told at most
  /// `reports_max` times.
  Invariants(const Ledger& ledger, Callback report, std::uint64_t reports_max = 20);

  void on_event(const trace::Event& event) override;
  /// Names of the consumers with isolation.level=read_committed; a trace doesn't say who they are.
  void set_read_committed(std::set<std::string> consumers) {
    transactions_.set_read_committed(std::move(consumers));
  }

  /// How often each was broken, only those that were.
  const std::map<std::string_view, std::uint64_t>& violated() const { return violated_; }

  struct About {
    std::string_view name;
    std::string_view means;  // with what excuses it
  };
  /// All of them.
  static const std::vector<About>& all();

 private:
  void report(Invariant which, std::string text, std::vector<NodeId> nodes,
              std::vector<RecordId> records);

  const Ledger& ledger_;
  Callback callback_;
  std::uint64_t reports_max_;
  EventId event_;  // looked at now
  Findings findings_;
  PartitionInvariants partitions_;
  MetadataInvariants metadata_;
  LogInvariants logs_;
  ConsumerInvariants consumers_;
  GroupInvariants groups_;
  ShareInvariants shares_;
  TransactionInvariants transactions_;
  QuorumInvariants quorum_;
  std::map<std::string_view, std::uint64_t> violated_;
};

}  // namespace eventarium::check
