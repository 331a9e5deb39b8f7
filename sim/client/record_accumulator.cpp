#include "sim/client/record_accumulator.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace eventarium::kafka {
namespace {

bool all_batches_full(const BatchPtr& last) { return !last || last->is_full(); }

}  // namespace

RecordAccumulator::RecordAccumulator(const ProducerOptions& options)
    : options_(options), available_bytes_(options.buffer_memory_bytes) {}

RecordAccumulator::Topic& RecordAccumulator::topic(const std::string& name) {
  return topics_.try_emplace(name, options_.batch_size_bytes).first->second;
}

RecordAccumulator::Appended RecordAccumulator::append(const Record& record, const std::string& name,
                                                      std::optional<std::int32_t> partition,
                                                      const TopicPartitions& partitions,
                                                      SimTime now, RandomStream& random) {
  Topic& t = topic(name);
  for (;;) {
    const std::int32_t chosen = partition ? *partition : t.sticky.current(partitions, random);
    const auto queue = t.waiting.find(chosen);
    const BatchPtr last = queue == t.waiting.end() ? nullptr : queue->second.back();
    if (!partition && all_batches_full(last)) {
      // A switch that had to wait for the last batch to be full or gone is made up for now.
      t.sticky.appended(0, true, partitions, random);
      if (t.sticky.current(partitions, random) != chosen) continue;
    }
    BatchPtr batch = last && last->closed ? nullptr : last;
    const std::uint64_t before_bytes = batch ? batch->size_bytes : 0;
    const bool begun = !batch;
    if (batch && !batch->try_append(record)) {
      batch->closed = true;
      continue;
    }
    if (!batch) {
      batch = begin_batch(record, {name, chosen}, now);
      if (!batch) return {};
      queue_of(t, chosen).push_back(batch);
    }
    if (!partition)
      t.sticky.appended(batch->size_bytes - before_bytes, all_batches_full(batch), partitions,
                        random);
    return {batch, begun || batch->is_full() || t.waiting.at(chosen).size() > 1};
  }
}

/// The queue, for a batch that is put into it at once.
RecordAccumulator::Queue& RecordAccumulator::queue_of(Topic& t, std::int32_t partition) {
  const auto index = static_cast<std::size_t>(partition);
  if (t.tried.size() <= index) t.tried.resize(index + 1);
  if (!t.tried[index]) ++t.tried_count;
  t.tried[index] = true;
  return t.waiting[partition];
}

/// Null when buffer.memory does not suffice.
BatchPtr RecordAccumulator::begin_batch(const Record& record, TopicPartition tp, SimTime now) {
  const std::uint64_t needed_bytes =
      std::max(options_.batch_size_bytes, batch_size_upper_bound_bytes(record));
  if (needed_bytes > available_bytes_) return nullptr;
  available_bytes_ -= needed_bytes;
  auto batch = std::make_shared<ProducerBatch>();
  batch->number = ++last_number_;
  batch->tp = std::move(tp);
  batch->capacity_bytes = batch->pool_bytes = needed_bytes;
  batch->created = batch->queued_since = now;
  batch->try_append(record);
  return batch;
}

bool RecordAccumulator::is_backing_off(const ProducerBatch& batch,
                                       const PartitionMetadata& partition, SimTime now) const {
  if (batch.attempts == 0 || now >= batch.queued_since + batch.backoff) return false;
  // A new leader may be tried at once (KIP-951).
  return batch.leader_epoch < 0 || partition.leader_epoch <= batch.leader_epoch;
}

RecordAccumulator::Ready RecordAccumulator::ready(const MetadataCache& metadata, SimTime now,
                                                  bool flush) {
  Ready result;
  for (auto& [name, t] : topics_) {
    update_load(name, t, metadata);
    for (const auto& [number, queue] : t.waiting) {
      const PartitionMetadata partition = metadata.partition(name, number);
      if (!partition.leader.valid()) {
        result.leader_unknown = true;
      } else if (muted_.empty() || !muted_.contains({name, number})) {
        check_queue(partition, *queue.front(), queue.size(), now, flush, result);
      }
    }
  }
  return result;
}

