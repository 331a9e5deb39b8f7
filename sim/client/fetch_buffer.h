// Fetched batches that the application has not been given yet, partition after partition in the
// order of their arrival, and poll()'s slices of them: without the markers that end transactions,
// and without what read_committed must not see. Follows Kafka's FetchBuffer, CompletedFetch and
// FetchCollector (4.1). Knows no brokers.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <vector>

#include "sim/base/ids.h"
#include "sim/broker/protocol.h"
#include "sim/log/record_batch.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

/// Records of one partition whose offsets follow one another. There may be none: compaction has
/// removed what was there, or a marker was, and only the position moves on.
struct RecordSlice {
  TopicPartition tp;
  std::int64_t base_offset = 0;
  std::vector<Record> records;
  EventId cause;                   // the arrival of the answer that brought them
  std::int64_t next_position = 0;  // what to read next: behind the records and a gap after them
  std::int32_t leader_epoch = -1;  // of the last batch
  bool aborted = false;            // of aborted transactions: passed over, not to be handed out

  std::int64_t next_offset() const {
    return base_offset + static_cast<std::int64_t>(records.size());
  }
};

class FetchBuffer {
 public:
  /// Keeps the records from `position` on; a batch may begin below it. Nothing is kept when there
  /// are none. `aborted`: from the answer; none of it for read_uncommitted.
  void add(const TopicPartition& tp, std::int64_t position, std::vector<RecordBatch> batches,
           EventId cause, std::vector<AbortedTransaction> aborted = {});
  bool holds(const TopicPartition& tp) const;
  bool empty() const { return fetches_.empty(); }

  /// Takes out up to `max_records` records, oldest fetch first; what is passed over doesn't count.
  /// A slice holds what is consecutive in one partition and fetch; a gap in the offsets begins
  /// another one. Partitions for which `is_paused` keep what they have.
  using IsPaused = std::function<bool(const TopicPartition&)>;
  std::vector<RecordSlice> take(std::size_t max_records, const IsPaused& is_paused = {});
  /// The partition is not the consumer's any more, or it reads from elsewhere.
  void drop(const TopicPartition& tp);
  void clear() { fetches_.clear(); }

 private:
  struct Fetch {
    TopicPartition tp;
    std::int64_t position;
    std::deque<RecordBatch> batches;
    EventId cause;
    std::deque<AbortedTransaction> aborted{};  // not begun yet at the batch at hand
    std::set<std::int64_t> aborting{};         // producers in an aborted transaction there
  };

  static std::size_t take(Fetch& fetch, std::size_t max_records, std::vector<RecordSlice>& slices);
  static bool is_aborted(Fetch& fetch, const RecordBatch& batch);
  static RecordSlice& slice_at(const Fetch& fetch, std::int64_t offset, bool aborted,
                               std::vector<RecordSlice>& slices);

  std::deque<Fetch> fetches_;
};

}  // namespace eventarium::kafka
