// The part of World::apply that is about a Kafka cluster: replicas, leaders, in-sync sets, brokers
// that are fenced, who is the controller. Knows nothing of clients and of the network.
#pragma once

#include "viz/model/world.h"

namespace eventarium::viz {

/// Folds the event in if it changes what is seen of the cluster.
void fold_cluster(World& world, const trace::Event& event);

}  // namespace eventarium::viz
