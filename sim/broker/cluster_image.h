// What the cluster's metadata says: brokers, topics, partitions, who leads them. Brokers act on
// their copy, and clients are told theirs; either may be out of date. Plain values, no behaviour
// beyond looking things up.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

struct PartitionImage {
  NodeId leader;  // none when there is no leader
  std::int32_t leader_epoch = 0;
  std::vector<NodeId> replicas;  // assignment order; the first is the preferred leader
  std::vector<NodeId> isr;
};

struct TopicImage {
  std::vector<PartitionImage> partitions;
  Config config;  // overrides of the brokers' defaults
};

struct ClusterImage {
  std::vector<NodeId> brokers;  // in ascending order
  std::map<std::string, TopicImage> topics;

  /// Null when there is no such topic.
  const TopicImage* find_topic(const std::string& name) const;
  /// Null when there is no such topic or partition.
  const PartitionImage* find(const TopicPartition& tp) const;
};

struct NewTopic {
  std::string name;
  int partitions = 1;  // > 0
  int replicas = 1;    // 1 ... number of brokers
  Config config;
};

/// A cluster as it is right after its topics were created: every broker up, every replica in
/// sync, leaders as preferred. `start` draws where each topic's placement begins; null: at the
/// first broker.
ClusterImage make_cluster_image(std::vector<NodeId> brokers, const std::vector<NewTopic>& topics,
                                RandomStream* start = nullptr);

}  // namespace eventarium::kafka
