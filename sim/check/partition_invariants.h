// Who leads a partition and who is in sync, as the controllers commit it and brokers act on it.
// Every function looks at the state before the event. Costs nothing but at changes of a partition.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class PartitionInvariants {
 public:
  PartitionInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_event(const trace::Event& event);

 private:
  using Changed = trace::PartitionChanged;
  void on_changed(const Changed& changed);
  void one_leader_per_epoch(const std::string& topic, std::int64_t partition, NodeId leader,
                            std::int64_t epoch, bool took_over);
  void leader_change_raises_epoch(const PartitionState& before, const Changed& changed);
  void partition_epochs_grow(const PartitionState& before, const Changed& changed);
  void clean_leader_was_in_sync(const PartitionState& before, const Changed& changed);
  void leader_is_in_sync(const Changed& changed);
  void no_fenced_broker_joins(const PartitionState& before, const Changed& changed);
  void no_fenced_broker_is_left(NodeId broker);
  void joiner_has_caught_up(NodeId leader, const trace::IsrChangeProposed& proposed);
  void joiner_has_all_committed(const PartitionState& before, const Changed& changed);
  void leads_when_chosen(NodeId broker, const trace::LeadershipTaken& taken);
  std::string named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const Findings& findings_;
  /// Of one partition: who was chosen to lead in which epoch, who did, and what was asked for last.
  struct History {
    std::map<std::int64_t, NodeId> chosen, took_over;
    std::vector<NodeId> proposed;
    std::int64_t proposed_epoch = -1;  // leader epoch
  };
  std::map<PartitionKey, History> histories_;
  std::set<NodeId> fenced_;
  bool zookeeper_ = false;
};

}  // namespace eventarium::check
