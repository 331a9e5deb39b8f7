// See group_command.h. What is missing is "-", as Kafka's tool has it.
#include "viz/model/group_command.h"

#include <algorithm>

#include <fmt/format.h>

#include "viz/model/real_command.h"

namespace eventarium::viz {
namespace {

using Lines = std::vector<std::vector<std::string>>;

/// Columns as wide as their widest value, left-aligned, as ConsumerGroupCommand prints them.
std::vector<std::string> aligned(const Lines& lines) {
  std::vector<std::size_t> widths;
  for (const auto& line : lines) {
    widths.resize(std::max(widths.size(), line.size()));
    for (std::size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  std::vector<std::string> out;
  for (const auto& line : lines) {
    std::string text;
    for (std::size_t i = 0; i < line.size(); ++i)
      text += i + 1 == line.size() ? line[i] : fmt::format("{:<{}}  ", line[i], widths[i]);
    out.push_back(std::move(text));
  }
  return out;
}

std::string comma_list(const std::vector<PartitionId>& partitions) {
  std::string text;
  for (const PartitionId& id : partitions) text += (text.empty() ? "" : ",") + to_text(id);
  return text.empty() ? "-" : text;
}

/// By topic and partition, then members without any.
Lines offsets(const History& history, const World& world, const GroupView& group) {
  Lines lines = {{"GROUP", "TOPIC", "PARTITION", "CURRENT-OFFSET", "LOG-END-OFFSET", "LAG",
                  "CONSUMER-ID", "HOST", "CLIENT-ID"}};
  const auto reader_of = [&](const PartitionId& id) -> const MemberView* {
    for (const MemberView& member : group.members)
      if (std::binary_search(member.assigned.begin(), member.assigned.end(), id)) return &member;
    return nullptr;
  };
  for (const GroupLag& lag : lags_of(world, group)) {
    const MemberView* reader = reader_of(lag.partition);
    if (!lag.committed && reader == nullptr) continue;
    const std::string client = reader == nullptr ? "-" : history.name(reader->client);
    lines.push_back({group.name, lag.partition.topic, std::to_string(lag.partition.partition),
                     lag.committed ? std::to_string(*lag.committed) : "-",
                     std::to_string(lag.log_end), lag.committed ? std::to_string(lag.lag()) : "-",
                     reader == nullptr ? "-" : reader->id, reader == nullptr ? "-" : "/" + client,
                     client});
  }
  for (const MemberView& member : group.members)
    if (member.joined() && member.assigned.empty())
      lines.push_back({group.name, "-", "-", "-", "-", "-", member.id,
                       "/" + history.name(member.client), history.name(member.client)});
  return lines;
}

Lines members(const History& history, const GroupView& group) {
  Lines lines = {{"GROUP", "CONSUMER-ID", "HOST", "CLIENT-ID", "#PARTITIONS", "ASSIGNMENT"}};
  for (const MemberView& member : group.members)
    if (member.joined())
      lines.push_back({group.name, member.id, "/" + history.name(member.client),
                       history.name(member.client), std::to_string(member.assigned.size()),
                       comma_list(member.assigned)});
  return lines;
}

Lines state(const History& history, const GroupView& group) {
  const std::string coordinator = group.coordinator.valid()
                                      ? fmt::format("{}:9092 ({})", history.name(group.coordinator),
                                                    broker_number(history, group.coordinator))
                                      : "-";
  return {{"GROUP", "COORDINATOR (ID)", "ASSIGNMENT-STRATEGY", "STATE", "#MEMBERS"},
          {group.name, coordinator, group.assignor.empty() ? "-" : group.assignor, group.state,
           std::to_string(group.joined())}};
}

}  // namespace

std::vector<RealCommand> commands_for_group(const History& history, const World& world,
                                            const GroupView& group) {
  const char* tool = group.kind == "share" ? "kafka-share-groups.sh" : "kafka-consumer-groups.sh";
  const std::string describe = fmt::format("{} {} --describe --group {}", tool,
                                           bootstrap_option(history, world), group.name);
  std::vector<RealCommand> commands = {
      {describe, aligned(offsets(history, world, group)), true},
      {describe + " --members --verbose", aligned(members(history, group)), true},
      {describe + " --state", aligned(state(history, group)), true}};
  if (group.joined() == 0)
    commands.front().output.insert(
        commands.front().output.begin(),
        fmt::format("Consumer group '{}' has no active members.", group.name));
  return commands;
}

std::vector<RealCommand> commands_for_transaction(const History& history, const World& world,
                                                  const TransactionView& view) {
  std::string partitions;
  for (const PartitionId& id : view.partitions)
    partitions += (partitions.empty() ? "" : ",") + to_text(id);
  const std::string age =
      view.begun ? std::to_string((world.t - *view.begun) / 1ms) : std::string("None");
  return {
      {fmt::format("kafka-transactions.sh {} describe --transactional-id {}",
                   bootstrap_option(history, world), view.id),
       aligned({{"CoordinatorId", "TransactionalId", "ProducerId", "ProducerEpoch",
                 "TransactionState", "CurrentTransactionDurationMs", "TopicPartitions"},
                {view.coordinator.valid() ? std::to_string(broker_number(history, view.coordinator))
                                          : "-",
                 view.id, std::to_string(view.producer_id), std::to_string(view.producer_epoch),
                 view.state, age, partitions}}),
       true}};
}

}  // namespace eventarium::viz
