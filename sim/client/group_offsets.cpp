#include "sim/client/group_offsets.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

bool coordinator_is_elsewhere(Error error) {
  return error == Error::not_coordinator || error == Error::coordinator_not_available ||
         error == Error::request_timed_out;
}

Error first_error(const OffsetCommitResponse& response) {
  for (const auto& partition : response.partitions)
    if (partition.error != Error::none) return partition.error;
  return Error::none;
}

/// What commitSync() throws.
std::string exception_of(Error error) {
  switch (error) {
    case Error::illegal_generation:
    case Error::unknown_member_id:
    case Error::stale_member_epoch:
      return fmt::format("CommitFailedException: {}: the group has rebalanced without this member",
                         name_of(error));
    case Error::rebalance_in_progress:
      return "RebalanceInProgressException: poll() has to end the rebalance first";
    case Error::fenced_instance_id:
      return "FencedInstanceIdException";
    default:
      return std::string(name_of(error));
  }
}

}  // namespace

void GroupOffsets::begin_commit(engine::Runtime& runtime, Offsets offsets, std::string how,
                                Duration patience) {
  EVENTARIUM_CHECK(!waits(), "one commit is waited for at a time");
  waited_ = Commit{.offsets = std::move(offsets),
                   .how = std::move(how),
                   .gives_up_at = runtime.now() + patience};
  if (waited_->offsets.empty()) {
    waited_->done = waited_->ok = true;
    return;
  }
  step(runtime);
}

std::optional<bool> GroupOffsets::take_outcome() {
  if (!waited_ || !waited_->done) return std::nullopt;
  const bool ok = waited_->ok;
  waited_.reset();
  return ok;
}

void GroupOffsets::step(engine::Runtime& runtime) {
  if (!waits() || waited_->request != 0) return;
  const SimTime now = runtime.now();
  if (membership_ && membership_->standing() == Standing::rebalancing)
    return end_waiting(runtime, false, exception_of(Error::rebalance_in_progress));
  if (membership_ && membership_->standing() == Standing::not_member)
    return end_waiting(
        runtime, false,
        "CommitFailedException: the consumer is not part of an active group any more");
  if (now >= waited_->gives_up_at)
    return end_waiting(runtime, false, "TimeoutException: the commit has not succeeded in time");
  if (waited_->retry_at > now || !link_.ready(runtime)) return;
  if (!std::exchange(waited_->announced, true)) announce(runtime, waited_->offsets, waited_->how);
  waited_->request = send_commit(runtime, waited_->offsets, waited_->generation);
}

void GroupOffsets::announce(engine::Runtime& runtime, const Offsets& offsets,
                            const std::string& how) {
  for (const auto& [tp, position] : offsets)
    runtime.emit(trace::OffsetCommitAsked{options_.group.group, tp.topic, tp.partition,
                                          position.offset, how});
}

std::uint32_t GroupOffsets::send_commit(engine::Runtime& runtime, const Offsets& offsets,
                                        std::int32_t& generation) {
  auto request = std::make_unique<OffsetCommitRequest>();
  request->group = options_.group.group;
  if (membership_) {
    request->generation = membership_->generation();
    request->member_id = membership_->member_id();
    request->instance_id = options_.group.instance_id;
  }
  for (const auto& [tp, position] : offsets) request->partitions.push_back({tp, position});
  generation = request->generation;
  return link_.send(runtime, std::move(request));
}

bool GroupOffsets::commit_async(engine::Runtime& runtime, const Offsets& offsets,
                                const std::string& how) {
  if (membership_ && membership_->standing() != Standing::member) return false;
  if (offsets.empty()) return true;
  if (!link_.ready(runtime)) return false;
  announce(runtime, offsets, how);
  std::int32_t generation = -1;
  const std::uint32_t id = send_commit(runtime, offsets, generation);
  async_[id] = generation;
  return true;
}

bool GroupOffsets::handle_response(engine::Runtime& runtime, const Response& response) {
  if (const auto* committed = dynamic_cast<const OffsetCommitResponse*>(&response)) {
    on_commit(runtime, *committed);
    return true;
  }
  if (const auto* offsets = dynamic_cast<const OffsetFetchResponse*>(&response)) {
    on_committed_offsets(runtime, *offsets);
    return true;
  }
  return false;
}

