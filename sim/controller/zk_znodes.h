// Where Kafka keeps what in ZooKeeper, and what those znodes hold. Follows Kafka's ZkData (3.9);
// its notification znodes are not needed here, except for topic configs.
//
//   /brokers/ids/<broker>                      ephemeral: it runs
//   /brokers/topics/<topic>                    who shall have replicas of its partitions
//   /brokers/topics/<topic>/partitions/<p>/state    leader, epochs, in-sync replicas
//   /controller                                ephemeral: who is the active controller
//   /controller_epoch                          how often there was a new one
//   /config/topics/<topic>, /config/changes    overrides; which topic's have changed last
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/controller/zookeeper_tree.h"

namespace eventarium::kafka {

namespace zk_path {
constexpr const char* brokers = "/brokers";
constexpr const char* ids = "/brokers/ids";
constexpr const char* topics = "/brokers/topics";
constexpr const char* controller = "/controller";
constexpr const char* controller_epoch = "/controller_epoch";
constexpr const char* config = "/config";
constexpr const char* topic_configs = "/config/topics";
constexpr const char* config_changes = "/config/changes";

std::string broker(NodeId broker);
std::string topic(const std::string& topic);
std::string partitions(const std::string& topic);
std::string partition(const TopicPartition& tp);
std::string state(const TopicPartition& tp);
std::string topic_config(const std::string& topic);
/// The broker of a child of /brokers/ids.
NodeId broker_of(const std::string& name);
}  // namespace zk_path

struct BrokerZnode final : zookeeper::Value {
  explicit BrokerZnode(NodeId b) : broker(b) {}
  std::uint64_t size_bytes() const override { return 180; }  // endpoints, host, port
  std::string text(const NameOf& name_of) const override { return name_of(broker); }
  NodeId broker;
};

struct ControllerZnode final : zookeeper::Value {
  explicit ControllerZnode(NodeId b) : broker(b) {}
  std::uint64_t size_bytes() const override { return 60; }
  std::string text(const NameOf& name_of) const override { return name_of(broker); }
  NodeId broker;
};

struct NumberZnode final : zookeeper::Value {
  explicit NumberZnode(std::int32_t n) : number(n) {}
  std::uint64_t size_bytes() const override { return 4; }
  std::string text(const NameOf&) const override { return std::to_string(number); }
  std::int32_t number;
};

/// A name, or nothing.
struct TextZnode final : zookeeper::Value {
  explicit TextZnode(std::string t) : content(std::move(t)) {}
  std::uint64_t size_bytes() const override { return 20 + content.size(); }
  std::string text(const NameOf&) const override { return content; }
  std::string content;
};

/// A partition's replicas, and those that come and go while it is reassigned.
struct ReplicaAssignment {
  std::vector<NodeId> replicas, adding, removing;
  bool operator==(const ReplicaAssignment&) const = default;
  /// Once the reassignment is done: without those that go.
  std::vector<NodeId> target() const;
};

struct TopicZnode final : zookeeper::Value {
  explicit TopicZnode(std::vector<ReplicaAssignment> a) : assignment(std::move(a)) {}
  std::uint64_t size_bytes() const override;
  std::string text(const NameOf& name_of) const override;
  std::vector<ReplicaAssignment> assignment;  // by partition
};

struct StateZnode final : zookeeper::Value {
  StateZnode(PartitionState s, std::int32_t epoch) : state(std::move(s)), controller_epoch(epoch) {}
  std::uint64_t size_bytes() const override { return 90 + 3 * state->isr.size(); }
  std::string text(const NameOf& name_of) const override;
  PartitionState state;  // of it: leader, leader epoch, in-sync replicas, recovering
  std::int32_t controller_epoch;
};

struct ConfigZnode final : zookeeper::Value {
  explicit ConfigZnode(Config c) : config(std::move(c)) {}
  std::uint64_t size_bytes() const override;
  std::string text(const NameOf&) const override;
  Config config;
};

/// What a partition's znodes say, put together; `version` is that of the state's znode.
PartitionState compose(const ReplicaAssignment& assignment, const PartitionImage& state,
                       std::int32_t version);

}  // namespace eventarium::kafka
