// Roles, appending and reading. In-sync replicas: partition_isr.cpp.
#include "sim/broker/partition.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

Partition::Partition(const ReplicationOptions& options, std::uint32_t index, StoredLog& stored,
                     TopicConfig config)
    : options_(options),
      tp_(stored.tp),
      index_(index),
      stored_(stored),
      log_(stored.log),
      config_(config) {}

std::size_t Partition::effective_min_isr() const {
  return std::min(config_.min_insync_replicas, image().replicas.size());
}

Partition::RoleChange Partition::make_leader(PartitionState state, SimTime now) {
  const Role before = role_;
  if (before != Role::none && state->partition_epoch <= state_->partition_epoch) return {};
  const bool new_epoch = before == Role::none || state->leader_epoch > state_->leader_epoch;
  state_ = std::move(state);
  role_ = Role::leader;
  isr_.commit(state_->isr);
  if (new_epoch) {
    epoch_start_offset_ = log_.log_end_offset();
    told_stable_ = -1;
    log_.begin_leader_epoch(state_->leader_epoch);
  }
  set_followers(now, new_epoch, before != Role::leader);
  return {true, new_epoch, before == Role::leader};
}

/// One Replica for each other replica of the assignment; known ones stay.
void Partition::set_followers(SimTime now, bool new_epoch, bool new_leader) {
  std::vector<Replica> followers;
  for (const NodeId id : state_->replicas) {
    if (id == options_.self) continue;
    const Replica* known = find_follower(id);
    Replica& follower = followers.emplace_back(known ? *known : Replica{id});
    if (new_epoch) {
      follower.reset(now, log_.log_end_offset(), new_leader, isr_.has(id));
    } else if (!known) {
      follower.reset(now, log_.log_end_offset(), true, isr_.has(id));
    }
  }
  followers_ = std::move(followers);
}

Partition::RoleChange Partition::make_follower(PartitionState state) {
  const Role before = role_;
  if (before != Role::none && state->partition_epoch <= state_->partition_epoch) return {};
  if (before == Role::leader && options_.planted.has(PlantedFault::zombie_leader_keeps_leading))
    return {};
  const bool new_epoch = before == Role::none || state->leader_epoch > state_->leader_epoch;
  state_ = std::move(state);
  role_ = Role::follower;
  isr_.commit({});
  followers_.clear();
  epoch_start_offset_ = 0;
  return {true, new_epoch, before == Role::leader};
}

Error Partition::check_append(const RecordBatch& batch, std::int16_t acks) const {
  if (!is_leader()) return Error::not_leader_or_follower;
  const bool min_isr_matters = acks == -1 && !options_.planted.has(PlantedFault::min_isr_ignored);
  if (min_isr_matters && under_min_isr()) return Error::not_enough_replicas;
  if (batch.size_bytes > config_.max_message_bytes) return Error::message_too_large;
  if (log_.config().compact_policy && !batch.producer.is_marker()) {
    const auto has_key = [](const Record& record) {
      return record.event->partitionkey.has_value();
    };
    if (!std::all_of(batch.records->begin(), batch.records->end(), has_key))
      return Error::invalid_record;
  }
  if (batch.size_bytes > log_.config().segment_bytes) return Error::record_list_too_large;
  return Error::none;
}

RecordBatch Partition::stamped(RecordBatch batch, SimTime now) const {
  if (config_.log_append_time) {
    batch.log_append_time = true;
    batch.max_timestamp = now;
  }
  return batch;
}

void Partition::appended(const RecordBatch& batch) {
  if (must_flush()) unflushed_from_ = std::min(unflushed_from_, batch.base_offset);
}

bool Partition::must_flush() const { return log_.must_flush(); }

void Partition::flushed(std::int64_t offset) {
  if (offset <= unflushed_from_) return;
  unflushed_from_ = must_flush() ? offset : std::numeric_limits<std::int64_t>::max();
}

std::int64_t Partition::own_end() const { return std::min(log_.log_end_offset(), unflushed_from_); }

Error Partition::check_leader(std::int32_t current_leader_epoch) const {
  if (current_leader_epoch >= 0 && current_leader_epoch < leader_epoch())
    return Error::fenced_leader_epoch;
  if (current_leader_epoch > leader_epoch()) return Error::unknown_leader_epoch;
  return is_leader() ? Error::none : Error::not_leader_or_follower;
}

Partition::ReadCheck Partition::check_read(const FetchRequest::Partition& asked,
                                           NodeId follower) const {
  const bool from_follower = follower.valid();
  // Planted: even a leader of the older epoch that follows another one by now goes on serving.
  const bool stale_accepted = from_follower && asked.current_leader_epoch >= 0 &&
                              asked.current_leader_epoch < leader_epoch() &&
                              options_.planted.has(PlantedFault::stale_leader_epoch_accepted);
  const Error error = stale_accepted ? Error::none : check_leader(asked.current_leader_epoch);
  if (error != Error::none) return {error, {}};
  if (from_follower && !image().has_replica(follower)) return {Error::not_leader_or_follower, {}};
  const std::int64_t offset = asked.fetch_offset;
  if (asked.last_fetched_epoch >= 0) {
    const EpochEnd end = log_.end_offset_for_epoch(asked.last_fetched_epoch);
    if (end.epoch < 0 || offset < log_.log_start_offset()) return {Error::offset_out_of_range, {}};
    if (end.epoch < asked.last_fetched_epoch || end.end_offset < offset) return {Error::none, end};
  }
  if (offset < log_.log_start_offset() || offset > log_.log_end_offset())
    return {Error::offset_out_of_range, {}};
  return {};
}

std::int64_t Partition::readable_end(bool follower, Isolation isolation) const {
  if (follower || options_.planted.has(PlantedFault::consumer_reads_past_hw))
    return log_.log_end_offset();
  if (isolation == Isolation::read_uncommitted ||
      options_.planted.has(PlantedFault::lso_ignores_open_transaction))
    return high_watermark();
  return log_.last_stable_offset();
}

std::vector<AbortedTransaction> Partition::aborted(std::int64_t from, std::int64_t up_to) const {
  std::vector<AbortedTransaction> found;
  if (!log_.producers() || options_.planted.has(PlantedFault::aborted_list_missing)) return found;
  for (const ProducerState::Aborted& aborted : log_.producers()->aborted(from, up_to))
    found.push_back({aborted.producer_id, aborted.first_offset});
  return found;
}

ProducerCheck Partition::check_producer(const RecordBatch& batch) const {
  const ProducerCheck found = log_.check_producer(batch);
  const bool ignored =
      (found == ProducerCheck::invalid_epoch && takes_fenced_batches()) ||
      ((found == ProducerCheck::duplicate || found == ProducerCheck::out_of_order) &&
       options_.planted.has(PlantedFault::duplicate_sequence_appended));
  return ignored ? ProducerCheck::ok : found;
}

std::optional<std::int64_t> Partition::newly_stable() {
  if (!log_.producers() || !log_.producers()->seen_transactions()) return std::nullopt;
  const std::int64_t stable = log_.last_stable_offset();
  if (stable <= told_stable_) return std::nullopt;
  told_stable_ = stable;
  return stable;
}

void Partition::follow_high_watermark(std::int64_t leader_high_watermark) {
  log_.set_high_watermark(leader_high_watermark);
}

}  // namespace eventarium::kafka