void RecordAccumulator::check_queue(const PartitionMetadata& partition, const ProducerBatch& first,
                                    std::size_t queued, SimTime now, bool flush,
                                    Ready& ready) const {
  if (is_backing_off(first, partition, now)) {
    ready.next_check = std::min(ready.next_check, first.queued_since + first.backoff);
    return;
  }
  const SimTime lingers_until = first.queued_since + options_.linger;
  if (flush || queued > 1 || first.is_full() || now >= lingers_until) {
    ready.nodes.insert(partition.leader);
  } else {
    ready.next_check = std::min(ready.next_check, lingers_until);
  }
}

void RecordAccumulator::update_load(const std::string& name, Topic& t,
                                    const MetadataCache& metadata) {
  if (!options_.adaptive) return;
  const TopicPartitions* partitions = metadata.topic(name);
  // Without a queue for every partition their lengths say nothing about those not tried yet.
  const bool all_tried = partitions && t.tried_count >= partitions->count;
  const bool all_may_be_chosen =
      all_tried && options_.availability_timeout <= Duration::zero() &&
      partitions->available.size() == static_cast<std::size_t>(partitions->count);
  std::vector<QueueLength> lengths;
  if (all_may_be_chosen) {
    for (const auto& [number, queue] : t.waiting)
      lengths.push_back({number, static_cast<std::uint32_t>(queue.size())});
    return t.sticky.set_busy_queues(std::move(lengths), partitions->count);
  }
  for (std::int32_t number = 0; all_tried && number < partitions->count; ++number) {
    const NodeId leader = metadata.partition(name, number).leader;
    if (!leader.valid() || is_unavailable(leader)) continue;
    const auto queue = t.waiting.find(number);
    const std::size_t batches = queue == t.waiting.end() ? 0 : queue->second.size();
    lengths.push_back({number, static_cast<std::uint32_t>(batches)});
  }
  t.sticky.set_queue_lengths(lengths, partitions ? partitions->count : 0);
}

bool RecordAccumulator::is_unavailable(NodeId leader) const {
  if (options_.availability_timeout <= Duration::zero()) return false;
  const auto found = node_times_.find(leader);
  return found != node_times_.end() &&
         found->second.ready - found->second.drained > options_.availability_timeout;
}

void RecordAccumulator::note_node(NodeId node, SimTime now, bool can_send) {
  if (options_.availability_timeout <= Duration::zero()) return;
  const auto [entry, first_time] = node_times_.try_emplace(node, NodeTimes{now, now});
  entry->second.ready = now;
  if (can_send || first_time) entry->second.drained = now;
}

std::vector<BatchPtr> RecordAccumulator::drain(const MetadataCache& metadata, NodeId node,
                                               SimTime now, TransactionManager* manager) {
  std::vector<TopicPartition> waiting;
  for (const auto& [name, t] : topics_)
    for (const auto& [number, queue] : t.waiting)
      if (metadata.partition(name, number).leader == node) waiting.push_back({name, number});
  std::vector<BatchPtr> drained;
  if (waiting.empty()) return drained;

  // Each time from the partition after the one that came first last time, or, when the request
  // was full, from where it was full: no partition starves.
  TopicPartition& from = drain_from_[node];
  const auto begin = std::lower_bound(waiting.begin(), waiting.end(), from);
  const auto start = static_cast<std::size_t>(begin - waiting.begin()) % waiting.size();
  from = {waiting[start].topic, waiting[start].partition + 1};
  std::uint64_t size_bytes = 0;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    const TopicPartition& tp = waiting[(start + i) % waiting.size()];
    if (muted_.contains(tp)) continue;
    auto& queues = topic(tp.topic).waiting;
    const auto queue = queues.find(tp.partition);
    const BatchPtr batch = queue->second.front();
    const PartitionMetadata partition = metadata.partition(tp);
    if (is_backing_off(*batch, partition, now)) continue;
    const bool fits =
        drained.empty() || size_bytes + batch->size_bytes <= options_.max_request_size_bytes;
    if (!fits || (manager && !manager->may_drain(*batch))) {
      from = tp;
      break;
    }
    if (manager) manager->number(batch);
    queue->second.pop_front();
    if (queue->second.empty()) queues.erase(queue);
    batch->closed = true;
    batch->leader_epoch = partition.leader_epoch;
    size_bytes += batch->size_bytes;
    drained.push_back(batch);
  }
  return drained;
}

