// The next state of a partition: who leads it, who is in sync, and what a reassignment does. Pure
// rules over one partition; the only place where leaders are chosen. Sends and stores nothing.
//
//   wish (another in-sync set, other replicas, an election)
//     --> a reassignment that is complete ends
//     --> ELR: who leaves the in-sync set below min.insync.replicas stays eligible
//     --> election --> record, or nothing when nothing changes
//
// "valid" leader: in the in-sync set, or eligible when that is empty; and acceptable (registered,
// unfenced, not shutting down). Election: the present leader if valid (PREFERRED: the first replica
// if valid, before); else the first valid one in order of assignment; else, with ELR, the last
// known leader when nobody else is eligible; else, UNCLEAN only, the first acceptable one.
// Follows Kafka's PartitionChangeBuilder and PartitionReassignmentReplicas (4.1).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/broker/cluster_image.h"

namespace eventarium::kafka {

enum class Election { online, preferred, unclean };

struct PartitionRules {
  std::function<bool(NodeId)> acceptable;
  std::size_t min_isr = 1;  // in effect: at most the number of replicas
  bool elr = true;          // eligible.leader.replicas.version=1
  PlantedFaults planted;
};

class PartitionChange {
 public:
  /// `now` and `rules` must outlive it. Without a wish the result is an election.
  PartitionChange(const PartitionImage& now, const PartitionRules& rules);

  PartitionChange& election(Election election);
  PartitionChange& isr(std::vector<NodeId> isr);
  PartitionChange& recovering(bool recovering);
  /// A reassignment: all replicas meanwhile, and which of them come and go.
  PartitionChange& replicas(std::vector<NodeId> replicas, std::vector<NodeId> adding,
                            std::vector<NodeId> removing);
  /// The broker may have lost the end of its log: it is not eligible any more.
  PartitionChange& unclean_shutdown(NodeId broker);

  struct Result {
    PartitionState state;
    bool unclean = false;  // the new leader was not in sync
    bool reassigned = false;
  };
  /// Nothing when nothing changes.
  std::optional<Result> build();

 private:
  struct Choice {
    NodeId leader;
    bool unclean = false;
  };
  void complete_reassignment();
  void update_elr();
  void elect();
  Choice choose() const;
  bool is_valid(NodeId broker) const;

  const PartitionImage& now_;
  const PartitionRules& rules_;
  Election election_ = Election::online;
  PartitionImage next_;
  std::vector<NodeId> unclean_shutdown_;
  bool unclean_ = false;
  bool reassigned_ = false;
};

/// `list` without the members of `others`, in order.
std::vector<NodeId> without(const std::vector<NodeId>& list, const std::vector<NodeId>& others);
bool contains(const std::vector<NodeId>& list, NodeId node);

}  // namespace eventarium::kafka
