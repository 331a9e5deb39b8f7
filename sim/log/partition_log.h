// The log of one replica of a partition: batches in offset order, in segments; appended at the
// end, read from any offset, cut at both ends. Plain state: what a change means for the disk and
// the trace is the log manager's business, and it knows nothing of leaders, requests or the
// network.
//
//   log start offset       recovery point        high watermark        log end offset
//   |  batch  |  batch  ||  batch  |  batch  ||  batch  |  batch  |  batch  |  <- next append
//   '---- closed -------''--- closed --------''------ active segment -------'
//   '------- fsynced: survives power loss -------'--- page cache -----------'
//
//   offsets:  log start <= high watermark <= log end;  recovery point <= log end
//   gaps:     compaction removes records, never changes the offset of one that is left
//
// Follows Kafka's UnifiedLog, LocalLog and LogSegments (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/log/leader_epoch_cache.h"
#include "sim/log/log_config.h"
#include "sim/log/log_segment.h"
#include "sim/log/producer_state.h"
#include "sim/log/record_batch.h"

namespace eventarium::kafka {

struct LogRead {
  std::vector<RecordBatch> batches;  // the first one may begin below the offset asked for
  std::uint64_t size_bytes = 0;
};

struct TimestampedOffset {
  SimTime timestamp{};
  std::int64_t offset = 0;
};

struct LogAppend {
  const RecordBatch* batch = nullptr;  // as it was written; valid until the log changes again
  std::string_view roll_reason;        // not empty: a new segment begins with this batch
};

/// A segment that has left its log; its file is still there.
struct RemovedSegment {
  std::int64_t base_offset = 0;
  std::uint64_t size_bytes = 0;
};

/// What a cut has taken from a log.
struct LogCut {
  std::vector<RecordId> records;  // in offset order
  std::uint64_t freed_bytes = 0;  // of a file that became shorter: free at once
  std::vector<RemovedSegment> segments;
};

class PartitionLog {
 public:
  explicit PartitionLog(const LogConfig& config = {}, SimTime created = {});

  const LogConfig& config() const { return config_; }
  void set_config(const LogConfig& config) { config_ = config; }

  std::int64_t log_start_offset() const { return log_start_offset_; }
  /// The offset that the next record will get.
  std::int64_t log_end_offset() const { return log_end_offset_; }
  /// What this replica knows to be committed. Retention and compaction stop here.
  std::int64_t high_watermark() const { return high_watermark_; }
  /// Moves it, up or down, within [log start, log end].
  void set_high_watermark(std::int64_t offset);
  /// Everything below has been fsynced.
  std::int64_t recovery_point() const { return recovery_point_; }
  std::uint64_t size_bytes() const;
  /// Oldest first; never empty, the last one is active.
  const std::deque<LogSegment>& segments() const { return segments_; }
  const LogSegment& active_segment() const { return segments_.back(); }
  const LeaderEpochCache& epochs() const { return epochs_; }
  /// The epoch of the last record, or that of a leadership which has not written yet.
  std::optional<std::int32_t> latest_epoch() const { return epochs_.latest_epoch(); }
  EpochEnd end_offset_for_epoch(std::int32_t epoch) const {
    return epochs_.end_offset_for(epoch, log_end_offset_);
  }

  // ---- producers ------------------------------------------------------------------------------
  /// Null while no idempotent producer has written here: then nothing of this costs anything.
  const ProducerState* producers() const { return producers_ ? &*producers_ : nullptr; }
  /// What speaks against appending the batch of a known producer.
  ProducerCheck check_producer(const RecordBatch& batch) const;
  /// read_committed ends here: the high watermark, or where the oldest transaction began that is
  /// open or whose marker is not below the high watermark.
  std::int64_t last_stable_offset() const;
  /// Forgets producers that have been idle for that long (producer.id.expiration.ms).
  void expire_producers(SimTime now, Duration idle);
  /// The process has started anew: what it knows of producers is read from the log. The high
  /// watermark has been set.
  void reload_producers();

  // ---- appending ------------------------------------------------------------------------------
  /// This replica leads from its log end on, in that epoch (Kafka records it before any append).
  void begin_leader_epoch(std::int32_t epoch) { epochs_.assign(epoch, log_end_offset_); }
  /// The batch gets the next offsets and the epoch; those of the argument are ignored. It must
  /// have records.
  LogAppend append_as_leader(RecordBatch batch, std::int32_t leader_epoch, SimTime now);
  /// The batch keeps the leader's offsets and epoch. It must begin at the log end or, when the
  /// leader has compacted what lies between, above it.
  LogAppend append_as_follower(RecordBatch batch, SimTime now);
  /// Closes the active segment; a no-op when that is empty. Returns whether a new one has begun.
  bool roll(SimTime now);
  /// segment.jitter.ms: the active segment is closed that much earlier.
  void set_roll_jitter(Duration jitter) { roll_jitter_ = jitter; }

