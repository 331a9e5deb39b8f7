// What a log knows of the idempotent and transactional producers that write to it: each one's
// epoch and last five batches, so that a batch sent twice is found out and a missing one noticed;
// which transactions are open; which were aborted. Every replica keeps it, from its own log, so
// that a new leader knows what the old one knew. Knows no requests and no coordinator.
//
//   transaction   none --transactional batch at offset f--> open since f
//                 open --marker at offset m--> ended: still unstable until the high watermark > m
//   first unstable offset = the lowest f of those; read_committed ends there
//
//   a batch of producer p, Kafka's order of checks:
//     epoch and sequences of one of the last five      duplicate: answered as then
//     epoch older than p's                             invalid_epoch
//     epoch newer than p's, sequence not 0             out_of_order
//     p unknown: any sequence, in a transaction only 0 (transaction.version 2)
//     same epoch, sequence not the last one + 1        out_of_order
//     not transactional while p's transaction is open  invalid_transaction_state
//
// State goes only when a producer has been idle for producer.id.expiration.ms, or with the whole
// log. A snapshot is taken whenever a segment begins: what was cut off at the end or deleted at
// the beginning is then not needed to have the rest again.
// Follows Kafka's ProducerStateManager, ProducerStateEntry, ProducerAppendInfo and
// TransactionIndex (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/log/record_batch.h"

namespace eventarium::kafka {

/// n-th sequence after `sequence`: 2^31-1 is followed by 0.
std::int32_t sequence_after(std::int32_t sequence, std::int64_t n);

/// What speaks against appending a batch.
enum class ProducerCheck : std::uint8_t {
  ok,
  duplicate,
  invalid_epoch,
  out_of_order,
  invalid_transaction_state,
  coordinator_fenced,  // a marker from a coordinator that has been replaced
};

class ProducerState {
 public:
  struct Batch {
    std::int64_t base_offset = 0, last_offset = 0;
    std::int32_t base_sequence = 0, last_sequence = 0;
    bool operator==(const Batch&) const = default;
  };
  struct Entry {
    std::int16_t epoch = -1;
    std::int32_t coordinator_epoch = -1;  // of the last marker
    std::vector<Batch> batches;           // the last five of the epoch, oldest first
    std::optional<std::int64_t> open_since;
    SimTime last_timestamp{};
    bool operator==(const Entry&) const = default;
  };
  struct Aborted {
    std::int64_t producer_id = -1;
    std::int64_t first_offset = 0, last_offset = 0;  // of the first batch; of the marker
    std::int64_t last_stable_offset = 0;             // after it
  };
  static constexpr std::size_t batches_kept = 5;

  // ---- asking
  /// Null: nothing is known of it.
  const Entry* find(std::int64_t producer_id) const;
  const std::map<std::int64_t, Entry>& entries() const { return entries_; }
  /// The batch's first appearance, when its producer sends it again.
  const Batch* find_duplicate(const RecordBatch& batch) const;
  /// All of the checks, for a batch whose producer is known.
  ProducerCheck check(const RecordBatch& batch) const;
  /// The producer's transaction of that epoch has a batch here already.
  bool has_open_transaction(std::int64_t producer_id, std::int16_t epoch) const;
  /// Below it every transaction has ended and is committed as far as replication goes.
  std::optional<std::int64_t> first_unstable_offset() const;
  bool seen_transactions() const { return seen_transactions_; }
  /// Those that reach into [from, up_to), in the order of their markers.
  std::vector<Aborted> aborted(std::int64_t from, std::int64_t up_to) const;
  const std::vector<Aborted>& all_aborted() const { return aborted_; }

  // ---- changes
  /// The batch is in the log, with its offsets, whatever check() says of it: a follower has what
  /// its leader has.
  void append(const RecordBatch& batch);
  void set_high_watermark(std::int64_t high_watermark);
  /// Producers without an open transaction that have been idle for that long are forgotten.
  void expire(SimTime now, Duration idle);

  // ---- snapshots
  /// A segment begins at `offset`.
  void take_snapshot(std::int64_t offset);
  /// The log ends at `offset` now: back to the last snapshot at or below it. Returns its offset:
  /// the log's batches from there on have to be given to replay().
  std::int64_t truncate_to(std::int64_t offset);
  void replay(const RecordBatch& batch);
  /// The log begins at `offset` now.
  void forget_below(std::int64_t offset);

 private:
  struct Snapshot {
    std::int64_t offset = 0;
    std::map<std::int64_t, Entry> entries;
  };
  ProducerCheck check_marker(const Entry& entry, const ProducerStamp& marker) const;
  ProducerCheck check_sequence(const Entry* entry, const ProducerStamp& stamp) const;
  void write(const RecordBatch& batch);
  std::optional<std::int64_t> end_transaction(const RecordBatch& marker);

  std::map<std::int64_t, Entry> entries_;       // by producer id
  std::map<std::int64_t, std::int64_t> open_;   // producer id by first offset
  std::map<std::int64_t, std::int64_t> ended_;  // marker's offset by first offset
  std::vector<Aborted> aborted_;                // in the order of their markers
  std::vector<Snapshot> snapshots_;             // by ascending offset
  bool seen_transactions_ = false;
};

}  // namespace eventarium::kafka