void GroupOffsets::on_commit(engine::Runtime& runtime, const OffsetCommitResponse& response) {
  const std::uint32_t id = response.header.correlation_id;
  const Error error = first_error(response);
  if (coordinator_is_elsewhere(error)) link_.mark_unknown();
  const bool is_waited = waits() && waited_->request == id;
  std::int32_t generation = -1;
  if (is_waited) {
    waited_->request = 0;
    generation = waited_->generation;
  } else if (const auto found = async_.find(id); found != async_.end()) {
    generation = found->second;
    async_.erase(found);
  } else {
    return;
  }
  if (membership_ && error != Error::none) membership_->commit_refused(runtime, error, generation);
  // Of a member whose epoch has moved on while the commit was under way: again with the new one.
  const bool is_stale = error == Error::stale_member_epoch && membership_ &&
                        membership_->standing() == Standing::member;
  if (is_waited) {
    if (is_retriable(error) || is_stale) return retry_commit(runtime, name_of(error));
    return end_waiting(runtime, error == Error::none, exception_of(error));
  }
  if (error == Error::none) return;
  if (is_retriable(error) || is_stale) {
    async_retry_ = true;
    return;
  }
  runtime.emit(trace::OffsetCommitFailed{options_.group.group, exception_of(error)});
}

void GroupOffsets::retry_commit(engine::Runtime& runtime, std::string_view error) {
  if (runtime.now() >= waited_->gives_up_at)
    return end_waiting(runtime, false, fmt::format("TimeoutException: last error {}", error));
  waited_->retry_at = runtime.now() + options_.client.retry_backoff.after(
                                          waited_->failures++, runtime.random("backoff"));
}

void GroupOffsets::end_waiting(engine::Runtime& runtime, bool ok, const std::string& error) {
  waited_->done = true;
  waited_->ok = ok;
  if (!ok) runtime.set_cause(runtime.emit(trace::OffsetCommitFailed{options_.group.group, error}));
}

void GroupOffsets::fetch_committed(engine::Runtime& runtime) {
  if (fetch_ != 0 || fetch_retry_at_ > runtime.now()) return;
  PartitionList wanted = fetcher_.awaiting_committed();
  if (wanted.empty() || !link_.ready(runtime)) return;
  auto request = std::make_unique<OffsetFetchRequest>();
  request->group = options_.group.group;
  request->partitions = std::move(wanted);
  if (membership_ && membership_->speaks_consumer_protocol()) {
    request->member_id = membership_->member_id();
    request->member_epoch = membership_->generation();
  }
  fetch_ = link_.send(runtime, std::move(request));
}

void GroupOffsets::on_committed_offsets(engine::Runtime& runtime,
                                        const OffsetFetchResponse& response) {
  if (response.header.correlation_id != fetch_) return;
  fetch_ = 0;
  if (response.error != Error::none) {
    if (coordinator_is_elsewhere(response.error)) link_.mark_unknown();
    return retry_fetch(runtime);
  }
  bool again = false;
  for (const OffsetFetchResponse::Partition& partition : response.partitions) {
    if (partition.error != Error::none) {
      again = true;
    } else if (partition.committed.offset >= 0) {
      fetcher_.start_at(runtime, partition.tp, partition.committed.offset,
                        partition.committed.leader_epoch);
    } else {
      fetcher_.start_by_reset(partition.tp);
    }
  }
  if (again) return retry_fetch(runtime);
  fetch_failures_ = 0;
}

void GroupOffsets::retry_fetch(engine::Runtime& runtime) {
  fetch_retry_at_ = runtime.now() + options_.client.retry_backoff.after(fetch_failures_++,
                                                                        runtime.random("backoff"));
}

void GroupOffsets::requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) {
  for (const std::uint32_t id : lost) {
    if (id == fetch_) {
      fetch_ = 0;
      retry_fetch(runtime);
    }
    if (waits() && waited_->request == id) {
      waited_->request = 0;
      retry_commit(runtime, name_of(Error::network_exception));
    }
    async_retry_ = async_.erase(id) > 0 || async_retry_;
  }
}

SimTime GroupOffsets::next_deadline(SimTime now) const {
  SimTime next = SimTime::max();
  if (waits() && waited_->request == 0) {
    if (waited_->retry_at > now) next = waited_->retry_at;
    if (waited_->gives_up_at > now) next = std::min(next, waited_->gives_up_at);
  }
  if (fetch_ == 0 && fetch_retry_at_ > now) next = std::min(next, fetch_retry_at_);
  return next;
}

void GroupOffsets::forget_all() {
  waited_.reset();
  async_.clear();
  async_retry_ = false;
  fetch_ = 0;
  fetch_retry_at_ = {};
  fetch_failures_ = 0;
}

}  // namespace eventarium::kafka
