#include "sim/broker/cluster_image.h"

#include <algorithm>

#include "sim/broker/placement.h"

namespace eventarium::kafka {

const TopicImage* ClusterImage::find_topic(const std::string& name) const {
  const auto found = topics.find(name);
  return found == topics.end() ? nullptr : &found->second;
}

const PartitionImage* ClusterImage::find(const TopicPartition& tp) const {
  const TopicImage* topic = find_topic(tp.topic);
  if (!topic || tp.partition < 0) return nullptr;
  const auto index = static_cast<std::size_t>(tp.partition);
  return index < topic->partitions.size() ? &topic->partitions[index] : nullptr;
}

ClusterImage make_cluster_image(std::vector<NodeId> brokers, const std::vector<NewTopic>& topics,
                                RandomStream* start) {
  ClusterImage image;
  std::sort(brokers.begin(), brokers.end());
  image.brokers = brokers;
  for (const NewTopic& topic : topics) {
    TopicImage& created = image.topics[topic.name];
    created.config = topic.config;
    for (auto& replicas : place_replicas(brokers, topic.partitions, topic.replicas, start)) {
      const NodeId leader = replicas.front();
      created.partitions.push_back({leader, 0, replicas, replicas});
    }
  }
  return image;
}

}  // namespace eventarium::kafka
