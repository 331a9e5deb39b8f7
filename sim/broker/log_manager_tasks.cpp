// What happens to logs by itself: rolled segments are flushed, checkpoints are written, old
// segments go, compacted topics are cleaned, files of removed segments vanish.
// Follows Kafka's LogManager, UnifiedLog.deleteOldSegments, LogCleaner and LogCleanerManager (4.1).
#include <algorithm>

#include "sim/base/check.h"
#include "sim/broker/components.h"
#include "sim/broker/log_manager.h"
#include "sim/log/log_retention.h"

namespace eventarium::kafka {

// ---- flushing ---------------------------------------------------------------------------------

void LogManager::segment_rolled(engine::Runtime& runtime, StoredLog& stored,
                                std::string_view reason) {
  const std::int64_t base_offset = stored.log.active_segment().base_offset();
  runtime.emit(
      trace::SegmentRolled{stored.tp.topic, stored.tp.partition, base_offset, std::string(reason)});
  draw_jitter(runtime, stored.log);
  start_flush(runtime, stored, base_offset);
}

/// In the background: nobody waits for it.
void LogManager::start_flush(engine::Runtime& runtime, const StoredLog& stored,
                             std::int64_t end_offset) {
  flushes_[++last_flush_] = {stored.tp, end_offset};
  runtime.fsync({log_manager_component, flush_done, last_flush_});
}

void LogManager::finish_flush(engine::Runtime& runtime, std::uint64_t id) {
  const auto found = flushes_.find(id);
  if (found == flushes_.end()) return;
  const Flush flush = std::move(found->second);
  flushes_.erase(found);
  if (runtime.disk() == engine::DiskResult::failed)
    return fail(runtime, engine::DiskResult::failed);
  if (StoredLog* stored = find(flush.tp)) flushed(runtime, *stored, flush.end_offset);
}

/// flush.ms
void LogManager::flush_old_logs(engine::Runtime& runtime) {
  for (const auto& [tp, stored] : logs_) {
    const Duration limit = stored.log.config().flush_ms;
    if (limit == Duration::max() || stored.log.unflushed_records() == 0) continue;
    if (runtime.now() - stored.log.last_flushed_at() >= limit)
      start_flush(runtime, stored, stored.log.log_end_offset());
  }
}

void LogManager::save_recovery_points(engine::Runtime& runtime) {
  if (!check_disk(runtime)) return;
  for (auto& [tp, stored] : logs_) stored.recovery_point = stored.log.recovery_point();
}

// ---- retention --------------------------------------------------------------------------------

/// The retention task leaves compacted topics to the cleaner, which comes by after each pass.
void LogManager::retain_logs(engine::Runtime& runtime, bool compacted_ones) {
  for (auto& [tp, stored] : logs_) {
    if (stored.log.config().compact_policy != compacted_ones) continue;
    if (cleaning_ && cleaning_->tp == tp) continue;
    retain(runtime, stored);
  }
}

void LogManager::retain(engine::Runtime& runtime, StoredLog& stored) {
  delete_oldest(runtime, stored, segments_below_log_start(stored.log), "follows the leader");
  if (!stored.log.config().delete_policy) return;
  delete_oldest(runtime, stored, segments_over_size(stored.log), "retention.bytes");
  delete_oldest(runtime, stored, segments_expired(stored.log, runtime.now()), "retention.ms");
}

void LogManager::delete_oldest(engine::Runtime& runtime, StoredLog& stored, std::size_t count,
                               const std::string& reason) {
  if (count == 0) return;
  const std::int64_t start = stored.log.log_start_offset();
  bool rolled = false;
  LogCut cut = stored.log.delete_oldest_segments(count, runtime.now(), rolled);
  if (rolled) segment_rolled(runtime, stored, "retention");
  const EventId before = runtime.current_cause();
  if (stored.log.log_start_offset() > start)
    runtime.set_cause(runtime.emit(trace::LogStartAdvanced{stored.tp.topic, stored.tp.partition,
                                                           stored.log.log_start_offset(),
                                                           std::move(cut.records), reason}));
  delete_later(runtime, stored, cut.segments);
  runtime.set_cause(before);
}

void LogManager::delete_later(engine::Runtime& runtime, const StoredLog& stored,
                              const std::vector<RemovedSegment>& segments) {
  if (segments.empty()) return;
  const Duration delay = stored.log.config().file_delete_delay_ms;
  for (const RemovedSegment& segment : segments)
    deleted_files_.emplace(runtime.now() + delay, DeletedFile{stored.tp, segment});
  set_timer(runtime, delete_timer, delay);
}

void LogManager::delete_files(engine::Runtime& runtime, SimTime due) {
  const auto end = deleted_files_.upper_bound(due);
  for (auto file = deleted_files_.begin(); file != end; ++file) {
    const auto& [tp, segment] = file->second;
    if (segment.size_bytes == 0) continue;
    runtime.free_disk(segment.size_bytes);
    runtime.emit(
        trace::SegmentDeleted{tp.topic, tp.partition, segment.base_offset, segment.size_bytes});
  }
  deleted_files_.erase(deleted_files_.begin(), end);
}

/// Who has not written for a day is forgotten; a producer that comes back then may begin anywhere.
void LogManager::expire_producers(engine::Runtime& runtime) {
  const Duration idle = interval("producer.id.expiration.ms");
  for (auto& [tp, stored] : logs_) stored.log.expire_producers(runtime.now(), idle);
}

// ---- compaction -------------------------------------------------------------------------------

/// The cleaner's loop: the log with the largest share of dirty bytes, else a pause.
void LogManager::clean_filthiest(engine::Runtime& runtime) {
  if (cleaning_) return;
  StoredLog* filthiest = nullptr;
  LogToClean best;
  for (auto& [tp, stored] : logs_) {
    if (!stored.log.config().compact_policy) continue;
    const LogToClean range = assess(stored.log, stored.clean_offset, runtime.now());
    if (!range.eligible(stored.log.config())) continue;
    if (filthiest && range.dirty_ratio() <= best.dirty_ratio()) continue;
    filthiest = &stored;
    best = range;
  }
  if (!filthiest) {
    retain_logs(runtime, true);
    return set_timer(runtime, cleaner_timer, interval("log.cleaner.backoff.ms"));
  }
  cleaning_ = RunningCleaning{filthiest->tp, clean(filthiest->log, best, runtime.now()), 0};
  cleaning_->bytes_left = cleaning_->plan.read_bytes + cleaning_->plan.written_bytes;
  ++last_cleaning_;
  clean_slice(runtime);
}

void LogManager::clean_slice(engine::Runtime& runtime) {
  const std::uint64_t bytes = std::min(cleaning_->bytes_left, cleaner_slice_bytes);
  cleaning_->bytes_left -= bytes;
  runtime.compute(cleaned_byte_work_flops * static_cast<double>(bytes),
                  {log_manager_component, slice_cleaned, last_cleaning_});
}

void LogManager::slice_finished(engine::Runtime& runtime, std::uint64_t id) {
  if (state_ != State::running) return;
  if (!cleaning_) return clean_filthiest(runtime);  // it was given up: the log has been cut
  if (id != last_cleaning_) return;
  if (cleaning_->bytes_left > 0) return clean_slice(runtime);
  finish_cleaning(runtime);
  if (state_ != State::running) return;
  retain_logs(runtime, true);
  clean_filthiest(runtime);
}

void LogManager::finish_cleaning(engine::Runtime& runtime) {
  Cleaning& plan = cleaning_->plan;
  // The new files are written and fsynced before they take the place of the old ones.
  if (plan.written_bytes > 0 && !write(runtime, plan.written_bytes)) return;
  StoredLog& stored = logs_.at(cleaning_->tp);
  const auto removed =
      stored.log.replace_segments(plan.first_segment, plan.last_segment, std::move(plan.segments));
  stored.clean_offset = plan.clean_offset;
  const EventId before = runtime.current_cause();
  runtime.set_cause(
      runtime.emit(trace::LogCompacted{stored.tp.topic, stored.tp.partition, plan.clean_offset,
                                       std::move(plan.removed), stored.log.size_bytes()}));
  delete_later(runtime, stored, removed);
  runtime.set_cause(before);
  cleaning_.reset();
}

/// Its log has changed under it. The slice that is at work goes to its end for nothing.
void LogManager::stop_cleaning(const TopicPartition& tp) {
  if (cleaning_ && cleaning_->tp == tp) cleaning_.reset();
}

}  // namespace eventarium::kafka
