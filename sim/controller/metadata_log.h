// The log of the cluster's metadata (Kafka's __cluster_metadata-0) as one process has it: entries
// with the epoch of the Raft leader that wrote them first. Knows what has reached the disk, and
// nothing of roles, votes and commits. Entries are shared by all processes that have copied them.
// Follows Kafka's KafkaMetadataLog (4.1), without snapshots.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/broker/metadata_record.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

/// A record, and why it was written. The reason is for whoever watches the run; no node reads it.
struct NotedRecord {
  MetadataRecord record;
  std::string reason;    // in a learner's words
  bool unclean = false;  // elects a leader that was not in sync
};

struct MetadataEntry {
  std::int32_t epoch = 0;
  NotedRecord noted;
  EventId appended;           // the event of the leader's append
  mutable bool told = false;  // the trace has said that it is committed: it says so once
};

using MetadataEntries = std::vector<std::shared_ptr<const MetadataEntry>>;

class MetadataLog {
 public:
  /// Offset of the next entry.
  std::int64_t end_offset() const { return static_cast<std::int64_t>(entries_.size()); }
  /// Of the last entry; 0 when there is none.
  std::int32_t last_epoch() const { return starts_.empty() ? 0 : starts_.back().epoch; }
  const std::shared_ptr<const MetadataEntry>& at(std::int64_t offset) const;

  /// Its epoch is at least the last one's.
  void append(std::shared_ptr<const MetadataEntry> entry);
  /// The largest epoch here that is not above `epoch`, and where it ends. {0, 0} for none.
  EpochEnd end_of_epoch(std::int32_t epoch) const;
  /// Cuts off the entries at and above `end_offset`.
  void truncate_to(std::int64_t end_offset);

  /// Entries below it are on the disk.
  std::int64_t flushed_offset() const { return flushed_; }
  void flushed_to(std::int64_t offset);
  /// Power is lost: what has not been flushed is gone.
  void lose_unflushed() { truncate_to(flushed_); }

 private:
  struct EpochStart {
    std::int32_t epoch;
    std::int64_t offset;
  };
  MetadataEntries entries_;
  std::vector<EpochStart> starts_;  // ascending in both
  std::int64_t flushed_ = 0;
};

}  // namespace eventarium::kafka
