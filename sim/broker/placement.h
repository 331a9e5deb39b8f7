// Which brokers get the replicas of a new topic's partitions: Kafka's StripedReplicaPlacer (4.1)
// for brokers of one rack.
#pragma once

#include <vector>

#include "sim/base/ids.h"
#include "sim/base/random.h"

namespace eventarium::kafka {

/// One list of replicas per partition; the first of each list is the preferred leader. `brokers`
/// is in ascending order and not empty, partitions > 0, 0 < replicas <= brokers. Partition p
/// begins one broker further than p-1; after as many partitions as brokers the order of the
/// brokers is shuffled. `random` null: begins at the first broker, never shuffles.
std::vector<std::vector<NodeId>> place_replicas(std::vector<NodeId> brokers, int partitions,
                                                int replicas, RandomStream* random);

/// The same with fenced brokers, which get replicas only when the unfenced ones are used up and
/// never the first of a list. `unfenced` is not empty, both ascend, replicas <= all of them.
std::vector<std::vector<NodeId>> place_replicas(std::vector<NodeId> unfenced,
                                                std::vector<NodeId> fenced, int partitions,
                                                int replicas, RandomStream* random);

}  // namespace eventarium::kafka
