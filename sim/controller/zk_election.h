// Who may lead a partition next, in ZooKeeper mode: pure rules over one partition, in order of
// assignment. Follows Kafka's PartitionLeaderElectionAlgorithms and Election (3.9).
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/base/random.h"
#include "sim/broker/cluster_image.h"

namespace eventarium::kafka {

enum class ZkElection {
  offline,              // the leader is gone: the first live replica in sync
  offline_or_unclean,   // ... or else the first live one
  preferred,            // the first replica, if it lives and is in sync
  controlled_shutdown,  // the first live replica in sync that is not about to stop
  reassignment,         // the first of the target replicas that lives and is in sync
};

struct ElectionResult {
  NodeId leader;
  std::vector<NodeId> isr;
  bool unclean = false;
};

/// `shutting_down` is asked by controlled_shutdown only. Nothing: nobody may.
std::optional<ElectionResult> elect_new_leader(ZkElection election, const PartitionImage& partition,
                                               const std::function<bool(NodeId)>& live,
                                               const std::function<bool(NodeId)>& shutting_down,
                                               PlantedFaults planted = {});

/// The in-sync set without `broker`, which is never emptied by that.
std::vector<NodeId> isr_without(const std::vector<NodeId>& isr, NodeId broker);

/// AdminUtils.assignReplicasToBrokers without racks: partition p begins at broker p + start, its
/// followers are shifted on by one more after each round over all brokers. `brokers` ascending,
/// 0 < replicas <= brokers. Start and shift are drawn from `random`, or are both `fixed` when it
/// is null. `first`: number of the first of the new partitions.
std::vector<std::vector<NodeId>> assign_replicas_to_brokers(const std::vector<NodeId>& brokers,
                                                            int partitions, int replicas,
                                                            RandomStream* random, int first = 0,
                                                            int fixed = 0);

}  // namespace eventarium::kafka
