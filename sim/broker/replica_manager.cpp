#include "sim/broker/replica_manager.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {
namespace {

bool is_valid_acks(std::int16_t acks) { return acks >= -1 && acks <= 1; }

std::vector<RecordId> ids_of(const RecordBatch& batch) {
  std::vector<RecordId> ids;
  ids.reserve(batch.records->size());
  for (const Record& record : *batch.records) ids.push_back(record.id);
  return ids;
}

}  // namespace

void ReplicaManager::load(NodeId self, const ClusterImage& image, const Config& broker_config) {
  image_ = image;
  for (const auto& [name, topic] : image_.topics) {
    const TopicConfig config = make_topic_config(topic.config, broker_config);
    for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
      const PartitionImage& partition = *topic.partitions[p];
      const auto& replicas = partition.replicas;
      if (std::find(replicas.begin(), replicas.end(), self) == replicas.end()) continue;
      partitions_.try_emplace({name, static_cast<std::int32_t>(p)}, self, partition, config);
    }
  }
}

const Partition* ReplicaManager::find(const TopicPartition& tp) const {
  const auto found = partitions_.find(tp);
  return found == partitions_.end() ? nullptr : &found->second;
}

bool ReplicaManager::known_topic(const TopicPartition& tp) const {
  return image_.find(tp) != nullptr;
}

AppendOutcome ReplicaManager::append(engine::Runtime& runtime, const ProduceRequest& request) {
  AppendOutcome outcome;
  outcome.last_event = runtime.current_cause();
  for (const ProduceRequest::Partition& asked : request.partitions) {
    const Error error = append_one(runtime, asked, request.acks, outcome);
    if (error == Error::none) continue;
    outcome.failed = true;
    outcome.partitions.push_back({asked.tp, error, -1});
    outcome.last_event = runtime.emit(trace::ProduceRefused{
        asked.tp.topic, asked.tp.partition, ids_of(asked.batch), std::string(name_of(error))});
  }
  return outcome;
}

/// On success the partition's answer, with its offset, is added to the outcome.
Error ReplicaManager::append_one(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                                 std::int16_t acks, AppendOutcome& outcome) {
  if (!known_topic(asked.tp)) return Error::unknown_topic_or_partition;
  if (!is_valid_acks(acks)) return Error::invalid_required_acks;
  const auto found = partitions_.find(asked.tp);
  if (found == partitions_.end()) return Error::not_leader_or_follower;
  Partition& partition = found->second;
  if (const Error error = partition.check_append(asked.batch, acks); error != Error::none)
    return error;

  const RecordBatch& batch = partition.append(asked.batch, runtime.now());
  runtime.append_to_disk(batch.size_bytes);
  outcome.partitions.push_back({asked.tp, Error::none, batch.base_offset});
  outcome.last_event =
      runtime.emit(trace::BatchAppended{asked.tp.topic, asked.tp.partition, batch.base_offset,
                                        ids_of(batch), batch.leader_epoch, batch.size_bytes});
  outcome.appended.push_back({asked.tp, batch.next_offset(), outcome.last_event});
  outcome.must_flush = outcome.must_flush || partition.must_flush();
  return Error::none;
}

std::vector<TopicPartition> ReplicaManager::complete_append(engine::Runtime& runtime,
                                                            AppendOutcome& outcome) {
  std::vector<TopicPartition> advanced;
  const EventId before = runtime.current_cause();
  for (const AppendedTo& appended : outcome.appended) {
    Partition& partition = partitions_.at(appended.tp);
    if (outcome.must_flush) partition.flushed(appended.end_offset);
    runtime.set_cause(appended.event);
    if (!advance(runtime, partition, appended.tp, appended.end_offset)) continue;
    outcome.last_event = runtime.current_cause();
    advanced.push_back(appended.tp);
  }
  runtime.set_cause(before);
  return advanced;
}

/// Leaves the event, when there is one, as the current cause.
bool ReplicaManager::advance(engine::Runtime& runtime, Partition& partition,
                             const TopicPartition& tp, std::int64_t up_to) {
  if (!partition.advance_high_watermark(up_to)) return false;
  runtime.set_cause(runtime.emit(
      trace::HighWatermarkAdvanced{tp.topic, tp.partition, partition.high_watermark()}));
  return true;
}

