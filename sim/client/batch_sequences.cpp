#include "sim/client/batch_sequences.h"

#include <algorithm>
#include <limits>

namespace eventarium::kafka {
namespace {

std::int32_t record_count(const ProducerBatch& batch) {
  return static_cast<std::int32_t>(batch.records->size());
}

bool comes_first(const BatchPtr& a, const BatchPtr& b) {
  return a->stamp.base_sequence < b->stamp.base_sequence;
}

void renumber(ProducerBatch& batch, ProducerIdAndEpoch producer, std::int32_t sequence) {
  batch.stamp.producer_id = producer.producer_id;
  batch.stamp.producer_epoch = producer.epoch;
  batch.stamp.base_sequence = sequence;
  batch.renumbered = true;
}

}  // namespace

std::int32_t sequence_after(std::int32_t sequence, std::int32_t count) {
  constexpr std::int64_t sequences = std::int64_t{std::numeric_limits<std::int32_t>::max()} + 1;
  return static_cast<std::int32_t>((std::int64_t{sequence} + count) % sequences);
}

const BatchSequences::Entry* BatchSequences::find(const TopicPartition& tp) const {
  const auto found = entries_.find(tp);
  return found == entries_.end() ? nullptr : &found->second;
}

BatchSequences::Entry& BatchSequences::entry(const TopicPartition& tp) { return entries_[tp]; }

bool BatchSequences::has_in_flight(const TopicPartition& tp) const {
  const Entry* const found = find(tp);
  return found && !found->in_flight.empty();
}

bool BatchSequences::is_next(const TopicPartition& tp, std::int32_t sequence) const {
  const Entry* const found = find(tp);
  const std::int64_t last = found ? found->last_acked : -1;
  return sequence - last == 1;
}

void BatchSequences::number(const BatchPtr& batch, ProducerIdAndEpoch producer,
                            bool transactional) {
  Entry& entry = entries_[batch->tp];
  if (entry.producer != producer && entry.in_flight.empty()) {
    entry.producer = producer;
    entry.next = 0;
    entry.last_acked = -1;
  }
  batch->stamp = {producer.producer_id, entry.next, producer.epoch, transactional, Control::none};
  entry.next = sequence_after(entry.next, record_count(*batch));
  entry.in_flight.push_back(batch);
}

void BatchSequences::add_in_flight(const BatchPtr& batch) {
  std::vector<BatchPtr>& in_flight = entries_[batch->tp].in_flight;
  in_flight.insert(std::upper_bound(in_flight.begin(), in_flight.end(), batch, comes_first), batch);
}

void BatchSequences::remove_in_flight(const BatchPtr& batch) {
  const auto found = entries_.find(batch->tp);
  if (found != entries_.end()) std::erase(found->second.in_flight, batch);
}

void BatchSequences::acknowledged(const ProducerBatch& batch) {
  const auto found = entries_.find(batch.tp);
  if (found == entries_.end()) return;
  found->second.last_acked = std::max(found->second.last_acked, batch.last_sequence());
}

void BatchSequences::restart(const TopicPartition& tp, ProducerIdAndEpoch producer) {
  Entry& entry = entries_[tp];
  entry.producer = producer;
  entry.next = 0;
  entry.last_acked = -1;
  entry.unresolved.reset();
  for (const BatchPtr& batch : entry.in_flight) {
    renumber(*batch, producer, entry.next);
    entry.next = sequence_after(entry.next, record_count(*batch));
  }
}

void BatchSequences::close_gap(const ProducerBatch& failed) {
  const auto found = entries_.find(failed.tp);
  if (found == entries_.end()) return;
  Entry& entry = found->second;
  const std::int32_t count = record_count(failed);
  entry.next -= count;
  for (const BatchPtr& batch : entry.in_flight)
    if (batch->stamp.base_sequence > failed.stamp.base_sequence)
      renumber(*batch, {batch->stamp.producer_id, batch->stamp.producer_epoch},
               batch->stamp.base_sequence - count);
}

}  // namespace eventarium::kafka
