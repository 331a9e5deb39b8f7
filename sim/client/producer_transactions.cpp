// The part of the producer that asks for its producer id and that runs transactions: the calls of
// the application, the requests to the coordinators, and what their answers mean. What to do next
// is decided by the transaction manager. Follows the transactional half of Kafka's KafkaProducer,
// Sender and TransactionManager (4.1).
#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/cause_scope.h"
#include "sim/client/producer.h"

namespace eventarium::kafka {

using State = TransactionManager::State;

bool Producer::takes_records() const {
  if (!manager_) return true;
  if (manager_->is_transactional()) return manager_->state() == State::in_transaction;
  return !manager_->has_error();
}

bool Producer::can_begin() const {
  return manager_ && manager_->is_transactional() && manager_->state() == State::ready;
}

bool Producer::in_transaction() const {
  return manager_ && !ending_ &&
         (manager_->state() == State::in_transaction ||
          manager_->state() == State::abortable_error);
}

bool Producer::must_abort() const {
  return in_transaction() && manager_->state() == State::abortable_error;
}

void Producer::begin_transaction(engine::Runtime& runtime) {
  manager_->begin();
  runtime.emit(trace::TransactionBegun{
      manager_->transactional_id(), manager_->producer().producer_id, manager_->producer().epoch});
}

void Producer::send_offsets_to_transaction(engine::Runtime& runtime, GroupPositions positions) {
  EVENTARIUM_CHECK(in_transaction(), "positions are part of an open transaction");
  if (must_abort() || positions.offsets.empty()) return;
  manager_->add_positions(std::move(positions));
  core_.wake_at(runtime, runtime.now());
}

void Producer::commit_transaction(engine::Runtime& runtime) {
  EVENTARIUM_CHECK(in_transaction(), "only an open transaction can be committed");
  ending_ = true;
  end_cause_ = runtime.current_cause();
  if (manager_->state() == State::in_transaction) manager_->end(true);
  core_.wake_at(runtime, runtime.now());
}

void Producer::abort_transaction(engine::Runtime& runtime, const std::string& reason) {
  EVENTARIUM_CHECK(in_transaction(), "only an open transaction can be aborted");
  ending_ = true;
  end_cause_ = runtime.current_cause();
  abort_reason_ = reason;
  manager_->end(false);
  core_.wake_at(runtime, runtime.now());
}

/// True when records may be sent: as in Kafka, a request that is not about records goes first, and
/// is waited for.
bool Producer::run_transactions(engine::Runtime& runtime) {
  if (!manager_) return true;
  manager_->resolve_sequences();
  if (manager_->state() == State::fatal_error) {
    tell_failure(runtime);
    return false;
  }
  if (const auto reason = manager_->bump_epoch()) tell_producer_id(runtime, *reason);
  if (asked_) return false;
  if (manager_->state() == State::abortable_error) {
    const std::string& why = manager_->last_reason();
    fail_unsent(runtime, "KafkaException: the transaction must be aborted: " + why, true);
    if (ending_) {  // a commit that can't be: nothing of it may count
      abort_reason_ = fmt::format("{} ({})", name_of(manager_->last_error()), why);
      manager_->end(false);
    }
  }
  if (manager_->state() == State::aborting)
    fail_unsent(runtime, "TransactionAbortedException: the transaction was aborted", true);
  if (manager_->ends_silently(pending_ > 0)) end_transaction(runtime, {});
  return !ask_next(runtime);
}

/// The producer can't go on: says so, once, and of every record.
void Producer::tell_failure(engine::Runtime& runtime) {
  if (!failure_told_) {
    failure_told_ = true;
    const Error error = manager_->last_error();
    if (error == Error::producer_fenced) {
      runtime.set_cause(runtime.emit(
          trace::ProducerFenced{manager_->transactional_id(), std::string(name_of(error))}));
    } else {
      runtime.set_cause(runtime.emit(trace::ClientWarning{fmt::format(
          "the producer can't go on: {} ({})", manager_->last_reason(), name_of(error))}));
    }
    if (listener_) listener_->on_transactions_failed(runtime, error);
  }
  const std::string why =
      fmt::format("KafkaException: the producer can't go on: {}", name_of(manager_->last_error()));
  for (const auto& [id, batches] : in_flight_)
    for (const BatchPtr& batch : batches)
      if (!batch->done) fail(runtime, *batch, why);
  fail_unsent(runtime, why, false);
}

/// Fails what waits to be sent. `unnumbered`: what was sent before must be sent until it is known
/// whether it is stored, because the sequence goes on behind it.
void Producer::fail_unsent(engine::Runtime& runtime, const std::string& why, bool unnumbered) {
  for (const BatchPtr& batch : accumulator_.take_all(unnumbered)) {
    const bus::CauseScope cause(runtime, batch->cause);
    fail(runtime, *batch, why);
  }
  for (const Waiting& call : std::exchange(waiting_, {})) {
    --pending_;
    tell_published({call.record.id}, false,
                   runtime.emit_because(call.cause, trace::SendFailed{{call.record.id}, why}));
  }
}

void Producer::tell_producer_id(engine::Runtime& runtime, std::string reason) {
  runtime.emit(trace::ProducerIdAssigned{manager_->producer().producer_id,
                                         manager_->producer().epoch, manager_->transactional_id(),
                                         std::move(reason)});
}

/// The transaction is over, as far as the producer is concerned.
void Producer::end_transaction(engine::Runtime& runtime, ProducerIdAndEpoch next) {
  const bool committed = manager_->commits();
  const EventId ended = runtime.emit(
      trace::TransactionEnded{manager_->transactional_id(), committed ? "committed" : "aborted",
                              committed ? std::string{} : std::exchange(abort_reason_, {})});
  runtime.set_cause(ended);
  if (manager_->ended(next)) tell_producer_id(runtime, "a transaction has ended");
  ending_ = end_told_ = false;
  if (listener_) listener_->on_transaction_ended(runtime, committed);
}

/// Closing doesn't wait, but tells the coordinator when there is nothing to wait for.
void Producer::abort_at_close(engine::Runtime& runtime) {
  if (!manager_ || !in_transaction()) return;
  fail_unsent(runtime, "TransactionAbortedException: the producer was closed", true);
  end_cause_ = runtime.current_cause();
  manager_->end(false);
  if (!asked_) ask_next(runtime);
}

/// Whom to ask, when it can be asked now.
std::optional<NodeId> Producer::node_for(engine::Runtime& runtime, Ask ask) {
  NodeId coordinator;
  if (ask == Ask::commit_positions) coordinator = manager_->group_coordinator();
  if (ask == Ask::end_transaction || (ask == Ask::init_producer_id && manager_->is_transactional()))
    coordinator = manager_->transaction_coordinator();
  if (!coordinator.valid())
    return core_.network.least_loaded(runtime, core_.metadata.brokers(),
                                      runtime.random("metadata"));
  if (core_.network.ready(runtime, coordinator)) return coordinator;
  return std::nullopt;
}

/// True when something is to be asked, now or as soon as it can be.
bool Producer::ask_next(engine::Runtime& runtime) {
  const auto ask = manager_->next(pending_ > 0);
  if (!ask) return false;
  if (paused_ == ask && runtime.now() < pause_ends_) return true;
  const auto node = node_for(runtime, *ask);
  if (!node) return true;
  asked_ = {*ask, core_.network.send(runtime, *node, make_request(runtime, *ask))};
  return true;
}

std::unique_ptr<Request> Producer::make_request(engine::Runtime& runtime, Ask ask) {
  const std::string& id = manager_->transactional_id();
  if (ask == Ask::find_transaction_coordinator || ask == Ask::find_group_coordinator) {
    auto request = std::make_unique<FindCoordinatorRequest>();
    const bool group = ask == Ask::find_group_coordinator;
    using KeyType = FindCoordinatorRequest::KeyType;
    request->key_type = group ? KeyType::group : KeyType::transaction;
    request->key = group ? manager_->positions().group : id;
    return request;
  }
  if (ask == Ask::init_producer_id) {
    auto request = std::make_unique<InitProducerIdRequest>();
    request->transactional_id = id;
    request->transaction_timeout = options_.transaction_timeout;
    return request;
  }
  if (ask == Ask::end_transaction) {
    if (!std::exchange(end_told_, true))
      runtime.set_cause(
          runtime.emit_because(end_cause_, trace::TransactionEndAsked{id, manager_->commits()}));
    auto request = std::make_unique<EndTxnRequest>();
    request->transactional_id = id;
    request->producer = manager_->producer();
    request->commit = manager_->commits();
    return request;
  }
  auto request = std::make_unique<TxnOffsetCommitRequest>();
  const GroupPositions& positions = manager_->positions();
  request->transactional_id = id;
  request->producer = manager_->producer();
  request->group = positions.group;
  request->generation = positions.generation;
  request->member_id = positions.member_id;
  request->instance_id = positions.instance_id;
  for (const auto& [tp, position] : positions.offsets)
    request->partitions.push_back({tp, position});
  manager_->note_partition();  // the group's coordinator adds its own to the transaction
  return request;
}

/// When something may be asked that could not be now.
SimTime Producer::next_ask(SimTime now) const {
  if (!manager_ || asked_ || manager_->state() == State::fatal_error) return SimTime::max();
  const auto ask = manager_->next(pending_ > 0);
  if (!ask) return SimTime::max();
  if (paused_ == ask && now < pause_ends_) return pause_ends_;
  return core_.first_backoff_end(now);
}

void Producer::on_answer(engine::Runtime& runtime, const Response& response) {
  if (!asked_ || response.header.correlation_id != asked_->correlation_id) return;
  const Ask ask = asked_->ask;
  asked_.reset();
  answered(runtime, ask, response);
}

void Producer::answered(engine::Runtime& runtime, Ask ask, const Response& response) {
  if (const auto* found = dynamic_cast<const FindCoordinatorResponse*>(&response)) {
    if (goes_on(runtime, ask, found->error)) manager_->found_coordinator(ask, found->coordinator);
  } else if (const auto* init = dynamic_cast<const InitProducerIdResponse*>(&response)) {
    if (!goes_on(runtime, ask, init->error)) return;
    manager_->got_producer_id(init->producer);
    tell_producer_id(runtime, "start");
    if (listener_ && manager_->is_transactional()) listener_->on_transactions_ready(runtime);
  } else if (const auto* positions = dynamic_cast<const TxnOffsetCommitResponse*>(&response)) {
    on_positions_answer(runtime, *positions);
  } else if (const auto* ended = dynamic_cast<const EndTxnResponse*>(&response)) {
    if (goes_on(runtime, ask, ended->error)) end_transaction(runtime, ended->producer);
  }
}

void Producer::on_positions_answer(engine::Runtime& runtime,
                                   const TxnOffsetCommitResponse& response) {
  std::vector<TopicPartition> committed;
  for (const auto& [tp, error] : response.partitions)
    if (goes_on(runtime, Ask::commit_positions, error)) committed.push_back(tp);
  manager_->positions_committed(committed);
}

/// The transaction is open or about to be aborted: an error means that it is aborted, as another
/// one may have meant before.
bool Producer::can_be_aborted(Ask ask) const {
  switch (manager_->state()) {
    case State::in_transaction:
    case State::committing:
    case State::abortable_error:
      return true;
    case State::aborting:
      return ask == Ask::commit_positions;
    default:
      return false;
  }
}

/// True when the answer is what was asked for. Otherwise it is asked again later, or the
/// transaction, or the producer, has failed.
bool Producer::goes_on(engine::Runtime& runtime, Ask ask, Error error) {
  const std::string reason{name_of(error)};
  switch (TransactionManager::reaction_to(ask, error)) {
    case TransactionManager::Reaction::done:
      return true;
    case TransactionManager::Reaction::find_again:
      manager_->forget_coordinator(ask);
      [[fallthrough]];
    case TransactionManager::Reaction::retry:
      paused_ = ask;
      pause_ends_ = runtime.now() + options_.client.retry_backoff.first();
      return false;
    case TransactionManager::Reaction::abortable:
      if (can_be_aborted(ask)) {
        manager_->fail_transaction(error, reason);
        return false;
      }
      [[fallthrough]];
    case TransactionManager::Reaction::fatal:
      manager_->fail_for_good(
          error == Error::invalid_producer_epoch ? Error::producer_fenced : error, reason);
      return false;
  }
  return false;
}

}  // namespace eventarium::kafka
