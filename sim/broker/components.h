// Who is meant by a timer's or completion's token, and which connection a part of a broker uses:
// the parts of a broker's process share one node. Numbers only.
#pragma once

#include <cstdint>

namespace eventarium::kafka {

/// Token::component of the parts of a broker. A controller in the same process has its own numbers
/// from 32 on (sim/controller).
enum BrokerComponent : std::uint16_t {
  request_channel_component = 1,  // requests whose time is over
  broker_component = 2,           // periodic work of the broker, fsyncs that an answer waits for
  replica_fetcher_component = 3,
  log_manager_component = 4,
  cluster_link_component = 5,              // 5 ... 15: the link and its parts
  group_coordinator_component = 16,        // 16 ... 19
  group_transaction_component = 17,        // its questions to transaction coordinators
  transaction_coordinator_component = 20,  // 20 ... 23
  share_coordinator_component = 24,        // 24 ... 27
  transaction_verifier_component = 28,     // a leader's questions to transaction coordinators
  broker_parts_component = 29,             // what parts append: time-outs, fsyncs
  share_leader_component = 30,             // share partitions: locks, long polls
  share_persister_component = 31,          // a leader's requests to share coordinators
};

/// Lane::purpose of the connections that a broker opens to other brokers and to controllers.
enum BrokerLane : std::uint8_t {
  first_cluster_link_lane = 1,       // 1 ... 31: the link and its parts
  transaction_marker_lane = 64,      // WriteTxnMarkers to the leaders of partitions
  transaction_verifier_lane = 65,    // AddPartitionsToTxn to transaction coordinators
  group_transaction_lane = 66,       // the same, from a group coordinator
  share_persister_lane = 67,         // Read- and WriteShareGroupState to share coordinators
  first_replica_fetcher_lane = 128,  // + number of the fetcher
};

}  // namespace eventarium::kafka
