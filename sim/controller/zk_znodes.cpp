#include "sim/controller/zk_znodes.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::kafka {
namespace {

std::string names(const std::vector<NodeId>& nodes, const zookeeper::Value::NameOf& name_of) {
  std::string text;
  for (const NodeId node : nodes) {
    if (!text.empty()) text += ' ';
    text += name_of(node);
  }
  return text.empty() ? "none" : text;
}

}  // namespace

namespace zk_path {

std::string broker(NodeId broker) { return std::string(ids) + "/" + std::to_string(broker.value); }
std::string topic(const std::string& topic) { return std::string(topics) + "/" + topic; }
std::string partitions(const std::string& name) { return topic(name) + "/partitions"; }
std::string partition(const TopicPartition& tp) {
  return partitions(tp.topic) + "/" + std::to_string(tp.partition);
}
std::string state(const TopicPartition& tp) { return partition(tp) + "/state"; }
std::string topic_config(const std::string& topic) {
  return std::string(topic_configs) + "/" + topic;
}
NodeId broker_of(const std::string& name) {
  return NodeId{static_cast<std::uint32_t>(std::stoul(name))};
}

}  // namespace zk_path

std::vector<NodeId> ReplicaAssignment::target() const {
  std::vector<NodeId> kept;
  for (const NodeId replica : replicas)
    if (std::find(removing.begin(), removing.end(), replica) == removing.end())
      kept.push_back(replica);
  return kept;
}

std::uint64_t TopicZnode::size_bytes() const {
  std::uint64_t size = 70;
  for (const ReplicaAssignment& partition : assignment) size += 8 + 3 * partition.replicas.size();
  return size;
}

std::string TopicZnode::text(const NameOf& name_of) const {
  std::string text;
  for (std::size_t p = 0; p < assignment.size() && p < 4; ++p)
    text += fmt::format("{}{}: {}", p == 0 ? "" : "; ", p, names(assignment[p].replicas, name_of));
  return assignment.size() > 4 ? text + "; ..." : text;
}

std::string StateZnode::text(const NameOf& name_of) const {
  return fmt::format("leader {} (epoch {}), isr {}",
                     state->leader.valid() ? name_of(state->leader) : "none", state->leader_epoch,
                     names(state->isr, name_of));
}

std::uint64_t ConfigZnode::size_bytes() const {
  std::uint64_t size = 30;
  for (const auto& [key, value] : config) size += key.size() + value.size() + 6;
  return size;
}

std::string ConfigZnode::text(const NameOf&) const {
  std::string text;
  for (const auto& [key, value] : config)
    text += fmt::format("{}{}={}", text.empty() ? "" : ", ", key, value);
  return text;
}

PartitionState compose(const ReplicaAssignment& assignment, const PartitionImage& state,
                       std::int32_t version) {
  auto image = std::make_shared<PartitionImage>(state);
  image->replicas = assignment.replicas;
  image->adding = assignment.adding;
  image->removing = assignment.removing;
  image->partition_epoch = version;
  return image;
}

}  // namespace eventarium::kafka
