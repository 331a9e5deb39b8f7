// The logs on one broker's disk, and what happens to them beside appends and reads: recovery after
// an unclean stop, flushing, checkpoints, retention, compaction, deletion of files, and the halt
// when the disk fails. All changes of a log go through here, so that disk and trace follow them.
// Knows no partitions, leaders or requests.
//
//   stopped    --start, clean marker-->  running      every recovery point is the log's end
//   stopped    --start, no marker---->   recovering   scans what lies above the recovery points
//   recovering --all scanned-------->    running      ends cut off, events told; tasks scheduled
//   any        --disk full or failed-->  failed       LogDirectoryFailed; the process exits: this
//                                                     is its only log directory
//   any        --stop(clean)--------->   stopped      everything fsynced, clean marker written
//   any        --stop(crash)--------->   stopped      the page cache is the system's: nothing lost
//   any        --stop(power_loss)---->   stopped      ends that were not written are torn
//
//   task                first            then every
//   retention           30 s             log.retention.check.interval.ms (5 min)
//   recovery points     30 s             log.flush.offset.checkpoint.interval.ms (1 min)
//   flush.ms            30 s             log.flush.scheduler.interval.ms (never)
//   compaction          at once          back to back; log.cleaner.backoff.ms (15 s) when nothing
//                                        is dirty enough
//   files of segments   file.delete.delay.ms (1 min) after the segment has left its log
//   idle producers      producer.id.expiration.check.interval.ms (10 min), from the start on
//
// Follows Kafka's LogManager, LogLoader, LogCleaner and LogDirFailureChannel (4.1). The log start
// offset is taken to be on the disk as soon as it moves (Kafka saves it every minute, and finds
// it again from the first segment's name when retention has moved it).
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "sim/base/config_keys.h"
#include "sim/base/planted_fault.h"
#include "sim/engine/runtime.h"
#include "sim/log/log_cleaner.h"
#include "sim/log/partition_log.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

/// One replica's log and its lines in the checkpoint files. Stays in place until it is removed.
struct StoredLog {
  TopicPartition tp;
  PartitionLog log;
  std::int64_t recovery_point = 0;           // recovery-point-offset-checkpoint
  std::int64_t high_watermark = 0;           // replication-offset-checkpoint: its owner's
  std::optional<std::int64_t> clean_offset;  // cleaner-offset-checkpoint
};

/// Orders of magnitude of one core of 1e9 flop/s: recovery reads and checks 200 MB/s, the cleaner
/// reads and writes 100 MB/s. The cleaner works in slices, between which requests are handled.
constexpr double recovered_byte_work_flops = 5;
constexpr double cleaned_byte_work_flops = 10;
constexpr std::uint64_t cleaner_slice_bytes = 256 * 1024;

class LogManager {
 public:
  /// `config` has the broker scope and has been checked.
  explicit LogManager(Config config, PlantedFaults planted = {});

  // ---- life of the process
  /// True when all logs can be used at once; else on_done() says when, unless the disk is broken.
  bool start(engine::Runtime& runtime);
  /// Tokens of log_manager_component. True when recovery has just come to its end.
  bool on_done(engine::Runtime& runtime, engine::Token token);
  void on_timer(engine::Runtime& runtime, engine::Token token);
  /// Everything is on the disk now, as the broker says who waited for the fsync.
  void flush_all(engine::Runtime& runtime);
  void stop(engine::Runtime& runtime, engine::StopReason reason);
  bool running() const { return state_ == State::running; }
  bool failed() const { return state_ == State::failed; }

  // ---- logs
  const std::map<TopicPartition, StoredLog>& logs() const { return logs_; }
  /// Null when there is none.
  StoredLog* find(const TopicPartition& tp);
  /// Creates an empty one when there is none; either way it obeys the topic's config from now on.
  StoredLog& open(engine::Runtime& runtime, const TopicPartition& tp, const Config& topic_config);
  void set_config(const TopicPartition& tp, const Config& topic_config);
  /// The broker has no replica of it any more: gone at once, the files later. `tp` may be absent.
  void remove(engine::Runtime& runtime, const TopicPartition& tp);

