// Compaction: of each key only the latest record stays, in the closed part of a log. Records keep
// their offsets, so gaps are left; the active segment is never touched, so the latest part may hold
// many records of a key. A record with a null value (a tombstone) stays until delete.retention.ms
// after the cleaning that met it first, so that readers can learn of it. Records of aborted
// transactions go at once; a marker goes like a tombstone, once the data of its transaction has
// gone. The last batch of each producer stays, if need be empty, for its sequence. Decides and
// prepares; knows nothing of time slices and schedules.
//
//   log start      cleaner checkpoint     first uncleanable       log end
//   |---- clean ---|------- dirty -------|--- active, too young, or above the last stable offset
//   ---| cleaning: keys of the dirty part -> their latest offset; rewrite clean + dirty without
//   what that makes out of date; small neighbours are merged up to segment.bytes
//
// Follows Kafka's Cleaner, LogCleanerManager.cleanableOffsets and LogToClean (4.1). The offset map
// is taken to be large enough (Kafka's default holds 5 million keys).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/log/partition_log.h"

namespace eventarium::kafka {

/// What a cleaning would find.
struct LogToClean {
  std::int64_t first_dirty_offset = 0;
  std::int64_t first_uncleanable_offset = 0;  // begin of a segment
  std::uint64_t clean_bytes = 0;
  std::uint64_t dirty_bytes = 0;  // that could be cleaned
  bool overdue = false;           // max.compaction.lag.ms: must be cleaned whatever the ratio

  double dirty_ratio() const;
  /// min.cleanable.dirty.ratio must be exceeded; with anything to clean, being overdue suffices.
  bool eligible(const LogConfig& config) const;
};

/// `clean_offset`: up to where the last cleaning came; none before the first.
LogToClean assess(const PartitionLog& log, std::optional<std::int64_t> clean_offset, SimTime now);

/// The result of reading [log begin, first uncleanable offset) and leaving out what has to go.
struct Cleaning {
  std::size_t first_segment = 0, last_segment = 0;  // replaced: from first, without last
  std::vector<LogSegment> segments;                 // in their place
  std::int64_t clean_offset = 0;                    // the log is clean below it
  std::vector<RecordId> removed;                    // in offset order
  std::uint64_t read_bytes = 0, written_bytes = 0;
};

/// `now` is what tombstones' times count from.
Cleaning clean(const PartitionLog& log, const LogToClean& range, SimTime now);

}  // namespace eventarium::kafka
