#include "sim/log/producer_state.h"

#include <algorithm>

namespace eventarium::kafka {
namespace {

constexpr std::int64_t sequences = std::int64_t{1} << 31;

std::int32_t last_sequence_of(const RecordBatch& batch) {
  return sequence_after(batch.producer.base_sequence, batch.last_offset() - batch.base_offset);
}

}  // namespace

std::int32_t sequence_after(std::int32_t sequence, std::int64_t n) {
  return static_cast<std::int32_t>((sequence + n) % sequences);
}

// ---- asking -------------------------------------------------------------------------------------

const ProducerState::Entry* ProducerState::find(std::int64_t producer_id) const {
  const auto found = entries_.find(producer_id);
  return found == entries_.end() ? nullptr : &found->second;
}

const ProducerState::Batch* ProducerState::find_duplicate(const RecordBatch& batch) const {
  const ProducerStamp& stamp = batch.producer;
  const Entry* entry = find(stamp.producer_id);
  if (!entry || stamp.is_marker() || entry->epoch != stamp.producer_epoch) return nullptr;
  const std::int32_t last_sequence = last_sequence_of(batch);
  for (const Batch& known : entry->batches)
    if (known.base_sequence == stamp.base_sequence && known.last_sequence == last_sequence)
      return &known;
  return nullptr;
}

ProducerCheck ProducerState::check(const RecordBatch& batch) const {
  const ProducerStamp& stamp = batch.producer;
  const Entry* entry = find(stamp.producer_id);
  if (stamp.is_marker()) return entry ? check_marker(*entry, stamp) : ProducerCheck::ok;
  if (find_duplicate(batch)) return ProducerCheck::duplicate;
  if (entry && stamp.producer_epoch < entry->epoch) return ProducerCheck::invalid_epoch;
  const ProducerCheck in_sequence = check_sequence(entry, stamp);
  if (in_sequence != ProducerCheck::ok) return in_sequence;
  return entry && entry->open_since && !stamp.transactional
             ? ProducerCheck::invalid_transaction_state
             : ProducerCheck::ok;
}

ProducerCheck ProducerState::check_marker(const Entry& entry, const ProducerStamp& marker) const {
  if (marker.producer_epoch < entry.epoch) return ProducerCheck::invalid_epoch;
  return marker.coordinator_epoch() < entry.coordinator_epoch ? ProducerCheck::coordinator_fenced
                                                              : ProducerCheck::ok;
}

ProducerCheck ProducerState::check_sequence(const Entry* entry, const ProducerStamp& stamp) const {
  std::int32_t expected = 0;
  if (!entry) {
    if (!stamp.transactional) return ProducerCheck::ok;
  } else if (stamp.producer_epoch == entry->epoch && !entry->batches.empty()) {
    expected = sequence_after(entry->batches.back().last_sequence, 1);
  }
  return stamp.base_sequence == expected ? ProducerCheck::ok : ProducerCheck::out_of_order;
}

bool ProducerState::has_open_transaction(std::int64_t producer_id, std::int16_t epoch) const {
  const Entry* entry = find(producer_id);
  return entry && entry->open_since && entry->epoch == epoch;
}

std::optional<std::int64_t> ProducerState::first_unstable_offset() const {
  std::optional<std::int64_t> first;
  if (!open_.empty()) first = open_.begin()->first;
  if (!ended_.empty())
    first = std::min(first.value_or(ended_.begin()->first), ended_.begin()->first);
  return first;
}

std::vector<ProducerState::Aborted> ProducerState::aborted(std::int64_t from,
                                                           std::int64_t up_to) const {
  std::vector<Aborted> found;
  auto next = std::partition_point(aborted_.begin(), aborted_.end(), [&](const Aborted& aborted) {
    return aborted.last_offset < from;
  });
  for (; next != aborted_.end(); ++next) {
    if (next->first_offset < up_to) found.push_back(*next);
    // What is stable up to there: no later marker can end a transaction that began below.
    if (next->last_stable_offset >= up_to) break;
  }
  return found;
}

// ---- changes ------------------------------------------------------------------------------------

void ProducerState::append(const RecordBatch& batch) {
  const std::optional<std::int64_t> ended_since =
      batch.producer.is_marker() ? end_transaction(batch) : std::nullopt;
  if (!batch.producer.is_marker()) write(batch);
  if (!ended_since || batch.producer.control != Control::abort) return;
  const std::int64_t stable = open_.empty() ? batch.next_offset() : open_.begin()->first;
  aborted_.push_back({batch.producer.producer_id, *ended_since, batch.base_offset, stable});
}

void ProducerState::replay(const RecordBatch& batch) {
  if (batch.producer.is_marker()) {
    end_transaction(batch);
  } else {
    write(batch);
  }
}

void ProducerState::write(const RecordBatch& batch) {
  const ProducerStamp& stamp = batch.producer;
  Entry& entry = entries_[stamp.producer_id];
  if (entry.epoch != stamp.producer_epoch) entry.batches.clear();
  entry.epoch = stamp.producer_epoch;
  if (entry.batches.size() == batches_kept) entry.batches.erase(entry.batches.begin());
  entry.batches.push_back(
      {batch.base_offset, batch.last_offset(), stamp.base_sequence, last_sequence_of(batch)});
  entry.last_timestamp = batch.max_timestamp;
  if (!stamp.transactional || entry.open_since) return;
  entry.open_since = batch.base_offset;
  open_[batch.base_offset] = stamp.producer_id;
  seen_transactions_ = true;
}

/// Where the transaction had begun; nothing when the producer had none open here.
std::optional<std::int64_t> ProducerState::end_transaction(const RecordBatch& marker) {
  const ProducerStamp& stamp = marker.producer;
  Entry& entry = entries_[stamp.producer_id];
  const std::optional<std::int64_t> since = entry.open_since;
  if (since) {
    open_.erase(*since);
    ended_[*since] = marker.base_offset;
  }
  if (entry.epoch != stamp.producer_epoch) entry.batches.clear();
  entry.epoch = stamp.producer_epoch;
  entry.open_since.reset();
  entry.coordinator_epoch = stamp.coordinator_epoch();
  entry.last_timestamp = marker.max_timestamp;
  return since;
}

void ProducerState::set_high_watermark(std::int64_t high_watermark) {
  std::erase_if(ended_, [&](const auto& ended) { return ended.second < high_watermark; });
}

void ProducerState::expire(SimTime now, Duration idle) {
  const auto is_idle = [&](const auto& entry) {
    return !entry.second.open_since && now - entry.second.last_timestamp >= idle;
  };
  std::erase_if(entries_, is_idle);
  for (Snapshot& snapshot : snapshots_) std::erase_if(snapshot.entries, is_idle);
}

// ---- snapshots ----------------------------------------------------------------------------------

void ProducerState::take_snapshot(std::int64_t offset) { snapshots_.push_back({offset, entries_}); }

std::int64_t ProducerState::truncate_to(std::int64_t offset) {
  while (!snapshots_.empty() && snapshots_.back().offset > offset) snapshots_.pop_back();
  std::erase_if(aborted_, [&](const Aborted& aborted) { return aborted.last_offset >= offset; });
  std::erase_if(ended_, [&](const auto& ended) { return ended.second >= offset; });
  entries_.clear();
  open_.clear();
  if (snapshots_.empty()) return 0;
  entries_ = snapshots_.back().entries;
  for (const auto& [producer_id, entry] : entries_)
    if (entry.open_since) open_[*entry.open_since] = producer_id;
  return snapshots_.back().offset;
}

void ProducerState::forget_below(std::int64_t offset) {
  const auto first_above = std::find_if(snapshots_.begin(), snapshots_.end(),
                                        [&](const Snapshot& s) { return s.offset > offset; });
  // The last one at or below is where the rest is told from.
  if (first_above - snapshots_.begin() > 1) snapshots_.erase(snapshots_.begin(), first_above - 1);
  std::erase_if(aborted_, [&](const Aborted& aborted) { return aborted.last_offset < offset; });
}

}  // namespace eventarium::kafka
