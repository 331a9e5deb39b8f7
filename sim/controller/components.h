// Numbers of the parts of KRaft inside a process: who is meant by a timer's token or an answer's
// header, and which connection a part opens. Numbers only. Those of a broker's own parts are in
// sim/broker/components.h.
#pragma once

#include <cstdint>

#include "sim/broker/components.h"

namespace eventarium::kafka {

/// Token::component and Header::component.
enum ControllerComponent : std::uint16_t {
  broker_lifecycle_component = cluster_link_component,
  alter_partition_component = cluster_link_component + 1,
  raft_component = 32,
  quorum_controller_component = 33,
  controller_server_component = 34,
  admin_component = 35,
  offset_resetter_component = 36,
};

/// Lane::purpose.
enum ControllerLane : std::uint8_t {
  heartbeat_lane = first_cluster_link_lane,
  alter_partition_lane = first_cluster_link_lane + 1,
  raft_lane = 32,
  admin_lane = 33,
  offset_resetter_lane = 34,
};

/// What a request costs a controller's CPU: 20 µs on a core of 1e9 flop/s.
constexpr double controller_request_work_flops = 20'000;

}  // namespace eventarium::kafka
