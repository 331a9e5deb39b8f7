// The station's clients; see broadcast.h.
#include <algorithm>
#include <memory>
#include <utility>

#include "sim/base/check.h"
#include "sim/bus/backoff.h"
#include "sim/bus/broadcast.h"

namespace eventarium::bus {
namespace {

enum TokenKind : std::uint16_t { token_answer, token_keep_alive, token_retry };

}  // namespace

// ---- publisher

BroadcastPublisher::BroadcastPublisher(std::uint16_t component, NodeId station,
                                       BroadcastPublisherOptions options)
    : component_(component), station_(station), options_(options) {}

void BroadcastPublisher::publish(engine::Runtime& runtime, Record record,
                                 const std::string& topic) {
  in_flight_.push_back({record.id, runtime.now() + options_.publish_timeout});
  arm(runtime);
  const std::uint64_t size_bytes = wire_size_bytes(record);
  runtime.send(station_, std::make_unique<Publish>(std::move(record), topic), size_bytes);
}

bool BroadcastPublisher::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* ack = message.as<PublishAck>();
  if (!ack || message.source != station_) return false;
  trace::RecordsAcknowledged on_air{{}, ack->topic, -1, -1};
  for (const RecordId record : ack->records) {
    const auto entry =
        std::ranges::find(in_flight_, record, [](const Entry& e) { return e.record; });
    if (entry == in_flight_.end()) continue;  // given up before
    on_air.records.push_back(record);
    in_flight_.erase(entry);
  }
  if (!on_air.records.empty()) runtime.emit(std::move(on_air));
  return true;
}

bool BroadcastPublisher::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  timer_ = TimerId{};
  const auto alive = std::ranges::find_if(
      in_flight_, [&](const Entry& entry) { return entry.deadline > runtime.now(); });
  fail(runtime, static_cast<std::size_t>(alive - in_flight_.begin()), "time-out");
  arm(runtime);
  return true;
}

void BroadcastPublisher::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  if (peer == station_) fail(runtime, in_flight_.size(), "connection reset");
}

/// Gives up on the first `count`.
void BroadcastPublisher::fail(engine::Runtime& runtime, std::size_t count, const char* reason) {
  if (count == 0) return;
  trace::SendFailed failed{{}, reason};
  for (std::size_t i = 0; i < count; ++i) failed.records.push_back(in_flight_[i].record);
  in_flight_.erase(in_flight_.begin(), in_flight_.begin() + static_cast<std::ptrdiff_t>(count));
  runtime.emit(std::move(failed));
}

void BroadcastPublisher::arm(engine::Runtime& runtime) {
  if (!timer_.valid() && !in_flight_.empty())
    timer_ = runtime.set_timer(in_flight_.front().deadline - runtime.now(), {component_, 0, 0});
}

void BroadcastPublisher::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean)
    fail(runtime, in_flight_.size(), "the publisher was stopped");
  in_flight_.clear();
  timer_ = TimerId{};
}

// ---- subscriber

BroadcastSubscriber::BroadcastSubscriber(std::uint16_t component, NodeId station,
                                         std::vector<std::string> topics,
                                         BroadcastSubscriberOptions options)
    : component_(component), station_(station), topics_(std::move(topics)), options_(options) {}

void BroadcastSubscriber::start(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a subscriber needs a listener");
  session_ = runtime.random("session").next() | 1;
  tune_in(runtime, false);
}

void BroadcastSubscriber::tune_in(engine::Runtime& runtime, bool keep_alive) {
  runtime.cancel_timer(keep_alive_timer_);
  runtime.cancel_timer(answer_timer_);
  runtime.send(station_, std::make_unique<TuneIn>(session_, topics_, keep_alive), envelope_bytes);
  answer_timer_ = runtime.set_timer(options_.answer_timeout, {component_, token_answer, 0});
}

bool BroadcastSubscriber::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  if (message.source != station_) return false;
  if (const auto* tuned_in = message.as<TunedIn>()) {
    if (tuned_in->session == session_ && answer_timer_.valid()) {
      failures_ = 0;
      runtime.cancel_timer(answer_timer_);
      keep_alive_timer_ = runtime.set_timer(options_.keep_alive, {component_, token_keep_alive, 0});
    }
    return true;
  }
  const auto* heard = message.as<Broadcast>();
  if (!heard) return false;
  if (heard->session == session_) {
    inbox_.add(runtime, {.record = heard->record, .topic = heard->topic});
    inbox_.feed(runtime, *listener_);
  }
  return true;
}

bool BroadcastSubscriber::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  switch (token.kind) {
    case token_answer:
      answer_timer_ = TimerId{};
      tune_in(runtime, false);
      break;
    case token_keep_alive:
      keep_alive_timer_ = TimerId{};
      tune_in(runtime, true);
      break;
    default:
      retry_timer_ = TimerId{};
      tune_in(runtime, false);
  }
  return true;
}

void BroadcastSubscriber::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  if (peer != station_ || retry_timer_.valid()) return;
  runtime.cancel_timer(answer_timer_);
  runtime.cancel_timer(keep_alive_timer_);
  ++failures_;
  retry_timer_ =
      runtime.set_timer(backoff(options_.retry_backoff, options_.retry_backoff_max, failures_),
                        {component_, token_retry, 0});
}

void BroadcastSubscriber::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean)
    runtime.send(station_, std::make_unique<TuneOut>(session_), envelope_bytes);
  inbox_.clear();
  failures_ = 0;
  answer_timer_ = keep_alive_timer_ = retry_timer_ = TimerId{};
}

void BroadcastSubscriber::finished(engine::Runtime& runtime, std::uint64_t handle, bool) {
  if (inbox_.finish(handle)) inbox_.feed(runtime, *listener_);
}

}  // namespace eventarium::bus
