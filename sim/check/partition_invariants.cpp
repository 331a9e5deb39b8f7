// See partition_invariants.h.
#include "sim/check/partition_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {
namespace {

std::string of(const std::string& topic, std::int64_t partition) {
  return fmt::format("{}-{}", topic, partition);
}

}  // namespace

void PartitionInvariants::on_event(const trace::Event& event) {
  if (const auto* changed = event.as<trace::PartitionChanged>()) {
    on_changed(*changed);
  } else if (const auto* created = event.as<trace::PartitionCreated>()) {
    History& history = histories_[{created->topic, created->partition}] = {};
    if (created->leader.valid()) history.chosen[created->leader_epoch] = created->leader;
  } else if (const auto* taken = event.as<trace::LeadershipTaken>()) {
    one_leader_per_epoch(taken->topic, taken->partition, event.node, taken->leader_epoch, true);
    leads_when_chosen(event.node, *taken);
  } else if (const auto* proposed = event.as<trace::IsrChangeProposed>()) {
    joiner_has_caught_up(event.node, *proposed);
  } else if (const auto* registered = event.as<trace::BrokerRegistered>()) {
    fenced_.insert(registered->broker);
  } else if (const auto* unfenced = event.as<trace::BrokerUnfenced>()) {
    fenced_.erase(unfenced->broker);
  } else if (const auto* fenced = event.as<trace::BrokerFenced>()) {
    fenced_.insert(fenced->broker);
    no_fenced_broker_is_left(fenced->broker);
  } else if (event.as<trace::ControllerElected>()) {
    // With ZooKeeper who lives isn't told anew: a new controller reads it, whatever the last one
    // had got round to.
    if (zookeeper_) fenced_.clear();
  } else if (event.as<trace::ZookeeperSessionOpened>() || event.as<trace::ZnodeChanged>() ||
             event.as<trace::ZookeeperLeaderElected>()) {
    zookeeper_ = true;
  }
}

void PartitionInvariants::on_changed(const Changed& changed) {
  const PartitionState* before = ledger_.logs().find(changed.topic, changed.partition);
  if (!before) return;
  leader_change_raises_epoch(*before, changed);
  partition_epochs_grow(*before, changed);
  clean_leader_was_in_sync(*before, changed);
  leader_is_in_sync(changed);
  no_fenced_broker_joins(*before, changed);
  joiner_has_all_committed(*before, changed);
  if (changed.leader.valid())
    one_leader_per_epoch(changed.topic, changed.partition, changed.leader, changed.leader_epoch,
                         false);
}

void PartitionInvariants::one_leader_per_epoch(const std::string& topic, std::int64_t partition,
                                               NodeId leader, std::int64_t epoch, bool took_over) {
  History& history = histories_[{topic, partition}];
  auto& leaders = took_over ? history.took_over : history.chosen;
  const NodeId other = leaders.try_emplace(epoch, leader).first->second;
  if (other == leader) return;
  findings_.violated(
      Invariant::one_leader_per_epoch,
      fmt::format("{} and {} both {} {} in epoch {}", named(other), named(leader),
                  took_over ? "lead" : "were chosen to lead", of(topic, partition), epoch),
      {other, leader});
}

void PartitionInvariants::leader_change_raises_epoch(const PartitionState& before,
                                                     const Changed& changed) {
  const bool moved = changed.leader != before.leader;
  if (moved ? changed.leader_epoch > before.leader_epoch
            : changed.leader_epoch >= before.leader_epoch)
    return;
  findings_.violated(Invariant::leader_change_raises_epoch,
                     fmt::format("the leader of {} goes from {} to {}, its epoch from {} to {}",
                                 of(changed.topic, changed.partition), named(before.leader),
                                 named(changed.leader), before.leader_epoch, changed.leader_epoch),
                     {before.leader, changed.leader});
}

void PartitionInvariants::partition_epochs_grow(const PartitionState& before,
                                                const Changed& changed) {
  if (changed.partition_epoch > before.partition_epoch) return;
  const bool same = changed.leader == before.leader && changed.isr == before.isr &&
                    changed.replicas == before.replicas &&
                    changed.leader_epoch == before.leader_epoch;
  if (same && changed.partition_epoch == before.partition_epoch) return;
  findings_.violated(Invariant::partition_epochs_grow,
                     fmt::format("{} has changed, its partition epoch went from {} to {}",
                                 of(changed.topic, changed.partition), before.partition_epoch,
                                 changed.partition_epoch));
}

void PartitionInvariants::clean_leader_was_in_sync(const PartitionState& before,
                                                   const Changed& changed) {
  const NodeId leader = changed.leader;
  if (!leader.valid() || leader == before.leader || changed.unclean) return;
  if (before.may_lead(leader)) return;
  const History& history = histories_[{changed.topic, changed.partition}];
  if (history.proposed_epoch == before.leader_epoch && contains(history.proposed, leader)) return;
  findings_.violated(
      Invariant::clean_leader_was_in_sync,
      fmt::format("{} becomes the leader of {}, but was neither in sync nor eligible",
                  named(leader), of(changed.topic, changed.partition)),
      {leader});
}

