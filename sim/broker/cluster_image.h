// What the cluster's metadata says: brokers, topics, partitions, who leads them. Controllers decide
// on it, brokers act on their copy, and clients are told theirs; each may be out of date. Plain
// values; the only way that one changes is apply() (metadata_record.h).
// Follows Kafka's MetadataImage, BrokerRegistration and PartitionRegistration (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

struct PartitionImage {
  NodeId leader;                     // none when there is no leader
  std::int32_t leader_epoch = 0;     // +1 for every change of leader, also to none
  std::vector<NodeId> replicas;      // assignment order; the first is the preferred leader
  std::vector<NodeId> isr;           // in-sync replicas; may be empty with ELR
  std::int32_t partition_epoch = 0;  // +1 for every change of anything here
  std::vector<NodeId> elr;           // eligible leader replicas (KIP-966)
  std::vector<NodeId> last_known_elr;
  std::vector<NodeId> adding, removing;  // while a reassignment goes on
  bool recovering = false;               // its leader was elected uncleanly

  bool operator==(const PartitionImage&) const = default;
  bool has_replica(NodeId broker) const;
  bool in_isr(NodeId broker) const;
};

/// Immutable and shared by all copies of the metadata.
using PartitionState = std::shared_ptr<const PartitionImage>;

struct BrokerImage {
  NodeId id;
  std::int64_t epoch = -1;        // of this registration
  std::uint64_t incarnation = 0;  // of the process that registered
  bool fenced = false;            // clients don't see it, it can't lead or be in sync
  bool in_controlled_shutdown = false;

  bool operator==(const BrokerImage&) const = default;
  /// It may lead and join in-sync sets (Kafka's ClusterControlManager.isActive).
  bool active() const { return !fenced && !in_controlled_shutdown; }
};

struct TopicImage {
  std::vector<PartitionState> partitions;
  Config config;  // overrides of the brokers' defaults

  bool operator==(const TopicImage&) const = default;
};

struct ClusterImage {
  std::map<NodeId, BrokerImage> brokers;  // registered ones, fenced or not
  std::map<std::string, TopicImage> topics;

  /// Null when there is no such topic.
  const TopicImage* find_topic(const std::string& name) const;
  /// Null when there is no such topic or partition.
  const PartitionImage* find(const TopicPartition& tp) const;
  const BrokerImage* find_broker(NodeId broker) const;
};

struct NewTopic {
  std::string name;
  int partitions = 1;  // > 0
  int replicas = 1;    // 1 ... number of brokers
  Config config;
};

/// A cluster that has been running for a while: every broker registered (epoch = its place, from
/// 1) and unfenced, topics created, every replica in sync, leaders as preferred. A run begins with
/// it. `start` draws where each topic's placement begins; null: at the first broker.
ClusterImage make_cluster_image(const std::vector<NodeId>& brokers,
                                const std::vector<NewTopic>& topics, RandomStream* start = nullptr);

}  // namespace eventarium::kafka
