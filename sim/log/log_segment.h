// A segment: the file that holds a stretch of a log. The last one of a log is active, which means
// that appends go there; the others are closed and only ever deleted, cut off or compacted.
// Knows nothing of its log. Follows Kafka's LogSegment (4.1).
//
// Kafka also rolls when an index file is full or an offset can't be written relative to the
// segment's base; with segments of at most 1 GiB (or the default index sizes) that is never first.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string_view>
#include <vector>

#include "sim/log/log_config.h"
#include "sim/log/record_batch.h"

namespace eventarium::kafka {

class LogSegment {
 public:
  struct Stored {
    RecordBatch batch;
    std::uint64_t position_bytes = 0;  // in the file
    SimTime appended_at{};             // into the page cache
  };

  LogSegment(std::int64_t base_offset, SimTime created)
      : base_offset_(base_offset), created_(created), modified_(created) {}

  /// The offset that its first record has or would have; the name of the file.
  std::int64_t base_offset() const { return base_offset_; }
  std::uint64_t size_bytes() const { return size_bytes_; }
  bool empty() const { return batches_.empty(); }
  const std::deque<Stored>& batches() const { return batches_; }
  SimTime last_modified() const { return modified_; }
  /// Of its records; the file's own time when there are none.
  SimTime largest_timestamp() const;
  /// Of its first batch; none when it is empty.
  std::optional<SimTime> first_timestamp() const;

  void append(RecordBatch batch, SimTime now);
  /// Why a batch must go to a new segment: "segment.bytes", "segment.ms"; empty: it need not.
  /// segment.ms counts in the records' own time, from the first batch here to the new one.
  std::string_view should_roll(const LogConfig& config, Duration jitter, std::uint64_t size_bytes,
                               SimTime max_timestamp, SimTime now) const;

  /// Index of the first batch that reaches `offset` or beyond; the number of batches when none.
  std::size_t index_of(std::int64_t offset) const;
  /// Where that batch begins in the file; the size of the file behind the last one.
  std::uint64_t position_of(std::size_t index) const;
  /// The first batch with a record that is not older than `timestamp`.
  std::size_t index_of_timestamp(SimTime timestamp) const;

  /// Cuts off all batches from `index` on.
  void truncate(std::size_t index, SimTime now);
  /// Stands in for segments whose last change was at `modified`: compaction does not count as one.
  void set_last_modified(SimTime modified) { modified_ = modified; }

 private:
  /// The time index has one entry for this many batches.
  static constexpr std::size_t time_index_interval = 64;

  std::int64_t base_offset_;
  SimTime created_, modified_;
  std::deque<Stored> batches_;
  std::uint64_t size_bytes_ = 0;
  SimTime largest_timestamp_{};      // when not empty
  std::vector<SimTime> time_index_;  // largest timestamp of all batches up to the n-th interval
};

}  // namespace eventarium::kafka
