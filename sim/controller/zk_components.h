// Numbers of the parts of ZooKeeper mode inside a broker's process: who is meant by a timer's
// token, and which connection a part opens. Beside those of sim/broker/components.h and
// sim/controller/components.h.
#pragma once

#include "sim/controller/components.h"

namespace eventarium::kafka {

enum ZkComponent : std::uint16_t {
  zookeeper_client_component = cluster_link_component + 2,
  zk_controller_component = cluster_link_component + 3,
  zk_channels_component = cluster_link_component + 4,
  zk_link_component = cluster_link_component + 5,
};

enum ZkLane : std::uint8_t {
  zookeeper_lane = first_cluster_link_lane + 2,
  push_lane = first_cluster_link_lane + 3,
  controlled_shutdown_lane = first_cluster_link_lane + 4,
};

}  // namespace eventarium::kafka
