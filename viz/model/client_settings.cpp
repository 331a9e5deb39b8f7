// See client_settings.h.
#include "viz/model/client_settings.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::viz {
namespace {

std::vector<ClientSetting> producer_settings() {
  return {
      {"acks",
       "1",
       "all",
       "The leader alone answers for a record: what it has not passed on can "
       "be lost.",
       {},
       false},
      {"linger.ms",
       "500",
       "5",
       "It waits half a second for a batch to fill: fewer and larger "
       "requests, later.",
       {},
       false},
      {"enable.idempotence",
       "false",
       "true",
       "A batch that is sent again may be stored twice.",
       {},
       false},
  };
}

/// Of those in a group, and of single ones what has to do with fetching only.
std::vector<ClientSetting> consumer_settings(bool in_group) {
  std::vector<ClientSetting> settings = {
      {"max.poll.records",
       "1",
       "500",
       "One record for each poll(): it is quick to hear of a "
       "rebalance, and asks and commits more often.",
       {},
       false},
      {"isolation.level",
       "read_committed",
       "read_uncommitted",
       "It waits for the end of transactions and skips aborted ones.",
       {},
       false},
  };
  if (!in_group) return settings;
  settings.push_back({"max.poll.interval.ms",
                      "1000",
                      "300000",
                      "Whoever is busy with a batch for longer than a second has to leave.",
                      {},
                      false});
  settings.push_back({"session.timeout.ms",
                      "6000",
                      "45000",
                      "A crash is noticed after 6 s, and so is a pause that is as long.",
                      {},
                      false});
  settings.push_back({"partition.assignment.strategy",
                      "CooperativeStickyAssignor",
                      "RangeAssignor,CooperativeStickyAssignor",
                      "Only what moves stops; all members need an assignor in common.",
                      {},
                      false});
  return settings;
}

/// What Kafka refuses to be told; empty: nothing speaks against it.
std::string refusal(const GroupView& group, std::string_view key) {
  if (group.kind == "share") {
    if (key == "isolation.level") return "It is a setting of the share group, not of a member.";
    if (key == "session.timeout.ms")
      return "In a share group the brokers' group.share.session.timeout.ms holds.";
    if (key == "partition.assignment.strategy") return "The group coordinator assigns.";
  }
  if (group.kind == "consumer") {
    if (key == "session.timeout.ms")
      return "With group.protocol=consumer the brokers' group.consumer.session.timeout.ms holds.";
    if (key == "partition.assignment.strategy")
      return "With group.protocol=consumer the brokers assign.";
  }
  return {};
}

}  // namespace

std::optional<std::string> value_asked(const History& history, Position moment,
                                       const std::string& client, std::string_view key) {
  const std::vector<Position>& operations = history.operations();
  for (auto at = operations.rbegin(); at != operations.rend(); ++at) {
    const auto* asked = *at < moment ? history[*at].as<trace::OperationAsked>() : nullptr;
    if (asked == nullptr || asked->operation != "set_client_config") continue;
    const std::string head = fmt::format("{}=", key), tail = " of " + client;
    if (asked->detail.starts_with(head) && asked->detail.ends_with(tail))
      return asked->detail.substr(head.size(), asked->detail.size() - head.size() - tail.size());
  }
  return std::nullopt;
}

std::vector<ClientSetting> settings_of(const History& history, const World& world,
                                       const NodeView& node) {
  if (world.partitions.empty()) return {};
  std::vector<ClientSetting> settings;
  const GroupView* group = world.group_of(node.id);
  if (node.role == Role::producer)
    settings = producer_settings();
  else if (node.role == Role::consumer || node.role == Role::service)
    settings = consumer_settings(group != nullptr);
  for (ClientSetting& setting : settings) {
    if (group != nullptr) setting.why_not = refusal(*group, setting.key);
    setting.changed =
        value_asked(history, world.moment, history.name(node.id), setting.key) == setting.value;
  }
  return settings;
}

}  // namespace eventarium::viz
