// One transactional id as its coordinator knows it, and what may be done with it next. Decides
// only: the coordinator writes what has been decided to __transaction_state and then applies it.
// Knows no requests, no log and no network.
//
//   state              InitProducerId        first batch        EndTxn              time-out
//   -------------------------------------------------------------------------------------------
//   empty, complete_*  epoch + 1 --> empty   --> ongoing        abort: epoch + 1    -
//                                                               commit: 48
//   ongoing            fences: epoch + 1     more partitions    --> prepare_*       fences: epoch +
//   1
//                      --> prepare_abort,                       (epoch + 1)         -->
//                      prepare_abort CONCURRENT_TRANSACTIONS
//   prepare_*          CONCURRENT_TRANSACTIONS, whoever asks; 48 to EndTxn of the other kind
//   prepare_* --all markers are in the logs of the partitions--> complete_*
//   While a change is being written, everybody gets CONCURRENT_TRANSACTIONS.
//
// Follows Kafka's TransactionMetadata and TransactionCoordinator (4.1, transaction.version 2: the
// epoch grows with every end of a transaction, and the markers carry the new one).
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "sim/base/time.h"
#include "sim/broker/errors.h"
#include "sim/broker/transaction_protocol.h"

namespace eventarium::kafka {

enum class TransactionState : std::uint8_t {
  empty,            // an identity has been given out, nothing is open
  ongoing,          // at least one partition has been written to
  prepare_commit,   // decided for good; markers are being written
  prepare_abort,    // decided for good; markers are being written
  complete_commit,  // every partition has its marker
  complete_abort,
};

/// Kafka's name: "PrepareCommit".
std::string_view name_of(TransactionState state);

struct TransactionMetadata {
  std::string id;
  ProducerIdAndEpoch producer;  // epoch -1: none has been given out yet
  Duration timeout{};
  TransactionState state = TransactionState::empty;
  std::set<TopicPartition> partitions;  // that have, or may have, something of the transaction
  SimTime started{};                    // the first partition was added

  bool operator==(const TransactionMetadata&) const = default;
  bool is_being_ended() const {
    return state == TransactionState::prepare_commit || state == TransactionState::prepare_abort;
  }
  bool commits() const { return state == TransactionState::prepare_commit; }
};

/// What is to become of a request, or of a transaction that has taken too long.
struct TransactionDecision {
  Error error = Error::none;                // the answer when nothing is to be written
  ProducerIdAndEpoch producer;              // in an answer without an error
  std::optional<TransactionMetadata> next;  // to be written; the answer comes after that
  bool fences = false;                      // `next` aborts what somebody else has begun
};

/// InitProducerId. `expected`: the identity that the producer has already, if any. `new_id` is
/// asked for a producer id when one is needed: for a new transactional id, or when its epochs are
/// used up.
TransactionDecision decide_init(const TransactionMetadata& known,
                                const InitProducerIdRequest& asked,
                                const std::function<std::int64_t()>& new_id);
/// AddPartitionsToTxn, also for the partition of a group's positions.
TransactionDecision decide_add(const TransactionMetadata& known,
                               const AddPartitionsToTxnRequest& asked, SimTime now);
/// EndTxn. A repeated one, whose answer was lost, is answered as before.
TransactionDecision decide_end(const TransactionMetadata& known, const EndTxnRequest& asked);
/// transaction.timeout.ms has passed: nothing when it has not, or is not ongoing.
TransactionDecision decide_timeout(const TransactionMetadata& known, SimTime now);
/// All markers are written.
TransactionMetadata completed(const TransactionMetadata& known);

/// The value of its record in __transaction_state, and back; nothing when the text is not one.
std::string encode(const TransactionMetadata& metadata);
std::optional<TransactionMetadata> decode_transaction(const std::string& id,
                                                      const std::string& value);

}  // namespace eventarium::kafka
