// What stands in the logs of all brokers, folded from the trace: per partition the leader and the
// in-sync replicas, per replica the records by offset. For tables, expectations and the verdict.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "sim/trace/event.h"

namespace eventarium::check {

/// One replica's log: the record at offset log_start_offset + i is records[i].
struct ReplicaLog {
  std::int64_t log_start_offset = 0;
  std::vector<RecordId> records;

  std::int64_t log_end_offset() const {
    return log_start_offset + static_cast<std::int64_t>(records.size());
  }
};

struct PartitionKey {
  std::string topic;
  std::int64_t partition = 0;
  auto operator<=>(const PartitionKey&) const = default;
};

struct PartitionState {
  NodeId leader;  // none: nobody leads it
  std::int64_t leader_epoch = 0;
  std::vector<NodeId> replicas, isr;
  std::int64_t high_watermark = 0;
  std::map<NodeId, ReplicaLog> logs;  // by broker; absent: empty

  /// The leader's log, or the longest one when there is no leader.
  const ReplicaLog& log() const;
};

class LogState : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override;

  const std::map<PartitionKey, PartitionState>& partitions() const { return partitions_; }
  /// What the latest event put into a log, and what it removed from one.
  const std::vector<RecordId>& added() const { return added_; }
  const std::vector<RecordId>& removed() const { return removed_; }

 private:
  void cut(ReplicaLog& log, std::int64_t log_end_offset);

  std::map<PartitionKey, PartitionState> partitions_;
  std::vector<RecordId> added_, removed_;
};

}  // namespace eventarium::check
