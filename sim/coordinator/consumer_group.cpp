// See consumer_group.h. What is kept in the log: consumer_group_records.cpp.
#include "sim/coordinator/consumer_group.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

PartitionList listed(const std::set<TopicPartition>& partitions) {
  return {partitions.begin(), partitions.end()};
}

/// Whether a member that reports `owned` may still read one of these; who says nothing does.
bool owns_any(const std::optional<PartitionList>& owned, const std::set<TopicPartition>& these) {
  if (!owned) return true;
  return std::any_of(owned->begin(), owned->end(),
                     [&](const TopicPartition& tp) { return these.contains(tp); });
}

}  // namespace

const ConsumerGroupMember* ConsumerGroup::find(const std::string& member) const {
  const auto found = members_.find(member);
  return found == members_.end() ? nullptr : &found->second;
}

std::string_view ConsumerGroup::state() const {
  if (members_.empty()) return "Empty";
  if (epoch_ > target_epoch_) return "Assigning";
  const bool settled = std::all_of(members_.begin(), members_.end(), [&](const auto& entry) {
    return entry.second.state == MemberState::stable && entry.second.epoch == target_epoch_;
  });
  return settled ? "Stable" : "Reconciling";
}

Error ConsumerGroup::check_commit(const std::string& member, std::int32_t epoch) const {
  if (epoch < 0 && member.empty())  // an administrator
    return members_.empty() ? Error::none : Error::unknown_member_id;
  const ConsumerGroupMember* known = find(member);
  if (!known) return Error::unknown_member_id;
  return known->epoch == epoch ? Error::none : Error::stale_member_epoch;
}

bool ConsumerGroup::is_subscribed(const std::string& topic) const {
  return std::any_of(members_.begin(), members_.end(),
                     [&](const auto& entry) { return entry.second.topics.contains(topic); });
}

// ---- heartbeats

ConsumerGroup::Outcome ConsumerGroup::refuse(Error error) const {
  Outcome outcome;
  outcome.error = error;
  return outcome;
}

ConsumerGroupMember* ConsumerGroup::static_member(const std::string& instance_id) {
  if (instance_id.empty()) return nullptr;
  for (auto& [id, member] : members_)
    if (member.instance_id == instance_id) return &member;
  return nullptr;
}

ConsumerGroup::Outcome ConsumerGroup::heartbeat(const ConsumerGroupHeartbeatRequest& request,
                                                NodeId client, const std::string& name,
                                                const TopicSizes& topics, std::size_t size_max) {
  if (request.member_epoch < 0) return leave(request, name);
  Outcome outcome;
  if (request.member_epoch == join_group_epoch) {
    outcome = join(request, client, name, size_max);
    if (outcome.error != Error::none) return outcome;
  } else {
    const auto found = members_.find(request.member_id);
    if (found == members_.end()) return refuse(Error::unknown_member_id);
    const Error error = check_epoch(found->second, request);
    if (error != Error::none) return refuse(error);
    outcome.member = request.member_id;
  }
  ConsumerGroupMember& member = members_.at(request.member_id);
  const std::set<TopicPartition> before = member.assigned;
  member.client = client;
  subscribe(member, request, name, outcome);
  if (topics != topics_ && on_topics(topics)) bump("the topics have changed", outcome);
  if (epoch_ > target_epoch_) {
    compute_target(topics);
    outcome.target_changed = true;
  }
  reconcile(member, request.owned);
  outcome.member_epoch = member.epoch;
  if (request.member_epoch == join_group_epoch || request.owned || member.assigned != before)
    outcome.assignment = listed(member.assigned);
  return outcome;
}

