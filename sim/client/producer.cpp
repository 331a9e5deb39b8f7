// The half of the producer that the application sees: publish(), and waiting for metadata and
// memory. The sender is in producer_sender.cpp.
#include "sim/client/producer.h"

#include <algorithm>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/murmur2.h"

namespace eventarium::kafka {

Producer::Producer(std::uint16_t component, const Config& config, std::vector<NodeId> bootstrap)
    : options_(make_producer_options(config)),
      core_(component, options_.client, std::move(bootstrap)),
      accumulator_(options_) {
  if (options_.idempotent) manager_.emplace(options_);
}

void Producer::start(engine::Runtime& runtime) {
  if (!manager_) return;
  manager_->initialize();
  core_.wake_at(runtime, runtime.now());
}

void Producer::publish(engine::Runtime& runtime, Record record, const std::string& topic) {
  accept(runtime, {std::move(record), topic, {}, {}, {}, {}, false});
}

void Producer::publish_to(engine::Runtime& runtime, Record record, const std::string& topic,
                          std::int32_t partition) {
  EVENTARIUM_CHECK(partition >= 0, "partitions are numbered from 0");
  accept(runtime, {std::move(record), topic, partition, {}, {}, {}, false});
}

void Producer::accept(engine::Runtime& runtime, Waiting call) {
  if (!takes_records()) {
    const std::string why = manager_->has_error() ? manager_->last_reason()
                                                  : "there is no transaction that it belongs to";
    tell_published(
        {call.record.id}, false,
        runtime.emit(trace::SendFailed{{call.record.id}, "IllegalStateException: " + why}));
    return;
  }
  ++pending_;
  call.cause = runtime.current_cause();
  call.deadline = runtime.now() + options_.max_block;
  core_.metadata.add_topic(call.topic);
  const bool queues_up = std::any_of(waiting_.begin(), waiting_.end(), [&](const Waiting& other) {
    return other.for_memory || other.topic == call.topic;
  });
  if (!queues_up && place(runtime, call) != Placed::waits) return;
  waiting_.push_back(std::move(call));
  core_.wake_at(runtime, runtime.now());
}

/// The partition and how it was chosen; none when the sticky partitioner is to choose.
std::pair<std::optional<std::int32_t>, const char*> Producer::choose(Waiting& call,
                                                                     const TopicPartitions& topic) {
  if (call.explicit_partition) return {call.explicit_partition, "explicit"};
  if (options_.round_robin) {
    if (!call.round_robin) call.round_robin = round_robin_[call.topic].next(topic);
    return {call.round_robin, "round_robin"};
  }
  const auto& key = call.record.event->partitionkey;
  if (key && !options_.ignore_keys) return {partition_for_key(*key, topic.count), "key"};
  return {std::nullopt, "sticky"};
}

Producer::Placed Producer::place(engine::Runtime& runtime, Waiting& call) {
  const bus::CauseScope cause(runtime, call.cause);
  const TopicPartitions* topic = core_.metadata.topic(call.topic);
  if (!topic) {
    call.for_memory = false;
    return Placed::waits;
  }
  if (call.explicit_partition && *call.explicit_partition >= topic->count) {
    core_.metadata.request_update();
    call.for_memory = false;
    return Placed::waits;
  }
  const std::uint64_t size_bytes = batch_size_upper_bound_bytes(call.record);
  const std::uint64_t limit_bytes =
      std::min(options_.max_request_size_bytes, options_.buffer_memory_bytes);
  if (size_bytes > limit_bytes) {
    --pending_;
    if (manager_) manager_->fail_transaction(Error::message_too_large, "a record is too large");
    const EventId failed = runtime.emit(trace::SendFailed{
        {call.record.id},
        fmt::format("RecordTooLargeException: {} bytes, more than {} ({})", size_bytes, limit_bytes,
                    limit_bytes == options_.max_request_size_bytes ? "max.request.size"
                                                                   : "buffer.memory")});
    tell_published({call.record.id}, false, failed);
    return Placed::failed;
  }
  const auto [partition, by] = choose(call, *topic);
  const auto appended = accumulator_.append(call.record, call.topic, partition, *topic,
                                            runtime.now(), runtime.random("partitioner"));
  if (!appended.batch) {
    call.for_memory = true;
    return Placed::waits;
  }
  if (manager_) manager_->note_partition();
  appended.batch->cause = runtime.emit(trace::RecordBatched{
      call.record.id, call.topic, appended.batch->tp.partition, by, appended.batch->number});
  runtime.set_cause(appended.batch->cause);
  if (appended.wake_sender) core_.wake_at(runtime, runtime.now());
  return Placed::yes;
}

/// Memory goes to those who wait for it in the order of their calls; who waits for the metadata
/// of one topic doesn't hold up the others.
void Producer::place_waiting(engine::Runtime& runtime) {
  std::set<std::string> unknown;
  bool out_of_memory = false;
  for (std::size_t i = 0; i < waiting_.size();) {
    Waiting& call = waiting_[i];
    if (out_of_memory && runtime.now() < call.deadline) return;  // as is everybody behind
    bool waits = out_of_memory || unknown.contains(call.topic);
    if (out_of_memory) call.for_memory = true;
    if (!waits) waits = place(runtime, call) == Placed::waits;
    if (waits && runtime.now() < call.deadline) {
      out_of_memory = out_of_memory || call.for_memory;
      unknown.insert(call.topic);
      ++i;
      continue;
    }
    if (waits) give_up(runtime, call);
    waiting_.erase(waiting_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

bool Producer::waits_for_memory() const {
  return std::any_of(waiting_.begin(), waiting_.end(),
                     [](const Waiting& call) { return call.for_memory; });
}

void Producer::give_up(engine::Runtime& runtime, const Waiting& call) {
  const auto waited_ms = options_.max_block / std::chrono::milliseconds(1);
  std::string error;
  if (call.for_memory) {
    error =
        fmt::format("BufferExhaustedException: no memory for the record within {} ms", waited_ms);
  } else if (call.explicit_partition && core_.metadata.topic(call.topic)) {
    error = fmt::format(
        "TimeoutException: partition {} of topic {} is not in the metadata after "
        "{} ms",
        *call.explicit_partition, call.topic, waited_ms);
  } else {
    error = fmt::format("TimeoutException: topic {} is not in the metadata after {} ms", call.topic,
                        waited_ms);
  }
  --pending_;
  if (manager_) manager_->fail_transaction(Error::request_timed_out, error);
  tell_published(
      {call.record.id}, false,
      runtime.emit_because(call.cause, trace::SendFailed{{call.record.id}, std::move(error)}));
}

bool Producer::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const Response* response = core_.response_in(message);
  if (!response) return false;
  if (!core_.network.complete(message.source, response->header)) return true;  // too late
  if (const auto* produced = engine::payload_as<ProduceResponse>(response))
    on_produce_response(runtime, *produced);
  else if (const auto* metadata = engine::payload_as<MetadataResponse>(response))
    core_.on_metadata(runtime, *metadata);
  else
    on_answer(runtime, *response);
  tick(runtime);
  return true;
}

bool Producer::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (!core_.take_wake_up(token)) return false;
  tick(runtime);
  return true;
}

void Producer::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane != core_.network.lane(runtime)) return;
  connection_lost(runtime, peer, Error::network_exception);
  tick(runtime);
}

