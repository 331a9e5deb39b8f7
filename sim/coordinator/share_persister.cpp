#include "sim/coordinator/share_persister.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

/// PersisterStateManager's REQUEST_BACKOFF_MS and MAX, attempts; request.timeout.ms of brokers.
constexpr Duration retry_backoff = 1s;
constexpr Duration retry_backoff_max = 30s;
constexpr std::uint32_t attempts_max = 5;
constexpr Duration request_timeout = 30s;

}  // namespace

std::uint64_t SharePersister::read(engine::Runtime& runtime,
                                   const ReadShareGroupStateRequest& request, Done done) {
  Asked asked;
  asked.read = request;
  asked.is_read = true;
  asked.done = std::move(done);
  return ask(runtime, std::move(asked));
}

std::uint64_t SharePersister::write(engine::Runtime& runtime,
                                    const WriteShareGroupStateRequest& request, Done done) {
  Asked asked;
  asked.write = request;
  asked.done = std::move(done);
  return ask(runtime, std::move(asked));
}

std::uint64_t SharePersister::ask(engine::Runtime& runtime, Asked asked) {
  const std::uint64_t question = ++last_question_;
  asked_[question] = std::move(asked);
  send(runtime, question);
  return question;
}

void SharePersister::send(engine::Runtime& runtime, std::uint64_t question) {
  Asked& asked = asked_.at(question);
  ++asked.attempts;
  const TopicImage* topic = services_->image().find_topic(share_state_topic);
  const std::string key = asked.is_read ? share_state_key(asked.read.group, asked.read.tp)
                                        : share_state_key(asked.write.group, asked.write.tp);
  NodeId coordinator;
  if (topic)
    coordinator = topic
                      ->partitions[static_cast<std::size_t>(coordinator_partition(
                          key, static_cast<std::int32_t>(topic->partitions.size())))]
                      ->leader;
  asked.coordinator = coordinator;
  if (!coordinator.valid())
    return on_answer(runtime, question, {Error::coordinator_not_available, 0, {}});
  asked.correlation_id = ++last_correlation_id_;
  asked.timer =
      runtime.set_timer(request_timeout, {share_persister_component, answer_timeout, question});
  std::unique_ptr<Request> request;
  if (asked.is_read)
    request = std::make_unique<ReadShareGroupStateRequest>(asked.read);
  else
    request = std::make_unique<WriteShareGroupStateRequest>(asked.write);
  request->header = {share_persister_component, asked.correlation_id};
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(coordinator, std::move(request), size_bytes, {runtime.self(), share_persister_lane});
}

bool SharePersister::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (message.lane.purpose != share_persister_lane) return false;
  Answer answer;
  Header header;
  if (const auto* read = message.as<ReadShareGroupStateResponse>()) {
    header = read->header;
    answer = {read->error, read->state_epoch, read->state};
  } else if (const auto* write = message.as<WriteShareGroupStateResponse>()) {
    header = write->header;
    answer.error = write->error;
  } else {
    return false;
  }
  for (const auto& [question, asked] : asked_) {
    if (!asked.coordinator.valid() || asked.correlation_id != header.correlation_id) continue;
    on_answer(runtime, question, answer);
    break;
  }
  return true;
}

bool SharePersister::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != share_persister_component) return false;
  if (!asked_.contains(token.value)) return true;
  if (token.kind == retry)
    send(runtime, token.value);
  else
    on_answer(runtime, token.value, {Error::request_timed_out, 0, {}});
  return true;
}

bool SharePersister::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane.purpose != share_persister_lane) return false;
  std::vector<std::uint64_t> lost;
  for (const auto& [question, asked] : asked_)
    if (asked.coordinator == peer) lost.push_back(question);
  for (const std::uint64_t question : lost)
    if (asked_.contains(question)) on_answer(runtime, question, {Error::network_exception, 0, {}});
  return true;
}

void SharePersister::on_answer(engine::Runtime& runtime, std::uint64_t question,
                               const Answer& answer) {
  Asked& asked = asked_.at(question);
  runtime.cancel_timer(asked.timer);
  asked.timer = TimerId{};
  asked.coordinator = NodeId{};
  const bool again = is_retriable(answer.error) && answer.error != Error::fenced_leader_epoch;
  if (again && asked.attempts < attempts_max) {
    const Duration pause = std::min(retry_backoff * (1 << (asked.attempts - 1)), retry_backoff_max);
    asked.timer = runtime.set_timer(pause, {share_persister_component, retry, question});
    return;
  }
  const Done done = std::move(asked.done);
  asked_.erase(question);
  done(runtime, again ? Answer{Error::coordinator_not_available, 0, {}} : answer);
}

void SharePersister::forget(engine::Runtime& runtime, std::uint64_t question) {
  const auto found = asked_.find(question);
  if (found == asked_.end()) return;
  runtime.cancel_timer(found->second.timer);
  asked_.erase(found);
}

}  // namespace eventarium::kafka