void ReplicaManager::advance_high_watermarks(engine::Runtime& runtime) {
  const EventId before = runtime.current_cause();
  for (auto& [tp, partition] : partitions_) {
    if (partition.is_leader()) advance(runtime, partition, tp, partition.log().log_end_offset());
    runtime.set_cause(before);
  }
}

FetchOutcome ReplicaManager::read(const FetchRequest& request, std::uint64_t max_bytes) const {
  FetchOutcome outcome;
  std::uint64_t left_bytes = std::min(request.max_bytes, max_bytes);
  for (const FetchRequest::Partition& asked : request.partitions) {
    FetchResponse::Partition& answer = outcome.partitions.emplace_back();
    answer.tp = asked.tp;
    const Partition* partition = find(asked.tp);
    if (!partition) {
      answer.error =
          known_topic(asked.tp) ? Error::not_leader_or_follower : Error::unknown_topic_or_partition;
    } else {
      answer.error = partition->check_leader(asked.current_leader_epoch);
      if (answer.error == Error::none)
        answer.error = partition->check_fetch_offset(asked.fetch_offset);
    }
    if (answer.error != Error::none) {
      outcome.failed = true;
      continue;
    }
    answer.high_watermark = partition->high_watermark();
    answer.log_start_offset = partition->log().log_start_offset();
    // A first batch larger than every limit is sent all the same, once per answer.
    auto read = partition->log().read(asked.fetch_offset, std::min(asked.max_bytes, left_bytes),
                                      answer.high_watermark, outcome.size_bytes == 0);
    left_bytes -= std::min(left_bytes, read->size_bytes);
    outcome.size_bytes += read->size_bytes;
    answer.batches = std::move(read->batches);
  }
  return outcome;
}

bool ReplicaManager::is_satisfied(const FetchRequest& request) const {
  std::uint64_t available_bytes = 0;
  for (const FetchRequest::Partition& asked : request.partitions) {
    const Partition* partition = find(asked.tp);
    if (!partition || partition->check_leader(asked.current_leader_epoch) != Error::none ||
        partition->check_fetch_offset(asked.fetch_offset) != Error::none)
      return true;
    if (asked.fetch_offset > partition->high_watermark()) return true;
    available_bytes +=
        std::min(asked.max_bytes,
                 partition->log().readable_bytes(asked.fetch_offset, partition->high_watermark()));
  }
  return available_bytes >= request.min_bytes;
}

ListOffsetsResponse::Partition ReplicaManager::list_offset(
    const ListOffsetsRequest::Partition& asked) const {
  ListOffsetsResponse::Partition answer;
  answer.tp = asked.tp;
  const Partition* partition = find(asked.tp);
  if (!partition) {
    answer.error =
        known_topic(asked.tp) ? Error::not_leader_or_follower : Error::unknown_topic_or_partition;
    return answer;
  }
  answer.error = partition->check_leader(asked.current_leader_epoch);
  if (answer.error != Error::none) return answer;
  answer.leader_epoch = partition->image().leader_epoch;
  switch (asked.target) {
    case ListOffsetsRequest::Target::latest:
      answer.offset = partition->high_watermark();
      break;
    case ListOffsetsRequest::Target::earliest:
      answer.offset = partition->log().log_start_offset();
      break;
    case ListOffsetsRequest::Target::timestamp:
      if (const auto found =
              partition->log().find_timestamp(asked.timestamp, partition->high_watermark())) {
        answer.offset = found->offset;
        answer.timestamp = found->timestamp;
      }
      break;
  }
  return answer;
}

void ReplicaManager::flush_all() {
  for (auto& [tp, partition] : partitions_) partition.flushed(partition.log().log_end_offset());
}

void ReplicaManager::recover_after_power_loss(engine::Runtime& runtime) {
  for (auto& [tp, partition] : partitions_) {
    std::vector<RecordId> lost = partition.recover_after_power_loss(runtime.now());
    if (lost.empty()) continue;
    runtime.emit(trace::LogTruncated{tp.topic, tp.partition, partition.log().log_end_offset(),
                                     std::move(lost), "power loss: not yet flushed"});
  }
}

}  // namespace eventarium::kafka
