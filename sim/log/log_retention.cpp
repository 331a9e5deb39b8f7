#include "sim/log/log_retention.h"

namespace eventarium::kafka {
namespace {

/// Counts from the oldest on while `goes(segment)`; an empty active segment always stays.
template <class Predicate>
std::size_t count_oldest(const PartitionLog& log, Predicate&& goes) {
  const auto& segments = log.segments();
  std::size_t count = 0;
  for (; count < segments.size(); ++count) {
    const bool last = count + 1 == segments.size();
    if (last && segments[count].empty()) break;
    const std::int64_t end = last ? log.log_end_offset() : segments[count + 1].base_offset();
    // Or the log start would get above the high watermark.
    if (log.high_watermark() < end || !goes(count)) break;
  }
  return count;
}

}  // namespace

std::size_t segments_below_log_start(const PartitionLog& log) {
  const auto& segments = log.segments();
  return count_oldest(log, [&](std::size_t s) {
    return s + 1 < segments.size() && segments[s + 1].base_offset() <= log.log_start_offset();
  });
}

std::size_t segments_over_size(const PartitionLog& log) {
  const std::int64_t limit = log.config().retention_bytes;
  const auto size = static_cast<std::int64_t>(log.size_bytes());
  if (limit < 0 || size < limit) return 0;
  std::int64_t excess = size - limit;
  return count_oldest(log, [&](std::size_t s) {
    const auto segment_size = static_cast<std::int64_t>(log.segments()[s].size_bytes());
    if (excess < segment_size) return false;
    excess -= segment_size;
    return true;
  });
}

std::size_t segments_expired(const PartitionLog& log, SimTime now) {
  const Duration limit = log.config().retention_ms;
  if (limit < Duration::zero() || limit == Duration::max()) return 0;
  return count_oldest(
      log, [&](std::size_t s) { return now - log.segments()[s].largest_timestamp() > limit; });
}

}  // namespace eventarium::kafka