/// A new member; one that begins anew with the id it had; or a static one in the place that it, or
/// its former process, has left for a while.
ConsumerGroup::Outcome ConsumerGroup::join(const ConsumerGroupHeartbeatRequest& request,
                                           NodeId client, const std::string& name,
                                           std::size_t size_max) {
  Outcome outcome;
  outcome.member = request.member_id;
  if (members_.contains(request.member_id)) {
    ConsumerGroupMember& again = members_.at(request.member_id);
    again.previous_epoch = again.epoch = 0;
    return outcome;
  }
  if (ConsumerGroupMember* former = static_member(request.instance_id)) {
    if (former->epoch != leave_group_static_epoch) return refuse(Error::unreleased_instance_id);
    ConsumerGroupMember taken = *former;
    outcome.replaced = former->id;
    changed(former->id);
    members_.erase(outcome.replaced);
    taken.id = request.member_id;
    taken.epoch = taken.previous_epoch = 0;
    taken.client = client;
    members_[taken.id] = std::move(taken);
    changed(request.member_id);
    outcome.joined = true;
    return outcome;
  }
  if (members_.size() >= size_max) return refuse(Error::group_max_size_reached);
  ConsumerGroupMember& member = members_[request.member_id];
  member.id = request.member_id;
  member.instance_id = request.instance_id;
  member.client = client;
  outcome.joined = true;
  bump(name + " joins", outcome);
  return outcome;
}

/// GroupMetadataManager.throwIfConsumerGroupMemberEpochIsInvalid.
Error ConsumerGroup::check_epoch(const ConsumerGroupMember& member,
                                 const ConsumerGroupHeartbeatRequest& request) const {
  if (!request.instance_id.empty() && request.instance_id != member.instance_id)
    return Error::fenced_instance_id;
  if (request.member_epoch == member.epoch) return Error::none;
  if (request.member_epoch > member.epoch) return Error::fenced_member_epoch;
  // The answer to its last heartbeat was lost: it has nothing more than it may have.
  const bool had_answer_lost =
      request.member_epoch == member.previous_epoch && request.owned &&
      std::all_of(request.owned->begin(), request.owned->end(),
                  [&](const TopicPartition& tp) { return member.assigned.contains(tp); });
  return had_answer_lost ? Error::none : Error::fenced_member_epoch;
}

void ConsumerGroup::subscribe(ConsumerGroupMember& member,
                              const ConsumerGroupHeartbeatRequest& request, const std::string& name,
                              Outcome& outcome) {
  if (request.rebalance_timeout > Duration::zero())
    member.rebalance_timeout = request.rebalance_timeout;
  const bool another_wish = request.server_assignor != member.assignor;
  if (another_wish) member.assignor = request.server_assignor;
  if (!request.subscribed && !another_wish) return;
  std::set<std::string> topics = member.topics;
  if (request.subscribed) topics = {request.subscribed->begin(), request.subscribed->end()};
  if (topics == member.topics && !another_wish) return;
  const bool is_new = outcome.joined && outcome.replaced.empty();
  member.topics = std::move(topics);
  changed(member.id);
  if (!is_new) bump(name + " subscribes to other topics", outcome);
}

ConsumerGroup::Outcome ConsumerGroup::leave(const ConsumerGroupHeartbeatRequest& request,
                                            const std::string& name) {
  const auto found = members_.find(request.member_id);
  if (found == members_.end()) return refuse(Error::unknown_member_id);
  if (request.member_epoch == leave_group_static_epoch) {
    ConsumerGroupMember& member = found->second;
    if (member.instance_id.empty() || member.instance_id != request.instance_id)
      return refuse(Error::unknown_member_id);
    member.epoch = leave_group_static_epoch;
    changed(member.id);
    Outcome outcome;
    outcome.member = request.member_id;
    outcome.member_epoch = leave_group_static_epoch;
    return outcome;
  }
  Outcome outcome = remove(request.member_id, name + " leaves");
  outcome.member_epoch = leave_group_epoch;
  return outcome;
}

ConsumerGroup::Outcome ConsumerGroup::remove(const std::string& member, const std::string& why) {
  Outcome outcome;
  if (members_.erase(member) == 0) return outcome;
  changed(member);
  outcome.member = member;
  outcome.left = true;
  bump(why, outcome);
  return outcome;
}

