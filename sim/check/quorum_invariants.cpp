// See quorum_invariants.h.
#include "sim/check/quorum_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {

void QuorumInvariants::Entries::cut(std::int64_t offset) {
  if (known() && offset < end_offset())
    epochs.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, offset - base_offset)));
}

void QuorumInvariants::on_event(const trace::Event& event) {
  if (const auto* role = event.as<trace::RaftRoleChanged>()) {
    on_role(event.node, *role);
  } else if (const auto* granted = event.as<trace::VoteGranted>()) {
    if (!granted->pre_vote) one_vote_per_epoch(event.node, granted->candidate, granted->epoch);
  } else if (const auto* elected = event.as<trace::ControllerElected>()) {
    one_controller_per_epoch(event.node, elected->epoch, false);
  } else if (const auto* appended = event.as<trace::MetadataAppended>()) {
    on_appended(event.node, *appended);
  } else if (const auto* truncated = event.as<trace::MetadataTruncated>()) {
    const auto voter = voters_.find(event.node);  // a broker's copy counts for nothing
    if (voter == voters_.end()) return;
    committed_metadata_stays(event.node, truncated->end_offset);
    voter->second.cut(truncated->end_offset);
  } else if (const auto* stopped = event.as<trace::NodeStopped>()) {
    const auto voter = voters_.find(event.node);
    if (voter != voters_.end() && stopped->reason == "power_loss") voter->second.power_lost = true;
  } else if (const auto* committed = event.as<trace::MetadataCommitted>()) {
    on_committed(event.node, *committed);
  }
}

void QuorumInvariants::on_role(NodeId node, const trace::RaftRoleChanged& role) {
  voters_.try_emplace(node);
  if (role.role == "candidate") one_vote_per_epoch(node, node, role.epoch);
  if (role.role != "leader") return;
  one_controller_per_epoch(node, role.epoch, true);
  winner_has_all_committed(node, role.epoch);
}

void QuorumInvariants::one_controller_per_epoch(NodeId node, std::int64_t epoch, bool raft) {
  const NodeId other = (raft ? raft_leaders_ : controllers_).try_emplace(epoch, node).first->second;
  if (other == node) return;
  findings_.violated(Invariant::one_controller_per_epoch,
                     fmt::format("{} and {} are both {} in epoch {}", named(other), named(node),
                                 raft ? "leader of the quorum" : "the active controller", epoch),
                     {other, node});
}

void QuorumInvariants::one_vote_per_epoch(NodeId voter, NodeId candidate, std::int64_t epoch) {
  voters_.try_emplace(voter);
  const NodeId other = votes_.try_emplace({voter, epoch}, candidate).first->second;
  if (other == candidate) return;
  findings_.violated(Invariant::one_vote_per_epoch,
                     fmt::format("{} votes for {} in epoch {}, after it has voted for {}",
                                 named(voter), named(candidate), epoch, named(other)),
                     {voter, candidate, other});
}

void QuorumInvariants::on_appended(NodeId node, const trace::MetadataAppended& appended) {
  Entries& entries = voters_[node];
  if (entries.known() && appended.offset < entries.end_offset()) {
    if (!entries.power_lost) committed_metadata_stays(node, appended.offset);
    entries.cut(appended.offset);
  }
  entries.power_lost = false;
  if (!entries.known() || appended.offset != entries.end_offset()) {
    entries.base_offset = appended.offset;
    entries.epochs.clear();
  }
  entries.epochs.push_back(appended.epoch);
}

void QuorumInvariants::on_committed(NodeId node, const trace::MetadataCommitted& committed) {
  majority_has_committed(node, committed);
  commits_own_epoch_first(node, committed);
  committed_is_the_same(node, committed);
  const Entries& entries = voters_[node];
  if (!entries.known()) return;
  if (!committed_.known()) committed_.base_offset = entries.base_offset;
  for (std::int64_t offset = committed_.end_offset(); offset < committed.offset; ++offset)
    committed_.epochs.push_back(entries.epoch_at(offset));
}

void QuorumInvariants::winner_has_all_committed(NodeId winner, std::int64_t epoch) {
  if (!committed_.known()) return;
  const Entries& entries = voters_[winner];
  const std::int64_t end = committed_.end_offset();
  std::int64_t offset = std::max(committed_.base_offset, entries.base_offset);
  while (
      offset < end && offset < entries.end_offset() &&
      (committed_.epoch_at(offset) < 0 || entries.epoch_at(offset) == committed_.epoch_at(offset)))
    ++offset;
  if (entries.known() ? offset >= end : committed_.epochs.empty()) return;
  findings_.violated(
      Invariant::winner_has_all_committed,
      fmt::format("{} leads the quorum in epoch {}, but lacks the committed entry {}",
                  named(winner), epoch, entries.known() ? offset : committed_.base_offset),
      {winner});
}

void QuorumInvariants::committed_metadata_stays(NodeId node, std::int64_t cut_at) {
  if (!committed_.known() || cut_at >= committed_.end_offset()) return;
  const Entries& entries = voters_[node];
  for (std::int64_t offset = std::max(cut_at, committed_.base_offset);
       offset < std::min(committed_.end_offset(), entries.end_offset()); ++offset) {
    if (entries.epoch_at(offset) < 0 || entries.epoch_at(offset) != committed_.epoch_at(offset))
      continue;
    findings_.violated(
        Invariant::committed_metadata_stays,
        fmt::format("{} cuts its metadata log at {}, but what stands below {} is committed",
                    named(node), cut_at, committed_.end_offset()),
        {node});
    return;
  }
}

void QuorumInvariants::committed_is_the_same(NodeId leader,
                                             const trace::MetadataCommitted& committed) {
  const Entries& entries = voters_[leader];
  const std::int64_t end = std::min(committed.offset, committed_.end_offset());
  // Only the end can differ: what lies below it was compared when it was committed.
  const std::int64_t from = std::max(committed_.base_offset, end - 64);
  for (std::int64_t offset = from; offset >= 0 && offset < end; ++offset) {
    const std::int64_t had = committed_.epoch_at(offset), has = entries.epoch_at(offset);
    if (had < 0 || has < 0 || had == has) continue;
    findings_.violated(
        Invariant::committed_metadata_stays,
        fmt::format("{} commits an entry of epoch {} at {}, where one of epoch {} is committed",
                    named(leader), has, offset, had),
        {leader});
    return;
  }
}

void QuorumInvariants::majority_has_committed(NodeId leader,
                                              const trace::MetadataCommitted& committed) {
  std::vector<NodeId> lacking;
  for (const auto& [voter, entries] : voters_)
    if (entries.end_offset() < committed.offset) lacking.push_back(voter);
  const std::size_t have = voters_.size() - lacking.size();
  if (voters_.size() < 2 || have > voters_.size() / 2) return;
  findings_.violated(Invariant::majority_has_committed,
                     fmt::format("{} commits metadata below {}, but only {} of {} voters have it",
                                 named(leader), committed.offset, have, voters_.size()),
                     lacking);
}

void QuorumInvariants::commits_own_epoch_first(NodeId leader,
                                               const trace::MetadataCommitted& committed) {
  const std::int64_t epoch = voters_[leader].epoch_at(committed.offset - 1);
  if (epoch < 0 || epoch == committed.epoch) return;
  findings_.violated(
      Invariant::commits_own_epoch_first,
      fmt::format("{} leads in epoch {} and commits up to an entry of epoch {}: before one of its "
                  "own is on a majority, an older one can still be replaced",
                  named(leader), committed.epoch, epoch),
      {leader});
}

}  // namespace eventarium::check
