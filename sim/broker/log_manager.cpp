// Life of the log directory, and the changes of logs that the broker asks for. What happens by
// itself is in log_manager_tasks.cpp.
#include "sim/broker/log_manager.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/broker/components.h"

namespace eventarium::kafka {

LogManager::LogManager(Config config, PlantedFaults planted)
    : config_(std::move(config)), planted_(planted) {}

Duration LogManager::interval(std::string_view key) const {
  return config_ms(config_, ConfigScope::broker, key);
}

void LogManager::set_timer(engine::Runtime& runtime, TokenKind kind, Duration delay,
                           std::uint64_t value) {
  if (delay == Duration::max()) return;
  runtime.set_timer(delay, {log_manager_component, kind, value});
}

// ---- life of the process ----------------------------------------------------------------------

bool LogManager::start(engine::Runtime& runtime) {
  state_ = State::recovering;
  const bool clean = std::exchange(clean_marker_, false);
  // Recovery writes, and finds a full disk out.
  const engine::DiskResult disk = runtime.disk();
  if (disk == engine::DiskResult::failed || (disk == engine::DiskResult::full && !clean)) {
    fail(runtime, disk);
    return false;
  }
  delete_files(runtime, SimTime::max());  // whose time had not come when the process ended
  for (auto& [tp, stored] : logs_) {
    if (!clean) {
      to_recover_.push_back(tp);
      continue;
    }
    stored.log.mark_flushed(stored.log.log_end_offset(), runtime.now());
    stored.log.set_high_watermark(stored.high_watermark);
    stored.log.reload_producers();
  }
  return recover_next(runtime);
}

/// Scans one log after the other. True when there is none left: the manager runs.
bool LogManager::recover_next(engine::Runtime& runtime) {
  while (!to_recover_.empty()) {
    StoredLog& stored = logs_.at(to_recover_.front());
    const std::uint64_t bytes = stored.log.bytes_to_recover(stored.recovery_point);
    if (bytes > 0) {
      runtime.compute(recovered_byte_work_flops * static_cast<double>(bytes),
                      {log_manager_component, recovery_done, 0});
      return false;
    }
    recover(runtime, stored);
    to_recover_.pop_front();
  }
  run(runtime);
  return true;
}

void LogManager::recover(engine::Runtime& runtime, StoredLog& stored) {
  const LogCut cut = stored.log.recover(stored.recovery_point, runtime.now());
  stored.log.set_high_watermark(stored.high_watermark);
  stored.log.reload_producers();
  const PartitionLog& log = stored.log;
  const EventId before = runtime.current_cause();
  if (!cut.records.empty())
    runtime.set_cause(
        runtime.emit(trace::LogTruncated{stored.tp.topic, stored.tp.partition, log.log_end_offset(),
                                         cut.records, "power loss: not yet on the disk"}));
  if (log.size_bytes() > 0 || !cut.records.empty())
    runtime.emit(trace::LogRecovered{stored.tp.topic, stored.tp.partition, stored.recovery_point,
                                     log.log_end_offset(), log.high_watermark()});
  runtime.set_cause(before);
  after_cut(runtime, stored, cut);
}

void LogManager::run(engine::Runtime& runtime) {
  state_ = State::running;
  const Duration initial = interval("log.initial.task.delay.ms");
  set_timer(runtime, retention_timer, initial);
  set_timer(runtime, checkpoint_timer, initial);
  set_timer(runtime, producer_timer, interval("producer.id.expiration.check.interval.ms"));
  if (interval("log.flush.scheduler.interval.ms") != Duration::max())
    set_timer(runtime, flush_timer, initial);
  clean_filthiest(runtime);
}

bool LogManager::on_done(engine::Runtime& runtime, engine::Token token) {
  switch (token.kind) {
    case recovery_done:
      recover(runtime, logs_.at(to_recover_.front()));
      to_recover_.pop_front();
      return recover_next(runtime);
    case flush_done:
      finish_flush(runtime, token.value);
      return false;
    case slice_cleaned:
      slice_finished(runtime, token.value);
      return false;
    default:
      return false;
  }
}

void LogManager::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (state_ == State::failed) return;
  switch (token.kind) {
    case retention_timer:
      retain_logs(runtime, false);
      return set_timer(runtime, retention_timer, interval("log.retention.check.interval.ms"));
    case checkpoint_timer:
      save_recovery_points(runtime);
      return set_timer(runtime, checkpoint_timer,
                       interval("log.flush.offset.checkpoint.interval.ms"));
    case flush_timer:
      flush_old_logs(runtime);
      return set_timer(runtime, flush_timer, interval("log.flush.scheduler.interval.ms"));
    case producer_timer:
      expire_producers(runtime);
      return set_timer(runtime, producer_timer,
                       interval("producer.id.expiration.check.interval.ms"));
    case cleaner_timer:
      return clean_filthiest(runtime);
    case delete_timer:
      return delete_files(runtime, runtime.now());
    default:
      return;
  }
}

