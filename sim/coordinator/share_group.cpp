// See share_group.h.
#include "sim/coordinator/share_group.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/coordinator/record_text.h"

namespace eventarium::kafka {
namespace {

PartitionList listed(const std::set<TopicPartition>& partitions) {
  return {partitions.begin(), partitions.end()};
}

}  // namespace

const ShareGroupMember* ShareGroup::find(const std::string& member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second;
}

ShareGroup::Outcome ShareGroup::refuse(Error error) const {
  Outcome outcome;
  outcome.error = error;
  return outcome;
}

void ShareGroup::bump(const std::string& reason, Outcome& outcome) {
  if (epoch_ == assigned_epoch_) ++epoch_;
  outcome.reason += (outcome.reason.empty() ? "" : ", ") + reason;
  group_changed_ = true;
}

ShareGroup::Outcome ShareGroup::heartbeat(const ShareGroupHeartbeatRequest& request, NodeId client,
                                          const std::string& name, const TopicSizes& topics,
                                          std::size_t size_max) {
  Outcome outcome;
  outcome.member = request.member_id;
  const bool known = members_.contains(request.member_id);
  const bool joins = request.member_epoch == join_group_epoch;
  if (!known && !joins) return refuse(Error::unknown_member_id);
  if (request.member_epoch < 0) {
    outcome = remove(request.member_id, name + " leaves");
    outcome.member_epoch = leave_group_epoch;
    return outcome;
  }
  if (!known && members_.size() >= size_max) return refuse(Error::group_max_size_reached);
  ShareGroupMember& member = members_[request.member_id];
  if (!joins && request.member_epoch != member.epoch &&
      request.member_epoch != member.previous_epoch)
    return refuse(Error::fenced_member_epoch);
  member.client = client;
  if (!known) {
    member.id = request.member_id;
    outcome.joined = true;
    changed_members_.insert(member.id);
    bump(name + " joins", outcome);
  }
  if (request.subscribed) {
    const std::set<std::string> wanted(request.subscribed->begin(), request.subscribed->end());
    if (wanted != member.topics) {
      member.topics = wanted;
      changed_members_.insert(member.id);
      if (known) bump(name + " subscribes to other topics", outcome);
    }
  }
  const auto size_of = [](const TopicSizes& sizes, const std::string& topic) {
    const auto found = sizes.find(topic);
    return found == sizes.end() ? 0 : found->second;
  };
  const bool topics_changed = std::any_of(members_.begin(), members_.end(), [&](const auto& entry) {
    return std::any_of(entry.second.topics.begin(), entry.second.topics.end(),
                       [&](const std::string& topic) {
                         return size_of(topics, topic) != size_of(topics_, topic);
                       });
  });
  if (topics_changed && known) bump("the topics have changed", outcome);
  const std::set<TopicPartition> before = member.assigned;
  const bool behind = member.epoch != epoch_;
  if (epoch_ > assigned_epoch_) assign(topics);
  if (member.epoch != epoch_) {
    member.previous_epoch = member.epoch;
    member.epoch = epoch_;
    changed_members_.insert(member.id);
  }
  outcome.member_epoch = member.epoch;
  if (joins || behind || member.assigned != before || request.member_epoch != member.epoch)
    outcome.assignment = listed(member.assigned);
  return outcome;
}

void ShareGroup::assign(const TopicSizes& topics) {
  AssignorMembers members;
  for (const auto& [id, member] : members_) members[id] = {{}, member.topics, member.assigned};
  for (auto& [id, partitions] : assign_shares(members, topics)) {
    ShareGroupMember& member = members_.at(id);
    if (member.assigned == partitions) continue;
    member.assigned = partitions;
    changed_members_.insert(id);
  }
  topics_ = topics;
  assigned_epoch_ = epoch_;
  group_changed_ = true;
}

ShareGroup::Outcome ShareGroup::remove(const std::string& member, const std::string& why) {
  Outcome outcome;
  if (members_.erase(member) == 0) return outcome;
  changed_members_.insert(member);
  outcome.member = member;
  outcome.left = true;
  bump(why, outcome);
  if (members_.empty()) assigned_epoch_ = epoch_;
  return outcome;
}

// ---- what is kept -------------------------------------------------------------------------------

std::vector<CoordinatorEntry> ShareGroup::take_changes() {
  std::vector<CoordinatorEntry> entries;
  for (const std::string& id : changed_members_) {
    CoordinatorEntry& entry = entries.emplace_back();
    entry.key = encode(GroupEntryKey{member_type, id_, id, {}, -1});
    entry.type = "ShareGroupMember";
    const ShareGroupMember* member = find(id);
    if (!member) continue;  // a tombstone
    RecordTextWriter value;
    value.integer("client", member->client.value);
    value.integer("epoch", member->epoch);
    value.integer("previous_epoch", member->previous_epoch);
    value.texts("topics", {member->topics.begin(), member->topics.end()});
    value.partitions("assigned", listed(member->assigned));
    entry.value = value.take();
  }
  if (group_changed_) {
    RecordTextWriter value;
    value.integer("epoch", epoch_);
    value.integer("assigned_epoch", assigned_epoch_);
    PartitionList sizes;  // of each topic that the assignment is made of
    for (const auto& [topic, partitions] : topics_) sizes.push_back({topic, partitions});
    value.partitions("topics", sizes);
    entries.push_back(
        {encode(GroupEntryKey{group_type, id_, {}, {}, -1}), value.take(), "ShareGroup"});
  }
  changed_members_.clear();
  group_changed_ = false;
  return entries;
}

void ShareGroup::keep_again() {
  for (const auto& [id, member] : members_) changed_members_.insert(id);
  group_changed_ = true;
}

void ShareGroup::replay(const GroupEntryKey& key, const std::optional<std::string>& text) {
  if (key.type == member_type && !text) {
    members_.erase(key.member);
    return;
  }
  EVENTARIUM_CHECK(text, "a group that is forgotten is not replayed");
  const RecordText value(*text);
  if (key.type == group_type) {
    epoch_ = static_cast<std::int32_t>(value.integer("epoch"));
    assigned_epoch_ = static_cast<std::int32_t>(value.integer("assigned_epoch"));
    topics_.clear();
    for (const TopicPartition& size : value.partitions("topics"))
      topics_[size.topic] = size.partition;
    return;
  }
  ShareGroupMember& member = members_[key.member];
  member.id = key.member;
  member.client = NodeId{static_cast<std::uint32_t>(value.integer("client"))};
  member.epoch = static_cast<std::int32_t>(value.integer("epoch"));
  member.previous_epoch = static_cast<std::int32_t>(value.integer("previous_epoch"));
  const auto topics = value.texts("topics");
  member.topics = {topics.begin(), topics.end()};
  const PartitionList assigned = value.partitions("assigned");
  member.assigned = {assigned.begin(), assigned.end()};
}

std::vector<CoordinatorEntry> ShareGroup::tombstones() const {
  return {{encode(GroupEntryKey{group_type, id_, {}, {}, -1}), std::nullopt, "ShareGroup"}};
}

}  // namespace eventarium::kafka
