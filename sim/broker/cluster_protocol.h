// What brokers and the controller say to each other in both modes: changes of in-sync sets. The
// rest of each mode's talk is its own (sim/controller).
#pragma once

#include <cstdint>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

/// A leader proposes another in-sync set (Kafka's AlterPartition, 4.1).
struct AlterPartitionRequest final : Request {
  struct Partition {
    TopicPartition tp;
    std::int32_t leader_epoch = 0;
    std::int32_t partition_epoch = 0;  // of the state that the proposal builds on
    std::vector<NodeId> new_isr;
    std::vector<std::int64_t> new_isr_epochs;  // broker epochs, one for each of new_isr
    bool recovered = true;                     // the leader has finished its unclean recovery
  };
  NodeId broker;
  std::int64_t broker_epoch = -1;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "AlterPartition"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: FENCED_LEADER_EPOCH, INVALID_UPDATE_VERSION, INELIGIBLE_REPLICA, NEW_LEADER_ELECTED,
/// NOT_CONTROLLER, STALE_BROKER_EPOCH, UNKNOWN_TOPIC_OR_PARTITION.
struct AlterPartitionResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    PartitionState state;  // the committed one, when there is no error
  };
  Error error = Error::none;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "AlterPartitionResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
