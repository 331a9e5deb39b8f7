// Which of a log's oldest segments retention gives up. Deletion is by whole segments, oldest first,
// stops at the first one that may stay, never goes above the high watermark, and never looks at
// who has read what. Decides only. Follows Kafka's UnifiedLog.deleteOldSegments (4.1).
//
//   cleanup.policy contains delete:   log start, then retention.bytes, then retention.ms
//   otherwise:                        log start only
#pragma once

#include <cstddef>

#include "sim/log/partition_log.h"

namespace eventarium::kafka {

/// How many of the oldest segments lie wholly below the log start offset.
std::size_t segments_below_log_start(const PartitionLog& log);

/// How many of the oldest segments can go so that at least retention.bytes are left.
std::size_t segments_over_size(const PartitionLog& log);

/// How many of the oldest segments hold only records older than retention.ms, by the largest
/// timestamp in each. May be all of them: the active one is closed first then.
std::size_t segments_expired(const PartitionLog& log, SimTime now);

}  // namespace eventarium::kafka
