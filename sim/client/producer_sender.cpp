// The half of the producer that talks to brokers: what is sent when, and what becomes of it.
// Follows Kafka's Sender (4.1).
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/producer.h"

namespace eventarium::kafka {

/// One pass of the sender's loop. It runs after every answer and whenever a deadline is due.
void Producer::tick(engine::Runtime& runtime) {
  const EventId cause = runtime.current_cause();
  while (const auto node = core_.hang_up_overdue(runtime))
    connection_lost(runtime, *node, Error::request_timed_out);
  expire_batches(runtime);
  place_waiting(runtime);
  SimTime next = SimTime::max();
  if (run_transactions(runtime)) {
    const bool flush = waits_for_memory() || (manager_ && manager_->is_completing());
    while (send_ready(runtime, flush, next)) {
    }
  }
  runtime.set_cause(cause);
  core_.refresh_metadata(runtime);
  next = std::min({next, core_.next_deadline(runtime.now()), accumulator_.next_expiry(),
                   next_ask(runtime.now())});
  for (const auto& [id, batches] : in_flight_)
    for (const BatchPtr& batch : batches)
      if (!batch->done) next = std::min(next, batch->created + options_.delivery_timeout);
  if (!waiting_.empty()) next = std::min(next, waiting_.front().deadline);
  core_.wake_at(runtime, next);
}

void Producer::expire_batches(engine::Runtime& runtime) {
  const SimTime now = runtime.now();
  std::vector<BatchPtr> expired = accumulator_.take_expired(now);
  for (const auto& [id, batches] : in_flight_)
    for (const BatchPtr& batch : batches)
      if (!batch->done && batch->has_expired(now, options_.delivery_timeout))
        expired.push_back(batch);
  for (const BatchPtr& batch : expired) {
    const bus::CauseScope cause(runtime, batch->cause);
    if (manager_) {
      manager_->failed(batch, Error::request_timed_out, false);
      if (batch->attempts > 0) manager_->expired_in_retry(*batch);
    }
    fail(runtime, *batch,
         fmt::format("TimeoutException: Expiring {} record(s) for {}: {} ms since the batch was "
                     "created",
                     batch->records->size(), to_text(batch->tp),
                     (now - batch->created) / std::chrono::milliseconds(1)));
  }
}

/// Sends one request to each broker that something is ready for. True when anything was sent;
/// else `next` is lowered to when something may be.
bool Producer::send_ready(engine::Runtime& runtime, bool flush, SimTime& next) {
  const SimTime now = runtime.now();
  const auto ready = accumulator_.ready(core_.metadata, now, flush);
  if (ready.leader_unknown) core_.metadata.request_update();
  next = ready.next_check;
  bool sent = false;
  for (const NodeId node : ready.nodes) {
    const bool can_send = core_.network.ready(runtime, node);
    accumulator_.note_node(node, now, can_send);
    if (can_send) {
      auto batches = accumulator_.drain(core_.metadata, node, now, manager_ ? &*manager_ : nullptr);
      sent = sent || !batches.empty();
      if (!batches.empty()) send_batches(runtime, node, std::move(batches));
    } else if (core_.network.backs_off_until(node) > now) {
      next = std::min(next, core_.network.backs_off_until(node));
    }
  }
  return sent;
}

void Producer::send_batches(engine::Runtime& runtime, NodeId node, std::vector<BatchPtr> batches) {
  auto request = std::make_unique<ProduceRequest>();
  request->acks = options_.acks;
  request->timeout = options_.client.request_timeout;
  request->transactional_id = options_.transactional_id;
  for (const BatchPtr& batch : batches) {
    request->partitions.push_back({batch->tp, batch->to_record_batch()});
    if (keeps_order() && options_.acks != 0) accumulator_.mute(batch->tp);
  }
  const bus::CauseScope cause(runtime, batches.front()->cause);
  const std::uint32_t id =
      core_.network.send(runtime, node, std::move(request), options_.acks != 0);
  if (options_.acks != 0) {
    in_flight_[id] = std::move(batches);
    return;
  }
  for (const BatchPtr& batch : batches) {  // written to the socket is all there is to know
    runtime.set_cause(batch->cause);
    acknowledge(runtime, *batch, -1);
  }
}

void Producer::on_produce_response(engine::Runtime& runtime, const ProduceResponse& response) {
  const auto found = in_flight_.find(response.header.correlation_id);
  EVENTARIUM_CHECK(found != in_flight_.end(), "a produce request in flight has its batches");
  const std::vector<BatchPtr> batches = std::move(found->second);
  in_flight_.erase(found);
  for (const ProduceResponse::Partition& answer : response.partitions) {
    const auto batch = std::find_if(batches.begin(), batches.end(),
                                    [&](const BatchPtr& b) { return b->tp == answer.tp; });
    if (batch == batches.end()) continue;
    if (answer.error != Error::none) {
      core_.metadata.learn_leader(answer.tp, answer.current_leader);
      attempt_failed(runtime, *batch, answer.error);
      continue;
    }
    accumulator_.unmute(answer.tp);
    if (manager_) manager_->acknowledged(*batch);  // expired or not: its sequence is settled
    if (!(*batch)->done) acknowledge(runtime, **batch, answer.base_offset);
  }
}

void Producer::requests_failed(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost,
                               Error error) {
  for (const std::uint32_t id : lost) {
    const auto found = in_flight_.find(id);
    if (found == in_flight_.end()) continue;
    const std::vector<BatchPtr> batches = std::move(found->second);
    in_flight_.erase(found);
    for (const BatchPtr& batch : batches) attempt_failed(runtime, batch, error);
  }
}

void Producer::connection_lost(engine::Runtime& runtime, NodeId node, Error error) {
  const std::vector<std::uint32_t> lost = core_.connection_lost(runtime, node);
  if (manager_) manager_->connection_lost(node);
  if (asked_ && std::find(lost.begin(), lost.end(), asked_->correlation_id) != lost.end()) {
    goes_on(runtime, asked_->ask, Error::network_exception);
    asked_.reset();
  }
  requests_failed(runtime, lost, error);
}

/// The broker refused the batch, or nobody knows what became of it.
void Producer::attempt_failed(engine::Runtime& runtime, const BatchPtr& batch, Error error) {
  accumulator_.unmute(batch->tp);
  if (asks_for_metadata(error)) core_.metadata.request_update();
  if (batch->done) return;  // expired in flight
  const SimTime now = runtime.now();
  const std::string name{name_of(error)};
  if (error == Error::message_too_large && batch->records->size() > 1) {
    batch->cause =
        runtime.emit(trace::SendRetried{batch->record_ids(), name, batch->attempts, Duration{}});
    const std::vector<BatchPtr> parts = accumulator_.split(batch, now);
    if (manager_) manager_->replace(batch, parts);
    return;
  }
  const bool retries_left = batch->attempts < options_.retries;
  const bool in_time = !batch->has_expired(now, options_.delivery_timeout);
  const auto can_retry = [&] {
    return manager_ ? manager_->can_retry(*batch, error) : is_retriable(error);
  };
  if (!retries_left || !in_time || !can_retry()) {
    if (error == Error::duplicate_sequence_number) {
      if (manager_) manager_->acknowledged(batch);
      return acknowledge(runtime, *batch, -1);
    }
    if (manager_) manager_->failed(batch, error, retries_left);
    return fail(runtime, *batch, name);
  }
  const Duration backoff =
      options_.client.retry_backoff.after(batch->attempts, runtime.random("backoff"));
  accumulator_.put_back(batch, now, backoff);
  batch->cause =
      runtime.emit(trace::SendRetried{batch->record_ids(), name, batch->attempts, backoff});
}

void Producer::acknowledge(engine::Runtime& runtime, ProducerBatch& batch,
                           std::int64_t base_offset) {
  const EventId acknowledged = runtime.emit(trace::RecordsAcknowledged{
      batch.record_ids(), batch.tp.topic, batch.tp.partition, base_offset});
  tell_published(batch.record_ids(), true, acknowledged);
  finish(batch);
}

void Producer::fail(engine::Runtime& runtime, ProducerBatch& batch, std::string error) {
  tell_published(batch.record_ids(), false,
                 runtime.emit(trace::SendFailed{batch.record_ids(), std::move(error)}));
  finish(batch);
}

void Producer::finish(ProducerBatch& batch) {
  batch.done = true;
  pending_ -= batch.records->size();
  accumulator_.release(batch);
}

}  // namespace eventarium::kafka
