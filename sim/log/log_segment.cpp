#include "sim/log/log_segment.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

SimTime LogSegment::largest_timestamp() const {
  return batches_.empty() ? modified_ : largest_timestamp_;
}

std::optional<SimTime> LogSegment::first_timestamp() const {
  if (batches_.empty()) return std::nullopt;
  return batches_.front().batch.max_timestamp;
}

void LogSegment::append(RecordBatch batch, SimTime now) {
  largest_timestamp_ =
      batches_.empty() ? batch.max_timestamp : std::max(largest_timestamp_, batch.max_timestamp);
  modified_ = now;
  const std::uint64_t position_bytes = size_bytes_;
  size_bytes_ += batch.size_bytes;
  batches_.push_back({std::move(batch), position_bytes, now});
  if (batches_.size() % time_index_interval == 0) time_index_.push_back(largest_timestamp_);
}

std::string_view LogSegment::should_roll(const LogConfig& config, Duration jitter,
                                         std::uint64_t size_bytes, SimTime max_timestamp,
                                         SimTime) const {
  // An empty segment takes any batch: a new one would have the same name.
  if (batches_.empty()) return {};
  if (size_bytes_ + size_bytes > config.segment_bytes) return "segment.bytes";
  const Duration limit = config.max_segment_ms();
  if (limit == Duration::max()) return {};
  if (max_timestamp - batches_.front().batch.max_timestamp > limit - jitter) return "segment.ms";
  return {};
}

std::size_t LogSegment::index_of(std::int64_t offset) const {
  // Nearly all reads are near the end: looks there first, in strides that double.
  std::size_t high = batches_.size();
  for (std::size_t stride = 1; high > 0; stride *= 2) {
    const std::size_t low = high > stride ? high - stride : 0;
    if (batches_[low].batch.next_offset() > offset) {
      high = low;
      continue;
    }
    const auto begin = batches_.begin() + static_cast<std::ptrdiff_t>(low) + 1;
    const auto end = batches_.begin() + static_cast<std::ptrdiff_t>(high);
    const auto found = std::partition_point(
        begin, end, [&](const Stored& stored) { return stored.batch.next_offset() <= offset; });
    return static_cast<std::size_t>(found - batches_.begin());
  }
  return 0;
}

std::uint64_t LogSegment::position_of(std::size_t index) const {
  return index < batches_.size() ? batches_[index].position_bytes : size_bytes_;
}

std::size_t LogSegment::index_of_timestamp(SimTime timestamp) const {
  const auto interval = std::lower_bound(time_index_.begin(), time_index_.end(), timestamp);
  std::size_t i = static_cast<std::size_t>(interval - time_index_.begin()) * time_index_interval;
  while (i < batches_.size() && batches_[i].batch.max_timestamp < timestamp) ++i;
  return i;
}

void LogSegment::truncate(std::size_t index, SimTime now) {
  if (index >= batches_.size()) return;
  size_bytes_ = batches_[index].position_bytes;
  batches_.resize(index);
  time_index_.resize(index / time_index_interval);
  modified_ = now;
  if (batches_.empty()) return;
  largest_timestamp_ =
      time_index_.empty() ? batches_.front().batch.max_timestamp : time_index_.back();
  for (std::size_t i = time_index_.size() * time_index_interval; i < batches_.size(); ++i)
    largest_timestamp_ = std::max(largest_timestamp_, batches_[i].batch.max_timestamp);
}

}  // namespace eventarium::kafka
