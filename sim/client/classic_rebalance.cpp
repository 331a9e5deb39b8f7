// Joining a group by the classic protocol, all of it inside poll(): prepare, JoinGroup, assign
// (the leader), SyncGroup, take over. Follows Kafka's AbstractCoordinator.joinGroupIfNeeded and
// ConsumerCoordinator.onJoinPrepare, onLeaderElected, onJoinComplete (4.1).
#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/bus/cause_scope.h"
#include "sim/client/classic_membership.h"

namespace eventarium::kafka {

void ClassicMembership::poll(engine::Runtime& runtime) {
  poll_due_.reset();
  if (!failure_.empty()) return;
  if (held_join_) {
    const HeldJoin held = std::move(*held_join_);
    held_join_.reset();
    const bus::CauseScope cause(runtime, held.cause);
    on_join(runtime, held.response);
  }
  if (state_ == State::assigning) assign_and_sync(runtime);
  if (new_assignment_) take_over(runtime);
  watch_partition_counts(runtime);
  if (rejoin_needed_ && (state_ == State::unjoined || state_ == State::stable)) join(runtime);
}

void ClassicMembership::join(engine::Runtime& runtime) {
  if (generation_ < 0 && !prepared_) lose(runtime);
  if (retry_at_ > runtime.now() || !link_.ready(runtime)) return;
  const bus::CauseScope cause(runtime, rejoin_cause_);
  if (!prepared_) {
    if (standing() == Standing::member && !listener_.commit_before_rebalance(runtime)) return;
    give_up(runtime);
    prepared_ = true;
  }
  if (link_.ready(runtime)) send_join(runtime);
}

/// In the group no more: nothing of what it had is handed out again. Kafka's poll() waits for the
/// coordinator before it looks at what has been fetched; here it need not be found for that.
void ClassicMembership::lose(engine::Runtime& runtime) {
  const bus::CauseScope cause(runtime, rejoin_cause_);
  listener_.revoke_partitions(runtime, listener_.assigned_partitions(), RevokeReason::lost);
  prepared_ = true;
}

/// Eager members stop reading altogether; cooperative ones give up nothing before they know what.
void ClassicMembership::give_up(engine::Runtime& runtime) {
  leader_ = false;
  if (cooperative_) return;
  listener_.revoke_partitions(runtime, listener_.assigned_partitions(), RevokeReason::revoked);
}

void ClassicMembership::send_join(engine::Runtime& runtime) {
  if (!std::exchange(announced_, true))
    runtime.set_cause(runtime.emit(trace::RebalanceJoined{
        group_.group, member_id_, cooperative_ ? "cooperative" : "eager", rejoin_reason_}));
  auto request = std::make_unique<JoinGroupRequest>();
  request->group = group_.group;
  request->member_id = member_id_;
  request->instance_id = group_.instance_id;
  request->session_timeout = group_.session_timeout;
  request->rebalance_timeout = group_.max_poll_interval;
  request->reason = rejoin_reason_;
  for (const AssignorKind kind : group_.assignors) {
    GroupSubscription subscription{topics_, listener_.assigned_partitions(), generation_};
    if (kind == AssignorKind::sticky) subscription = {topics_, last_assignment_, last_generation_};
    request->protocols.push_back({std::string(name_of(kind)), std::move(subscription)});
  }
  rejoin_needed_ = false;
  state_ = State::joining;
  join_id_ = link_.send(runtime, std::move(request),
                        std::max(options_.client.request_timeout, group_.max_poll_interval + 5s));
}

void ClassicMembership::on_join(engine::Runtime& runtime, const JoinGroupResponse& response) {
  if (response.error != Error::none) return on_join_error(runtime, response);
  generation_ = response.generation;
  member_id_ = response.member_id;
  protocol_ = response.protocol;
  leader_ = response.leader == response.member_id;
  heartbeat_at_ = runtime.now() + group_.heartbeat_interval;
  session_ends_at_ = runtime.now() + group_.session_timeout;
  if (!leader_) return send_sync(runtime, {});
  members_ = response.members;
  std::set<std::string> topics;
  for (const auto& member : members_)
    topics.insert(member.subscription.topics.begin(), member.subscription.topics.end());
  watched_.assign(topics.begin(), topics.end());
  for (const std::string& topic : watched_) core_.metadata.add_topic(topic);
  if (response.skip_assignment) {
    snapshot_ = counts_of_group();
    return send_sync(runtime, {});
  }
  state_ = State::assigning;
}

void ClassicMembership::on_join_error(engine::Runtime& runtime, const JoinGroupResponse& response) {
  state_ = State::unjoined;
  rejoin_needed_ = true;
  switch (response.error) {
    case Error::member_id_required:
      member_id_ = response.member_id;
      return;
    case Error::unknown_member_id:
      return reset(runtime, "UNKNOWN_MEMBER_ID: it has been removed", true);
    case Error::illegal_generation:
      return reset(runtime, "ILLEGAL_GENERATION", false);
    case Error::rebalance_in_progress:
      return;
    case Error::not_coordinator:
    case Error::coordinator_not_available:
      link_.mark_unknown();
      return retry_later(runtime);
    case Error::coordinator_load_in_progress:
      return retry_later(runtime);
    default:
      failure_ = fmt::format("JoinGroup of group {}: {}", group_.group, name_of(response.error));
  }
}

/// Topics that aren't known yet are waited for; those that don't exist aren't.
void ClassicMembership::assign_and_sync(engine::Runtime& runtime) {
  for (const std::string& topic : watched_)
    if (!core_.metadata.topic(topic) && !core_.metadata.is_missing(topic)) return;
  snapshot_ = counts_of_group();
  std::vector<std::pair<std::string, PartitionList>> list;
  const auto kind = find_assignor(protocol_).value_or(AssignorKind::range);
  for (auto& [member, partitions] : assign(kind, snapshot_, members_))
    list.emplace_back(member, std::move(partitions));
  send_sync(runtime, std::move(list));
}

void ClassicMembership::send_sync(engine::Runtime& runtime,
                                  std::vector<std::pair<std::string, PartitionList>> list) {
  if (!link_.can_send()) {  // the connection has gone meanwhile, and the join with it
    state_ = State::unjoined;
    return retry_later(runtime);
  }
  auto request = std::make_unique<SyncGroupRequest>();
  request->group = group_.group;
  request->generation = generation_;
  request->member_id = member_id_;
  request->instance_id = group_.instance_id;
  request->protocol = protocol_;
  request->assignments = std::move(list);
  state_ = State::syncing;
  sync_id_ = link_.send(runtime, std::move(request),
                        std::max(options_.client.request_timeout, group_.max_poll_interval + 5s));
}

void ClassicMembership::on_sync(engine::Runtime& runtime, const SyncGroupResponse& response) {
  if (response.error == Error::none) {
    state_ = State::stable;
    new_assignment_ = NewAssignment{response.assignment, runtime.current_cause()};
    return;
  }
  state_ = State::unjoined;
  rejoin_needed_ = true;
  rejoin_cause_ = runtime.current_cause();
  switch (response.error) {
    case Error::rebalance_in_progress:
      rejoin_reason_ = "the group rebalances again";
      return;
    case Error::unknown_member_id:
    case Error::illegal_generation:
    case Error::fenced_instance_id:
      return commit_refused(runtime, response.error, generation_);
    case Error::not_coordinator:
    case Error::coordinator_not_available:
      link_.mark_unknown();
      return retry_later(runtime);
    default:
      if (is_retriable(response.error)) return retry_later(runtime);
      failure_ = fmt::format("SyncGroup of group {}: {}", group_.group, name_of(response.error));
  }
}

void ClassicMembership::take_over(engine::Runtime& runtime) {
  const NewAssignment assignment = std::move(*new_assignment_);
  new_assignment_.reset();
  const std::set<TopicPartition> now_mine(assignment.partitions.begin(),
                                          assignment.partitions.end());
  PartitionList revoked, added;
  const PartitionList before = listener_.assigned_partitions();
  for (const TopicPartition& tp : before)
    if (!now_mine.contains(tp)) revoked.push_back(tp);
  for (const TopicPartition& tp : now_mine)
    if (std::find(before.begin(), before.end(), tp) == before.end()) added.push_back(tp);
  const bus::CauseScope cause(runtime, assignment.cause);
  prepared_ = announced_ = false;
  failures_ = 0;
  retry_at_ = {};
  last_assignment_ = assignment.partitions;
  last_generation_ = generation_;
  runtime.set_cause(runtime.emit(
      trace::RebalanceEnded{group_.group, member_id_, generation_, assignment.partitions.size()}));
  listener_.revoke_partitions(runtime, revoked, RevokeReason::revoked);
  if (!revoked.empty()) request_rejoin(runtime, "has given up partitions that others are to have");
  listener_.assign_partitions(runtime, added, generation_);
}

PartitionCounts ClassicMembership::counts_of_group() const {
  PartitionCounts counts;
  for (const std::string& topic : watched_)
    if (const TopicPartitions* known = core_.metadata.topic(topic)) counts[topic] = known->count;
  return counts;
}

void ClassicMembership::watch_partition_counts(engine::Runtime& runtime) {
  if (!leader_ || state_ != State::stable || rejoin_needed_) return;
  if (counts_of_group() == snapshot_) return;
  request_rejoin(runtime, "the leader sees other partitions than it has assigned");
}

}  // namespace eventarium::kafka
