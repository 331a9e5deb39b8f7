// What requests do to a broker's partitions: append, fetch, offsets (Kafka's ReplicaManager:
// appendRecords, fetchMessages, readFromLog, fetchOffset, lastOffsetForLeaderEpoch; DelayedFetch's
// tryComplete; 4.1).
#include <algorithm>
#include <utility>

#include "sim/broker/follower_log.h"
#include "sim/broker/replica_manager.h"

namespace eventarium::kafka {
namespace {

bool is_valid_acks(std::int16_t acks) { return acks >= -1 && acks <= 1; }

}  // namespace

Error ReplicaManager::why_not_here(const TopicPartition& tp) const {
  return image().find(tp) ? Error::not_leader_or_follower : Error::unknown_topic_or_partition;
}

// ---- append -------------------------------------------------------------------------------------

AppendOutcome ReplicaManager::append(engine::Runtime& runtime,
                                     const std::vector<ProduceRequest::Partition>& batches,
                                     std::int16_t acks,
                                     const std::map<TopicPartition, Error>& unverified) {
  AppendOutcome outcome;
  outcome.last_event = runtime.current_cause();
  outcome.answers.reserve(batches.size());
  for (const ProduceRequest::Partition& asked : batches) {
    const auto found = unverified.find(asked.tp);
    const Error error = append_one(
        runtime, asked, acks, found == unverified.end() ? Error::none : found->second, outcome);
    if (error == Error::none) continue;
    outcome.failed = true;
    ProduceResponse::Partition& answer = outcome.answers.emplace_back();
    answer.tp = asked.tp;
    answer.error = error;
    if (error == Error::not_leader_or_follower) answer.current_leader = leader_hint(asked.tp);
    if (asked.batch.producer.is_marker()) continue;  // its coordinator tries again
    outcome.last_event = runtime.emit(trace::ProduceRefused{
        asked.tp.topic, asked.tp.partition, record_ids(asked.batch), std::string(name_of(error))});
  }
  return outcome;
}

/// On success the partition's answer, with its offset, is added to the outcome.
Error ReplicaManager::append_one(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                                 std::int16_t acks, Error unverified, AppendOutcome& outcome) {
  Partition* partition = find_mutable(asked.tp);
  if (!partition && !image().find(asked.tp)) return Error::unknown_topic_or_partition;
  if (!is_valid_acks(acks)) return Error::invalid_required_acks;
  if (!partition) return Error::not_leader_or_follower;
  if (const Error error = partition->check_append(asked.batch, acks); error != Error::none)
    return error;
  if (asked.batch.producer.known()) {
    std::optional<ProducerState::Batch> former;
    const Error error = check_producer(*partition, asked.batch, unverified, former);
    if (error != Error::none) return error;
    if (former) {
      recognise(runtime, asked, *partition, *former, outcome);
      return Error::none;
    }
  }
  const RecordBatch* written = logs_.append_as_leader(
      runtime, partition->stored(), partition->stamped(asked.batch, runtime.now()),
      partition->leader_epoch());
  if (!written) return Error::kafka_storage_error;

  const RecordBatch& batch = *written;
  partition->appended(batch);
  outcome.batches.push_back(
      {outcome.answers.size(), partition->index(), batch.next_offset(), true});
  outcome.answers.push_back({asked.tp, Error::none, batch.base_offset, {}});
  outcome.last_event = runtime.emit(batch_appended(asked.tp, batch, false));
  outcome.events.push_back(outcome.last_event);
  outcome.must_flush = outcome.must_flush || partition->must_flush();
  return Error::none;
}

/// Kafka's order: a duplicate, then what the coordinator says, then epoch and sequence.
Error ReplicaManager::check_producer(const Partition& partition, const RecordBatch& batch,
                                     Error unverified,
                                     std::optional<ProducerState::Batch>& former) const {
  const ProducerCheck found = partition.check_producer(batch);
  if (found == ProducerCheck::duplicate) {
    former = *partition.log().producers()->find_duplicate(batch);
    return Error::none;
  }
  const bool fenced =
      unverified == Error::invalid_producer_epoch || unverified == Error::producer_fenced;
  if (unverified != Error::none && !(fenced && partition.takes_fenced_batches())) return unverified;
  switch (found) {
    case ProducerCheck::invalid_epoch:
      return Error::invalid_producer_epoch;
    case ProducerCheck::out_of_order:
      return Error::out_of_order_sequence_number;
    case ProducerCheck::invalid_transaction_state:
      return Error::invalid_txn_state;
    case ProducerCheck::coordinator_fenced:
      return Error::transaction_coordinator_fenced;
    default:
      return Error::none;
  }
}

/// It is answered as then; with acks=all it waits for the in-sync replicas as it did then.
void ReplicaManager::recognise(engine::Runtime& runtime, const ProduceRequest::Partition& asked,
                               const Partition& partition, const ProducerState::Batch& former,
                               AppendOutcome& outcome) {
  outcome.batches.push_back(
      {outcome.answers.size(), partition.index(), former.last_offset + 1, true});
  outcome.answers.push_back({asked.tp, Error::none, former.base_offset, {}});
  outcome.last_event = runtime.emit(
      trace::BatchRecognised{asked.tp.topic, asked.tp.partition, former.base_offset,
                             record_ids(asked.batch), asked.batch.producer.producer_id});
  outcome.events.push_back(outcome.last_event);
}

PartitionList ReplicaManager::to_verify(const ProduceRequest& request) const {
  PartitionList partitions;
  if (request.transactional_id.empty() || !is_valid_acks(request.acks)) return partitions;
  for (const ProduceRequest::Partition& asked : request.partitions) {
    const ProducerStamp& producer = asked.batch.producer;
    const Partition* partition = find(asked.tp);
    if (!producer.transactional || !partition || !partition->is_leader()) continue;
    const ProducerState* known = partition->log().producers();
    if (known && (known->has_open_transaction(producer.producer_id, producer.producer_epoch) ||
                  known->find_duplicate(asked.batch)))
      continue;
    partitions.push_back(asked.tp);
  }
  return partitions;
}

void ReplicaManager::complete_append(engine::Runtime& runtime, AppendOutcome& outcome) {
  const EventId before = runtime.current_cause();
  for (std::size_t i = 0; i < outcome.batches.size(); ++i) {
    const DelayedProduce::Batch& batch = outcome.batches[i];
    if (!at(batch.partition)) continue;  // deleted while it waited for the disk
    Partition& partition = *by_number_[batch.partition];
    if (outcome.must_flush) {
      logs_.flushed(runtime, partition.stored(), batch.required_offset);
      partition.flushed(batch.required_offset);
    }
    runtime.set_cause(outcome.events[i]);
    if (partition.is_leader()) advance(runtime, partition);
    if (runtime.current_cause() == outcome.events[i]) {
      touch(runtime, partition);  // followers fetch up to the log end
    } else {
      outcome.last_event = runtime.current_cause();
    }
  }
  runtime.set_cause(before);
}

// ---- fetch --------------------------------------------------------------------------------------

FetchPlan::Read ReplicaManager::plan_read(Partition* partition,
                                          const FetchRequest::Partition& asked,
                                          NodeId replica) const {
  FetchPlan::Read read;
  read.partition = partition;
  if (!partition) {
    read.check.error = why_not_here(asked.tp);
    return read;
  }
  read.check = partition->check_read(asked, replica);
  read.high_watermark = partition->high_watermark();
  return read;
}

FetchPlan ReplicaManager::take_fetch(engine::Runtime& runtime, const FetchRequest& request) {
  FetchPlan plan;
  plan.reads.reserve(request.partitions.size());
  for (const FetchRequest::Partition& asked : request.partitions)
    plan.reads.push_back(plan_read(find_mutable(asked.tp), asked, request.replica));
  if (request.replica.valid()) {
    for (std::size_t i = 0; i < plan.reads.size(); ++i) {
      const FetchPlan::Read& read = plan.reads[i];
      if (read.check.error != Error::none || read.check.diverging.epoch >= 0) continue;
      follow_up_fetch(runtime, request, request.partitions[i], *read.partition);
    }
  }
  plan_wait(request, plan);
  return plan;
}

/// The follower has everything below its fetch offset.
void ReplicaManager::follow_up_fetch(engine::Runtime& runtime, const FetchRequest& request,
                                     const FetchRequest::Partition& asked, Partition& partition) {
  const EventId before = runtime.current_cause();
  const bool moved =
      partition.update_follower(request.replica, asked.fetch_offset, runtime.now(),
                                partition.log().log_end_offset(), request.replica_epoch);
  if (moved) advance(runtime, partition);
  if (auto proposal = partition.propose_expand(request.replica, image()))
    propose(runtime, std::move(*proposal), runtime.name_of(request.replica) + " has caught up");
  runtime.set_cause(before);
}

void ReplicaManager::plan_wait(const FetchRequest& request, FetchPlan& plan) const {
  plan.answer_now = request.max_wait <= Duration::zero() || request.partitions.empty();
  std::uint64_t available_bytes = 0;
  for (std::size_t i = 0; i < plan.reads.size() && !plan.answer_now; ++i) {
    const FetchPlan::Read& read = plan.reads[i];
    const FetchRequest::Partition& asked = request.partitions[i];
    if (read.check.error != Error::none || read.check.diverging.epoch >= 0) {
      plan.answer_now = true;
      break;
    }
    const std::int64_t end =
        read.partition->readable_end(request.replica.valid(), request.isolation);
    // A consumer may be ahead of the high watermark after a change of leader: it is told so.
    plan.answer_now = asked.fetch_offset > end;
    if (asked.fetch_offset >= end) continue;
    available_bytes +=
        std::min(asked.max_bytes, read.partition->log().readable_bytes(asked.fetch_offset, end));
    plan.answer_now = plan.answer_now || available_bytes >= request.min_bytes;
  }
}

FetchPlan ReplicaManager::plan_again(const FetchRequest& request,
                                     const std::vector<std::uint32_t>& partitions) {
  FetchPlan plan;
  plan.reads.reserve(partitions.size());
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    plan.reads.push_back(
        plan_read(by_number_[partitions[i]], request.partitions[i], request.replica));
  }
  return plan;
}