  // ---- reading --------------------------------------------------------------------------------
  /// Whole batches from the one that holds `offset` (or the first one after it, when compaction
  /// has removed that), all ending below `up_to`, together at most `max_bytes`. With
  /// `at_least_one` the first batch is returned even when it is larger, or a consumer could never
  /// get past it. Nothing (Kafka's OFFSET_OUT_OF_RANGE) when `offset` is below the log start
  /// offset or above the log end offset.
  std::optional<LogRead> read(std::int64_t offset, std::uint64_t max_bytes, std::int64_t up_to,
                              bool at_least_one) const;
  /// Bytes of the batches from the one that holds `offset` to the last one below `up_to`.
  std::uint64_t readable_bytes(std::int64_t offset, std::int64_t up_to) const;
  /// The first record, in offset order below `up_to`, that is not older than `timestamp`.
  std::optional<TimestampedOffset> find_timestamp(SimTime timestamp, std::int64_t up_to) const;
  /// visit(batch) for each batch that reaches `from` or beyond, in offset order.
  template <class Visit>
  void for_each_batch(std::int64_t from, Visit&& visit) const;

  // ---- flushing -------------------------------------------------------------------------------
  std::int64_t unflushed_records() const { return log_end_offset_ - recovery_point_; }
  /// flush.messages: what was appended must be fsynced before it counts as done.
  bool must_flush() const { return unflushed_records() >= config_.flush_messages; }
  /// Everything below `offset` is on the disk for good, since `now`.
  void mark_flushed(std::int64_t offset, SimTime now = {});
  SimTime last_flushed_at() const { return last_flushed_at_; }

  // ---- cutting --------------------------------------------------------------------------------
  /// The log ends at or below `offset` afterwards. Batches are cut whole: when the offset lies
  /// inside a batch, all of that batch goes. (Kafka then leaves its log end at `offset`, above its
  /// last batch; here it is the end of that batch, so that the follower fetches the whole batch
  /// again. Epochs and high watermarks end between batches, so neither happens in practice.) The
  /// high watermark, the recovery point and the epochs go with it; an epoch in which nothing was
  /// written goes even when the log does not reach `offset`.
  LogCut truncate_to(std::int64_t offset, SimTime now);
  /// Drops everything and begins anew, empty, at `offset`.
  LogCut truncate_fully_and_start_at(std::int64_t offset, SimTime now);
  /// Records below `offset` can't be read any more and are the result's; segments that lie below
  /// it wholly go with the next retention pass. At most to the log end, and the high watermark is
  /// not left behind. A no-op when it is not above the present log start.
  LogCut advance_log_start(std::int64_t offset);

  /// Takes out the oldest `count` segments, none of which reaches above the high watermark; the
  /// log starts behind them. When that would be all, a new one is begun first (`rolled`).
  LogCut delete_oldest_segments(std::size_t count, SimTime now, bool& rolled);
  /// Compaction: `cleaned` in place of the closed segments from `first` on, without `last`.
  /// Returns the files of those. The cleaned ones are on the disk already.
  std::vector<RemovedSegment> replace_segments(std::size_t first, std::size_t last,
                                               std::vector<LogSegment> cleaned);

  /// The machine lost its power: what was appended at `written_before` or later and has not been
  /// fsynced is torn. recover() finds out.
  void tear_unwritten(SimTime written_before);
  /// After an unclean stop: scans the segments from `from` on (a recovery point that was saved) and
  /// cuts the log at the first torn batch.
  LogCut recover(std::int64_t from, SimTime now);
  /// What recover() would have to read.
  std::uint64_t bytes_to_recover(std::int64_t from) const;

 private:
  LogAppend append(RecordBatch batch, SimTime now);
  void begin_segment(std::int64_t base_offset, SimTime now);
  void end_at(std::int64_t offset);
  void remove_segments(std::size_t first, std::size_t last, std::vector<RemovedSegment>& removed);
  /// Index of the segment that holds `offset`.
  std::size_t segment_of(std::int64_t offset) const;
  void collect_records(std::int64_t from, std::int64_t to, std::vector<RecordId>& records) const;

  LogConfig config_;
  std::deque<LogSegment> segments_;
  std::uint64_t closed_bytes_ = 0;  // of all segments but the active one
  std::int64_t log_start_offset_ = 0;
  std::int64_t log_end_offset_ = 0;
  std::int64_t high_watermark_ = 0;
  std::int64_t recovery_point_ = 0;        // what Kafka knows to be on the disk
  std::int64_t durable_offset_ = 0;        // what is on the disk; at least as much
  std::optional<std::int64_t> torn_from_;  // after a power loss, until recover()
  SimTime last_flushed_at_{};
  Duration roll_jitter_{};
  LeaderEpochCache epochs_;
  std::optional<ProducerState> producers_;  // none: no idempotent producer was here
};

template <class Visit>
void PartitionLog::for_each_batch(std::int64_t from, Visit&& visit) const {
  for (std::size_t s = segment_of(from); s < segments_.size(); ++s) {
    const auto& batches = segments_[s].batches();
    for (std::size_t i = segments_[s].index_of(from); i < batches.size(); ++i)
      visit(batches[i].batch);
  }
}

}  // namespace eventarium::kafka
