#include "sim/client/transaction_manager.h"

#include <algorithm>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"

namespace eventarium::kafka {

bool TransactionManager::may_drain(const ProducerBatch& batch) const {
  if (state_ == State::fatal_error || !has_producer_id()) return false;
  const BatchSequences::Entry* const entry = sequences_.find(batch.tp);
  if (!batch.stamp.known()) {
    if (!entry) return true;
    const bool counts_anew = entry->producer != producer_;
    return !(counts_anew && !entry->in_flight.empty()) && !entry->unresolved;
  }
  return !entry || entry->in_flight.empty() ||
         entry->in_flight.front()->stamp.base_sequence == batch.stamp.base_sequence;
}

void TransactionManager::number(const BatchPtr& batch) {
  if (!batch->stamp.known()) sequences_.number(batch, producer_, is_transactional());
}

void TransactionManager::replace(const BatchPtr& batch, const std::vector<BatchPtr>& parts) {
  sequences_.remove_in_flight(batch);
  for (const BatchPtr& part : parts) sequences_.add_in_flight(part);
}

void TransactionManager::acknowledged(const BatchPtr& batch) {
  sequences_.acknowledged(*batch);
  sequences_.remove_in_flight(batch);
}

bool TransactionManager::can_retry(const ProducerBatch& batch, Error error) {
  const BatchSequences::Entry* const entry = sequences_.find(batch.tp);
  const bool unresolved = entry && entry->unresolved;
  if (error == Error::unknown_producer_id && !is_transactional()) {
    ask_for_epoch(batch.tp, "the broker has forgotten this producer");
    return true;
  }
  if (error != Error::out_of_order_sequence_number) return is_retriable(error);
  const bool is_next = sequences_.is_next(batch.tp, batch.stamp.base_sequence);
  // Refused only because one before it was: that one goes first, then this one fits.
  if (!unresolved && (batch.renumbered || !is_next)) return true;
  if (is_transactional()) return false;
  if (!unresolved || *entry->unresolved == batch.stamp.base_sequence)
    ask_for_epoch(batch.tp, "there is a gap in the sequence numbers");
  return true;
}

void TransactionManager::failed(const BatchPtr& batch, Error error, bool close_gap) {
  if (error == Error::producer_fenced || error == Error::invalid_producer_id_mapping) {
    fail_for_good(error, fmt::format("{} for {}", name_of(error), to_text(batch->tp)));
  } else if (is_transactional()) {
    fail_transaction(error, fmt::format("a batch for {} failed", to_text(batch->tp)));
  }
  sequences_.remove_in_flight(batch);
  if (state_ == State::fatal_error || !batch->stamp.known()) return;
  if (error == Error::unknown_producer_id) {
    sequences_.forget(batch->tp);
    unresolved_.erase(batch->tp);
  } else if (!is_transactional() && (close_gap || error == Error::out_of_order_sequence_number)) {
    ask_for_epoch(batch->tp, fmt::format("a batch failed with {}", name_of(error)));
  } else if (close_gap) {
    sequences_.close_gap(*batch);
  }
}

void TransactionManager::expired_in_retry(const ProducerBatch& batch) {
  const std::int32_t next = sequence_after(batch.last_sequence(), 1);
  auto& unresolved = sequences_.entry(batch.tp).unresolved;
  unresolved = std::max(unresolved.value_or(next), next);
  unresolved_.insert(batch.tp);
}

void TransactionManager::resolve_sequences() {
  for (auto tp = unresolved_.begin(); tp != unresolved_.end();) {
    BatchSequences::Entry& entry = sequences_.entry(*tp);
    if (!entry.in_flight.empty()) {
      ++tp;
      continue;
    }
    entry.unresolved.reset();
    if (!sequences_.is_next(*tp, entry.next)) {
      const std::string reason =
          fmt::format("nobody knows whether what expired for {} is stored", to_text(*tp));
      if (is_transactional()) {
        fail_transaction(Error::request_timed_out, reason);
      } else {
        ask_for_epoch(*tp, reason);
      }
    }
    tp = unresolved_.erase(tp);
  }
}

void TransactionManager::ask_for_epoch(const TopicPartition& tp, std::string reason) {
  renumber_.insert(tp);
  if (epoch_reason_.empty())
    epoch_reason_ = fmt::format("{} begins at sequence 0: {}", to_text(tp), reason);
}

std::optional<std::string> TransactionManager::bump_epoch() {
  if (is_transactional() || epoch_reason_.empty() || !has_producer_id()) return std::nullopt;
  const std::string reason = std::exchange(epoch_reason_, {});
  if (producer_.epoch == std::numeric_limits<std::int16_t>::max()) {
    producer_ = {};  // no epoch is left under this id
    state_ = State::initializing;
    sequences_.clear();
    renumber_.clear();
    unresolved_.clear();
    return std::nullopt;
  }
  ++producer_.epoch;
  for (const TopicPartition& tp : std::exchange(renumber_, {})) {
    sequences_.restart(tp, producer_);
    unresolved_.erase(tp);
  }
  return reason;
}

void TransactionManager::initialize() {
  EVENTARIUM_CHECK(state_ == State::uninitialized, "a producer is initialized once");
  state_ = State::initializing;
}

void TransactionManager::begin() {
  EVENTARIUM_CHECK(state_ == State::ready && is_transactional(),
                   "one transaction at a time, and not before initTransactions is done");
  state_ = State::in_transaction;
}

void TransactionManager::end(bool commit) {
  EVENTARIUM_CHECK(state_ == State::in_transaction || (state_ == State::abortable_error && !commit),
                   "what is ended is an open transaction, and with an error only abort is left");
  state_ = commit ? State::committing : State::aborting;
  if (!commit) positions_.clear();
}

void TransactionManager::fail_transaction(Error error, std::string reason) {
  if (state_ != State::in_transaction && state_ != State::committing) return;
  state_ = State::abortable_error;
  last_error_ = error;
  last_reason_ = std::move(reason);
  positions_.clear();
}

void TransactionManager::fail_for_good(Error error, std::string reason) {
  if (state_ == State::fatal_error) return;
  state_ = State::fatal_error;
  last_error_ = error;
  last_reason_ = std::move(reason);
  positions_.clear();
}

std::optional<TransactionManager::Ask> TransactionManager::next(bool incomplete) const {
  if (state_ == State::initializing)
    return is_transactional() && !transaction_coordinator_.valid()
               ? Ask::find_transaction_coordinator
               : Ask::init_producer_id;
  if (!positions_.empty())
    return knows_group_coordinator() ? Ask::commit_positions : Ask::find_group_coordinator;
  if (!is_completing() || incomplete || !started_) return std::nullopt;
  return transaction_coordinator_.valid() ? Ask::end_transaction
                                          : Ask::find_transaction_coordinator;
}

bool TransactionManager::ends_silently(bool incomplete) const {
  return is_completing() && !incomplete && !started_ && positions_.empty();
}

TransactionManager::Reaction TransactionManager::reaction_to(Ask ask, Error error) {
  const bool finds = ask == Ask::find_transaction_coordinator || ask == Ask::find_group_coordinator;
  switch (error) {
    case Error::none:
      return Reaction::done;
    case Error::not_coordinator:
    case Error::coordinator_not_available:
    case Error::network_exception:
      return finds ? Reaction::retry : Reaction::find_again;
    case Error::request_timed_out:
      return ask == Ask::commit_positions ? Reaction::find_again : Reaction::retry;
    case Error::transaction_abortable:
      return Reaction::abortable;
    case Error::unknown_member_id:
    case Error::illegal_generation:
    case Error::stale_member_epoch:
    case Error::fenced_instance_id:
      return ask == Ask::commit_positions ? Reaction::abortable : Reaction::fatal;
    case Error::unknown_producer_id:
    case Error::invalid_producer_id_mapping:
      return ask == Ask::commit_positions || ask == Ask::end_transaction ? Reaction::abortable
                                                                         : Reaction::fatal;
    default:
      return is_retriable(error) ? Reaction::retry : Reaction::fatal;
  }
}

void TransactionManager::found_coordinator(Ask ask, NodeId coordinator) {
  if (ask == Ask::find_transaction_coordinator) {
    transaction_coordinator_ = coordinator;
  } else if (!positions_.empty()) {
    group_coordinator_ = coordinator;
    group_ = positions_.front().group;
  }
}

void TransactionManager::forget_coordinator(Ask ask) {
  (ask == Ask::commit_positions ? group_coordinator_ : transaction_coordinator_) = NodeId{};
}

void TransactionManager::connection_lost(NodeId node) {
  if (node == transaction_coordinator_) transaction_coordinator_ = NodeId{};
  if (node == group_coordinator_) group_coordinator_ = NodeId{};
}

void TransactionManager::got_producer_id(ProducerIdAndEpoch producer) {
  producer_ = producer;
  if (state_ == State::initializing) state_ = State::ready;
}

bool TransactionManager::positions_committed(const std::vector<TopicPartition>& partitions) {
  if (positions_.empty()) return true;  // given up meanwhile
  for (const TopicPartition& tp : partitions) positions_.front().offsets.erase(tp);
  if (!positions_.front().offsets.empty()) return false;
  positions_.pop_front();
  return true;
}

bool TransactionManager::ended(ProducerIdAndEpoch producer) {
  const bool another = producer.producer_id >= 0 && producer != producer_;
  if (another) {
    producer_ = producer;
    sequences_.clear();
  }
  unresolved_.clear();
  renumber_.clear();
  epoch_reason_.clear();
  started_ = false;
  state_ = State::ready;
  last_error_ = Error::none;
  last_reason_.clear();
  return another;
}

}  // namespace eventarium::kafka
