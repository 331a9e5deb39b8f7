#include "sim/broker/transaction_verifier.h"

#include <memory>
#include <utility>
#include <vector>

#include "sim/broker/components.h"

namespace eventarium::kafka {
namespace {

/// Kafka's add.partitions.to.txn.retry.backoff.ms and .max.ms, and request.timeout.ms of brokers.
constexpr Duration retry_backoff = 20ms;
constexpr Duration retry_limit = 100ms;
constexpr Duration request_timeout = 30s;

/// What the producer is told: its own faults, and that it has to wait, as they are; trouble with
/// the coordinator as an error that every producer retries.
Error as_told(Error error) {
  switch (error) {
    case Error::network_exception:
    case Error::request_timed_out:
    case Error::not_coordinator:
    case Error::coordinator_not_available:
    case Error::coordinator_load_in_progress:
      return Error::not_enough_replicas;
    case Error::producer_fenced:
      return Error::invalid_producer_epoch;
    default:
      return error;
  }
}

}  // namespace

void TransactionVerifier::start(engine::Runtime&, BrokerServices& services) {
  services_ = &services;
}

void TransactionVerifier::stop(engine::Runtime&, engine::StopReason) { asked_.clear(); }

void TransactionVerifier::verify(engine::Runtime& runtime, std::uint64_t id,
                                 std::string transactional_id, ProducerIdAndEpoch producer,
                                 PartitionList partitions) {
  Asked& asked = asked_[id];
  asked.transactional_id = std::move(transactional_id);
  asked.producer = producer;
  asked.partitions = std::move(partitions);
  asked.since = runtime.now();
  send(runtime, id);
}

void TransactionVerifier::send(engine::Runtime& runtime, std::uint64_t id) {
  Asked& asked = asked_.at(id);
  const TopicImage* topic = services_->image().find_topic(transactions_topic);
  NodeId coordinator;
  if (topic) {
    const auto place = coordinator_partition(asked.transactional_id,
                                             static_cast<std::int32_t>(topic->partitions.size()));
    coordinator = topic->partitions[static_cast<std::size_t>(place)]->leader;
  }
  if (!coordinator.valid()) return finish(runtime, id, Error::coordinator_not_available);
  asked.coordinator = coordinator;
  asked.correlation_id = ++last_correlation_id_;
  asked.timer =
      runtime.set_timer(request_timeout, {transaction_verifier_component, answer_timeout, id});
  auto request = std::make_unique<AddPartitionsToTxnRequest>();
  request->header = {transaction_verifier_component, asked.correlation_id};
  request->transactional_id = asked.transactional_id;
  request->producer = asked.producer;
  request->partitions = asked.partitions;
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(coordinator, std::move(request), size_bytes,
               {runtime.self(), transaction_verifier_lane});
}

bool TransactionVerifier::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (message.lane.purpose != transaction_verifier_lane) return false;
  const auto* response = message.as<AddPartitionsToTxnResponse>();
  if (!response) return false;
  for (const auto& [id, asked] : asked_) {
    if (!asked.coordinator.valid() || asked.correlation_id != response->header.correlation_id)
      continue;
    on_answer(runtime, id, response->error);
    break;
  }
  return true;
}

bool TransactionVerifier::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != transaction_verifier_component) return false;
  const auto found = asked_.find(token.value);
  if (found == asked_.end()) return true;
  if (token.kind == retry) {
    send(runtime, token.value);
  } else {
    // Who is silent may never answer: what else was asked there waits for its own time-out.
    finish(runtime, token.value, Error::request_timed_out);
  }
  return true;
}

bool TransactionVerifier::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane.purpose != transaction_verifier_lane) return false;
  std::vector<std::uint64_t> lost;
  for (const auto& [id, asked] : asked_)
    if (asked.coordinator == peer) lost.push_back(id);
  for (const std::uint64_t id : lost) finish(runtime, id, Error::network_exception);
  return true;
}

void TransactionVerifier::on_answer(engine::Runtime& runtime, std::uint64_t id, Error error) {
  Asked& asked = asked_.at(id);
  if (error != Error::concurrent_transactions ||
      runtime.now() + retry_backoff > asked.since + retry_limit)
    return finish(runtime, id, error);
  runtime.cancel_timer(asked.timer);
  asked.coordinator = NodeId{};
  asked.timer = runtime.set_timer(retry_backoff, {transaction_verifier_component, retry, id});
}

void TransactionVerifier::finish(engine::Runtime& runtime, std::uint64_t id, Error error) {
  const auto found = asked_.find(id);
  runtime.cancel_timer(found->second.timer);
  asked_.erase(found);
  done_(runtime, id, as_told(error));
}

}  // namespace eventarium::kafka
