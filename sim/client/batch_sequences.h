// Sequence numbers of an idempotent producer: which batch of which partition has which, and which
// of them are in flight. Knows no errors and no transactions. Follows TxnPartitionMap and
// TxnPartitionEntry of Kafka's producer (4.1).
//
// A partition counts from 0 with each producer id and epoch. In flight means: numbered, and neither
// acknowledged nor failed; a batch that waits for its next attempt is in flight too.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/broker/transaction_protocol.h"
#include "sim/client/producer_batch.h"

namespace eventarium::kafka {

/// `count` records after `sequence`; 2^31-1 is followed by 0.
std::int32_t sequence_after(std::int32_t sequence, std::int32_t count);

class BatchSequences {
 public:
  struct Entry {
    ProducerIdAndEpoch producer;      // under which it counts
    std::int32_t next = 0;            // for the next new batch
    std::int32_t last_acked = -1;     // highest that was acknowledged; -1: none
    std::vector<BatchPtr> in_flight;  // by sequence
    /// A batch that had been retried has expired: nobody knows whether it is stored. The sequence
    /// after the last such batch.
    std::optional<std::int32_t> unresolved;
  };

  /// Null when nothing was sent there yet.
  const Entry* find(const TopicPartition& tp) const;
  Entry& entry(const TopicPartition& tp);
  std::map<TopicPartition, Entry>& all() { return entries_; }

  bool has_in_flight(const TopicPartition& tp) const;
  /// `sequence` follows what was acknowledged.
  bool is_next(const TopicPartition& tp, std::int32_t sequence) const;

  /// Gives the batch the partition's next sequence, under `producer`. When the partition counted
  /// under another one so far, and nothing of that is in flight, it begins again.
  void number(const BatchPtr& batch, ProducerIdAndEpoch producer, bool transactional);
  /// The batch, numbered already, is in flight (parts of a batch that was split).
  void add_in_flight(const BatchPtr& batch);
  void remove_in_flight(const BatchPtr& batch);
  void acknowledged(const ProducerBatch& batch);

  /// Sequences begin at 0 under `producer`; batches in flight are numbered anew, in their order.
  void restart(const TopicPartition& tp, ProducerIdAndEpoch producer);
  /// The failed batch will never be sent: later ones move up.
  void close_gap(const ProducerBatch& failed);
  void forget(const TopicPartition& tp) { entries_.erase(tp); }
  void clear() { entries_.clear(); }

 private:
  std::map<TopicPartition, Entry> entries_;
};

}  // namespace eventarium::kafka
