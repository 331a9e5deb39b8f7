// See log_state.h.
#include "sim/check/log_state.h"

#include <algorithm>

namespace eventarium::check {

const ReplicaLog& PartitionState::log() const {
  static const ReplicaLog empty;
  if (const auto found = logs.find(leader); found != logs.end()) return found->second;
  const ReplicaLog* longest = &empty;
  if (!leader.valid())
    for (const auto& [broker, replica] : logs)
      if (replica.log_end_offset() > longest->log_end_offset()) longest = &replica;
  return *longest;
}

/// Keeps what is below `log_end_offset`.
void LogState::cut(ReplicaLog& log, std::int64_t log_end_offset) {
  const auto size = static_cast<std::int64_t>(log.records.size());
  const std::int64_t kept =
      std::clamp<std::int64_t>(log_end_offset - log.log_start_offset, 0, size);
  removed_.insert(removed_.end(), log.records.begin() + kept, log.records.end());
  log.records.resize(static_cast<std::size_t>(kept));
}

void LogState::on_event(const trace::Event& event) {
  added_.clear();
  removed_.clear();
  if (const auto* created = event.as<trace::PartitionCreated>()) {
    PartitionState& partition = partitions_[{created->topic, created->partition}];
    partition.leader = created->leader;
    partition.leader_epoch = created->leader_epoch;
    partition.replicas = created->replicas;
    partition.isr = created->isr;
  } else if (const auto* appended = event.as<trace::BatchAppended>()) {
    ReplicaLog& log = partitions_[{appended->topic, appended->partition}].logs[event.node];
    cut(log, appended->base_offset);
    if (log.records.empty() || appended->base_offset != log.log_end_offset()) {
      cut(log, log.log_start_offset);  // it goes on elsewhere: what was there is gone
      log.log_start_offset = appended->base_offset;
    }
    log.records.insert(log.records.end(), appended->records.begin(), appended->records.end());
    added_ = appended->records;
  } else if (const auto* truncated = event.as<trace::LogTruncated>()) {
    ReplicaLog& log = partitions_[{truncated->topic, truncated->partition}].logs[event.node];
    cut(log, truncated->log_end_offset);
  } else if (const auto* advanced = event.as<trace::HighWatermarkAdvanced>()) {
    partitions_[{advanced->topic, advanced->partition}].high_watermark = advanced->high_watermark;
  }
}

}  // namespace eventarium::check