void RecordAccumulator::put_back(const BatchPtr& batch, SimTime now, Duration backoff) {
  ++batch->attempts;
  batch->queued_since = now;
  batch->backoff = backoff;
  put_in_order(batch);
}

void RecordAccumulator::put_in_order(const BatchPtr& batch) {
  Queue& queue = queue_of(topic(batch->tp.topic), batch->tp.partition);
  auto place = queue.begin();
  while (batch->stamp.known() && place != queue.end() && (*place)->stamp.known() &&
         (*place)->stamp.base_sequence < batch->stamp.base_sequence)
    ++place;
  queue.insert(place, batch);
}

std::vector<BatchPtr> RecordAccumulator::split(const BatchPtr& batch, SimTime now) {
  const std::uint64_t target_bytes =
      batch->from_split ? batch->size_bytes / 2 : options_.batch_size_bytes;
  std::vector<BatchPtr> parts;
  for (const Record& record : *batch->records) {
    if (!parts.empty() && parts.back()->try_append(record)) continue;
    auto part = std::make_shared<ProducerBatch>();
    part->number = ++last_number_;
    part->tp = batch->tp;
    part->capacity_bytes = target_bytes;
    part->created = batch->created;
    part->queued_since = now;
    part->from_split = true;
    part->cause = batch->cause;
    part->try_append(record);
    parts.push_back(part);
  }
  std::int32_t sequence = batch->stamp.base_sequence;
  for (const BatchPtr& part : parts) {
    part->closed = true;
    if (!batch->stamp.known()) continue;
    part->stamp = batch->stamp;
    part->stamp.base_sequence = sequence;
    sequence = sequence_after(part->last_sequence(), 1);
  }
  for (auto part = parts.rbegin(); part != parts.rend(); ++part) put_in_order(*part);
  release(*batch);
  return parts;
}

std::vector<BatchPtr> RecordAccumulator::take_expired(SimTime now) {
  std::vector<BatchPtr> expired;
  for (auto& [name, t] : topics_) {
    for (auto entry = t.waiting.begin(); entry != t.waiting.end();) {
      Queue& queue = entry->second;
      while (!queue.empty() && queue.front()->has_expired(now, options_.delivery_timeout)) {
        queue.front()->closed = true;
        expired.push_back(queue.front());
        queue.pop_front();
      }
      entry = queue.empty() ? t.waiting.erase(entry) : std::next(entry);
    }
  }
  return expired;
}

std::vector<BatchPtr> RecordAccumulator::take_all(bool unnumbered) {
  std::vector<BatchPtr> taken;
  for (auto& [name, t] : topics_) {
    for (auto entry = t.waiting.begin(); entry != t.waiting.end();) {
      Queue& queue = entry->second;
      const auto is_taken = [&](const BatchPtr& b) { return !unnumbered || !b->stamp.known(); };
      std::copy_if(queue.begin(), queue.end(), std::back_inserter(taken), is_taken);
      std::erase_if(queue, is_taken);
      entry = queue.empty() ? t.waiting.erase(entry) : std::next(entry);
    }
  }
  return taken;
}

SimTime RecordAccumulator::next_expiry() const {
  SimTime next = SimTime::max();
  for (const auto& [name, t] : topics_)
    for (const auto& [number, queue] : t.waiting)
      next = std::min(next, queue.front()->created + options_.delivery_timeout);
  return next;
}

void RecordAccumulator::release(ProducerBatch& batch) {
  available_bytes_ += batch.pool_bytes;
  batch.pool_bytes = 0;
}

void RecordAccumulator::forget_all() {
  topics_.clear();
  muted_.clear();
  drain_from_.clear();
  node_times_.clear();
  available_bytes_ = options_.buffer_memory_bytes;
}

}  // namespace eventarium::kafka
