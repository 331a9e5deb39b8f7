// What a consumer, or whoever else decides where a transaction begins and ends, asks of a producer
// with a transactional.id. Follows the transactional half of Kafka's Producer (4.1); calls that
// block there return at once here, and the listener hears the outcome.
//
//   start() --initTransactions--> on_transactions_ready
//   ready --begin_transaction--> open --publish ..., send_offsets_to_transaction-->
//   open --commit_transaction--> on_transaction_ended(true); on_transaction_ended(false) when it
//        could not be: it has been aborted then, and nothing of it counts
//   open --abort_transaction---> on_transaction_ended(false)
//   any  --fenced, or what can't be repaired--> on_transactions_failed: no more calls
#pragma once

#include <map>
#include <string>

#include "sim/broker/group_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// Positions of a group's member, to be committed with a transaction (ConsumerGroupMetadata).
struct GroupPositions {
  std::string group;
  std::int32_t generation = -1;  // or member epoch
  std::string member_id, instance_id;
  std::map<TopicPartition, OffsetAndEpoch> offsets;
};

class TransactionListener {
 public:
  virtual ~TransactionListener() = default;
  virtual void on_transactions_ready(engine::Runtime& runtime) = 0;
  virtual void on_transaction_ended(engine::Runtime& runtime, bool committed) = 0;
  virtual void on_transactions_failed(engine::Runtime& runtime, Error error) = 0;
};

class TransactionalProducer {
 public:
  virtual ~TransactionalProducer() = default;
  virtual void set_transaction_listener(TransactionListener& listener) = 0;
  /// begin_transaction() is allowed: ready, and none is open or being ended.
  virtual bool can_begin() const = 0;
  virtual bool in_transaction() const = 0;
  /// A send or another call in the open transaction has failed: only aborting is left.
  virtual bool must_abort() const = 0;
  virtual void begin_transaction(engine::Runtime& runtime) = 0;
  virtual void send_offsets_to_transaction(engine::Runtime& runtime, GroupPositions positions) = 0;
  /// Sends what is still buffered first.
  virtual void commit_transaction(engine::Runtime& runtime) = 0;
  /// `reason`: for people. Batches that were not sent yet fail.
  virtual void abort_transaction(engine::Runtime& runtime, const std::string& reason) = 0;
};

}  // namespace eventarium::kafka
