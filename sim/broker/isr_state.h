// The in-sync replicas of a partition as its leader knows them: the set that the controller has
// committed, and the change that it has been asked for.
//
//   committed --expand or shrink proposed--> pending
//   pending --answer, newer metadata-------> committed (the controller's set)
//   pending --INELIGIBLE_REPLICA-----------> committed (the set as before)
//
// While a change is pending it may have happened or not, so the leader waits for everybody who is
// in either set: the maximal set. Follows Kafka's PartitionState: CommittedPartitionState,
// PendingExpandIsr, PendingShrinkIsr (4.1).
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "sim/base/ids.h"

namespace eventarium::kafka {

class IsrState {
 public:
  void commit(std::vector<NodeId> isr) {
    committed_ = std::move(isr);
    proposed_.clear();
    pending_ = false;
  }
  void propose(std::vector<NodeId> isr) {
    proposed_ = std::move(isr);
    pending_ = true;
  }
  void restore() { commit(std::move(committed_)); }

  const std::vector<NodeId>& committed() const { return committed_; }
  /// What was asked for; valid while pending().
  const std::vector<NodeId>& proposed() const { return proposed_; }
  bool pending() const { return pending_; }

  bool has(NodeId broker) const { return contains(committed_, broker); }
  bool maximal_has(NodeId broker) const {
    return has(broker) || (pending_ && contains(proposed_, broker));
  }
  std::size_t maximal_size() const {
    return pending_ ? std::max(committed_.size(), proposed_.size()) : committed_.size();
  }

 private:
  static bool contains(const std::vector<NodeId>& set, NodeId broker) {
    return std::find(set.begin(), set.end(), broker) != set.end();
  }

  std::vector<NodeId> committed_, proposed_;
  bool pending_ = false;
};

}  // namespace eventarium::kafka
