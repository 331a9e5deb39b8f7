// The log of one replica of a partition: batches in offset order, appended at the end, read from
// any offset, cut at the end. It follows Kafka's UnifiedLog/LocalLog (4.1) and knows nothing of
// leaders, high watermarks or the network.
//
//   log start offset          recovery point                    log end offset
//   |  batch  |  batch  |  batch  |  batch  |  batch  |  batch  |  <- next append
//   '------- fsynced: survives power loss ---'--- page cache ---'
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

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

class PartitionLog {
 public:
  std::int64_t log_start_offset() const { return log_start_offset_; }
  /// The offset that the next record will get.
  std::int64_t log_end_offset() const { return log_end_offset_; }
  /// Everything below has been fsynced.
  std::int64_t recovery_point() const { return recovery_point_; }
  std::uint64_t size_bytes() const;
  const std::deque<RecordBatch>& batches() const { return batches_; }

  /// As the leader: the batch gets the next offsets; `base_offset` of the argument is ignored.
  /// The records must not be empty. The result is valid until the log changes again.
  const RecordBatch& append(RecordBatch batch);

  /// Whole batches from the one that holds `offset`, all ending below `up_to`, together at most
  /// `max_bytes`. With `at_least_one` the first batch is returned even when it is larger, or a
  /// consumer could never get past it. Nothing (Kafka's OFFSET_OUT_OF_RANGE) when `offset` is
  /// below the log start offset or above the log end offset.
  std::optional<LogRead> read(std::int64_t offset, std::uint64_t max_bytes, std::int64_t up_to,
                              bool at_least_one) const;

  /// Bytes of the batches from the one that holds `offset` to the last one below `up_to`.
  std::uint64_t readable_bytes(std::int64_t offset, std::int64_t up_to) const;

  /// The first record, in offset order below `up_to`, that is not older than `timestamp`.
  std::optional<TimestampedOffset> find_timestamp(SimTime timestamp, std::int64_t up_to) const;

  /// Everything below `offset` is on the disk for good.
  void mark_flushed(std::int64_t offset);
  /// Drops all batches that reach `offset` or beyond. Returns the records dropped.
  std::uint64_t truncate_to(std::int64_t offset);
  /// The machine lost its power: cuts the log at the recovery point. Returns the records lost.
  std::uint64_t lose_unflushed() { return truncate_to(recovery_point_); }

 private:
  /// Index of the batch that holds `offset`; the number of batches when none does.
  std::size_t index_of(std::int64_t offset) const;
  /// Index behind the last batch that ends below `up_to`.
  std::size_t end_index(std::int64_t up_to) const;

  std::deque<RecordBatch> batches_;
  std::deque<std::uint64_t> positions_bytes_;  // of each batch, counted from the first ever
  std::uint64_t end_position_bytes_ = 0;
  std::int64_t log_start_offset_ = 0;
  std::int64_t log_end_offset_ = 0;
  std::int64_t recovery_point_ = 0;
};

}  // namespace eventarium::kafka
