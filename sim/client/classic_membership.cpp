// The background of a classic membership: heartbeats, time-outs, goodbye. Joining is in
// classic_rebalance.cpp.
#include "sim/client/classic_membership.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {

ClassicMembership::ClassicMembership(const ConsumerOptions& options,
                                     std::vector<std::string> topics, ClientCore& core,
                                     CoordinatorLink& link, MembershipListener& listener)
    : options_(options),
      group_(options.group),
      topics_(std::move(topics)),
      core_(core),
      link_(link),
      listener_(listener),
      cooperative_(is_cooperative(options.group.assignors)) {}

void ClassicMembership::start(engine::Runtime& runtime) { rejoin_cause_ = runtime.current_cause(); }

void ClassicMembership::left_poll(engine::Runtime& runtime) {
  poll_due_ = runtime.now() + group_.max_poll_interval;
}

void ClassicMembership::background(engine::Runtime& runtime) {
  if (!heartbeats()) return;
  const SimTime now = runtime.now();
  if (poll_due_ && *poll_due_ <= now) {
    const EventId cause = runtime.current_cause();
    runtime.set_cause(runtime.emit(trace::ClientWarning{fmt::format(
        "poll() has not been called for max.poll.interval.ms ({}): {} group {}",
        format_duration(group_.max_poll_interval),
        group_.instance_id.empty() ? "leaves" : "sends no more heartbeats to", group_.group)}));
    say_goodbye(runtime, "consumer poll timeout has expired");
    reset(runtime, "max.poll.interval.ms has passed", true);
    runtime.set_cause(cause);
    return;
  }
  if (session_ends_at_ <= now) {
    session_ends_at_ = now + group_.session_timeout;
    link_.mark_unknown();
  }
  if (heartbeat_id_ == 0 && heartbeat_at_ <= now && link_.ready(runtime)) send_heartbeat(runtime);
}

void ClassicMembership::send_heartbeat(engine::Runtime& runtime) {
  auto request = std::make_unique<HeartbeatRequest>();
  request->group = group_.group;
  request->generation = generation_;
  request->member_id = member_id_;
  request->instance_id = group_.instance_id;
  heartbeat_at_ = runtime.now() + group_.heartbeat_interval;
  heartbeat_id_ = link_.send(runtime, std::move(request));
}

void ClassicMembership::on_heartbeat(engine::Runtime& runtime, const HeartbeatResponse& response) {
  const SimTime now = runtime.now();
  if (!heartbeats()) return;
  switch (response.error) {
    case Error::none:
      session_ends_at_ = now + group_.session_timeout;
      return;
    case Error::rebalance_in_progress:
      session_ends_at_ = now + group_.session_timeout;
      if (state_ == State::stable) request_rejoin(runtime, "the group rebalances");
      return;
    case Error::illegal_generation:
    case Error::unknown_member_id:
    case Error::fenced_instance_id:
      return commit_refused(runtime, response.error, generation_);
    case Error::not_coordinator:
    case Error::coordinator_not_available:
      link_.mark_unknown();
      break;
    default:
      break;
  }
  heartbeat_at_ = now + options_.client.retry_backoff.after(0, runtime.random("backoff"));
}

bool ClassicMembership::handle_response(engine::Runtime& runtime, const Response& response) {
  const std::uint32_t id = response.header.correlation_id;
  if (const auto* joined = dynamic_cast<const JoinGroupResponse*>(&response)) {
    if (id != join_id_) return true;
    join_id_ = 0;
    held_join_ = HeldJoin{*joined, runtime.current_cause()};
    return true;
  }
  if (const auto* synced = dynamic_cast<const SyncGroupResponse*>(&response)) {
    if (id != sync_id_) return true;
    sync_id_ = 0;
    on_sync(runtime, *synced);
    return true;
  }
  if (const auto* heartbeat = dynamic_cast<const HeartbeatResponse*>(&response)) {
    if (id != heartbeat_id_) return true;
    heartbeat_id_ = 0;
    on_heartbeat(runtime, *heartbeat);
    return true;
  }
  return dynamic_cast<const LeaveGroupResponse*>(&response) != nullptr;
}