bool ReplicaManager::is_satisfied(const FetchRequest& request,
                                  const std::vector<std::uint32_t>& partitions,
                                  std::uint32_t touched) const {
  std::uint64_t available_bytes = 0;
  const auto look = [&](std::size_t i) {
    const Partition* partition = at(partitions[i]);
    const FetchRequest::Partition& asked = request.partitions[i];
    if (!partition) return true;
    const Partition::ReadCheck check = partition->check_read(asked, request.replica);
    if (check.error != Error::none || check.diverging.epoch >= 0) return true;
    const std::int64_t end = partition->readable_end(request.replica.valid(), request.isolation);
    if (asked.fetch_offset > end) return true;
    if (asked.fetch_offset < end)
      available_bytes +=
          std::min(asked.max_bytes, partition->log().readable_bytes(asked.fetch_offset, end));
    return available_bytes >= request.min_bytes;
  };
  const auto place = static_cast<std::size_t>(
      std::find(partitions.begin(), partitions.end(), touched) - partitions.begin());
  if (place == partitions.size() || look(place)) return place != partitions.size();
  if (available_bytes == 0) return false;  // nothing new here, and the others have not changed
  for (std::size_t i = 0; i < partitions.size(); ++i)
    if (i != place && look(i)) return true;
  return false;
}

