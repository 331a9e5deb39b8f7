#include "sim/broker/cluster_image.h"

#include <algorithm>

#include "sim/broker/placement.h"

namespace eventarium::kafka {

bool PartitionImage::has_replica(NodeId broker) const {
  return std::find(replicas.begin(), replicas.end(), broker) != replicas.end();
}

bool PartitionImage::in_isr(NodeId broker) const {
  return std::find(isr.begin(), isr.end(), broker) != isr.end();
}

const TopicImage* ClusterImage::find_topic(const std::string& name) const {
  const auto found = topics.find(name);
  return found == topics.end() ? nullptr : &found->second;
}

const PartitionImage* ClusterImage::find(const TopicPartition& tp) const {
  const TopicImage* topic = find_topic(tp.topic);
  if (!topic || tp.partition < 0) return nullptr;
  const auto index = static_cast<std::size_t>(tp.partition);
  return index < topic->partitions.size() ? topic->partitions[index].get() : nullptr;
}

const BrokerImage* ClusterImage::find_broker(NodeId broker) const {
  const auto found = brokers.find(broker);
  return found == brokers.end() ? nullptr : &found->second;
}

ClusterImage make_cluster_image(const std::vector<NodeId>& brokers,
                                const std::vector<NewTopic>& topics, RandomStream* start) {
  ClusterImage image;
  std::vector<NodeId> sorted = brokers;
  std::sort(sorted.begin(), sorted.end());
  std::int64_t epoch = 0;
  for (const NodeId broker : sorted) image.brokers[broker] = {broker, ++epoch, 1, false, false};
  for (const NewTopic& topic : topics) {
    TopicImage& created = image.topics[topic.name];
    created.config = topic.config;
    for (auto& replicas : place_replicas(sorted, topic.partitions, topic.replicas, start)) {
      PartitionImage partition;
      partition.leader = replicas.front();
      partition.isr = replicas;
      partition.replicas = std::move(replicas);
      created.partitions.push_back(std::make_shared<const PartitionImage>(std::move(partition)));
    }
  }
  return image;
}

}  // namespace eventarium::kafka
