// See real_command.h. Columns as in TopicCommand, GetOffsetShell and DefaultMessageFormatter of
// Kafka 4.1.
#include "viz/model/real_command.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <fmt/format.h>

namespace eventarium::viz {

std::int64_t broker_number(const History& history, NodeId broker) {
  const std::string& name = history.name(broker);
  std::size_t digits = name.size();
  while (digits > 0 && std::isdigit(static_cast<unsigned char>(name[digits - 1]))) --digits;
  if (digits == name.size() || name.size() - digits > 9)
    return static_cast<std::int64_t>(broker.value);
  return std::stoll(name.substr(digits));
}

namespace {

std::string bootstrap(const History& history, const World& world) {
  for (const NodeView& node : world.nodes)
    if (node.role == Role::broker && node.running)
      return fmt::format("--bootstrap-server {}:9092", history.name(node.id));
  return "--bootstrap-server localhost:9092";
}

std::string numbers(const History& history, const std::vector<NodeId>& brokers) {
  std::string out;
  for (const NodeId broker : brokers) {
    if (!out.empty()) out += ',';
    out += std::to_string(broker_number(history, broker));
  }
  return out;
}

std::vector<const PartitionView*> partitions_of(const World& world, const std::string& topic) {
  std::vector<const PartitionView*> out;
  for (const auto& [id, view] : world.partitions)
    if (id.topic == topic) out.push_back(&view);
  return out;
}

RealCommand describe_topic(const History& history, const World& world, const std::string& topic) {
  RealCommand command;
  command.command =
      fmt::format("kafka-topics.sh {} --describe --topic {}", bootstrap(history, world), topic);
  const auto partitions = partitions_of(world, topic);
  if (partitions.empty()) return command;
  command.output.push_back(
      fmt::format("Topic: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs:", topic,
                  partitions.size(), partitions.front()->replicas.size()));
  for (const PartitionView* view : partitions) {
    std::vector<NodeId> replicas;
    for (const ReplicaView& replica : view->replicas) replicas.push_back(replica.broker);
    const std::string leader =
        view->leader.valid() ? std::to_string(broker_number(history, view->leader)) : "none";
    command.output.push_back(fmt::format(
        "\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}", topic, view->id.partition,
        leader, numbers(history, replicas), numbers(history, view->isr)));
  }
  return command;
}

RealCommand end_offsets(const History& history, const World& world, const std::string& topic) {
  RealCommand command;
  command.command =
      fmt::format("kafka-get-offsets.sh {} --topic {}", bootstrap(history, world), topic);
  for (const PartitionView* view : partitions_of(world, topic))
    command.output.push_back(
        fmt::format("{}:{}:{}", topic, view->id.partition, view->high_watermark()));
  return command;
}

}  // namespace

std::vector<RealCommand> commands_for_partition(const History& history, const World& world,
                                                const PartitionId& partition) {
  return {describe_topic(history, world, partition.topic),
          end_offsets(history, world, partition.topic)};
}

std::vector<RealCommand> commands_for_node(const History& history, const World& world,
                                           const NodeView& node) {
  std::set<std::string> topics;
  if (node.role == Role::broker) {
    for (const auto& [id, partition] : world.partitions)
      if (partition.replica(node.id) != nullptr) topics.insert(id.topic);
  } else {
    for (const ReadPosition& position : node.receiver.positions)
      topics.insert(position.partition.topic);
  }
  std::vector<RealCommand> commands;
  for (const std::string& topic : topics)
    commands.push_back(node.role == Role::broker ? describe_topic(history, world, topic)
                                                 : end_offsets(history, world, topic));
  return commands;
}

std::vector<RealCommand> commands_for_record(const History& history, const World& world,
                                             RecordId record) {
  const RecordInfo* info = history.record(record);
  const auto* produced = history.produced(record);
  if (info == nullptr || produced == nullptr) return {};
  for (const Position position : info->events) {
    if (position >= world.moment) break;
    const auto* appended = history[position].as<trace::BatchAppended>();
    if (appended == nullptr) continue;
    const auto& list = appended->records;
    const std::int64_t offset =
        appended->base_offset + (std::find(list.begin(), list.end(), record) - list.begin());
    return {{fmt::format("kafka-console-consumer.sh {} --topic {} --partition {} --offset {} "
                         "--max-messages 1 --property print.key=true",
                         bootstrap(history, world), appended->topic, appended->partition, offset),
             {fmt::format("{}\t{}", produced->keyed ? produced->partitionkey : "null",
                          produced->data)}}};
  }
  return {};
}

}  // namespace eventarium::viz