bool ConsumerGroup::on_topics(const TopicSizes& topics) {
  const auto size_of = [](const TopicSizes& sizes, const std::string& topic) {
    const auto found = sizes.find(topic);
    return found == sizes.end() ? 0 : found->second;
  };
  std::set<std::string> all;
  for (const auto& [topic, size] : topics) all.insert(topic);
  for (const auto& [topic, size] : topics_) all.insert(topic);
  const bool concerned = std::any_of(all.begin(), all.end(), [&](const std::string& topic) {
    return is_subscribed(topic) && size_of(topics, topic) != size_of(topics_, topic);
  });
  topics_ = topics;
  return concerned && target_epoch_ > 0;
}

void ConsumerGroup::bump(std::string reason, Outcome& outcome) {
  // One epoch for all that one heartbeat changes.
  if (outcome.reason.empty()) ++epoch_;
  outcome.reason += (outcome.reason.empty() ? "" : ", ") + reason;
  group_changed_ = true;
}

// ---- assignment

/// The assignor that most members wish for; the server's default when nobody does.
std::string ConsumerGroup::preferred_assignor() const {
  std::map<std::string, int> votes;
  for (const auto& [id, member] : members_)
    if (!member.assignor.empty()) ++votes[member.assignor];
  std::string best = server_assignor_names().front();
  int most = 0;
  for (const auto& [name, count] : votes)
    if (count > most) {
      most = count;
      best = name;
    }
  return best;
}

void ConsumerGroup::compute_target(const TopicSizes& topics) {
  AssignorMembers members;
  for (const auto& [id, member] : members_)
    members[id] = {member.instance_id, member.topics, member.target};
  assignor_ = preferred_assignor();
  for (auto& [id, partitions] : assign_on_server(assignor_, members, topics)) {
    ConsumerGroupMember& member = members_.at(id);
    if (member.target == partitions) continue;
    member.target = partitions;
    changed(id);
  }
  topics_ = topics;
  target_epoch_ = epoch_;
  group_changed_ = true;
}

void ConsumerGroup::reconcile(ConsumerGroupMember& member,
                              const std::optional<PartitionList>& owned) {
  switch (member.state) {
    case MemberState::stable:
      if (member.epoch != target_epoch_) move_towards_target(member, member.epoch, owned);
      return;
    case MemberState::unrevoked_partitions:
      if (owns_any(owned, member.pending_revocation)) return;
      return move_towards_target(member, member.epoch + 1, owned);
    case MemberState::unreleased_partitions:
      return move_towards_target(member, member.epoch, owned);
  }
}

/// CurrentAssignmentBuilder.computeNextAssignment.
void ConsumerGroup::move_towards_target(ConsumerGroupMember& member, std::int32_t from_epoch,
                                        const std::optional<PartitionList>& owned) {
  const ConsumerGroupMember before = member;
  std::set<TopicPartition> kept, to_revoke, to_add;
  for (const TopicPartition& tp : member.assigned)
    (member.target.contains(tp) ? kept : to_revoke).insert(tp);
  bool unreleased = false;
  for (const TopicPartition& tp : member.target) {
    if (kept.contains(tp)) continue;
    if (is_free(tp, member.id))
      to_add.insert(tp);
    else
      unreleased = true;
  }
  member.pending_revocation.clear();
  member.assigned = kept;
  if (!to_revoke.empty() && owns_any(owned, to_revoke)) {
    member.state = MemberState::unrevoked_partitions;
    member.pending_revocation = to_revoke;
    if (from_epoch != member.epoch) member.previous_epoch = member.epoch;
    member.epoch = from_epoch;
  } else {
    member.assigned.insert(to_add.begin(), to_add.end());
    member.state = unreleased ? MemberState::unreleased_partitions : MemberState::stable;
    if (member.epoch != target_epoch_) member.previous_epoch = member.epoch;
    member.epoch = target_epoch_;
  }
  if (!(member == before)) changed(member.id);
}

/// Nobody else has it, nor has still to give it up.
bool ConsumerGroup::is_free(const TopicPartition& tp, const std::string& except) const {
  return std::none_of(members_.begin(), members_.end(), [&](const auto& entry) {
    const ConsumerGroupMember& member = entry.second;
    return member.id != except &&
           (member.assigned.contains(tp) || member.pending_revocation.contains(tp));
  });
}

}  // namespace eventarium::kafka
