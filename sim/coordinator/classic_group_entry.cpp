#include "sim/coordinator/classic_group_entry.h"

#include <utility>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "sim/coordinator/group_entry.h"

namespace eventarium::kafka {
namespace {

using Json = nlohmann::ordered_json;

std::int64_t to_whole_ms(Duration duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(duration).count();
}

Json encode(const PartitionList& partitions) {
  Json json = Json::array();
  for (const TopicPartition& tp : partitions)
    json.push_back(fmt::format("{}-{}", tp.topic, tp.partition));
  return json;
}

PartitionList decode_partitions(const Json& json) {
  PartitionList partitions;
  for (const Json& item : json) {
    const auto text = item.get<std::string>();
    const std::size_t dash = text.rfind('-');
    partitions.push_back({text.substr(0, dash), std::stoi(text.substr(dash + 1))});
  }
  return partitions;
}

Json encode(const engine::Runtime& runtime, const ClassicMember& member,
            const std::string& protocol, bool assigned) {
  Json json = {{"memberId", member.id}};
  if (member.is_static()) json["groupInstanceId"] = member.instance_id;
  json["clientId"] = runtime.name_of(member.client);
  json["clientHost"] = member.client.value;
  json["rebalanceTimeout"] = to_whole_ms(member.rebalance_timeout);
  json["sessionTimeout"] = to_whole_ms(member.session_timeout);
  if (const GroupSubscription* subscription = member.subscription(protocol))
    json["subscription"] = {{"topics", subscription->topics},
                            {"owned", encode(subscription->owned)},
                            {"generation", subscription->generation}};
  json["assignment"] = assigned ? encode(member.assignment) : Json::array();
  return json;
}

ClassicMember decode_member(const Json& json, const std::string& protocol) {
  ClassicMember member;
  member.id = json.at("memberId").get<std::string>();
  member.instance_id = json.value("groupInstanceId", "");
  member.client = NodeId{json.at("clientHost").get<std::uint32_t>()};
  member.rebalance_timeout =
      std::chrono::milliseconds(json.at("rebalanceTimeout").get<std::int64_t>());
  member.session_timeout = std::chrono::milliseconds(json.at("sessionTimeout").get<std::int64_t>());
  if (json.contains("subscription")) {
    const Json& subscription = json["subscription"];
    member.protocols.push_back(
        {protocol,
         {subscription.at("topics").get<std::vector<std::string>>(),
          decode_partitions(subscription.at("owned")), subscription.at("generation").get<int>()}});
  }
  member.assignment = decode_partitions(json.at("assignment"));
  return member;
}

}  // namespace

CoordinatorEntry classic_group_entry(const engine::Runtime& runtime, const ClassicGroup& group,
                                     bool assigned) {
  Json json = {{"protocolType", "consumer"},
               {"generation", group.generation()},
               {"protocol", group.protocol()},
               {"leader", group.leader()},
               {"currentStateTimestamp", to_whole_ms(group.state_since().time_since_epoch())}};
  Json& members = json["members"] = Json::array();
  for (const ClassicMember& member : group.members())
    members.push_back(encode(runtime, member, group.protocol(), assigned));
  return {encode({classic_group_entry_type, group.id(), "", "", -1}), json.dump(), "GroupMetadata"};
}

CoordinatorEntry classic_group_tombstone(const std::string& group) {
  return {encode({classic_group_entry_type, group, "", "", -1}), std::nullopt, "GroupMetadata"};
}

std::optional<ClassicGroup> decode_classic_group(const std::string& group,
                                                 const std::string& value) {
  const Json json = Json::parse(value, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object() || !json.contains("members")) return std::nullopt;
  const auto protocol = json.at("protocol").get<std::string>();
  std::vector<ClassicMember> members;
  for (const Json& member : json.at("members")) members.push_back(decode_member(member, protocol));
  return ClassicGroup::restore(
      group, json.at("generation").get<int>(), protocol, json.at("leader").get<std::string>(),
      std::move(members),
      sim_time(std::chrono::milliseconds(json.at("currentStateTimestamp").get<std::int64_t>())));
}

std::string text_of(const PartitionList& partitions) {
  std::string text;
  for (const TopicPartition& tp : partitions)
    text += fmt::format("{}{}-{}", text.empty() ? "" : " ", tp.topic, tp.partition);
  return text;
}

}  // namespace eventarium::kafka
