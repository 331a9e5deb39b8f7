// See transaction_invariants.h.
#include "sim/check/transaction_invariants.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace eventarium::check {

void TransactionInvariants::on_event(const trace::Event& event) {
  if (const auto* advanced = event.as<trace::LastStableOffsetAdvanced>()) {
    stable_offset_stops_at_open(event, *advanced);
  } else if (const auto* changed = event.as<trace::TransactionStateChanged>()) {
    every_partition_gets_its_marker(event, *changed);
  } else if (const auto* taken = event.as<trace::LeadershipTaken>()) {
    new_leader(*taken);
  }
}

/// What it doesn't have was never committed, and nothing follows from it.
void TransactionInvariants::new_leader(const trace::LeadershipTaken& taken) {
  OfPartition& partition = partitions_[{taken.topic, taken.partition}];
  if (taken.leader_epoch < partition.leader_epoch) return;
  partition.leader_epoch = taken.leader_epoch;
  partition.producers.clear();
  std::vector<std::int64_t> gone;
  for (const auto& [producer, open] : partition.open)
    if (open.first_offset >= taken.start_offset) gone.push_back(producer);
  for (const std::int64_t producer : gone) close(partition, producer);
}

void TransactionInvariants::close(OfPartition& partition, std::int64_t producer_id) {
  const auto found = partition.open.find(producer_id);
  if (found == partition.open.end()) return;
  for (const RecordId record : found->second.records) open_records_.erase(record);
  partition.open.erase(found);
}

// ---- batches

void TransactionInvariants::on_appended(const trace::Event& event,
                                        const trace::BatchAppended& appended) {
  if (appended.as_follower) return;
  OfPartition& partition = partitions_[{appended.topic, appended.partition}];
  // Who has been replaced and does not know it yet writes what nobody will have.
  if (appended.leader_epoch < partition.leader_epoch) return;
  older_producers_are_refused(event, appended, partition);
  if (!appended.control.empty()) {
    all_or_nothing(event, appended);
    close(partition, appended.producer_id);
    const std::string name = fmt::format("{}-{}", appended.topic, appended.partition);
    for (auto& [id, ending] : ending_)
      if (ending.producer_id == appended.producer_id) ending.wants_marker.erase(name);
    return;
  }
  written_once(event, appended);
  if (!appended.transactional) return;
  Open& open = partition.open.try_emplace(appended.producer_id, Open{appended.base_offset, {}})
                   .first->second;
  open.records.insert(open.records.end(), appended.records.begin(), appended.records.end());
  open_records_.insert(appended.records.begin(), appended.records.end());
}

void TransactionInvariants::written_once(const trace::Event& event,
                                         const trace::BatchAppended& appended) {
  const PartitionState* partition = ledger_.logs().find(appended.topic, appended.partition);
  const ReplicaLog* log = partition ? partition->logs.find(event.node) : nullptr;
  if (!log) return;
  for (const RecordId id : appended.records) {
    const RecordEntry* record = ledger_.find(id);
    if (!record || record->offset < 0 || record->partition != appended.partition) continue;
    if (record->offset >= appended.base_offset || log->at(record->offset) != id) continue;
    findings_.violated(Invariant::written_once,
                       fmt::format("{} writes {} to {}-{} again, which stands at offset {} already",
                                   named(event.node), ledger_.event_id(*record), appended.topic,
                                   appended.partition, record->offset),
                       {event.node}, {id});
    return;
  }
}

void TransactionInvariants::older_producers_are_refused(const trace::Event& event,
                                                        const trace::BatchAppended& appended,
                                                        OfPartition& partition) {
  Producer& producer = partition.producers[appended.producer_id];
  if (appended.producer_epoch < producer.epoch)
    findings_.violated(Invariant::older_producers_are_refused,
                       fmt::format("{} writes to {}-{} for producer {} in epoch {}, after epoch {}",
                                   named(event.node), appended.topic, appended.partition,
                                   appended.producer_id, appended.producer_epoch, producer.epoch),
                       {event.node}, appended.records);
  producer.epoch = std::max(producer.epoch, appended.producer_epoch);
}

// ---- transactions

void TransactionInvariants::all_or_nothing(const trace::Event& event,
                                           const trace::BatchAppended& marker) {
  const auto [known, is_new] =
      kind_of_marker_.try_emplace({marker.producer_id, marker.producer_epoch}, marker.control);
  if (is_new || known->second == marker.control) return;
  findings_.violated(
      Invariant::all_or_nothing,
      fmt::format("{} writes {} to {}-{} for producer {} in epoch {}, elsewhere it was {}",
                  named(event.node), marker.control, marker.topic, marker.partition,
                  marker.producer_id, marker.producer_epoch, known->second),
      {event.node});
}

void TransactionInvariants::stable_offset_stops_at_open(
    const trace::Event& event, const trace::LastStableOffsetAdvanced& advanced) {
  const auto found = partitions_.find({advanced.topic, advanced.partition});
  if (found == partitions_.end()) return;
  for (const auto& [producer, open] : found->second.open) {
    if (advanced.last_stable_offset <= open.first_offset) continue;
    findings_.violated(
        Invariant::stable_offset_stops_at_open,
        fmt::format("{} has the last stable offset of {}-{} at {}, but producer {} has a "
                    "transaction open since {}",
                    named(event.node), advanced.topic, advanced.partition,
                    advanced.last_stable_offset, producer, open.first_offset),
        {event.node}, open.records);
  }
}

void TransactionInvariants::on_delivered(const trace::Event& event,
                                         const trace::RecordsDelivered& delivered) {
  if (!read_committed_.empty() && read_committed_.contains(named(event.node)))
    read_committed_reads_committed(event, delivered);
}

void TransactionInvariants::read_committed_reads_committed(
    const trace::Event& event, const trace::RecordsDelivered& delivered) {
  const PartitionState* partition = ledger_.logs().find(delivered.topic, delivered.partition);
  if (partition && partition->ever_excused) return;
  for (const RecordId id : delivered.records) {
    const RecordEntry* record = ledger_.find(id);
    const bool is_open = open_records_.contains(id);
    if (!is_open && (!record || !record->aborted)) continue;
    findings_.violated(
        Invariant::read_committed_reads_committed,
        fmt::format("{} is handed {} of {}-{}, whose transaction {}", named(event.node),
                    record ? ledger_.event_id(*record) : "a record", delivered.topic,
                    delivered.partition, is_open ? "is open" : "was aborted"),
        {event.node}, {id});
    return;
  }
}

void TransactionInvariants::every_partition_gets_its_marker(
    const trace::Event& event, const trace::TransactionStateChanged& changed) {
  if (changed.state == "PrepareCommit" || changed.state == "PrepareAbort") {
    Ending& ending = ending_[changed.transactional_id];
    ending = {{}, changed.producer_id};
    std::istringstream in(changed.partitions);
    for (std::string word; in >> word;) ending.wants_marker.insert(word);
    return;
  }
  const bool complete = changed.state == "CompleteCommit" || changed.state == "CompleteAbort";
  const auto found = ending_.find(changed.transactional_id);
  if (!complete || found == ending_.end()) return;
  if (!found->second.wants_marker.empty())
    findings_.violated(Invariant::every_partition_gets_its_marker,
                       fmt::format("{} calls the transaction of {} complete, but {} has no marker",
                                   named(event.node), changed.transactional_id,
                                   *found->second.wants_marker.begin()),
                       {event.node});
  ending_.erase(found);
}

}  // namespace eventarium::check
