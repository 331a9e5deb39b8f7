// See log_invariants.h.
#include "sim/check/log_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {

void LogInvariants::on_event(const trace::Event& event) {
  if (const auto* truncated = event.as<trace::LogTruncated>()) {
    committed_is_not_cut(event.node, *truncated);
  } else if (const auto* taken = event.as<trace::LeadershipTaken>()) {
    new_leader_has_all_committed(event.node, *taken);
    const std::uint32_t number = ledger_.logs().numbers().find(taken->topic, taken->partition);
    if (number != PartitionNumbers::none) known_epoch(event.node, number) = taken->leader_epoch;
  } else if (const auto* following = event.as<trace::FollowingStarted>()) {
    const std::uint32_t number =
        ledger_.logs().numbers().find(following->topic, following->partition);
    if (number != PartitionNumbers::none) known_epoch(event.node, number) = following->leader_epoch;
  } else if (const auto* declared = event.as<trace::PublisherDeclared>()) {
    waits_for_all_[event.node] = declared->acks == "all";
  }
}

// ---- appends

void LogInvariants::on_appended(const trace::Event& event, const trace::BatchAppended& appended) {
  offset_given_once(event.node, appended);
  if (appended.as_follower) follower_knows_its_leader(event.node, appended);
  nothing_from_nothing(event.node, appended);
}

void LogInvariants::offset_given_once(NodeId broker, const trace::BatchAppended& appended) {
  const PartitionState* partition = ledger_.logs().find(appended.topic, appended.partition);
  const ReplicaLog* log = partition ? partition->logs.find(broker) : nullptr;
  if (!log || appended.base_offset >= log->log_end_offset()) return;
  findings_.violated(
      Invariant::offset_given_once,
      fmt::format("{} writes offset {} of {}-{} again: its log ends at {}", named(broker),
                  appended.base_offset, appended.topic, appended.partition, log->log_end_offset()),
      {broker}, appended.records);
}

std::int64_t& LogInvariants::known_epoch(NodeId broker, std::uint32_t partition) {
  if (partition >= known_epochs_.size()) known_epochs_.resize(partition + 1);
  for (auto& [node, epoch] : known_epochs_[partition])
    if (node == broker) return epoch;
  return known_epochs_[partition].emplace_back(broker, -1).second;
}

/// A leader serves no follower that doesn't know of its epoch yet, so nobody can copy what was
/// written in an epoch that it hasn't heard of.
void LogInvariants::follower_knows_its_leader(NodeId broker, const trace::BatchAppended& appended) {
  const std::uint32_t number = ledger_.logs().numbers().find(appended.topic, appended.partition);
  if (number == PartitionNumbers::none) return;
  const std::int64_t known = known_epoch(broker, number);
  if (known < 0 || appended.leader_epoch <= known) return;
  findings_.violated(
      Invariant::follower_knows_its_leader,
      fmt::format("{} follows the leader of epoch {} of {}-{}, and copies what was written in "
                  "epoch {}",
                  named(broker), known, appended.topic, appended.partition, appended.leader_epoch),
      {broker}, appended.records);
}

bool LogInvariants::stands_elsewhere(const PartitionState& partition, NodeId broker,
                                     std::int64_t offset, RecordId record) const {
  for (const auto& [other, log] : partition.logs.all())
    if (other != broker && log.at(offset) == record) return true;
  return false;
}

