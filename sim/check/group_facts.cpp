// See group_facts.h.
#include "sim/check/group_facts.h"

#include <algorithm>
#include <charconv>

namespace eventarium::check {

std::vector<PartitionKey> parse_partitions(std::string_view text) {
  std::vector<PartitionKey> partitions;
  while (!text.empty()) {
    const std::size_t space = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, space);
    text.remove_prefix(std::min(space + 1, text.size()));
    const std::size_t dash = name.rfind('-');  // topics may have dashes, too
    if (dash == std::string_view::npos) continue;
    const std::string_view digits = name.substr(dash + 1);
    PartitionKey key{std::string(name.substr(0, dash)), 0};
    const auto [end, error] =
        std::from_chars(digits.data(), digits.data() + digits.size(), key.partition);
    if (error == std::errc() && end == digits.data() + digits.size())
      partitions.push_back(std::move(key));
  }
  return partitions;
}

const GroupFact* GroupFacts::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void GroupFacts::on_state(NodeId node, const trace::GroupStateChanged& changed) {
  GroupFact& group = groups_[changed.group];
  group.kind = changed.kind;
  group.state = changed.state;
  group.generation = changed.generation;
  if (!changed.assignor.empty()) group.assignor = changed.assignor;
  group.coordinator = node;
  if (changed.members == 0) group.members.clear();
  if (changed.state == "Dead") group.committed.clear();
  if (changed.state != "Stable") return;
  if (group.stable_generation && *group.stable_generation != changed.generation) ++group.rebalances;
  group.stable_generation = changed.generation;
}

void GroupFacts::on_member(const trace::Event& event) {
  if (const auto* joined = event.as<trace::GroupMemberJoined>()) {
    GroupMember& member = groups_[joined->group].members[joined->member];
    member.client = joined->client;
    member.instance_id = joined->instance_id;
  } else if (const auto* left = event.as<trace::GroupMemberLeft>()) {
    groups_[left->group].members.erase(left->member);
  } else if (const auto* made = event.as<trace::GroupAssignmentMade>()) {
    GroupMember& member = groups_[made->group].members[made->member];
    member.client = made->client;
    member.partitions = parse_partitions(made->partitions);
  }
}

void GroupFacts::on_event(const trace::Event& event) {
  stops_.on_event(event);
  if (const auto* wanted = event.as<trace::SubscriptionDeclared>()) {
    if (wanted->group.empty()) return;
    GroupFact& group = groups_[wanted->group];
    group.kind = wanted->group_kind;
    group.topics.insert(wanted->topic);
  } else if (const auto* changed = event.as<trace::GroupStateChanged>()) {
    on_state(event.node, *changed);
  } else if (const auto* committed = event.as<trace::OffsetCommitted>()) {
    groups_[committed->group].committed[{committed->topic, committed->partition}] =
        committed->offset;
  } else if (const auto* start = event.as<trace::ShareStartAdvanced>()) {
    groups_[start->group].committed[{start->topic, start->partition}] = start->offset;
  } else if (const auto* expired = event.as<trace::OffsetExpired>()) {
    groups_[expired->group].committed.erase({expired->topic, expired->partition});
  } else if (const auto* deleted = event.as<trace::TopicDeleted>()) {
    for (auto& [name, group] : groups_)
      std::erase_if(group.committed,
                    [&](const auto& entry) { return entry.first.topic == deleted->topic; });
  } else {
    on_member(event);
  }
}

std::vector<GroupLag> lags_of(const GroupFact& group, const LogState& logs) {
  std::vector<GroupLag> lags;
  for (const auto& [key, partition] : logs.partitions()) {
    const auto found = group.committed.find(key);
    const bool kept = found != group.committed.end();
    if (!kept && group.topics.count(key.topic) == 0) continue;
    GroupLag lag{key, std::nullopt, partition.log().log_start_offset,
                 std::max(partition.log().log_start_offset, partition.high_watermark)};
    if (kept) lag.committed = found->second;
    lags.push_back(std::move(lag));
  }
  return lags;
}

}  // namespace eventarium::check
