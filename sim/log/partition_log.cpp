#include "sim/log/partition_log.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {

PartitionLog::PartitionLog(const LogConfig& config, SimTime created)
    : config_(config), last_flushed_at_(created) {
  segments_.emplace_back(0, created);
}

void PartitionLog::set_high_watermark(std::int64_t offset) {
  high_watermark_ = std::clamp(offset, log_start_offset_, log_end_offset_);
  if (producers_) producers_->set_high_watermark(high_watermark_);
}

std::uint64_t PartitionLog::size_bytes() const {
  return closed_bytes_ + active_segment().size_bytes();
}

// ---- producers --------------------------------------------------------------------------------

std::int64_t PartitionLog::last_stable_offset() const {
  if (!producers_) return high_watermark_;
  // Retention may have deleted the beginning of a transaction that is open.
  const std::int64_t stable = producers_->first_unstable_offset().value_or(high_watermark_);
  return std::clamp(stable, log_start_offset_, high_watermark_);
}

ProducerCheck PartitionLog::check_producer(const RecordBatch& batch) const {
  return producers_ ? producers_->check(batch) : ProducerState{}.check(batch);
}

void PartitionLog::expire_producers(SimTime now, Duration idle) {
  if (producers_) producers_->expire(now, idle);
}

void PartitionLog::reload_producers() {
  if (!producers_) return;
  for_each_batch(producers_->truncate_to(log_end_offset_), [&](const RecordBatch& batch) {
    if (batch.producer.known()) producers_->replay(batch);
  });
  producers_->set_high_watermark(high_watermark_);
}

// ---- appending --------------------------------------------------------------------------------

LogAppend PartitionLog::append_as_leader(RecordBatch batch, std::int32_t leader_epoch,
                                         SimTime now) {
  batch.base_offset = log_end_offset_;
  batch.leader_epoch = leader_epoch;
  return append(std::move(batch), now);
}

LogAppend PartitionLog::append_as_follower(RecordBatch batch, SimTime now) {
  EVENTARIUM_CHECK(batch.base_offset >= log_end_offset_, "a follower appends behind its log end");
  return append(std::move(batch), now);
}

LogAppend PartitionLog::append(RecordBatch batch, SimTime now) {
  EVENTARIUM_CHECK(batch.records && (batch.cleaned || !batch.records->empty()),
                   "a batch needs records; only the cleaner leaves one without");
  LogAppend result;
  result.roll_reason = active_segment().should_roll(config_, roll_jitter_, batch.size_bytes,
                                                    batch.max_timestamp, now);
  if (!result.roll_reason.empty()) begin_segment(batch.base_offset, now);
  epochs_.assign(batch.leader_epoch, batch.base_offset);
  log_end_offset_ = batch.next_offset();
  segments_.back().append(std::move(batch), now);
  result.batch = &segments_.back().batches().back().batch;
  if (result.batch->producer.known()) {
    if (!producers_) producers_.emplace();
    producers_->append(*result.batch);
  }
  return result;
}

void PartitionLog::begin_segment(std::int64_t base_offset, SimTime now) {
  closed_bytes_ += active_segment().size_bytes();
  segments_.emplace_back(base_offset, now);
  if (producers_) producers_->take_snapshot(base_offset);
}

bool PartitionLog::roll(SimTime now) {
  if (active_segment().empty()) return false;
  begin_segment(log_end_offset_, now);
  return true;
}

// ---- reading ----------------------------------------------------------------------------------

std::size_t PartitionLog::segment_of(std::int64_t offset) const {
  if (offset >= active_segment().base_offset()) return segments_.size() - 1;
  const auto above = std::partition_point(
      segments_.begin(), segments_.end(),
      [&](const LogSegment& segment) { return segment.base_offset() <= offset; });
  return above == segments_.begin() ? 0 : static_cast<std::size_t>(above - segments_.begin()) - 1;
}

std::optional<LogRead> PartitionLog::read(std::int64_t offset, std::uint64_t max_bytes,
                                          std::int64_t up_to, bool at_least_one) const {
  if (offset < log_start_offset_ || offset > log_end_offset_) return std::nullopt;
  LogRead result;
  for (std::size_t s = segment_of(offset); s < segments_.size(); ++s) {
    const auto& batches = segments_[s].batches();
    for (std::size_t i = segments_[s].index_of(offset); i < batches.size(); ++i) {
      const RecordBatch& batch = batches[i].batch;
      if (batch.next_offset() > up_to) return result;
      const bool fits = result.size_bytes + batch.size_bytes <= max_bytes;
      if (!fits && !(at_least_one && result.batches.empty())) return result;
      result.batches.push_back(batch);
      result.size_bytes += batch.size_bytes;
    }
  }
  return result;
}

