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
    requests_failed(runtime, core_.connection_lost(runtime, *node), Error::request_timed_out);
  expire_batches(runtime);
  place_waiting(runtime);
  SimTime next = SimTime::max();
  const bool flush = waits_for_memory();
  while (send_ready(runtime, flush, next)) {
  }
  runtime.set_cause(cause);
  core_.refresh_metadata(runtime);
  next = std::min({next, core_.next_deadline(runtime.now()), accumulator_.next_expiry()});
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
      auto batches = accumulator_.drain(core_.metadata, node, now);
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
      attempt_failed(runtime, *batch, answer.error);
      continue;
    }
    accumulator_.unmute(answer.tp);
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
    accumulator_.split(batch, now);
    return;
  }
  const bool retries_left = batch->attempts < options_.retries;
  if (!is_retriable(error) || !retries_left || batch->has_expired(now, options_.delivery_timeout))
    return fail(runtime, *batch, name);
  const Duration backoff =
      options_.client.retry_backoff.after(batch->attempts, runtime.random("backoff"));
  accumulator_.put_back(batch, now, backoff);
  batch->cause =
      runtime.emit(trace::SendRetried{batch->record_ids(), name, batch->attempts, backoff});
}

void Producer::acknowledge(engine::Runtime& runtime, ProducerBatch& batch,
                           std::int64_t base_offset) {
  runtime.emit(trace::RecordsAcknowledged{batch.record_ids(), batch.tp.topic, batch.tp.partition,
                                          base_offset});
  finish(batch);
}

void Producer::fail(engine::Runtime& runtime, ProducerBatch& batch, std::string error) {
  runtime.emit(trace::SendFailed{batch.record_ids(), std::move(error)});
  finish(batch);
}

void Producer::finish(ProducerBatch& batch) {
  batch.done = true;
  pending_ -= batch.records->size();
  accumulator_.release(batch);
}

}  // namespace eventarium::kafka
