// See direct_call.h.
#include "sim/bus/direct_call.h"

#include <memory>
#include <utility>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"

namespace eventarium::bus {

// ---- caller

DirectCaller::DirectCaller(std::uint16_t component,
                           std::map<std::string, std::vector<NodeId>> receivers,
                           DirectCallOptions options)
    : component_(component), receivers_(std::move(receivers)), options_(options) {
  EVENTARIUM_CHECK(options_.call_attempts >= 1, "a receiver is called at least once");
}

void DirectCaller::start(engine::Runtime&) {}

void DirectCaller::publish(engine::Runtime& runtime, Record record, const std::string& topic) {
  waiting_.push_back({std::move(record), topic, runtime.current_cause()});
  if (state_ == State::idle && waiting_.size() == 1) begin_head(runtime);
}

const std::vector<NodeId>& DirectCaller::receivers_of_head() const {
  static const std::vector<NodeId> nobody;
  const auto found = receivers_.find(waiting_.front().topic);
  return found == receivers_.end() ? nobody : found->second;
}

/// Takes up the head; events that nobody is called for are done on the way.
void DirectCaller::begin_head(engine::Runtime& runtime) {
  while (!waiting_.empty()) {
    const CauseScope scope(runtime, waiting_.front().cause);
    receiver_ = 0;
    attempt_ = 1;
    in_vain_.clear();
    if (!receivers_of_head().empty()) return call(runtime);
    finish_head(runtime);
  }
}

void DirectCaller::call(engine::Runtime& runtime) {
  const Event& event = waiting_.front();
  state_ = State::calling;
  runtime.send(receivers_of_head()[receiver_],
               std::make_unique<Call>(event.record, event.topic, attempt_),
               wire_size_bytes(event.record));
  timer_ = runtime.set_timer(options_.call_timeout, {component_, 0, 0});
}

bool DirectCaller::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* reply = message.as<CallReply>();
  if (!reply) return false;
  const bool awaited = state_ == State::calling &&
                       message.source == receivers_of_head()[receiver_] &&
                       reply->record == waiting_.front().record.id && reply->attempt == attempt_;
  if (!awaited) return true;  // the answer to a call that was given up
  if (!reply->ok) {
    attempt_failed(runtime, "receiver failed");
  } else {
    next_receiver(runtime);
  }
  return true;
}

bool DirectCaller::handle_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != component_) return false;
  timer_ = TimerId{};
  if (state_ == State::pausing) {
    call(runtime);
  } else if (state_ == State::calling) {
    runtime.disconnect(receivers_of_head()[receiver_]);
    attempt_failed(runtime, "time-out");
  }
  return true;
}

void DirectCaller::handle_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane) {
  if (state_ == State::calling && peer == receivers_of_head()[receiver_])
    attempt_failed(runtime, "connection reset");
}

void DirectCaller::attempt_failed(engine::Runtime& runtime, const char* reason) {
  const RecordId record = waiting_.front().record.id;
  const NodeId receiver = receivers_of_head()[receiver_];
  runtime.cancel_timer(timer_);
  runtime.set_cause(runtime.emit(trace::CallFailed{record, receiver, reason, attempt_}));
  if (attempt_ < static_cast<std::uint32_t>(options_.call_attempts)) {
    runtime.emit(trace::SendRetried{{record}, reason, attempt_, options_.retry_backoff});
    ++attempt_;
    state_ = State::pausing;
    timer_ = runtime.set_timer(options_.retry_backoff, {component_, 0, 0});
    return;
  }
  in_vain_.push_back(receiver);
  next_receiver(runtime);
}

void DirectCaller::next_receiver(engine::Runtime& runtime) {
  runtime.cancel_timer(timer_);
  ++receiver_;
  attempt_ = 1;
  if (receiver_ < receivers_of_head().size()) return call(runtime);
  finish_head(runtime);
  begin_head(runtime);
}

void DirectCaller::finish_head(engine::Runtime& runtime) {
  const Event done = std::move(waiting_.front());
  waiting_.pop_front();
  state_ = State::idle;
  if (in_vain_.empty()) {
    runtime.emit(trace::RecordsAcknowledged{{done.record.id}, done.topic, -1, -1});
    return;
  }
  std::string error = "not received by ";
  for (std::size_t i = 0; i < in_vain_.size(); ++i)
    error += (i ? ", " : "") + runtime.name_of(in_vain_[i]);
  runtime.emit(trace::SendFailed{{done.record.id}, std::move(error)});
}

void DirectCaller::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean && !waiting_.empty()) {
    trace::SendFailed failed{{}, "the caller was stopped"};
    for (const Event& event : waiting_) failed.records.push_back(event.record.id);
    runtime.emit(std::move(failed));
  }
  runtime.cancel_timer(timer_);
  waiting_.clear();
  in_vain_.clear();
  state_ = State::idle;
}

// ---- receiver

void DirectReceiver::start(engine::Runtime&) {
  EVENTARIUM_CHECK(listener_ != nullptr, "a receiver needs a listener");
}

bool DirectReceiver::handle_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* call = message.as<Call>();
  if (!call) return false;
  const std::uint64_t handle =
      inbox_.add(runtime, {.record = call->record, .topic = call->topic, .attempt = call->attempt});
  to_answer_[handle] = {message.source, call->record.id, call->attempt};
  inbox_.feed(runtime, *listener_);
  return true;
}

void DirectReceiver::handle_disconnect(engine::Runtime&, NodeId peer, engine::Lane) {
  std::erase_if(to_answer_, [peer](const auto& entry) { return entry.second.caller == peer; });
}

void DirectReceiver::finished(engine::Runtime& runtime, std::uint64_t handle, bool ok) {
  if (!inbox_.finish(handle)) return;
  if (const auto found = to_answer_.find(handle); found != to_answer_.end()) {
    const Taken& taken = found->second;
    runtime.send(taken.caller, std::make_unique<CallReply>(taken.record, taken.attempt, ok),
                 envelope_bytes);
    to_answer_.erase(found);
  }
  inbox_.feed(runtime, *listener_);
}

void DirectReceiver::stop(engine::Runtime&, engine::StopReason) {
  to_answer_.clear();
  inbox_.clear();
}

}  // namespace eventarium::bus