void LogManager::flush_all(engine::Runtime& runtime) {
  for (auto& [tp, stored] : logs_) {
    stored.log.mark_flushed(stored.log.log_end_offset(), runtime.now());
    stored.recovery_point = stored.log.recovery_point();
  }
}

void LogManager::stop(engine::Runtime& runtime, engine::StopReason reason) {
  const bool loaded = state_ == State::running;
  state_ = State::stopped;
  to_recover_.clear();
  flushes_.clear();
  cleaning_.reset();
  if (reason == engine::StopReason::clean && loaded) {
    flush_all(runtime);
    clean_marker_ = true;
  } else if (reason == engine::StopReason::power_loss && !clean_marker_) {
    for (auto& [tp, stored] : logs_) stored.log.tear_unwritten(runtime.written_before());
  }
}

// ---- logs -------------------------------------------------------------------------------------

StoredLog* LogManager::find(const TopicPartition& tp) {
  const auto found = logs_.find(tp);
  return found == logs_.end() ? nullptr : &found->second;
}

StoredLog& LogManager::open(engine::Runtime& runtime, const TopicPartition& tp,
                            const Config& topic_config) {
  const LogConfig config = make_log_config(topic_config, config_);
  const auto [place, created] = logs_.try_emplace(tp);
  StoredLog& stored = place->second;
  if (created) {
    stored.tp = tp;
    stored.log = PartitionLog(config, runtime.now());
  } else {
    stored.log.set_config(config);
  }
  draw_jitter(runtime, stored.log);
  return stored;
}

void LogManager::set_config(const TopicPartition& tp, const Config& topic_config) {
  StoredLog* stored = find(tp);
  EVENTARIUM_CHECK(stored, "only a log that is here has a config");
  stored->log.set_config(make_log_config(topic_config, config_));
  if (!stored->log.config().compact_policy) stop_cleaning(tp);
}

void LogManager::remove(engine::Runtime& runtime, const TopicPartition& tp) {
  const auto found = logs_.find(tp);
  if (found == logs_.end()) return;
  stop_cleaning(tp);
  std::vector<RemovedSegment> segments;
  for (const LogSegment& segment : found->second.log.segments())
    segments.push_back({segment.base_offset(), segment.size_bytes()});
  delete_later(runtime, found->second, segments);
  std::erase_if(flushes_, [&](const auto& flush) { return flush.second.tp == tp; });
  std::erase(to_recover_, tp);
  logs_.erase(found);
}

// ---- changes ----------------------------------------------------------------------------------

bool LogManager::write(engine::Runtime& runtime, std::uint64_t size_bytes) {
  if (state_ == State::failed) return false;
  const engine::DiskResult result = runtime.append_to_disk(size_bytes);
  if (result == engine::DiskResult::ok) return true;
  fail(runtime, result);
  return false;
}

void LogManager::fail(engine::Runtime& runtime, engine::DiskResult result) {
  if (state_ == State::failed) return;
  state_ = State::failed;
  runtime.set_cause(runtime.emit(trace::LogDirectoryFailed{
      result == engine::DiskResult::full ? "no space left on device" : "input/output error"}));
  runtime.exit(engine::StopReason::crash);
}

bool LogManager::check_disk(engine::Runtime& runtime) {
  if (state_ == State::failed) return false;
  const engine::DiskResult result = runtime.disk();
  if (result != engine::DiskResult::ok) fail(runtime, result);
  return result == engine::DiskResult::ok;
}

