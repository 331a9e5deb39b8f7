// Where each leader epoch begins in a log: the list that lets a leader and its followers find the
// place where their logs part. Lives with the log on the disk. Knows no log.
//
//   epoch  start offset
//     0        0         records 0 ... 3 were written by the leader of epoch 0,
//     1        4         4 ... 8 by that of epoch 1, all after by that of epoch 3;
//     3        9         the leader of epoch 2 wrote nothing
//
// Follows Kafka's LeaderEpochFileCache (4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace eventarium::kafka {

/// The end of an epoch in a log: the offset behind its last record. -1: unknown.
struct EpochEnd {
  std::int32_t epoch = -1;
  std::int64_t end_offset = -1;
  bool operator==(const EpochEnd&) const = default;
};

class LeaderEpochCache {
 public:
  struct Entry {
    std::int32_t epoch = 0;
    std::int64_t start_offset = 0;
    bool operator==(const Entry&) const = default;
  };

  /// Epochs and start offsets both ascend.
  const std::vector<Entry>& entries() const { return entries_; }
  std::optional<std::int32_t> latest_epoch() const;

  /// The epoch begins at the offset. Entries with an equal or higher epoch or start offset are
  /// replaced; nothing changes when it is the latest epoch already and does not begin earlier.
  void assign(std::int32_t epoch, std::int64_t start_offset);

  /// Where the epoch ends in this log. The latest epoch ends at the log's end; another one where
  /// the next higher known one starts, and it is reported as the largest known epoch that is not
  /// above it. Unknown (-1, -1) when it is higher than all that is known.
  EpochEnd end_offset_for(std::int32_t epoch, std::int64_t log_end_offset) const;

  /// The epoch of the record at the offset; none below the first entry.
  std::optional<std::int32_t> epoch_for(std::int64_t offset) const;

  /// The log ends at `end_offset` now: what starts there or later is forgotten.
  void truncate_from_end(std::int64_t end_offset);
  /// The log starts at `start_offset` now: the epoch there starts with it, older ones go.
  void truncate_from_start(std::int64_t start_offset);
  void clear() { entries_.clear(); }

 private:
  std::vector<Entry> entries_;
};

}  // namespace eventarium::kafka
