// With what a run begins: a cluster that has been running for a while. All voters and brokers hold
// the same committed metadata log, which yields the image that the scenario asks for, and the
// first voter leads the quorum in epoch 1. Plain values.
#pragma once

#include <memory>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/controller/metadata_log.h"
#include "sim/controller/quorum_state.h"

namespace eventarium::kafka {

struct MetadataBootstrap {
  MetadataEntries entries;  // all of them committed
  ClusterImage image;       // what they yield
  ElectionState election;   // who leads
};

/// `voters` is not empty. Brokers are registered and as fenced or unfenced as `image` says.
std::shared_ptr<const MetadataBootstrap> bootstrap_log(const ClusterImage& image,
                                                       const std::vector<NodeId>& voters);

}  // namespace eventarium::kafka
