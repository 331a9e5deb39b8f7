// What brokers say to each other in ZooKeeper mode: the controller pushes state to every broker,
// and a broker that wants to stop asks the controller to move its leaderships first. Requests of
// the controller carry its epoch, so that a broker can refuse one that is not it any more.
// Follows Kafka's LeaderAndIsr, UpdateMetadata, StopReplica and ControlledShutdown requests (3.9).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

/// What the controller pushes; shared by the requests to all brokers that get the same.
struct Push {
  enum class Kind : std::uint8_t { leader_and_isr, update_metadata, stop_replica };
  struct Partition {
    TopicPartition tp;
    PartitionState state;  // null: the topic is being deleted
  };
  Kind kind = Kind::update_metadata;
  std::vector<Partition> partitions;      // in ascending order
  std::vector<BrokerImage> live_brokers;  // update_metadata
  bool full = false;  // update_metadata: all there is; what is not in it does not exist
};

struct PushRequest final : Request {
  NodeId controller;
  std::int32_t controller_epoch = 0;
  std::int64_t broker_epoch = -1;  // of the broker it is meant for
  std::shared_ptr<const Push> push;

  std::string_view label() const override;
  std::uint64_t size_bytes() const override;
};

/// Errors: STALE_CONTROLLER_EPOCH, STALE_BROKER_EPOCH.
struct PushResponse final : Response {
  Push::Kind kind = Push::Kind::update_metadata;
  Error error = Error::none;

  std::string_view label() const override;
  std::uint64_t size_bytes() const override { return 20; }
};

struct ControlledShutdownRequest final : Request {
  NodeId broker;
  std::int64_t broker_epoch = -1;

  std::string_view label() const override { return "ControlledShutdown"; }
  std::uint64_t size_bytes() const override { return 44; }
};

/// Errors: NOT_CONTROLLER, STALE_BROKER_EPOCH.
struct ControlledShutdownResponse final : Response {
  Error error = Error::none;
  std::vector<TopicPartition> remaining;  // still led by the broker, and replicated elsewhere

  std::string_view label() const override { return "ControlledShutdownResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
