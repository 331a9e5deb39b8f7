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

void LogState::on_event(const trace::Event& event) {
  if (const auto* created = event.as<trace::PartitionCreated>()) {
    PartitionState& partition = partitions_[{created->topic, created->partition}];
    partition.leader = created->leader;
    partition.leader_epoch = created->leader_epoch;
    partition.replicas = created->replicas;
    partition.isr = created->isr;
  } else if (const auto* appended = event.as<trace::BatchAppended>()) {
    PartitionState& partition = partitions_[{appended->topic, appended->partition}];
    ReplicaLog& log = partition.logs[event.node];
    if (log.records.empty()) log.log_start_offset = appended->base_offset;
    // A log that lost its unflushed end goes on from where the flushed part ends.
    if (appended->base_offset < log.log_start_offset) log = {appended->base_offset, {}};
    const auto kept = static_cast<std::size_t>(appended->base_offset - log.log_start_offset);
    log.records.resize(kept);
    log.records.insert(log.records.end(), appended->records.begin(), appended->records.end());
  } else if (const auto* truncated = event.as<trace::LogTruncated>()) {
    ReplicaLog& log = partitions_[{truncated->topic, truncated->partition}].logs[event.node];
    const std::int64_t kept = truncated->log_end_offset - log.log_start_offset;
    if (kept < static_cast<std::int64_t>(log.records.size()))
      log.records.resize(static_cast<std::size_t>(std::max<std::int64_t>(kept, 0)));
  } else if (const auto* advanced = event.as<trace::HighWatermarkAdvanced>()) {
    partitions_[{advanced->topic, advanced->partition}].high_watermark = advanced->high_watermark;
  }
}

std::unordered_set<RecordId> LogState::records() const {
  std::unordered_set<RecordId> result;
  for (const auto& [key, partition] : partitions_)
    for (const auto& [broker, log] : partition.logs)
      result.insert(log.records.begin(), log.records.end());
  return result;
}

}  // namespace eventarium::check