const RecordBatch* LogManager::append_as_leader(engine::Runtime& runtime, StoredLog& stored,
                                                RecordBatch batch, std::int32_t leader_epoch) {
  if (!write(runtime, batch.size_bytes)) return nullptr;
  if (planted_.has(PlantedFault::offset_given_twice)) give_offset_twice(runtime, stored.log);
  return appended(runtime, stored,
                  stored.log.append_as_leader(std::move(batch), leader_epoch, runtime.now()));
}

const RecordBatch* LogManager::append_as_follower(engine::Runtime& runtime, StoredLog& stored,
                                                  RecordBatch batch) {
  if (!write(runtime, batch.size_bytes)) return nullptr;
  return appended(runtime, stored, stored.log.append_as_follower(std::move(batch), runtime.now()));
}

/// Planted: now and then the last batch is silently written over.
void LogManager::give_offset_twice(engine::Runtime& runtime, PartitionLog& log) {
  constexpr std::uint64_t every_n_appends = 20;
  if (++leader_appends_ % every_n_appends != 0 || log.active_segment().empty()) return;
  log.truncate_to(log.active_segment().batches().back().batch.base_offset, runtime.now());
}

const RecordBatch* LogManager::appended(engine::Runtime& runtime, StoredLog& stored,
                                        const LogAppend& append) {
  if (!append.roll_reason.empty()) segment_rolled(runtime, stored, append.roll_reason);
  return append.batch;
}

void LogManager::draw_jitter(engine::Runtime& runtime, PartitionLog& log) {
  const Duration limit = std::min(log.config().segment_jitter_ms, log.config().segment_ms);
  if (limit <= Duration::zero()) return log.set_roll_jitter(Duration::zero());
  const auto limit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(limit).count();
  log.set_roll_jitter(std::chrono::milliseconds(
      runtime.random("segment jitter").below(static_cast<std::uint64_t>(limit_ms))));
}

bool LogManager::truncate(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                          const std::string& reason) {
  const bool cuts = offset < stored.log.log_end_offset();
  const LogCut cut = stored.log.truncate_to(offset, runtime.now());
  if (!cuts) return false;  // only of the epochs, what no record bears out
  runtime.emit(trace::LogTruncated{stored.tp.topic, stored.tp.partition,
                                   stored.log.log_end_offset(), cut.records, reason});
  after_cut(runtime, stored, cut);
  return true;
}

void LogManager::restart_at(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                            const std::string& reason) {
  const LogCut cut = stored.log.truncate_fully_and_start_at(offset, runtime.now());
  runtime.emit(
      trace::LogTruncated{stored.tp.topic, stored.tp.partition, offset, cut.records, reason});
  after_cut(runtime, stored, cut);
}

void LogManager::after_cut(engine::Runtime& runtime, StoredLog& stored, const LogCut& cut) {
  const std::int64_t end = stored.log.log_end_offset();
  stop_cleaning(stored.tp);
  if (cut.freed_bytes > 0) runtime.free_disk(cut.freed_bytes);
  delete_later(runtime, stored, cut.segments);
  stored.recovery_point = std::min(stored.recovery_point, end);
  if (stored.clean_offset)
    stored.clean_offset = std::min(*stored.clean_offset, stored.log.active_segment().base_offset());
  // A flush under way has not written what is appended in its place from now on.
  for (auto& [id, flush] : flushes_)
    if (flush.tp == stored.tp) flush.end_offset = std::min(flush.end_offset, end);
}

void LogManager::advance_log_start(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                                   const std::string& reason) {
  const std::int64_t before = stored.log.log_start_offset();
  LogCut cut = stored.log.advance_log_start(offset);
  if (stored.log.log_start_offset() == before) return;
  runtime.emit(trace::LogStartAdvanced{stored.tp.topic, stored.tp.partition,
                                       stored.log.log_start_offset(), std::move(cut.records),
                                       reason});
}

void LogManager::flushed(engine::Runtime& runtime, StoredLog& stored, std::int64_t end_offset) {
  stored.log.mark_flushed(end_offset, runtime.now());
}

}  // namespace eventarium::kafka
