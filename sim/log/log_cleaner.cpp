#include "sim/log/log_cleaner.h"

#include <algorithm>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace eventarium::kafka {
namespace {

/// Latest offset of each key in the dirty part; only looked up.
using OffsetMap = std::unordered_map<std::string_view, std::int64_t>;

OffsetMap build_offset_map(const PartitionLog& log, const LogToClean& range) {
  OffsetMap latest;
  for (const LogSegment& segment : log.segments()) {
    if (segment.base_offset() >= range.first_uncleanable_offset) break;
    const auto& batches = segment.batches();
    for (std::size_t b = segment.index_of(range.first_dirty_offset); b < batches.size(); ++b) {
      const RecordBatch& batch = batches[b].batch;
      for (std::size_t i = batch.index_of(range.first_dirty_offset); i < batch.records->size(); ++i)
        if (const auto& key = (*batch.records)[i].event->partitionkey)
          latest[*key] = batch.offset_of(i);
    }
  }
  return latest;
}

bool is_retained(const RecordBatch& batch, std::size_t index, const OffsetMap& latest,
                 SimTime now) {
  const Record& record = (*batch.records)[index];
  if (!record.event->partitionkey) return false;  // none should be here
  const auto found = latest.find(*record.event->partitionkey);
  if (found != latest.end() && batch.offset_of(index) < found->second) return false;
  return !record.tombstone || !batch.cleaned || now < batch.cleaned->delete_horizon;
}

std::uint64_t size_of(const std::vector<Record>& records, const RecordBatch& batch) {
  std::uint64_t size_bytes = batch_header_size_bytes;
  const SimTime first = records.front().event->time;
  for (std::size_t i = 0; i < records.size(); ++i) {
    const auto delta = batch.cleaned->offset_deltas[i];
    const auto delta_ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(records[i].event->time - first)
            .count();
    size_bytes += record_size_bytes(records[i], delta, delta_ms);
  }
  return size_bytes;
}

/// The batch without what goes; none when nothing is left of it.
std::optional<RecordBatch> filter(const RecordBatch& batch, const OffsetMap& latest,
                                  Duration delete_retention, SimTime now,
                                  std::vector<RecordId>& removed) {
  auto left = std::make_shared<std::vector<Record>>();
  auto cleaned = std::make_shared<CleanedBatch>();
  bool has_tombstone = false;
  for (std::size_t i = 0; i < batch.records->size(); ++i) {
    const Record& record = (*batch.records)[i];
    if (!is_retained(batch, i, latest, now)) {
      removed.push_back(record.id);
      continue;
    }
    left->push_back(record);
    cleaned->offset_deltas.push_back(
        static_cast<std::int32_t>(batch.offset_of(i) - batch.base_offset));
    has_tombstone = has_tombstone || record.tombstone;
  }
  if (left->empty()) return std::nullopt;
  if (batch.cleaned) cleaned->delete_horizon = batch.cleaned->delete_horizon;
  // The first cleaning that sees a tombstone sets the time of its end.
  if (has_tombstone && cleaned->delete_horizon == SimTime::max() &&
      delete_retention < SimTime::max() - now)
    cleaned->delete_horizon = now + delete_retention;
  const bool complete = left->size() == batch.records->size();
  if (complete && (batch.cleaned ? batch.cleaned->delete_horizon == cleaned->delete_horizon
                                 : cleaned->delete_horizon == SimTime::max()))
    return batch;
  cleaned->last_offset_delta = static_cast<std::int32_t>(batch.last_offset() - batch.base_offset);
  RecordBatch result = batch;
  result.cleaned = std::move(cleaned);
  if (complete) return result;
  if (!batch.log_append_time) {
    result.max_timestamp = left->front().event->time;
    for (const Record& record : *left)
      result.max_timestamp = std::max(result.max_timestamp, record.event->time);
  }
  // Never more than before: what it was written with may have been measured another way.
  result.size_bytes = std::min(batch.size_bytes, size_of(*left, result));
  result.records = std::move(left);
  return result;
}

}  // namespace

double LogToClean::dirty_ratio() const {
  const std::uint64_t total = clean_bytes + dirty_bytes;
  return total == 0 ? 0 : static_cast<double>(dirty_bytes) / static_cast<double>(total);
}

bool LogToClean::eligible(const LogConfig& config) const {
  if (dirty_bytes == 0) return false;
  return overdue || dirty_ratio() > config.min_cleanable_dirty_ratio;
}

LogToClean assess(const PartitionLog& log, std::optional<std::int64_t> clean_offset, SimTime now) {
  const LogConfig& config = log.config();
  LogToClean range;
  range.first_dirty_offset = clean_offset.value_or(log.log_start_offset());
  // A checkpoint outside of the log counts for nothing.
  if (range.first_dirty_offset < log.log_start_offset() ||
      range.first_dirty_offset > log.log_end_offset())
    range.first_dirty_offset = log.log_start_offset();
  SimTime oldest_dirty = SimTime::max();
  range.first_uncleanable_offset = log.segments().front().base_offset();
  for (std::size_t s = 0; s + 1 < log.segments().size(); ++s) {
    const LogSegment& segment = log.segments()[s];
    const std::int64_t end = log.segments()[s + 1].base_offset();
    const bool dirty = end > range.first_dirty_offset;
    if (dirty && end > log.high_watermark()) break;
    if (dirty && config.min_compaction_lag_ms > Duration::zero() &&
        segment.largest_timestamp() > now - config.min_compaction_lag_ms)
      break;
    range.first_uncleanable_offset = end;
    (dirty ? range.dirty_bytes : range.clean_bytes) += segment.size_bytes();
    if (const auto first = segment.first_timestamp(); dirty && first)
      oldest_dirty = std::min(oldest_dirty, *first);
  }
  range.overdue =
      oldest_dirty != SimTime::max() && config.max_compaction_lag_ms < now - oldest_dirty;
  return range;
}

Cleaning clean(const PartitionLog& log, const LogToClean& range, SimTime now) {
  const OffsetMap latest = build_offset_map(log, range);
  const LogConfig& config = log.config();
  Cleaning result;
  result.clean_offset = range.first_uncleanable_offset;
  result.read_bytes = range.dirty_bytes;  // for the offset map
  std::uint64_t group_bytes = 0;          // of the segments that the present one stands for
  for (const LogSegment& segment : log.segments()) {
    if (segment.base_offset() >= range.first_uncleanable_offset) break;
    ++result.last_segment;
    result.read_bytes += segment.size_bytes();
    const bool joins =
        !result.segments.empty() && group_bytes + segment.size_bytes() <= config.segment_bytes;
    group_bytes = joins ? group_bytes + segment.size_bytes() : segment.size_bytes();
    if (!joins) result.segments.emplace_back(segment.base_offset(), segment.last_modified());
    LogSegment& cleaned = result.segments.back();
    for (const LogSegment::Stored& stored : segment.batches())
      if (auto batch =
              filter(stored.batch, latest, config.delete_retention_ms, now, result.removed))
        cleaned.append(std::move(*batch), stored.appended_at);
    cleaned.set_last_modified(segment.last_modified());
  }
  for (const LogSegment& segment : result.segments) result.written_bytes += segment.size_bytes();
  return result;
}

}  // namespace eventarium::kafka
