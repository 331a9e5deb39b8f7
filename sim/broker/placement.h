// Which brokers get the replicas of a new topic's partitions: Kafka's StripedReplicaPlacer (4.1)
// for brokers of one rack that are all unfenced.
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

}  // namespace eventarium::kafka
