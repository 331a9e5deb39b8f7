// See queue_client.h.
#include "sim/bus/queue_client.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "sim/base/check.h"
#include "sim/bus/backoff.h"
#include "sim/bus/cause_scope.h"

namespace eventarium::bus {
namespace {

enum TokenKind : std::uint16_t { token_request, token_retry, token_expiry };

}  // namespace

// ---- publisher

QueuePublisher::QueuePublisher(std::uint16_t component, NodeId queue, QueuePublisherOptions options)
    : component_(component), queue_(queue), options_(options) {}

void QueuePublisher::start(engine::Runtime&) {}

void QueuePublisher::publish(engine::Runtime& runtime, Record record, const std::string& topic) {
  entries_.push_back({std::move(record), topic, runtime.current_cause(),
                      runtime.now() + options_.delivery_timeout, false});
  arm_expiry(runtime);
  if (!pausing_) send(runtime, entries_.back());
}

void QueuePublisher::send(engine::Runtime& runtime, Entry& entry) {
  entry.sent = true;
  runtime.send(queue_, std::make_unique<Publish>(entry.record, entry.topic),
               wire_size_bytes(entry.record));
  if (!request_timer_.valid())
    request_timer_ = runtime.set_timer(options_.request_timeout, {component_, token_request, 0});
}

bool QueuePublisher::anything_sent() const {
  return !entries_.empty() && entries_.front().sent;  // sent are always the first ones
}

bool QueuePublisher::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* ack = message.as<PublishAck>();
  if (!ack || message.source != queue_) return false;
  trace::RecordsAcknowledged acknowledged{{}, ack->topic, -1, -1};
  for (const RecordId record : ack->records) {
    const auto entry = std::find_if(entries_.begin(), entries_.end(),
                                    [&](const Entry& e) { return e.record.id == record; });
    if (entry == entries_.end()) continue;  // given up, or told before
    acknowledged.records.push_back(record);
    entries_.erase(entry);
  }
  failures_ = 0;
  runtime.cancel_timer(request_timer_);
  if (anything_sent())
    request_timer_ = runtime.set_timer(options_.request_timeout, {component_, token_request, 0});
  if (!acknowledged.records.empty()) runtime.emit(std::move(acknowledged));
  return true;
}

bool QueuePublisher::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  switch (token.kind) {
    case token_request:
      request_timer_ = TimerId{};
      attempt_failed(runtime, "time-out");
      break;
    case token_retry:
      retry_timer_ = TimerId{};
      pausing_ = false;
      for (Entry& entry : entries_) {
        const CauseScope scope(runtime, entry.cause);
        send(runtime, entry);
      }
      break;
    default:
      expiry_timer_ = TimerId{};
      expire(runtime);
  }
  return true;
}

void QueuePublisher::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  if (peer == queue_) attempt_failed(runtime, "connection reset");
}

void QueuePublisher::attempt_failed(engine::Runtime& runtime, const char* reason) {
  if (pausing_ || !anything_sent()) return;
  runtime.cancel_timer(request_timer_);
  pausing_ = true;
  ++failures_;
  const Duration pause = backoff(options_.retry_backoff, options_.retry_backoff_max, failures_);
  trace::SendRetried retried{{}, reason, failures_, pause};
  for (Entry& entry : entries_) {
    if (entry.sent) retried.records.push_back(entry.record.id);
    entry.sent = false;
  }
  runtime.emit(std::move(retried));
  retry_timer_ = runtime.set_timer(pause, {component_, token_retry, 0});
}

/// Gives up on records whose time is over.
void QueuePublisher::expire(engine::Runtime& runtime) {
  trace::SendFailed failed{
      {}, "the queue did not acknowledge within " + format_duration(options_.delivery_timeout)};
  while (!entries_.empty() && entries_.front().deadline <= runtime.now()) {
    failed.records.push_back(entries_.front().record.id);
    entries_.pop_front();
  }
  if (!failed.records.empty()) runtime.emit(std::move(failed));
  if (!anything_sent()) runtime.cancel_timer(request_timer_);
  arm_expiry(runtime);
}

