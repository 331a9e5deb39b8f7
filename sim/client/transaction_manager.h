// What an idempotent or transactional producer knows of itself: its producer id and epoch, the
// sequence numbers of its batches, and how far its transaction is. It decides; the producer sends.
// Follows Kafka's TransactionManager (4.1) with transaction.version 2: brokers add partitions to a
// transaction by themselves, and each ended transaction comes with the next epoch.
//
//   from \ on         | call            | answer                     | an error
//   uninitialized     | initialize -> initializing                   |
//   initializing      |                 | InitProducerId -> ready    | -> abortable or fatal_error
//   ready             | begin -> in_transaction                      |
//   in_transaction    | commit -> committing, abort -> aborting      | -> abortable or fatal_error
//   committing        |                 | EndTxn -> ready            | -> abortable or fatal_error
//   aborting          |                 | EndTxn -> ready            | -> fatal_error
//   abortable_error   | abort -> aborting                            | -> fatal_error
//   fatal_error       | nothing: the producer must be closed
//
// Without a transactional.id there are uninitialized, initializing, ready and fatal_error only.
// Committing with nothing sent needs no EndTxn: it is ready at once.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <set>
#include <string>

#include "sim/client/batch_sequences.h"
#include "sim/client/client_options.h"
#include "sim/client/transactional_producer.h"

namespace eventarium::kafka {

class TransactionManager {
 public:
  enum class State {
    uninitialized,
    initializing,
    ready,
    in_transaction,
    committing,
    aborting,
    abortable_error,
    fatal_error
  };
  /// Requests that are not about records. One of them is in flight at most, and meanwhile no
  /// records are sent.
  enum class Ask {
    find_transaction_coordinator,
    find_group_coordinator,
    init_producer_id,
    commit_positions,
    end_transaction
  };
  /// What an answer means for the one who asked.
  enum class Reaction { done, retry, find_again, abortable, fatal };

  explicit TransactionManager(const ProducerOptions& options)
      : transactional_id_(options.transactional_id) {}

  State state() const { return state_; }
  bool is_transactional() const { return !transactional_id_.empty(); }
  const std::string& transactional_id() const { return transactional_id_; }
  ProducerIdAndEpoch producer() const { return producer_; }
  bool has_producer_id() const { return producer_.producer_id >= 0; }
  /// Everything that waits is sent, or failed, without more ado.
  bool is_completing() const { return state_ == State::committing || state_ == State::aborting; }
  bool has_error() const {
    return state_ == State::abortable_error || state_ == State::fatal_error;
  }
  Error last_error() const { return last_error_; }
  const std::string& last_reason() const { return last_reason_; }
  const BatchSequences& sequences() const { return sequences_; }

  // ---- batches and their numbers
  /// The batch at the front of a queue may be sent: there is a producer id, what is in flight of
  /// its partition is told apart, and of those to be sent again it is the first.
  bool may_drain(const ProducerBatch& batch) const;
  /// Numbers the batch unless it has its number already.
  void number(const BatchPtr& batch);
  /// `parts` replace a batch that was too large; they have its sequences.
  void replace(const BatchPtr& batch, const std::vector<BatchPtr>& parts);
  void acknowledged(const BatchPtr& batch);
  /// The error doesn't end the batch: it can be sent again. May ask for another epoch.
  bool can_retry(const ProducerBatch& batch, Error error);
  /// The batch has failed for good. `close_gap`: it is not stored, its sequences can be used anew.
  void failed(const BatchPtr& batch, Error error, bool close_gap);
  /// The batch, sent more than once, has expired.
  void expired_in_retry(const ProducerBatch& batch);
  /// Where all batches in flight have ended: do the sequences go on where the acknowledged ones
  /// end? Otherwise another epoch is needed, or the transaction must be aborted.
  void resolve_sequences();
  /// Another epoch, when one is needed and no coordinator must be asked for it. Says why.
  std::optional<std::string> bump_epoch();

  // ---- calls of the application
  void initialize();
  void begin();
  void add_positions(GroupPositions positions) { positions_.push_back(std::move(positions)); }
  void note_partition() { started_ = true; }  // something will be sent
  void end(bool commit);
  void fail_transaction(Error error, std::string reason);
  void fail_for_good(Error error, std::string reason);

  // ---- requests
  /// What is to be asked next, when nothing is in flight. `incomplete`: there are records whose
  /// outcome is open; a transaction ends after them.
  std::optional<Ask> next(bool incomplete) const;
  /// A transaction that is to end and of which no broker knows.
  bool ends_silently(bool incomplete) const;
  NodeId transaction_coordinator() const { return transaction_coordinator_; }
  NodeId group_coordinator() const { return group_coordinator_; }
  const GroupPositions& positions() const { return positions_.front(); }
  bool commits() const { return state_ == State::committing; }
  static Reaction reaction_to(Ask ask, Error error);

  void found_coordinator(Ask ask, NodeId coordinator);
  void forget_coordinator(Ask ask);
  void connection_lost(NodeId node);  // a coordinator that can't be reached may be none any more
  /// `producer` is this producer's from now on.
  void got_producer_id(ProducerIdAndEpoch producer);
  /// The positions of these partitions are with the coordinator. True when none is left.
  bool positions_committed(const std::vector<TopicPartition>& partitions);
  /// The transaction is over; `producer` is none when nobody was asked. True when there is another
  /// epoch for the next one.
  bool ended(ProducerIdAndEpoch producer);

 private:
  bool knows_group_coordinator() const {
    return group_coordinator_.valid() && group_ == positions_.front().group;
  }
  void ask_for_epoch(const TopicPartition& tp, std::string reason);

  std::string transactional_id_;
  State state_ = State::uninitialized;
  Error last_error_ = Error::none;
  std::string last_reason_;
  ProducerIdAndEpoch producer_;
  BatchSequences sequences_;
  std::set<TopicPartition> unresolved_;  // sequences_ has from where on
  std::set<TopicPartition> renumber_;    // with the next epoch
  std::string epoch_reason_;             // not empty: another epoch is needed
  bool started_ = false;                 // brokers know, or will, of this transaction
  NodeId transaction_coordinator_, group_coordinator_;
  std::string group_;                     // group_coordinator_ is its
  std::deque<GroupPositions> positions_;  // to be committed with the transaction
};

}  // namespace eventarium::kafka
