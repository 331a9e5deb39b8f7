// The share partitions of a leader: loading, handing out, settling, keeping. See share_leader.h.
#include <algorithm>
#include <utility>

#include "sim/broker/components.h"
#include "sim/coordinator/share_leader.h"

namespace eventarium::kafka {
namespace {

/// How much of the log is looked at in one go.
constexpr std::uint64_t slice_bytes = 1024 * 1024;

const char* outcome_of(const SharePartition::Settled& range) {
  switch (range.state) {
    case SharePartition::State::acknowledged:
      return "accepted";
    case SharePartition::State::archived:
      return range.too_often ? "archived" : "rejected";
    default:
      return "released";
  }
}

}  // namespace

SharePartitionOptions ShareLeader::options() const {
  const auto number = [&](const char* key) {
    return config_int(services_->config(), ConfigScope::broker, key);
  };
  SharePartitionOptions options;
  options.delivery_count_limit =
      static_cast<std::uint32_t>(number("group.share.delivery.count.limit"));
  options.lock_duration =
      config_ms(services_->config(), ConfigScope::broker, "group.share.record.lock.duration.ms");
  options.record_locks_max =
      static_cast<std::size_t>(number("group.share.partition.max.record.locks"));
  options.anybody_acknowledges =
      planted_.has(PlantedFault::share_acknowledgement_of_another_accepted);
  options.forgets_counts = planted_.has(PlantedFault::share_delivery_count_not_kept);
  options.locks_never_end = planted_.has(PlantedFault::share_lock_never_ends);
  options.ignores_locks = planted_.has(PlantedFault::share_lock_ignored);
  return options;
}

Error ShareLeader::why_not_here(const TopicPartition& tp) const {
  return services_->image().find(tp) ? Error::not_leader_or_follower
                                     : Error::unknown_topic_or_partition;
}

// ---- loading ------------------------------------------------------------------------------------

/// The share partition; what is kept of it is asked for when it is new here. Null: gone again.
ShareLeader::Tracked* ShareLeader::track(engine::Runtime& runtime, const Key& key) {
  const auto found = tracked_.find(key);
  if (found != tracked_.end()) return &found->second;
  Tracked& tracked = tracked_[key];
  tracked.number = ++last_tracked_;
  tracked.leader_epoch = services_->led_epoch(key.second);
  ReadShareGroupStateRequest request;
  request.group = key.first;
  request.tp = key.second;
  request.leader_epoch = tracked.leader_epoch;
  tracked.question = persister_.read(
      runtime, request, [this, key](engine::Runtime& at, const SharePersister::Answer& answer) {
        loaded(at, key, answer);
      });
  return &tracked_.at(key);
}

void ShareLeader::loaded(engine::Runtime& runtime, const Key& key,
                         const SharePersister::Answer& answer) {
  const auto found = tracked_.find(key);
  if (found == tracked_.end()) return;
  Tracked& tracked = found->second;
  tracked.question = 0;
  if (answer.error != Error::none) {
    tracked_.erase(found);  // the next fetch tries again
    return;
  }
  tracked.state_epoch = answer.state_epoch;
  if (answer.state.empty())
    tracked.records.emplace(options(), first_offset(key));
  else
    tracked.records.emplace(SharePartition::decode(options(), answer.state));
  tell_start(runtime, key, tracked);
  wake(runtime, key.second);
}

/// Where a group begins of which nothing is kept. As long as nothing is written the next leader
/// asks itself the same.
std::int64_t ShareLeader::first_offset(const Key& key) const {
  const PartitionLog* log = services_->log(key.second);
  const auto reset = resets_.find(key.first);
  if (!log) return 0;
  return reset != resets_.end() && reset->second == "earliest" ? log->log_start_offset()
                                                               : log->high_watermark();
}

// ---- handing out --------------------------------------------------------------------------------

/// Gives the member up to `room` records. False when there is none for it.
bool ShareLeader::hand_out(engine::Runtime& runtime, const Key& key, Tracked& tracked,
                           Pending& pending, std::size_t& room,
                           ShareFetchResponse::Partition& into) {
  const PartitionLog* log = services_->log(key.second);
  if (!log) return false;
  SharePartition& records = *tracked.records;
  records.advance_log_start(log->log_start_offset());
  const std::int64_t end = log->high_watermark();
  const std::size_t room_before = room;
  std::int64_t from = records.next_offset();
  std::uint64_t bytes = 0;
  while (room > 0 && from < end && bytes < pending.max_bytes) {
    const auto slice = log->read(from, slice_bytes, end, /*at_least_one=*/true);
    if (!slice || slice->batches.empty()) break;
    const std::int64_t end_before = records.end_offset();
    for (const RecordBatch& batch : slice->batches) {
      from = batch.next_offset();
      if (batch.producer.is_marker()) {
        if (records.end_offset() >= batch.base_offset) records.pass_over(from);
        continue;
      }
      if (room == 0 || bytes >= pending.max_bytes) break;
      std::vector<std::int64_t> offsets;
      for (std::size_t i = 0; i < batch.records->size(); ++i) offsets.push_back(batch.offset_of(i));
      const auto given =
          records.acquire(offsets, room, pending.member, pending.client, runtime.now());
      if (given.empty()) continue;
      for (const auto& range : given)
        for (const std::int64_t offset : offsets)
          room -= range.first_offset <= offset && offset <= range.last_offset ? 1 : 0;
      into.acquired.insert(into.acquired.end(), given.begin(), given.end());
      into.batches.push_back(batch);
      bytes += batch.size_bytes;
    }
    // The window is full: nothing new can be handed out before something is finished.
    if (records.end_offset() == end_before && from > records.end_offset()) break;
  }
  if (room == room_before) return false;
  tell_acquired(runtime, key, pending, into);
  tell_start(runtime, key, tracked);
  watch_locks(runtime, tracked);
  return true;
}

void ShareLeader::tell_acquired(engine::Runtime& runtime, const Key& key, const Pending& pending,
                                const ShareFetchResponse::Partition& given) {
  EventId told = runtime.current_cause();
  for (const auto& range : given.acquired) {
    trace::RecordsAcquired event{key.first,
                                 key.second.topic,
                                 key.second.partition,
                                 range.first_offset,
                                 records_between(key.second, range.first_offset, range.last_offset),
                                 pending.client,
                                 range.delivery_count,
                                 options().lock_duration,
                                 options().delivery_count_limit};
    told = runtime.emit(std::move(event));
  }
  runtime.set_cause(told);
}

std::vector<RecordId> ShareLeader::records_between(const TopicPartition& tp, std::int64_t first,
                                                   std::int64_t last) const {
  std::vector<RecordId> ids;
  const PartitionLog* log = services_->log(tp);
  if (!log) return ids;
  log->for_each_batch(first, [&](const RecordBatch& batch) {
    if (batch.base_offset > last || batch.producer.is_marker()) return;
    for (std::size_t i = 0; i < batch.records->size(); ++i)
      if (first <= batch.offset_of(i) && batch.offset_of(i) <= last)
        ids.push_back((*batch.records)[i].id);
  });
  return ids;
}

// ---- settling -----------------------------------------------------------------------------------

void ShareLeader::tell_settled(engine::Runtime& runtime, const Key& key, const Tracked&,
                               const std::vector<SharePartition::Settled>& settled,
                               const std::string& why) {
  for (const SharePartition::Settled& range : settled)
    runtime.emit(
        trace::RecordsSettled{key.first, key.second.topic, key.second.partition, range.first_offset,
                              records_between(key.second, range.first_offset, range.last_offset),
                              range.client, outcome_of(range), why});
}

void ShareLeader::tell_start(engine::Runtime& runtime, const Key& key, Tracked& tracked) {
  const std::int64_t start = tracked.records->start_offset();
  if (std::exchange(tracked.told_start, start) == start) return;
  runtime.emit(trace::ShareStartAdvanced{key.first, key.second.topic, key.second.partition, start});
}

void ShareLeader::watch_locks(engine::Runtime& runtime, Tracked& tracked) {
  const SimTime next = tracked.records->next_expiry();
  if (next == tracked.locks_until) return;
  tracked.locks_until = next;
  runtime.cancel_timer(tracked.lock_timer);
  if (next == SimTime::max()) return;
  const Duration left = std::max(next - runtime.now(), Duration::zero());
  if (planted_.has(PlantedFault::share_lock_never_ends)) return;
  tracked.lock_timer = runtime.set_timer(left, {share_leader_component, lock_over, tracked.number});
}

void ShareLeader::end_locks(engine::Runtime& runtime, std::uint64_t number) {
  for (auto& [key, tracked] : tracked_) {
    if (tracked.number != number) continue;
    tracked.locks_until = SimTime::max();
    tracked.lock_timer = TimerId{};
    const auto settled = tracked.records->expire(runtime.now());
    if (!settled.empty()) {
      tell_settled(runtime, key, tracked, settled, "lock time-out");
      tracked.dirty = true;
    }
    watch_locks(runtime, tracked);
    const Key copy = key;
    if (!settled.empty()) keep(runtime, copy, tracked);
    return wake(runtime, copy.second);
  }
}

// ---- keeping ------------------------------------------------------------------------------------

void ShareLeader::keep(engine::Runtime& runtime, const Key& key, Tracked& tracked) {
  if (tracked.question != 0 || (tracked.next.empty() && !tracked.dirty)) return;
  tracked.writing = std::move(tracked.next);
  tracked.next.clear();
  tracked.dirty = false;
  WriteShareGroupStateRequest request;
  request.group = key.first;
  request.tp = key.second;
  request.state_epoch = tracked.state_epoch;
  request.leader_epoch = tracked.leader_epoch;
  request.state = tracked.records->encode();
  const std::uint64_t number = tracked.number;
  const std::uint64_t question = persister_.write(
      runtime, request, [this, key](engine::Runtime& at, const SharePersister::Answer& answer) {
        kept(at, key, answer);
      });
  const auto found = tracked_.find(key);
  if (found != tracked_.end() && found->second.number == number) found->second.question = question;
}

/// The write has been answered: what was said with it counts, or not.
void ShareLeader::kept(engine::Runtime& runtime, const Key& key,
                       const SharePersister::Answer& answer) {
  const auto found = tracked_.find(key);
  if (found == tracked_.end()) return;
  if (answer.error == Error::fenced_leader_epoch || answer.error == Error::fenced_state_epoch) {
    give_up(runtime, key, Error::not_leader_or_follower);
    return wake(runtime, key.second);
  }
  Tracked& tracked = found->second;
  tracked.question = 0;
  const bool ok = answer.error == Error::none;
  const std::vector<Acknowledged> written = std::exchange(tracked.writing, {});
  for (const Acknowledged& said : written) {
    tracked.records->complete(said.settled, ok);
    if (ok) tell_settled(runtime, key, tracked, said.settled, "acknowledged");
  }
  tell_start(runtime, key, tracked);
  tracked.locks_until = SimTime::max();
  watch_locks(runtime, tracked);
  keep(runtime, key, tracked);
  for (const Acknowledged& said : written) {
    const auto pending = pending_.find(said.request);
    if (pending == pending_.end()) continue;
    if (!ok) pending->second.acknowledged[key.second] = answer.error;
    if (--pending->second.unsettled == 0) acknowledgements_done(runtime, said.request);
  }
  wake(runtime, key.second);
}

/// Another broker leads now, or will: what was said and not written has no effect.
void ShareLeader::give_up(engine::Runtime& runtime, const Key& key, Error error) {
  const auto found = tracked_.find(key);
  if (found == tracked_.end()) return;
  Tracked tracked = std::move(found->second);
  tracked_.erase(found);
  persister_.forget(runtime, tracked.question);
  runtime.cancel_timer(tracked.lock_timer);
  tracked.writing.insert(tracked.writing.end(), tracked.next.begin(), tracked.next.end());
  for (const Acknowledged& said : tracked.writing) {
    const auto pending = pending_.find(said.request);
    if (pending == pending_.end()) continue;
    pending->second.acknowledged[key.second] = error;
    if (--pending->second.unsettled == 0) acknowledgements_done(runtime, said.request);
  }
}

}  // namespace eventarium::kafka