std::vector<FetchResponse::Partition> ReplicaManager::read(const FetchRequest& request,
                                                           const FetchPlan& plan) const {
  std::vector<FetchResponse::Partition> answers(plan.reads.size());
  std::uint64_t left_bytes = std::min(request.max_bytes, fetch_max_bytes_), sent_bytes = 0;
  for (std::size_t i = 0; i < plan.reads.size(); ++i) {
    const FetchRequest::Partition& asked = request.partitions[i];
    const FetchPlan::Read& planned = plan.reads[i];
    FetchResponse::Partition& answer = answers[i];
    answer.tp = asked.tp;
    answer.error = planned.check.error;
    if (answer.error == Error::not_leader_or_follower || answer.error == Error::fenced_leader_epoch)
      answer.current_leader = leader_hint(asked.tp);
    if (answer.error != Error::none) continue;
    const PartitionLog& log = planned.partition->log();
    answer.high_watermark = planned.high_watermark;
    answer.last_stable_offset = log.last_stable_offset();
    answer.log_start_offset = log.log_start_offset();
    answer.diverging = planned.check.diverging;
    const std::int64_t end =
        planned.partition->readable_end(request.replica.valid(), request.isolation);
    if (answer.diverging.epoch >= 0 || asked.fetch_offset >= end) continue;
    // A first batch larger than every limit is sent all the same, once per answer.
    auto read =
        log.read(asked.fetch_offset, std::min(asked.max_bytes, left_bytes), end, sent_bytes == 0);
    left_bytes -= std::min(left_bytes, read->size_bytes);
    sent_bytes += read->size_bytes;
    answer.batches = std::move(read->batches);
    if (request.isolation == Isolation::read_committed && !answer.batches.empty())
      answer.aborted =
          planned.partition->aborted(asked.fetch_offset, answer.batches.back().next_offset());
  }
  return answers;
}

