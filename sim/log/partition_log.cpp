#include "sim/log/partition_log.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::kafka {

std::uint64_t PartitionLog::size_bytes() const {
  return positions_bytes_.empty() ? 0 : end_position_bytes_ - positions_bytes_.front();
}

const RecordBatch& PartitionLog::append(RecordBatch batch) {
  EVENTARIUM_CHECK(batch.records && !batch.records->empty(), "a batch needs records");
  batch.base_offset = log_end_offset_;
  log_end_offset_ = batch.next_offset();
  positions_bytes_.push_back(end_position_bytes_);
  end_position_bytes_ += batch.size_bytes;
  batches_.push_back(std::move(batch));
  return batches_.back();
}

std::size_t PartitionLog::index_of(std::int64_t offset) const {
  const auto found =
      std::partition_point(batches_.begin(), batches_.end(),
                           [&](const RecordBatch& batch) { return batch.next_offset() <= offset; });
  return static_cast<std::size_t>(found - batches_.begin());
}

std::size_t PartitionLog::end_index(std::int64_t up_to) const {
  const auto found =
      std::partition_point(batches_.begin(), batches_.end(),
                           [&](const RecordBatch& batch) { return batch.next_offset() <= up_to; });
  return static_cast<std::size_t>(found - batches_.begin());
}

std::optional<LogRead> PartitionLog::read(std::int64_t offset, std::uint64_t max_bytes,
                                          std::int64_t up_to, bool at_least_one) const {
  if (offset < log_start_offset_ || offset > log_end_offset_) return std::nullopt;
  LogRead result;
  const std::size_t end = end_index(up_to);
  for (std::size_t i = index_of(offset); i < end; ++i) {
    const RecordBatch& batch = batches_[i];
    const bool fits = result.size_bytes + batch.size_bytes <= max_bytes;
    if (!fits && !(at_least_one && result.batches.empty())) break;
    result.batches.push_back(batch);
    result.size_bytes += batch.size_bytes;
  }
  return result;
}

std::uint64_t PartitionLog::readable_bytes(std::int64_t offset, std::int64_t up_to) const {
  const std::size_t begin = index_of(offset), end = end_index(up_to);
  if (begin >= end) return 0;
  const std::uint64_t end_position =
      end < positions_bytes_.size() ? positions_bytes_[end] : end_position_bytes_;
  return end_position - positions_bytes_[begin];
}

std::optional<TimestampedOffset> PartitionLog::find_timestamp(SimTime timestamp,
                                                              std::int64_t up_to) const {
  for (const RecordBatch& batch : batches_) {
    if (batch.base_offset >= up_to) break;
    if (batch.max_timestamp < timestamp) continue;
    for (std::size_t i = 0; i < batch.records->size(); ++i) {
      const std::int64_t offset = batch.base_offset + static_cast<std::int64_t>(i);
      if (offset >= up_to) return std::nullopt;
      if (offset >= log_start_offset_ && batch.timestamp_of(i) >= timestamp)
        return TimestampedOffset{batch.timestamp_of(i), offset};
    }
  }
  return std::nullopt;
}

void PartitionLog::mark_flushed(std::int64_t offset) {
  recovery_point_ = std::clamp(offset, recovery_point_, log_end_offset_);
}

std::uint64_t PartitionLog::truncate_to(std::int64_t offset) {
  const std::int64_t old_end = log_end_offset_;
  while (!batches_.empty() && batches_.back().last_offset() >= offset) {
    log_end_offset_ = batches_.back().base_offset;
    end_position_bytes_ = positions_bytes_.back();
    batches_.pop_back();
    positions_bytes_.pop_back();
  }
  recovery_point_ = std::min(recovery_point_, log_end_offset_);
  return static_cast<std::uint64_t>(old_end - log_end_offset_);
}

}  // namespace eventarium::kafka
