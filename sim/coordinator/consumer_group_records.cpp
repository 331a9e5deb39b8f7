// What of a consumer group is kept in __consumer_offsets: one record for the group, one for each
// member. Kafka has a record type for each of their parts (ConsumerGroupMemberMetadata,
// TargetAssignmentMember, CurrentMemberAssignment, ...); here each change writes the member whole.
#include "sim/base/check.h"
#include "sim/coordinator/consumer_group.h"
#include "sim/coordinator/group_entry.h"
#include "sim/coordinator/record_text.h"

namespace eventarium::kafka {
namespace {

std::set<TopicPartition> partition_set(const RecordText& text, const char* name) {
  const PartitionList list = text.partitions(name);
  return {list.begin(), list.end()};
}

}  // namespace

std::vector<CoordinatorEntry> ConsumerGroup::take_changes() {
  std::vector<CoordinatorEntry> entries;
  for (const std::string& id : changed_members_) {
    CoordinatorEntry& entry = entries.emplace_back();
    entry.key = encode(GroupEntryKey{member_type, id_, id, {}, -1});
    entry.type = "ConsumerGroupMember";
    const ConsumerGroupMember* member = find(id);
    if (!member) continue;  // a tombstone
    RecordTextWriter value;
    value.text("instance_id", member->instance_id);
    value.integer("client", member->client.value);
    value.integer("epoch", member->epoch);
    value.integer("previous_epoch", member->previous_epoch);
    value.integer("state", static_cast<std::int64_t>(member->state));
    value.texts("topics", {member->topics.begin(), member->topics.end()});
    value.text("assignor", member->assignor);
    value.integer("rebalance_timeout_ms", member->rebalance_timeout / std::chrono::milliseconds(1));
    value.partitions("assigned", {member->assigned.begin(), member->assigned.end()});
    value.partitions("pending_revocation",
                     {member->pending_revocation.begin(), member->pending_revocation.end()});
    value.partitions("target", {member->target.begin(), member->target.end()});
    entry.value = value.take();
  }
  if (group_changed_) {
    RecordTextWriter value;
    value.integer("epoch", epoch_);
    value.integer("target_epoch", target_epoch_);
    value.text("assignor", assignor_);
    PartitionList ends;  // of each topic that the target is made of: its number of partitions
    for (const auto& [topic, partitions] : topics_)
      if (is_subscribed(topic)) ends.push_back({topic, partitions});
    value.partitions("topics", ends);
    entries.push_back(
        {encode(GroupEntryKey{group_type, id_, {}, {}, -1}), value.take(), "ConsumerGroup"});
  }
  changed_members_.clear();
  group_changed_ = false;
  return entries;
}

void ConsumerGroup::keep_again() {
  group_changed_ = true;
  for (const auto& [id, member] : members_) changed_members_.insert(id);
}

std::vector<CoordinatorEntry> ConsumerGroup::tombstones() const {
  return {{encode(GroupEntryKey{group_type, id_, {}, {}, -1}), std::nullopt, "ConsumerGroup"}};
}

void ConsumerGroup::replay(const GroupEntryKey& key, const std::optional<std::string>& text) {
  if (key.type == group_type) {
    if (!text) return;
    const RecordText value(*text);
    epoch_ = static_cast<std::int32_t>(value.integer("epoch"));
    target_epoch_ = static_cast<std::int32_t>(value.integer("target_epoch"));
    assignor_ = value.text("assignor");
    topics_.clear();
    for (const TopicPartition& end : value.partitions("topics")) topics_[end.topic] = end.partition;
    return;
  }
  EVENTARIUM_CHECK(key.type == member_type, "a record of a consumer group");
  if (!text) {
    members_.erase(key.member);
    return;
  }
  const RecordText value(*text);
  ConsumerGroupMember& member = members_[key.member];
  member.id = key.member;
  member.instance_id = value.text("instance_id");
  member.client = NodeId{static_cast<std::uint32_t>(value.integer("client"))};
  member.epoch = static_cast<std::int32_t>(value.integer("epoch"));
  member.previous_epoch = static_cast<std::int32_t>(value.integer("previous_epoch"));
  member.state = static_cast<MemberState>(value.integer("state"));
  const auto topics = value.texts("topics");
  member.topics = {topics.begin(), topics.end()};
  member.assignor = value.text("assignor");
  member.rebalance_timeout = std::chrono::milliseconds(value.integer("rebalance_timeout_ms"));
  member.assigned = partition_set(value, "assigned");
  member.pending_revocation = partition_set(value, "pending_revocation");
  member.target = partition_set(value, "target");
}

}  // namespace eventarium::kafka