std::uint64_t PartitionLog::readable_bytes(std::int64_t offset, std::int64_t up_to) const {
  if (offset >= up_to) return 0;
  const std::size_t first = segment_of(offset), last = segment_of(up_to);
  std::uint64_t bytes = 0;
  for (std::size_t s = first; s <= last; ++s) {
    const LogSegment& segment = segments_[s];
    const std::uint64_t begin = s == first ? segment.position_of(segment.index_of(offset)) : 0;
    // index_of(up_to) is the first batch that ends above up_to: all before it are readable.
    const std::uint64_t end =
        s == last ? segment.position_of(segment.index_of(up_to)) : segment.size_bytes();
    if (end > begin) bytes += end - begin;
  }
  return bytes;
}

std::optional<TimestampedOffset> PartitionLog::find_timestamp(SimTime timestamp,
                                                              std::int64_t up_to) const {
  for (std::size_t s = segment_of(log_start_offset_); s < segments_.size(); ++s) {
    const LogSegment& segment = segments_[s];
    if (segment.base_offset() >= up_to) break;
    if (segment.empty() || segment.largest_timestamp() < timestamp) continue;
    const auto& batches = segment.batches();
    for (std::size_t b = segment.index_of_timestamp(timestamp); b < batches.size(); ++b) {
      const RecordBatch& batch = batches[b].batch;
      if (batch.base_offset >= up_to) return std::nullopt;
      if (batch.max_timestamp < timestamp) continue;
      for (std::size_t i = batch.index_of(log_start_offset_); i < batch.records->size(); ++i) {
        if (batch.offset_of(i) >= up_to) return std::nullopt;
        if (batch.timestamp_of(i) >= timestamp)
          return TimestampedOffset{batch.timestamp_of(i), batch.offset_of(i)};
      }
    }
  }
  return std::nullopt;
}

void PartitionLog::collect_records(std::int64_t from, std::int64_t to,
                                   std::vector<RecordId>& records) const {
  for (std::size_t s = segment_of(from); s < segments_.size(); ++s) {
    const auto& batches = segments_[s].batches();
    for (std::size_t b = segments_[s].index_of(from); b < batches.size(); ++b) {
      const RecordBatch& batch = batches[b].batch;
      if (batch.base_offset >= to) return;
      for (std::size_t i = batch.index_of(from); i < batch.records->size(); ++i) {
        if (batch.offset_of(i) >= to) return;
        records.push_back((*batch.records)[i].id);
      }
    }
  }
}

// ---- flushing ---------------------------------------------------------------------------------

void PartitionLog::mark_flushed(std::int64_t offset, SimTime now) {
  last_flushed_at_ = std::max(last_flushed_at_, now);
  durable_offset_ = std::clamp(offset, durable_offset_, std::max(durable_offset_, log_end_offset_));
  recovery_point_ = std::clamp(offset, recovery_point_, std::max(recovery_point_, log_end_offset_));
}

// ---- cutting ----------------------------------------------------------------------------------

LogCut PartitionLog::truncate_to(std::int64_t offset, SimTime now) {
  if (offset >= log_end_offset_) {
    // A leader that another one followed before it wrote anything has noted an epoch that nobody
    // else knows (Kafka's UnifiedLog.truncateTo).
    epochs_.truncate_from_end(log_end_offset_);
    return {};
  }
  if (offset < segments_.front().base_offset()) return truncate_fully_and_start_at(offset, now);
  LogCut cut;
  const std::size_t last = segment_of(offset);
  const std::size_t index = segments_[last].index_of(offset);
  std::int64_t end = offset;
  if (index < segments_[last].batches().size())
    end = std::min(end, segments_[last].batches()[index].batch.base_offset);
  end = std::max(end, std::min(offset, log_start_offset_));
  collect_records(end, log_end_offset_, cut.records);
  remove_segments(last + 1, segments_.size(), cut.segments);
  LogSegment& active = segments_.back();
  cut.freed_bytes = active.size_bytes() - active.position_of(index);
  active.truncate(index, now);
  end_at(end);
  return cut;
}

LogCut PartitionLog::truncate_fully_and_start_at(std::int64_t offset, SimTime now) {
  LogCut cut;
  collect_records(log_start_offset_, log_end_offset_, cut.records);
  remove_segments(0, segments_.size(), cut.segments);
  segments_.emplace_back(offset, now);
  epochs_.clear();
  log_start_offset_ = log_end_offset_ = high_watermark_ = offset;
  recovery_point_ = std::min(recovery_point_, offset);
  durable_offset_ = offset;
  producers_.reset();
  return cut;
}