/// Says of every pending record that nothing more will be heard of it.
void Producer::fail_unacknowledged(engine::Runtime& runtime) {
  constexpr const char* closed = "KafkaException: the producer was closed before ";
  const auto fail_batch = [&](ProducerBatch& batch, const char* what) {
    if (batch.done) return;
    const bus::CauseScope cause(runtime, batch.cause);
    fail(runtime, batch, std::string(closed) + what);
  };
  for (const auto& [id, batches] : in_flight_)
    for (const BatchPtr& batch : batches)
      fail_batch(*batch, "the answer: it is unknown whether the records are stored");
  for (const BatchPtr& batch : accumulator_.take_all())
    fail_batch(*batch, batch->attempts == 0 ? "the records were sent" : "the next attempt");
  for (const Waiting& call : waiting_)
    runtime.emit_because(
        call.cause, trace::SendFailed{{call.record.id}, std::string(closed) + "it was accepted"});
}

void Producer::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean) {
    SimTime next = SimTime::max();
    abort_at_close(runtime);
    while (send_ready(runtime, true, next)) {
    }
    fail_unacknowledged(runtime);
  }
  core_.forget_all();
  accumulator_.forget_all();
  round_robin_.clear();
  waiting_.clear();
  in_flight_.clear();
  pending_ = 0;
  if (manager_) manager_.emplace(options_);
  asked_.reset();
  paused_.reset();
  ending_ = end_told_ = failure_told_ = false;
}

bool Producer::set_patience(std::optional<Duration> patience) {
  if (configured_) options_.client = *configured_;
  configured_.reset();
  if (patience) {
    configured_ = options_.client;
    options_.client.request_timeout = std::max<Duration>(*patience, 1ms);
    options_.client.retry_backoff = ExponentialBackoff(1ms, 1ms);
    options_.client.reconnect_backoff = ExponentialBackoff(1ms, 1ms);
  }
  core_.network.set_options(options_.client);
  return true;
}

}  // namespace eventarium::kafka
