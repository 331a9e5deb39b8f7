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

std::string bootstrap_option(const History& history, const World& world) {
  for (const NodeView& node : world.nodes)
    if (node.role == Role::broker && node.running)
      return fmt::format("--bootstrap-server {}:9092", history.name(node.id));
  return "--bootstrap-server localhost:9092";
}

namespace {

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

/// One line per partition, as TopicCommand prints it.
std::string describe_line(const History& history, const PartitionView& view) {
  std::vector<NodeId> replicas;
  for (std::size_t i = 0; i < view.assigned && i < view.replicas.size(); ++i)
    replicas.push_back(view.replicas[i].broker);
  const std::string leader =
      view.leader.valid() ? std::to_string(broker_number(history, view.leader)) : "none";
  std::string line = fmt::format("\tTopic: {}\tPartition: {}\tLeader: {}\tReplicas: {}\tIsr: {}",
                                 view.id.topic, view.id.partition, leader,
                                 numbers(history, replicas), numbers(history, view.isr));
  if (!view.elr.empty()) line += "\tElr: " + numbers(history, view.elr);
  if (!view.adding.empty()) line += "\tAdding Replicas: " + numbers(history, view.adding);
  if (!view.removing.empty()) line += "\tRemoving Replicas: " + numbers(history, view.removing);
  return line;
}

RealCommand describe_topic(const History& history, const World& world, const std::string& topic) {
  RealCommand command;
  command.command = fmt::format("kafka-topics.sh {} --describe --topic {}",
                                bootstrap_option(history, world), topic);
  const auto partitions = partitions_of(world, topic);
  if (partitions.empty()) return command;
  command.output.push_back(
      fmt::format("Topic: {}\tPartitionCount: {}\tReplicationFactor: {}\tConfigs:", topic,
                  partitions.size(), partitions.front()->assigned));
  for (const PartitionView* view : partitions)
    command.output.push_back(describe_line(history, *view));
  return command;
}

RealCommand end_offsets(const History& history, const World& world, const std::string& topic) {
  RealCommand command;
  command.command =
      fmt::format("kafka-get-offsets.sh {} --topic {}", bootstrap_option(history, world), topic);
  for (const PartitionView* view : partitions_of(world, topic))
    command.output.push_back(
        fmt::format("{}:{}:{}", topic, view->id.partition, view->high_watermark()));
  return command;
}

bool has_ensemble(const World& world) {
  return std::any_of(world.nodes.begin(), world.nodes.end(),
                     [](const NodeView& node) { return node.role == Role::zookeeper; });
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
                         bootstrap_option(history, world), appended->topic, appended->partition,
                         offset),
             {fmt::format("{}\t{}", produced->keyed ? produced->partitionkey : "null",
                          produced->data)}}};
  }
  return {};
}

std::vector<RealCommand> commands_for_cluster(const History& history, const World& world) {
  constexpr std::size_t lines_max = 12;
  RealCommand troubled{fmt::format("kafka-topics.sh {} --describe --under-replicated-partitions",
                                   bootstrap_option(history, world)),
                       {}};
  std::size_t more = 0;
  for (const auto& [id, view] : world.partitions) {
    if (!view.under_replicated()) continue;
    if (troubled.output.size() < lines_max)
      troubled.output.push_back(describe_line(history, view));
    else
      ++more;
  }
  if (more > 0) troubled.output.push_back(fmt::format("… {} more", more));
  std::vector<RealCommand> commands = {troubled};
  for (RealCommand& command : commands_for_quorum(history, world))
    commands.push_back(std::move(command));
  return commands;
}

std::vector<RealCommand> commands_for_quorum(const History& history, const World& world) {
  if (has_ensemble(world)) {
    const std::string holder =
        world.controller.valid()
            ? fmt::format("{{\"version\":2,\"brokerid\":{},\"timestamp\":\"…\"}}",
                          broker_number(history, world.controller))
            : "Node does not exist: /controller";
    return {{"zookeeper-shell.sh zookeeper-1:2181 get /controller", {holder}}};
  }
  std::vector<NodeId> voters, observers;
  for (const NodeView& node : world.nodes) {
    if (!node.declared) continue;
    const bool votes = !node.controller.raft_role.empty() || node.role == Role::controller;
    if (votes) voters.push_back(node.id);
    if (!votes && node.role == Role::broker) observers.push_back(node.id);
  }
  if (voters.empty()) return {};
  const NodeView* leader = world.node(world.controller);
  const std::int64_t end = leader == nullptr ? 0 : leader->controller.log_end_offset;
  const auto lag = [&](const std::vector<NodeId>& nodes) {
    std::int64_t most = 0;
    for (const NodeId node : nodes)
      most = std::max(most, end - world.node(node)->controller.log_end_offset);
    return most;
  };
  return {{fmt::format("kafka-metadata-quorum.sh {} describe --status",
                       bootstrap_option(history, world)),
           {fmt::format("LeaderId:              {}",
                        leader == nullptr ? -1 : broker_number(history, world.controller)),
            fmt::format("LeaderEpoch:           {}", world.controller_epoch),
            fmt::format("HighWatermark:         {}", world.metadata_committed),
            fmt::format("MaxFollowerLag:        {}", leader == nullptr ? 0 : lag(voters)),
            fmt::format("CurrentVoters:         [{}]", numbers(history, voters)),
            fmt::format("CurrentObservers:      [{}]", numbers(history, observers))}}};
}

std::vector<RealCommand> commands_for_operation(const History& history, const World& world,
                                                const OperationRequest& operation) {
  const std::string to = bootstrap_option(history, world);
  const std::string& kind = operation.kind;
  if (kind == "add_partitions")
    return {{fmt::format("kafka-topics.sh {} --alter --topic {} --partitions {}", to,
                         operation.topic, operation.partitions.value_or(0)),
             {}}};
  if (kind == "elect_leader") {
    std::string command = fmt::format("kafka-leader-election.sh {} --election-type {}", to,
                                      operation.unclean ? "unclean" : "preferred");
    if (!operation.topic.empty()) command += " --topic " + operation.topic;
    if (operation.partition) command += fmt::format(" --partition {}", *operation.partition);
    return {{command, {}}};
  }
  if (kind == "set_config")
    return {{fmt::format("kafka-configs.sh {} --alter --topic {} --add-config {}={}", to,
                         operation.topic, operation.key, operation.value),
             {}}};
  if (kind == "rebalance" || kind == "replication_factor" || kind == "remove_broker")
    return {{fmt::format("kafka-reassign-partitions.sh {} --execute "
                         "--reassignment-json-file plan.json",
                         to),
             {}}};
  if (kind == "reset_offsets")
    return {{fmt::format("kafka-consumer-groups.sh {} --reset-offsets --group {} --topic {} "
                         "--to-{} --execute",
                         to, operation.group, operation.topic, operation.to),
             {}}};
  if (kind == "add_broker") return {{"kafka-server-start.sh server.properties", {}}};
  return {};
}

}  // namespace eventarium::viz
