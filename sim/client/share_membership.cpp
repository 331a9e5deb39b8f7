#include "sim/client/share_membership.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {

void ShareMembership::start(engine::Runtime& runtime) {
  member_id_ = fmt::format("{}-{:012x}", runtime.name(),
                           runtime.random("member-id").below(std::uint64_t{1} << 48));
  begin_join(runtime, "starts");
}

void ShareMembership::begin_join(engine::Runtime& runtime, const std::string& reason) {
  state_ = State::joining;
  epoch_ = join_group_epoch;
  assigned_.clear();
  heartbeat_at_ = runtime.now();
  runtime.emit(trace::RebalanceJoined{group(), member_id_, "share", reason});
}

void ShareMembership::poll(engine::Runtime& runtime) {
  poll_due_.reset();
  if (state_ == State::stale && failure_.empty()) {
    begin_join(runtime, "max.poll.interval.ms has passed");
    background(runtime);
  }
}

void ShareMembership::left_poll(engine::Runtime& runtime) {
  poll_due_ = runtime.now() + options_.group.max_poll_interval;
}

void ShareMembership::background(engine::Runtime& runtime) {
  if (!heartbeats()) return;
  const SimTime now = runtime.now();
  if (poll_due_ && *poll_due_ <= now) {
    const EventId cause = runtime.current_cause();
    runtime.set_cause(runtime.emit(trace::ClientWarning{
        fmt::format("poll() has not been called for max.poll.interval.ms ({}): leaves group {}",
                    format_duration(options_.group.max_poll_interval), group())}));
    leave(runtime);
    state_ = State::stale;
    runtime.set_cause(cause);
    return;
  }
  if (heartbeat_id_ != 0 || heartbeat_at_ > now || !link_.ready(runtime)) return;
  heartbeat_at_ = now + interval_;
  send(runtime, epoch_);
}

void ShareMembership::send(engine::Runtime& runtime, std::int32_t epoch) {
  auto request = std::make_unique<ShareGroupHeartbeatRequest>();
  request->group = group();
  request->member_id = member_id_;
  request->member_epoch = epoch;
  if (epoch == join_group_epoch) request->subscribed = topics_;
  heartbeat_id_ = link_.send(runtime, std::move(request));
}

void ShareMembership::leave(engine::Runtime& runtime) {
  if (heartbeats() && link_.can_send() && epoch_ > 0) send(runtime, leave_group_epoch);
  heartbeat_id_ = 0;  // an answer that is still to come means nothing any more
  assigned_.clear();
  state_ = State::left;
}

bool ShareMembership::handle_response(engine::Runtime& runtime, const Response& response) {
  const auto* heartbeat = dynamic_cast<const ShareGroupHeartbeatResponse*>(&response);
  if (!heartbeat) return false;
  if (response.header.correlation_id != heartbeat_id_) return true;
  heartbeat_id_ = 0;
  if (heartbeat->error != Error::none) {
    on_error(runtime, heartbeat->error);
    return true;
  }
  failures_ = 0;
  epoch_ = heartbeat->member_epoch;
  interval_ = heartbeat->heartbeat_interval;
  const bool joined = std::exchange(state_, State::stable) == State::joining;
  heartbeat_at_ = joined ? runtime.now() + interval_ : std::max(heartbeat_at_, runtime.now());
  if (heartbeat->assignment) assign(runtime, *heartbeat->assignment);
  return true;
}

void ShareMembership::assign(engine::Runtime& runtime, PartitionList partitions) {
  std::sort(partitions.begin(), partitions.end());
  if (partitions == assigned_ && !assigned_.empty()) return;
  assigned_ = std::move(partitions);
  runtime.emit(trace::RebalanceEnded{group(), member_id_, epoch_, assigned_.size()});
}

void ShareMembership::on_error(engine::Runtime& runtime, Error error) {
  switch (error) {
    case Error::fenced_member_epoch:
    case Error::unknown_member_id:
      return begin_join(runtime,
                        fmt::format("{}: the group has gone on without it", name_of(error)));
    case Error::not_coordinator:
    case Error::coordinator_not_available:
      link_.mark_unknown();
      return retry_later(runtime);
    default:
      if (is_retriable(error)) return retry_later(runtime);
      failure_ = fmt::format("ShareGroupHeartbeat of group {}: {}", group(), name_of(error));
  }
}

void ShareMembership::retry_later(engine::Runtime& runtime) {
  heartbeat_at_ =
      runtime.now() + options_.client.retry_backoff.after(failures_++, runtime.random("backoff"));
}

void ShareMembership::requests_lost(engine::Runtime& runtime,
                                    const std::vector<std::uint32_t>& lost) {
  if (heartbeat_id_ == 0 || std::find(lost.begin(), lost.end(), heartbeat_id_) == lost.end())
    return;
  heartbeat_id_ = 0;
  retry_later(runtime);
}

SimTime ShareMembership::next_deadline(SimTime now) const {
  SimTime next = SimTime::max();
  if (!heartbeats()) return next;
  if (heartbeat_id_ == 0 && heartbeat_at_ > now) next = heartbeat_at_;
  if (poll_due_ && *poll_due_ > now) next = std::min(next, *poll_due_);
  return next;
}

void ShareMembership::forget_all() {
  state_ = State::joining;
  member_id_.clear();
  failure_.clear();
  epoch_ = join_group_epoch;
  assigned_.clear();
  heartbeat_id_ = 0;
  interval_ = {};
  failures_ = 0;
  poll_due_.reset();
}

}  // namespace eventarium::kafka