/// A leader writes what somebody has published to the topic, a follower what stands at that offset
/// in another replica's log. What was lost or cut off meanwhile may still be on its way.
void LogInvariants::nothing_from_nothing(NodeId broker, const trace::BatchAppended& appended) {
  // Kafka's own, and the markers of transactions.
  if (appended.topic.starts_with("__") || !appended.control.empty()) return;
  const PartitionState* partition = ledger_.logs().find(appended.topic, appended.partition);
  std::int64_t offset = appended.base_offset;
  for (const RecordId record : appended.records) {
    const RecordEntry* entry = ledger_.find(record);
    const bool known = entry && ledger_.topic(*entry) == appended.topic;
    const bool copied = !appended.as_follower || !partition || partition->ever_excused ||
                        partition->ever_compacted || (entry && entry->truncated) ||
                        stands_elsewhere(*partition, broker, offset, record);
    ++offset;
    if (known && copied) continue;
    findings_.violated(
        Invariant::nothing_from_nothing,
        known ? fmt::format("{} copies a record to offset {} of {}-{} that stands in no other log",
                            named(broker), offset - 1, appended.topic, appended.partition)
              : fmt::format("{} writes a record to {}-{} that nobody has published there",
                            named(broker), appended.topic, appended.partition),
        {broker}, {record});
    return;
  }
}

// ---- the high watermark

void LogInvariants::on_high_watermark(const trace::Event& event,
                                      const trace::HighWatermarkAdvanced& advanced) {
  const PartitionState* partition = ledger_.logs().find(advanced.topic, advanced.partition);
  if (!partition) return;
  const bool leads = event.node == partition->leader && event.node == partition->taken_by &&
                     partition->taken_epoch == partition->leader_epoch;
  if (leads) {
    high_watermark_within_in_sync(*partition, advanced);
    min_isr_respected(*partition, event.t, advanced);
    for (const NodeId member : partition->isr) logs_equal_below(*partition, member, advanced);
  } else {
    logs_equal_below(*partition, event.node, advanced);
  }
}

void LogInvariants::high_watermark_within_in_sync(const PartitionState& partition,
                                                  const trace::HighWatermarkAdvanced& advanced) {
  for (const NodeId member : partition.isr) {
    const ReplicaLog* log = partition.logs.find(member);
    const std::int64_t end = log ? log->log_end_offset() : 0;
    if (end >= advanced.high_watermark || (log && log->power_lost)) continue;
    findings_.violated(
        Invariant::high_watermark_within_in_sync,
        fmt::format("the high watermark of {}-{} is {}, but {}, in sync, has only what is below {}",
                    advanced.topic, advanced.partition, advanced.high_watermark, named(member),
                    end),
        {partition.leader, member});
    return;
  }
}

void LogInvariants::min_isr_respected(const PartitionState& partition, SimTime now,
                                      const trace::HighWatermarkAdvanced& advanced) {
  const std::size_t floor =
      std::min(static_cast<std::size_t>(partition.lowest_min_isr), partition.replicas.size());
  if (partition.isr.size() >= floor) return;
  const std::uint32_t number = ledger_.logs().numbers().find(advanced.topic, advanced.partition);
  if (!metadata_.knows_latest(partition.leader, number, now)) return;
  findings_.violated(
      Invariant::min_isr_respected,
      fmt::format("the high watermark of {}-{} moves to {} with {} of at least {} replicas in sync",
                  advanced.topic, advanced.partition, advanced.high_watermark, partition.isr.size(),
                  floor),
      {partition.leader});
}

/// `broker`'s log and the leader's, as far as both go, below the high watermark.
void LogInvariants::logs_equal_below(const PartitionState& partition, NodeId broker,
                                     const trace::HighWatermarkAdvanced& advanced) {
  const ReplicaLog* log = partition.logs.find(broker);
  const ReplicaLog* led = partition.logs.find(partition.taken_by);
  if (!log || !led || log == led || partition.ever_excused || partition.ever_compacted) return;
  if (log->differs_from() == ReplicaLog::nowhere && led->differs_from() == ReplicaLog::nowhere)
    return;
  const std::int64_t below =
      std::min({advanced.high_watermark, log->log_end_offset(), led->log_end_offset()});
  const std::int64_t equal = log->equal_until(*led, 0);
  if (equal >= below) return;
  std::vector<RecordId> records;
  for (const RecordId record : {log->at(equal), led->at(equal)})
    if (record.valid()) records.push_back(record);
  findings_.violated(
      Invariant::logs_equal_below_high_watermark,
      fmt::format("{} and {} hold different records at offset {} of {}-{}, below the high "
                  "watermark {}",
                  named(broker), named(partition.taken_by), equal, advanced.topic,
                  advanced.partition, advanced.high_watermark),
      {broker, partition.taken_by}, records);
}

