// What the replicas of one partition hold, by offset. Replicas are equal nearly everywhere, so the
// records are kept once, as the newest leader has them; a replica is a piece of that and, where it
// differs, an end of its own:
//
//   shared   0 1 2 3 4' 5' 6'        written by the leader of epoch 1
//   broker-2 [0 ............ 7)      it leads
//   broker-3 [0 ........ 5)          a follower on its way
//   broker-1 [0 ... 4) own: 4 5      it led epoch 0, and has yet to cut off 4 and 5
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>
#include <vector>

#include "sim/base/ids.h"

namespace eventarium::check {

/// The records at consecutive offsets; none() where nobody is known to hold one.
struct OffsetRecords {
  std::int64_t base_offset = 0;
  std::vector<RecordId> records;

  std::int64_t end_offset() const {
    return base_offset + static_cast<std::int64_t>(records.size());
  }
  RecordId at(std::int64_t offset) const {
    if (offset < base_offset || offset >= end_offset()) return RecordId{};
    return records[static_cast<std::size_t>(offset - base_offset)];
  }
};

/// One replica's log.
class ReplicaLog {
 public:
  static constexpr std::int64_t nowhere = std::numeric_limits<std::int64_t>::max();

  std::int64_t log_start_offset = 0;
  std::int64_t high_watermark = 0;  // this replica's own idea of it
  std::int64_t last_epoch = -1;     // leader epoch of the batch written last
  /// Its machine lost power since it was last known to hold everything committed.
  bool power_lost = false;

  std::int64_t log_end_offset() const { return end_; }
  bool empty() const { return end_ == log_start_offset; }
  /// None outside the log and where compaction has removed the record.
  RecordId at(std::int64_t offset) const;
  /// Where it begins to differ from the newest leader's records; `nowhere` when it doesn't.
  std::int64_t differs_from() const { return own_.records.empty() ? nowhere : own_.base_offset; }
  /// The other one certainly holds everything that stands here.
  bool is_part_of(const ReplicaLog& other) const {
    return own_.records.empty() && other.own_.records.empty() && other.holes_.empty() &&
           other.log_start_offset <= log_start_offset && end_ <= other.end_;
  }
  /// Calls visit(offset, record) for each record from `from` on.
  template <class Visit>
  void for_each(std::int64_t from, Visit&& visit) const {
    if (holes_.empty() && own_.records.empty() && shared_) {  // the usual case, quickly
      const std::int64_t first = from < log_start_offset ? log_start_offset : from;
      const std::int64_t end = std::min(end_, shared_->end_offset());
      for (std::int64_t offset = std::max(first, shared_->base_offset); offset < end; ++offset)
        if (const RecordId record =
                shared_->records[static_cast<std::size_t>(offset - shared_->base_offset)];
            record.valid())
          visit(offset, record);
      return;
    }
    for (std::int64_t offset = from < log_start_offset ? log_start_offset : from; offset < end_;
         ++offset)
      if (const RecordId record = at(offset); record.valid()) visit(offset, record);
  }
  /// The first offset at which both do not hold the same; where a record was compacted away on one
  /// side nothing is to compare. Looks from `from` on; at most the lower end.
  std::int64_t equal_until(const ReplicaLog& other, std::int64_t from) const;

 private:
  friend class ReplicaLogs;
  std::int64_t end_ = 0;
  const OffsetRecords* shared_ = nullptr;
  OffsetRecords own_;                                         // when not empty: up to end_
  std::vector<std::pair<std::int64_t, std::int64_t>> holes_;  // compacted away: [from, to)
};

/// The logs of all replicas of a partition. Not to be copied: logs point into it.
class ReplicaLogs {
 public:
  ReplicaLogs() = default;
  ReplicaLogs(const ReplicaLogs&) = delete;
  ReplicaLogs& operator=(const ReplicaLogs&) = delete;

  struct Entry {
    NodeId broker;
    ReplicaLog log;
  };
  /// In order of their first append.
  const std::vector<Entry>& all() const { return entries_; }
  /// Null when the broker has written nothing yet.
  const ReplicaLog* find(NodeId broker) const;
  ReplicaLog& of(NodeId broker);

  /// Below the end it cuts the log first; above, the offsets between are compacted away; an empty
  /// log begins there.
  void append(NodeId broker, std::int64_t base_offset, const std::vector<RecordId>& records,
              bool as_follower);
  void cut(NodeId broker, std::int64_t log_end_offset);
  void advance_start(NodeId broker, std::int64_t log_start_offset);
  /// `records`, in offset order, are removed.
  void compact(NodeId broker, const std::vector<RecordId>& records);
  void forget(NodeId broker);

 private:
  void cut(ReplicaLog& log, std::int64_t log_end_offset);
  void write(ReplicaLog& log, std::int64_t base_offset, const std::vector<RecordId>& records,
             bool as_follower);
  void write_own(ReplicaLog& log, std::int64_t from, std::int64_t base_offset,
                 const std::vector<RecordId>& records);
  void part_others(const ReplicaLog& writer, std::int64_t from);
  void drop_unused();

  std::vector<Entry> entries_;
  OffsetRecords shared_;
};

}  // namespace eventarium::check