/// The log's state after its last batches have gone.
void PartitionLog::end_at(std::int64_t offset) {
  log_end_offset_ = offset;
  log_start_offset_ = std::min(log_start_offset_, offset);
  high_watermark_ = std::min(high_watermark_, offset);
  recovery_point_ = std::min(recovery_point_, offset);
  durable_offset_ = std::min(durable_offset_, offset);
  epochs_.truncate_from_end(offset);
  reload_producers();
}

/// Takes the segments from `first` on, up to but without `last`, out of the log.
void PartitionLog::remove_segments(std::size_t first, std::size_t last,
                                   std::vector<RemovedSegment>& removed) {
  const auto begin = segments_.begin() + static_cast<std::ptrdiff_t>(first);
  const auto end = segments_.begin() + static_cast<std::ptrdiff_t>(last);
  for (auto segment = begin; segment != end; ++segment)
    removed.push_back({segment->base_offset(), segment->size_bytes()});
  segments_.erase(begin, end);
  closed_bytes_ = 0;
  for (std::size_t s = 0; s + 1 < segments_.size(); ++s) closed_bytes_ += segments_[s].size_bytes();
}

LogCut PartitionLog::advance_log_start(std::int64_t offset) {
  LogCut cut;
  const std::int64_t start = std::min(offset, log_end_offset_);
  if (start <= log_start_offset_) return cut;
  collect_records(log_start_offset_, start, cut.records);
  log_start_offset_ = start;
  high_watermark_ = std::max(high_watermark_, start);
  recovery_point_ = std::max(recovery_point_, start);
  durable_offset_ = std::max(durable_offset_, start);
  epochs_.truncate_from_start(start);
  if (producers_) producers_->set_high_watermark(high_watermark_);
  if (producers_) producers_->forget_below(start);
  return cut;
}

LogCut PartitionLog::delete_oldest_segments(std::size_t count, SimTime now, bool& rolled) {
  rolled = count == segments_.size() && roll(now);
  LogCut cut;
  if (count == 0) return cut;
  EVENTARIUM_CHECK(count < segments_.size(), "a log keeps a segment");
  cut.records = advance_log_start(segments_[count].base_offset()).records;
  remove_segments(0, count, cut.segments);
  return cut;
}

std::vector<RemovedSegment> PartitionLog::replace_segments(std::size_t first, std::size_t last,
                                                           std::vector<LogSegment> cleaned) {
  EVENTARIUM_CHECK(first < last && last < segments_.size(),
                   "the active segment is never compacted");
  std::vector<RemovedSegment> removed;
  remove_segments(first, last, removed);
  for (const LogSegment& segment : cleaned) closed_bytes_ += segment.size_bytes();
  segments_.insert(segments_.begin() + static_cast<std::ptrdiff_t>(first),
                   std::make_move_iterator(cleaned.begin()),
                   std::make_move_iterator(cleaned.end()));
  durable_offset_ = std::max(durable_offset_, segments_[first + cleaned.size()].base_offset());
  return removed;
}

// ---- unclean stops ----------------------------------------------------------------------------

void PartitionLog::tear_unwritten(SimTime written_before) {
  std::int64_t torn = log_end_offset_;
  for (std::size_t s = segment_of(durable_offset_); s < segments_.size(); ++s) {
    const auto& batches = segments_[s].batches();
    const auto first =
        std::partition_point(batches.begin(), batches.end(), [&](const LogSegment::Stored& stored) {
          return stored.batch.next_offset() <= durable_offset_ ||
                 stored.appended_at < written_before;
        });
    if (first == batches.end()) continue;
    torn = first->batch.base_offset;
    break;
  }
  torn_from_ = std::min(torn_from_.value_or(torn), torn);
}

std::uint64_t PartitionLog::bytes_to_recover(std::int64_t from) const {
  std::uint64_t bytes = 0;
  for (std::size_t s = segment_of(from); s < segments_.size(); ++s)
    bytes += segments_[s].size_bytes();
  return bytes;
}

LogCut PartitionLog::recover(std::int64_t from, SimTime now) {
  LogCut cut;
  if (torn_from_) cut = truncate_to(*torn_from_, now);
  if (torn_from_) durable_offset_ = log_end_offset_;
  torn_from_.reset();
  recovery_point_ = std::clamp(from, std::min(log_start_offset_, log_end_offset_), log_end_offset_);
  return cut;
}

}  // namespace eventarium::kafka