void PartitionInvariants::leader_is_in_sync(const Changed& changed) {
  if (changed.leader.valid() && !contains(changed.isr, changed.leader))
    findings_.violated(Invariant::leader_is_in_sync,
                       fmt::format("{} leads {}, but is not in its in-sync set",
                                   named(changed.leader), of(changed.topic, changed.partition)),
                       {changed.leader});
  for (const NodeId member : changed.isr) {
    if (contains(changed.replicas, member)) continue;
    findings_.violated(Invariant::leader_is_in_sync,
                       fmt::format("{} is in the in-sync set of {}, but is none of its replicas",
                                   named(member), of(changed.topic, changed.partition)),
                       {member});
  }
}

void PartitionInvariants::no_fenced_broker_joins(const PartitionState& before,
                                                 const Changed& changed) {
  for (const NodeId member : changed.isr) {
    const bool joins = !contains(before.isr, member);
    const bool is_made_leader = member == changed.leader && member != before.leader;
    if ((!joins && !is_made_leader) || !fenced_.contains(member)) continue;
    findings_.violated(
        Invariant::no_fenced_broker_in_sync,
        fmt::format("{} is fenced, but {} {}", named(member),
                    is_made_leader ? "becomes the leader of" : "joins the in-sync set of",
                    of(changed.topic, changed.partition)),
        {member});
  }
}

/// A broker is taken out of every in-sync set before it is marked fenced; only where it is the last
/// member it stays, without leading. ZooKeeper's controller hears of it first and acts afterwards.
void PartitionInvariants::no_fenced_broker_is_left(NodeId broker) {
  if (zookeeper_) return;
  for (const auto& [key, partition] : ledger_.logs().partitions()) {
    if (!contains(partition.isr, broker)) continue;
    if (partition.isr.size() == 1 && !partition.leader.valid()) continue;
    findings_.violated(Invariant::no_fenced_broker_in_sync,
                       fmt::format("{} is fenced, but in the in-sync set of {}", named(broker),
                                   of(key.topic, key.partition)),
                       {broker});
    return;
  }
}

void PartitionInvariants::joiner_has_caught_up(NodeId leader,
                                               const trace::IsrChangeProposed& proposed) {
  History& history = histories_[{proposed.topic, proposed.partition}];
  const PartitionState* before = ledger_.logs().find(proposed.topic, proposed.partition);
  // Of an older state: who is in sync may have changed, and the controller will refuse it.
  if (!before || proposed.partition_epoch != before->partition_epoch) return;
  history.proposed = proposed.isr;
  history.proposed_epoch = before->leader_epoch;
  if (leader != before->leader || leader != before->taken_by) return;
  for (const NodeId member : proposed.isr) {
    if (contains(before->isr, member)) continue;
    const ReplicaLog* log = before->logs.find(member);
    const std::int64_t end = log ? log->log_end_offset() : 0;
    if (end >= before->high_watermark && end >= before->taken_start) continue;
    if (log && log->power_lost) continue;  // it had it when it said so
    findings_.violated(
        Invariant::joiner_has_caught_up,
        fmt::format("{} asks for {} in the in-sync set of {}, whose log ends at {}: high watermark "
                    "{}, the epoch begins at {}",
                    named(leader), named(member), of(proposed.topic, proposed.partition), end,
                    before->high_watermark, before->taken_start),
        {leader, member});
  }
}

/// While it waited to be let in, the high watermark waited for it.
void PartitionInvariants::joiner_has_all_committed(const PartitionState& before,
                                                   const Changed& changed) {
  if (changed.unclean || changed.leader != before.leader || changed.leader != before.taken_by)
    return;
  for (const NodeId member : changed.isr) {
    if (contains(before.isr, member) || member == changed.leader) continue;
    const ReplicaLog* log = before.logs.find(member);
    const std::int64_t end = log ? log->log_end_offset() : 0;
    if (end >= before.high_watermark || (log && log->power_lost)) continue;
    findings_.violated(
        Invariant::joiner_has_caught_up,
        fmt::format("{} joins the in-sync set of {} with a log that ends at {}, below the high "
                    "watermark {}",
                    named(member), of(changed.topic, changed.partition), end,
                    before.high_watermark),
        {changed.leader, member});
  }
}

void PartitionInvariants::leads_when_chosen(NodeId broker, const trace::LeadershipTaken& taken) {
  const History& history = histories_[{taken.topic, taken.partition}];
  // A new partition's first leader may learn of it before this trace tells that it exists.
  if (history.chosen.empty()) return;
  auto found = history.chosen.upper_bound(taken.leader_epoch);
  if (found != history.chosen.begin() && std::prev(found)->second == broker) return;
  findings_.violated(
      Invariant::leads_when_chosen,
      fmt::format("{} leads {} in epoch {}, but no controller has committed that", named(broker),
                  of(taken.topic, taken.partition), taken.leader_epoch),
      {broker});
}

}  // namespace eventarium::check