// ---- what is committed stays

void LogInvariants::committed_is_not_cut(NodeId broker, const trace::LogTruncated& truncated) {
  const PartitionState* partition = ledger_.logs().find(truncated.topic, truncated.partition);
  const ReplicaLog* log = partition ? partition->logs.find(broker) : nullptr;
  const ReplicaLog* led = partition ? partition->logs.find(partition->taken_by) : nullptr;
  if (!log || !led || log->power_lost || partition->ever_excused) return;
  const std::int64_t end = std::min(
      {partition->committed, log->log_end_offset(), partition->first_start_after(log->last_epoch)});
  for (std::int64_t offset = std::max(truncated.log_end_offset, log->log_start_offset);
       offset < end; ++offset) {
    const RecordId record = log->at(offset);
    if (!record.valid() || led->at(offset) != record) continue;
    findings_.violated(Invariant::committed_stays,
                       fmt::format("{} cuts {}-{} at {}, but what stands below {} is committed",
                                   named(broker), truncated.topic, truncated.partition,
                                   truncated.log_end_offset, partition->committed),
                       {broker}, {record});
    return;
  }
}

void LogInvariants::new_leader_has_all_committed(NodeId broker,
                                                 const trace::LeadershipTaken& taken) {
  const PartitionState* partition = ledger_.logs().find(taken.topic, taken.partition);
  if (!partition || taken.leader_epoch <= partition->taken_epoch) return;
  if (partition->unclean_pending || broker == partition->taken_by) return;
  const ReplicaLog* former = partition->logs.find(partition->taken_by);
  const ReplicaLog* log = partition->logs.find(broker);
  if (!former || (log && log->power_lost) || partition->ever_compacted) return;
  const std::int64_t committed = std::min(partition->committed, former->log_end_offset());
  const std::int64_t equal = log ? log->equal_until(*former, 0) : 0;
  if (equal >= committed) return;
  const RecordId record = former->at(equal);
  findings_.violated(
      Invariant::committed_stays,
      fmt::format("{} leads {}-{} from now on and has what is committed only below {}, not below "
                  "{}",
                  named(broker), taken.topic, taken.partition, equal, committed),
      {broker, partition->taken_by},
      record.valid() ? std::vector<RecordId>{record} : std::vector<RecordId>{});
}

void LogInvariants::on_acknowledged(const trace::Event& event,
                                    const trace::RecordsAcknowledged& acknowledged) {
  if (acknowledged.base_offset < 0 || !waits_for_all_.get(event.node)) return;
  const PartitionState* partition = ledger_.logs().find(acknowledged.topic, acknowledged.partition);
  if (!partition || partition->ever_excused) return;
  const std::int64_t end =
      acknowledged.base_offset + static_cast<std::int64_t>(acknowledged.records.size());
  if (partition->committed_ever < end) {
    findings_.violated(
        Invariant::acknowledged_on_all_in_sync,
        fmt::format("{} was told that records of {}-{} up to offset {} are in, but no high "
                    "watermark has passed {}",
                    named(event.node), acknowledged.topic, acknowledged.partition, end - 1,
                    partition->committed_ever),
        {event.node, partition->leader}, acknowledged.records);
    return;
  }
  for (const NodeId member : partition->isr) {
    const ReplicaLog* log = partition->logs.find(member);
    if (log && (log->log_end_offset() >= end || log->power_lost)) continue;
    findings_.violated(
        Invariant::acknowledged_on_all_in_sync,
        fmt::format("{} was told that records of {}-{} up to offset {} are in, but {}, in sync, "
                    "lacks them",
                    named(event.node), acknowledged.topic, acknowledged.partition, end - 1,
                    named(member)),
        {event.node, member}, acknowledged.records);
    return;
  }
}

}  // namespace eventarium::check
