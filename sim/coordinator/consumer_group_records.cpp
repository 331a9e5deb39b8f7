// What of a consumer group is kept in __consumer_offsets: one record for the group, one for each
// member. Kafka has a record type for each of their parts (ConsumerGroupMemberMetadata,
// TargetAssignmentMember, CurrentMemberAssignment, ...); here each change writes the member whole.
#include "sim/base/check.h"
#include "sim/coordinator/consumer_group.h"
#include "sim/coordinator/record_text.h"

namespace eventarium::kafka {
namespace {

constexpr const char* group_type = "ConsumerGroup";
constexpr const char* member_type = "ConsumerGroupMember";

std::set<TopicPartition> partition_set(const RecordText& text, const char* name) {
  const PartitionList list = text.partitions(name);
  return {list.begin(), list.end()};
}

}  // namespace

std::vector<CoordinatorEntry> ConsumerGroup::take_changes() {
  std::vector<CoordinatorEntry> entries;
  for (const std::string& id : changed_members_) {
    CoordinatorEntry& entry = entries.emplace_back();
    entry.key = RecordText::key(member_type, id_, id);
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
    entries.push_back({RecordText::key(group_type, id_), value.take()});
  }
  changed_members_.clear();
  group_changed_ = false;
  return entries;
}

void ConsumerGroup::replay(const CoordinatorEntry& entry) {
  const RecordText key(entry.key);
  if (key.text("type") == group_type) {
    if (!entry.value) return;
    const RecordText value(*entry.value);
    epoch_ = static_cast<std::int32_t>(value.integer("epoch"));
    target_epoch_ = static_cast<std::int32_t>(value.integer("target_epoch"));
    assignor_ = value.text("assignor");
    return;
  }
  EVENTARIUM_CHECK(key.text("type") == member_type, "a record of a consumer group");
  const std::string id = key.text("id");
  if (!entry.value) {
    members_.erase(id);
    return;
  }
  const RecordText value(*entry.value);
  ConsumerGroupMember& member = members_[id];
  member.id = id;
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
