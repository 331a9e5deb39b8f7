// What happened to the cluster as a whole, counted from the trace: elections, controllers, errors
// that clients saw, batches refused, invariants broken. For expectations and the report.
//   leader_changes      a partition got a leader that was not its leader just before
//   unclean_elections   a leader was elected that was not in sync
//   controller_changes  a controller became the active one after the start
//   client_errors       records whose publisher gave up, and consumers that stopped reading
//   refused             batches that a broker refused
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/check/group_facts.h"
#include "sim/check/log_state.h"
#include "sim/check/service_facts.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class ClusterFacts {
 public:
  /// `logs` as they were before the event.
  void on_event(const trace::Event& event, const LogState& logs);

  struct OfPartition {
    std::uint64_t leader_changes = 0, unclean_elections = 0, refused = 0;
  };
  const std::map<PartitionKey, OfPartition>& partitions() const { return partitions_; }
  /// The active controller; none when there is none, or its process has ended.
  NodeId controller() const;
  std::uint64_t controller_changes() const { return controller_changes_; }
  std::uint64_t failed_sends() const { return failed_sends_; }
  std::uint64_t failed_consumers() const { return failed_consumers_; }
  const std::vector<trace::InvariantViolated>& violations() const { return violations_; }
  const GroupFacts& groups() const { return groups_; }
  const ServiceFacts& services() const { return services_; }

 private:
  void on_changed(const trace::PartitionChanged& changed, const LogState& logs);

  std::map<PartitionKey, OfPartition> partitions_;  // only those with something to tell
  std::map<NodeId, std::int64_t> controllers_;      // who believes to be it, with the epoch
  std::uint64_t controller_changes_ = 0, failed_sends_ = 0, failed_consumers_ = 0;
  std::vector<trace::InvariantViolated> violations_;
  GroupFacts groups_;
  ServiceFacts services_;
};

}  // namespace eventarium::check
