#include "sim/client/consumer_membership.h"

#include <algorithm>
#include <memory>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/bus/cause_scope.h"

namespace eventarium::kafka {

/// Since KIP-1082 members choose their ids themselves.
void ConsumerMembership::start(engine::Runtime& runtime) {
  member_id_ = fmt::format("{}-{:012x}", runtime.name(),
                           runtime.random("member-id").below(std::uint64_t{1} << 48));
  begin_join(runtime, "starts");
}

void ConsumerMembership::begin_join(engine::Runtime& runtime, const std::string& reason) {
  state_ = State::joining;
  epoch_ = join_group_epoch;
  target_.clear();
  says_everything_ = true;
  heartbeat_at_ = runtime.now();
  runtime.emit(trace::RebalanceJoined{group_.group, member_id_, "consumer", reason});
}

void ConsumerMembership::poll(engine::Runtime& runtime) {
  poll_due_.reset();
  if (!failure_.empty()) return;
  if (state_ == State::fenced || state_ == State::stale) {
    listener_.revoke_partitions(runtime, listener_.assigned_partitions(), RevokeReason::lost);
    begin_join(runtime, lost_because_);
    background(runtime);
  }
  if (state_ == State::reconciling) reconcile(runtime);
}

/// What it has to give up comes first: positions are committed, and only then it is given up.
void ConsumerMembership::reconcile(engine::Runtime& runtime) {
  const std::set<TopicPartition> target(target_.begin(), target_.end());
  const PartitionList before = listener_.assigned_partitions();
  PartitionList revoked, added;
  for (const TopicPartition& tp : before)
    if (!target.contains(tp)) revoked.push_back(tp);
  for (const TopicPartition& tp : target)
    if (std::find(before.begin(), before.end(), tp) == before.end()) added.push_back(tp);
  const bus::CauseScope cause(runtime, target_cause_);
  if (!revoked.empty() && !listener_.commit_before_rebalance(runtime)) return;
  listener_.revoke_partitions(runtime, revoked, RevokeReason::revoked);
  runtime.set_cause(
      runtime.emit(trace::RebalanceEnded{group_.group, member_id_, epoch_, target.size()}));
  listener_.assign_partitions(runtime, added, epoch_);
  state_ = State::acknowledging;
  heartbeat_at_ = runtime.now();
  background(runtime);
}

void ConsumerMembership::left_poll(engine::Runtime& runtime) {
  poll_due_ = runtime.now() + group_.max_poll_interval;
}

void ConsumerMembership::background(engine::Runtime& runtime) {
  if (!heartbeats() || !failure_.empty()) return;
  const SimTime now = runtime.now();
  if (poll_due_ && *poll_due_ <= now) {
    const EventId cause = runtime.current_cause();
    runtime.set_cause(runtime.emit(trace::ClientWarning{
        fmt::format("poll() has not been called for max.poll.interval.ms ({}): leaves group {}",
                    format_duration(group_.max_poll_interval), group_.group)}));
    send_goodbye(runtime);
    state_ = State::stale;
    lost_because_ = "max.poll.interval.ms has passed";
    runtime.set_cause(cause);
    return;
  }
  if (heartbeat_id_ == 0 && heartbeat_at_ <= now && link_.ready(runtime)) send_heartbeat(runtime);
}

void ConsumerMembership::send_heartbeat(engine::Runtime& runtime) {
  auto request = std::make_unique<ConsumerGroupHeartbeatRequest>();
  request->group = group_.group;
  request->member_id = member_id_;
  request->member_epoch = epoch_;
  request->instance_id = group_.instance_id;
  request->rebalance_timeout = group_.max_poll_interval;
  if (says_everything_) {
    request->subscribed = topics_;
    request->server_assignor = group_.remote_assignor;
  }
  if (says_everything_ || state_ == State::acknowledging)
    request->owned = listener_.assigned_partitions();
  if (state_ == State::acknowledging) state_ = State::stable;
  says_everything_ = false;
  heartbeat_at_ = runtime.now() + interval_;
  heartbeat_id_ = link_.send(runtime, std::move(request));
}

/// Static members leave for a while only: they may be back before their session ends.
void ConsumerMembership::send_goodbye(engine::Runtime& runtime) {
  if (!link_.can_send() || epoch_ <= 0) return;
  auto request = std::make_unique<ConsumerGroupHeartbeatRequest>();
  request->group = group_.group;
  request->member_id = member_id_;
  request->member_epoch = group_.instance_id.empty() ? leave_group_epoch : leave_group_static_epoch;
  request->instance_id = group_.instance_id;
  link_.send(runtime, std::move(request));
  heartbeat_id_ = 0;  // an answer that is still to come means nothing any more
}

bool ConsumerMembership::handle_response(engine::Runtime& runtime, const Response& response) {
  const auto* heartbeat = dynamic_cast<const ConsumerGroupHeartbeatResponse*>(&response);
  if (!heartbeat) return false;
  if (response.header.correlation_id != heartbeat_id_) return true;
  heartbeat_id_ = 0;
  if (heartbeat->error != Error::none) {
    on_error(runtime, heartbeat->error);
  } else {
    on_heartbeat(runtime, *heartbeat);
  }
  return true;
}

void ConsumerMembership::on_heartbeat(engine::Runtime& runtime,
                                      const ConsumerGroupHeartbeatResponse& response) {
  failures_ = 0;
  epoch_ = response.member_epoch;
  interval_ = response.heartbeat_interval;
  if (state_ != State::acknowledging)  // else at once
    heartbeat_at_ = std::max(heartbeat_at_, runtime.now());
  const bool joined = state_ == State::joining;
  if (joined) {
    state_ = State::stable;
    heartbeat_at_ = runtime.now() + interval_;
  }
  if (!response.assignment) return;
  target_ = *response.assignment;
  target_cause_ = runtime.current_cause();
  std::sort(target_.begin(), target_.end());
  if (target_ == listener_.assigned_partitions()) {
    if (joined)
      runtime.emit(trace::RebalanceEnded{group_.group, member_id_, epoch_, target_.size()});
    return;
  }
  if (!joined && state_ != State::reconciling)
    target_cause_ = runtime.emit(
        trace::RebalanceJoined{group_.group, member_id_, "consumer", "another assignment"});
  state_ = State::reconciling;
}

void ConsumerMembership::on_error(engine::Runtime& runtime, Error error) {
  switch (error) {
    case Error::fenced_member_epoch:
    case Error::unknown_member_id:
      state_ = State::fenced;
      lost_because_ = fmt::format("{}: the group has gone on without it", name_of(error));
      return;
    case Error::not_coordinator:
    case Error::coordinator_not_available:
      link_.mark_unknown();
      return retry_later(runtime);
    case Error::unreleased_instance_id:
      failure_ = fmt::format(
          "UnreleasedInstanceIdException: another member still has group.instance.id {}",
          group_.instance_id);
      return;
    case Error::fenced_instance_id:
      failure_ =
          fmt::format("FencedInstanceIdException: another member has group.instance.id {} now",
                      group_.instance_id);
      return;
    default:
      if (is_retriable(error)) return retry_later(runtime);
      failure_ =
          fmt::format("ConsumerGroupHeartbeat of group {}: {}", group_.group, name_of(error));
  }
}

void ConsumerMembership::retry_later(engine::Runtime& runtime) {
  says_everything_ = true;
  heartbeat_at_ =
      runtime.now() + options_.client.retry_backoff.after(failures_++, runtime.random("backoff"));
}

void ConsumerMembership::requests_lost(engine::Runtime& runtime,
                                       const std::vector<std::uint32_t>& lost) {
  if (heartbeat_id_ == 0 || std::find(lost.begin(), lost.end(), heartbeat_id_) == lost.end())
    return;
  heartbeat_id_ = 0;
  retry_later(runtime);
}

SimTime ConsumerMembership::next_deadline(SimTime now) const {
  SimTime next = SimTime::max();
  if (!heartbeats() || !failure_.empty()) return next;
  if (heartbeat_id_ == 0 && heartbeat_at_ > now) next = heartbeat_at_;
  if (poll_due_ && *poll_due_ > now) next = std::min(next, *poll_due_);
  return next;
}

Standing ConsumerMembership::standing() const {
  return heartbeats() && epoch_ > 0 ? Standing::member : Standing::not_member;
}

void ConsumerMembership::leave(engine::Runtime& runtime) {
  listener_.revoke_partitions(runtime, listener_.assigned_partitions(), RevokeReason::closed);
  if (heartbeats() && failure_.empty()) send_goodbye(runtime);
  state_ = State::left;
}

void ConsumerMembership::forget_all() {
  state_ = State::joining;
  member_id_.clear();
  epoch_ = join_group_epoch;
  failure_.clear();
  target_.clear();
  says_everything_ = true;
  heartbeat_id_ = 0;
  interval_ = {};
  failures_ = 0;
  poll_due_.reset();
}

}  // namespace eventarium::kafka