// ---- offsets ------------------------------------------------------------------------------------

ListOffsetsResponse::Partition ReplicaManager::list_offset(
    const ListOffsetsRequest::Partition& asked, NodeId replica, Isolation isolation) const {
  ListOffsetsResponse::Partition answer;
  answer.tp = asked.tp;
  const Partition* partition = find(asked.tp);
  answer.error =
      partition ? partition->check_leader(asked.current_leader_epoch) : why_not_here(asked.tp);
  if (answer.error != Error::none) return answer;
  const bool is_client = !replica.valid();
  const bool end_unknown = is_client && !partition->knows_end();
  const std::int64_t end = partition->readable_end(!is_client, isolation);
  answer.leader_epoch = partition->leader_epoch();
  switch (asked.target) {
    case ListOffsetsRequest::Target::latest:
      if (end_unknown) {
        answer.error = Error::offset_not_available;
      } else {
        answer.offset = end;
      }
      break;
    case ListOffsetsRequest::Target::earliest:
      answer.offset = partition->log().log_start_offset();
      break;
    case ListOffsetsRequest::Target::timestamp:
      if (const auto found = partition->log().find_timestamp(asked.timestamp, end)) {
        answer.offset = found->offset;
        answer.timestamp = found->timestamp;
      } else if (end_unknown) {
        answer.error = Error::offset_not_available;
      }
      break;
  }
  return answer;
}

OffsetForLeaderEpochResponse::Partition ReplicaManager::epoch_end(
    const OffsetForLeaderEpochRequest::Partition& asked) const {
  OffsetForLeaderEpochResponse::Partition answer;
  answer.tp = asked.tp;
  const Partition* partition = find(asked.tp);
  answer.error =
      partition ? partition->check_leader(asked.current_leader_epoch) : why_not_here(asked.tp);
  if (answer.error == Error::none)
    answer.end = partition->log().end_offset_for_epoch(asked.leader_epoch);
  return answer;
}

}  // namespace eventarium::kafka