void ClassicMembership::requests_lost(engine::Runtime& runtime,
                                      const std::vector<std::uint32_t>& lost) {
  const auto has = [&](std::uint32_t id) {
    return id != 0 && std::find(lost.begin(), lost.end(), id) != lost.end();
  };
  if (has(heartbeat_id_)) {
    heartbeat_id_ = 0;
    heartbeat_at_ =
        runtime.now() + options_.client.retry_backoff.after(0, runtime.random("backoff"));
  }
  if (!has(join_id_) && !has(sync_id_)) return;
  join_id_ = sync_id_ = 0;
  state_ = State::unjoined;
  retry_later(runtime);
}

SimTime ClassicMembership::next_deadline(SimTime now) const {
  SimTime next = SimTime::max();
  const auto consider = [&](SimTime t) {
    if (t > now) next = std::min(next, t);
  };
  if (heartbeats()) {
    if (heartbeat_id_ == 0) consider(heartbeat_at_);
    consider(session_ends_at_);
    if (poll_due_) consider(*poll_due_);
  }
  if (rejoin_needed_) consider(retry_at_);
  return next;
}

Standing ClassicMembership::standing() const {
  if (state_ == State::stable) return Standing::member;
  return state_ == State::unjoined ? Standing::not_member : Standing::rebalancing;
}

void ClassicMembership::commit_refused(engine::Runtime& runtime, Error error,
                                       std::int32_t generation) {
  if (generation != generation_) return;  // it has moved on since
  switch (error) {
    case Error::rebalance_in_progress:
      return request_rejoin(runtime, "the group rebalances");
    case Error::illegal_generation:
      return reset(runtime, "ILLEGAL_GENERATION: the group has gone on without it", false);
    case Error::unknown_member_id:
      return reset(runtime, "UNKNOWN_MEMBER_ID: it has been removed", true);
    case Error::fenced_instance_id:
      failure_ =
          fmt::format("FencedInstanceIdException: another member has group.instance.id {} now",
                      group_.instance_id);
      return reset(runtime, "FENCED_INSTANCE_ID", true);
    default:
      return;
  }
}

void ClassicMembership::request_rejoin(engine::Runtime& runtime, std::string reason) {
  if (rejoin_needed_) return;
  rejoin_needed_ = true;
  rejoin_reason_ = std::move(reason);
  rejoin_cause_ = runtime.current_cause();
}

void ClassicMembership::reset(engine::Runtime& runtime, std::string reason, bool with_id) {
  state_ = State::unjoined;
  generation_ = -1;
  if (with_id) member_id_.clear();
  join_id_ = sync_id_ = heartbeat_id_ = 0;
  held_join_.reset();
  new_assignment_.reset();
  leader_ = prepared_ = false;
  rejoin_needed_ = false;
  request_rejoin(runtime, std::move(reason));
}

void ClassicMembership::retry_later(engine::Runtime& runtime) {
  rejoin_needed_ = true;
  retry_at_ =
      runtime.now() + options_.client.retry_backoff.after(failures_++, runtime.random("backoff"));
}

/// Static members say nothing: they may be back before their session ends.
void ClassicMembership::say_goodbye(engine::Runtime& runtime, const std::string& reason) {
  if (!group_.instance_id.empty() || member_id_.empty() || !link_.can_send()) return;
  auto request = std::make_unique<LeaveGroupRequest>();
  request->group = group_.group;
  request->member_id = member_id_;
  request->reason = reason;
  link_.send(runtime, std::move(request));
}

void ClassicMembership::leave(engine::Runtime& runtime) {
  listener_.revoke_partitions(runtime, listener_.assigned_partitions(), RevokeReason::closed);
  if (state_ != State::unjoined) say_goodbye(runtime, "the consumer is being closed");
  state_ = State::unjoined;
}

void ClassicMembership::forget_all() {
  state_ = State::unjoined;
  member_id_.clear();
  generation_ = last_generation_ = -1;
  failure_.clear();
  rejoin_needed_ = true;
  rejoin_reason_ = "starts";
  prepared_ = announced_ = leader_ = false;
  retry_at_ = {};
  failures_ = 0;
  join_id_ = sync_id_ = heartbeat_id_ = 0;
  held_join_.reset();
  new_assignment_.reset();
  members_.clear();
  watched_.clear();
  last_assignment_.clear();
  poll_due_.reset();
}

}  // namespace eventarium::kafka