/// For the first entry's deadline; one that is acknowledged before leaves the timer as it is.
void QueuePublisher::arm_expiry(engine::Runtime& runtime) {
  if (!expiry_timer_.valid() && !entries_.empty())
    expiry_timer_ =
        runtime.set_timer(entries_.front().deadline - runtime.now(), {component_, token_expiry, 0});
}

void QueuePublisher::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean && !entries_.empty()) {
    trace::SendFailed failed{{}, "the publisher was stopped"};
    for (const Entry& entry : entries_) failed.records.push_back(entry.record.id);
    runtime.emit(std::move(failed));
  }
  entries_.clear();
  pausing_ = false;
  failures_ = 0;
  request_timer_ = retry_timer_ = expiry_timer_ = TimerId{};
}

// ---- receiver

QueueReceiver::QueueReceiver(std::uint16_t component, NodeId queue, std::vector<std::string> topics,
                             QueueReceiverOptions options)
    : component_(component), queue_(queue), topics_(std::move(topics)), options_(options) {}

void QueueReceiver::start(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a receiver needs a listener");
  session_ = runtime.random("session").next() | 1;
  ask(runtime);
}

void QueueReceiver::ask(engine::Runtime& runtime) {
  if (asking_ || retry_timer_.valid() || !inbox_.idle()) return;
  asking_ = true;
  ++last_receive_;
  runtime.send(queue_, std::make_unique<Receive>(session_, last_receive_, topics_), envelope_bytes);
  receive_timer_ = runtime.set_timer(options_.receive_timeout, {component_, token_request, 0});
}

bool QueueReceiver::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  if (message.source != queue_) return false;
  if (const auto* delivery = message.as<QueueDelivery>()) {
    take(runtime, *delivery);
    return true;
  }
  const auto* empty = message.as<EmptyDelivery>();
  if (!empty) return false;
  if (asking_ && empty->session == session_ && empty->receive_id == last_receive_) {
    asking_ = false;
    failures_ = 0;
    runtime.cancel_timer(receive_timer_);
    ask(runtime);
  }
  return true;
}

void QueueReceiver::take(engine::Runtime& runtime, const QueueDelivery& delivery) {
  const Held held{delivery.record.id, delivery.receipt};
  if (delivery.session != session_)  // for a former life of this process
    return answer(runtime, held, false);
  failures_ = 0;
  if (asking_ && delivery.receive_id == last_receive_) {
    asking_ = false;
    runtime.cancel_timer(receive_timer_);
  }
  const std::uint64_t handle = inbox_.add(
      runtime, {.record = delivery.record, .topic = delivery.topic, .attempt = delivery.attempt});
  held_[handle] = held;
  inbox_.feed(runtime, *listener_);
}

void QueueReceiver::answer(engine::Runtime& runtime, const Held& held, bool ok) {
  runtime.send(queue_, std::make_unique<Acknowledge>(held.record, held.receipt, ok),
               envelope_bytes);
}

void QueueReceiver::finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) {
  if (!inbox_.finish(handle)) return;
  if (const auto found = held_.find(handle); found != held_.end()) {
    answer(runtime, found->second, ok);
    held_.erase(found);
  }
  inbox_.feed(runtime, *listener_);
  ask(runtime);
}

bool QueueReceiver::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  if (token.kind == token_retry) {
    retry_timer_ = TimerId{};
  } else {
    receive_timer_ = TimerId{};
    asking_ = false;
  }
  ask(runtime);
  return true;
}

void QueueReceiver::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  if (peer != queue_) return;
  asking_ = false;
  runtime.cancel_timer(receive_timer_);
  ++failures_;
  if (retry_timer_.valid()) return;
  retry_timer_ =
      runtime.set_timer(backoff(options_.retry_backoff, options_.retry_backoff_max, failures_),
                        {component_, token_retry, 0});
}

void QueueReceiver::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean)  // others may have them at once
    for (const auto& [handle, held] : held_) answer(runtime, held, false);
  held_.clear();
  inbox_.clear();
  asking_ = false;
  failures_ = 0;
  receive_timer_ = retry_timer_ = TimerId{};
}

}  // namespace eventarium::bus