  // ---- changes
  /// PartitionLog's function, with its effects on disk and trace (but for BatchAppended, which
  /// the caller emits). Null when the disk did not take it: the broker halts. The batch is valid
  /// until the log changes again.
  const RecordBatch* append_as_leader(engine::Runtime& runtime, StoredLog& stored,
                                      RecordBatch batch, std::int32_t leader_epoch);
  const RecordBatch* append_as_follower(engine::Runtime& runtime, StoredLog& stored,
                                        RecordBatch batch);
  /// Emits LogTruncated; false when the log does not reach `offset`: then only epochs change.
  bool truncate(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                const std::string& reason);
  /// Drops the whole log and begins anew, empty, at `offset`. Emits LogTruncated.
  void restart_at(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                  const std::string& reason);
  /// A follower follows its leader's log start. Emits LogStartAdvanced when it moves.
  void advance_log_start(engine::Runtime& runtime, StoredLog& stored, std::int64_t offset,
                         const std::string& reason);
  /// An fsync that the caller asked for when the log ended at `end_offset` has finished.
  void flushed(engine::Runtime& runtime, StoredLog& stored, std::int64_t end_offset);
  /// What writing a small file would meet now; on trouble the broker halts. True when it is well.
  bool check_disk(engine::Runtime& runtime);

 private:
  enum class State : std::uint8_t { stopped, recovering, running, failed };
  enum TokenKind : std::uint16_t {
    recovery_done,
    retention_timer,
    flush_timer,
    checkpoint_timer,
    cleaner_timer,
    slice_cleaned,
    delete_timer,
    flush_done,
    producer_timer
  };
  struct DeletedFile {
    TopicPartition tp;
    RemovedSegment segment;
  };
  struct Flush {
    TopicPartition tp;
    std::int64_t end_offset = 0;
  };
  struct RunningCleaning {
    TopicPartition tp;
    Cleaning plan;
    std::uint64_t bytes_left = 0;
  };

  // log_manager.cpp
  void set_timer(engine::Runtime& runtime, TokenKind kind, Duration delay, std::uint64_t value = 0);
  Duration interval(std::string_view key) const;
  void run(engine::Runtime& runtime);
  bool recover_next(engine::Runtime& runtime);
  void recover(engine::Runtime& runtime, StoredLog& stored);
  bool write(engine::Runtime& runtime, std::uint64_t size_bytes);
  void fail(engine::Runtime& runtime, engine::DiskResult result);
  const RecordBatch* appended(engine::Runtime& runtime, StoredLog& stored, const LogAppend& append);
  void after_cut(engine::Runtime& runtime, StoredLog& stored, const LogCut& cut);
  void draw_jitter(engine::Runtime& runtime, PartitionLog& log);
  void give_offset_twice(engine::Runtime& runtime, PartitionLog& log);

  // log_manager_tasks.cpp
  void segment_rolled(engine::Runtime& runtime, StoredLog& stored, std::string_view reason);
  void start_flush(engine::Runtime& runtime, const StoredLog& stored, std::int64_t end_offset);
  void finish_flush(engine::Runtime& runtime, std::uint64_t id);
  void flush_old_logs(engine::Runtime& runtime);
  void save_recovery_points(engine::Runtime& runtime);
  void retain_logs(engine::Runtime& runtime, bool compacted_ones);
  void retain(engine::Runtime& runtime, StoredLog& stored);
  void delete_oldest(engine::Runtime& runtime, StoredLog& stored, std::size_t count,
                     const std::string& reason);
  void delete_later(engine::Runtime& runtime, const StoredLog& stored,
                    const std::vector<RemovedSegment>& segments);
  void expire_producers(engine::Runtime& runtime);
  void delete_files(engine::Runtime& runtime, SimTime due);
  void clean_filthiest(engine::Runtime& runtime);
  void clean_slice(engine::Runtime& runtime);
  void slice_finished(engine::Runtime& runtime, std::uint64_t id);
  void finish_cleaning(engine::Runtime& runtime);
  void stop_cleaning(const TopicPartition& tp);

  Config config_;
  PlantedFaults planted_;
  // On the disk.
  std::map<TopicPartition, StoredLog> logs_;
  std::multimap<SimTime, DeletedFile> deleted_files_;  // by when they go
  bool clean_marker_ = true;                           // a new disk has nothing to recover
  // Of the process.
  State state_ = State::stopped;
  std::deque<TopicPartition> to_recover_;
  std::map<std::uint64_t, Flush> flushes_;
  std::uint64_t last_flush_ = 0;
  std::optional<RunningCleaning> cleaning_;
  std::uint64_t last_cleaning_ = 0;
  std::uint64_t leader_appends_ = 0;  // for a planted fault
};

}  // namespace eventarium::kafka
