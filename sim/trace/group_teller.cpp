// See group_teller.h.
#include "sim/trace/group_teller.h"

#include <fmt/format.h>

namespace eventarium::trace {
namespace {

using Sentence = GroupTeller::Sentence;

template <class E>
std::string partition_of(const E& e) {
  return fmt::format("{}-{}", e.topic, e.partition);
}

std::string count_of(std::uint64_t count, const char* one) {
  return fmt::format("{} {}{}", count, one, count == 1 ? "" : "s");
}

}  // namespace

// ---- coordinators

Sentence GroupTeller::operator()(const CoordinatorLoading& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} reads {} to coordinate what is kept there", self(), partition_of(e));
}
Sentence GroupTeller::operator()(const CoordinatorLoaded& e) const {
  if (!all && e.entries == 0) return std::nullopt;
  return fmt::format("{} coordinates what is kept in {} ({} found there)", self(), partition_of(e),
                     e.entries);
}
Sentence GroupTeller::operator()(const CoordinatorUnloaded& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} coordinates what is kept in {} no more", self(), partition_of(e));
}

// ---- groups

Sentence GroupTeller::operator()(const GroupStateChanged& e) const {
  if (!all && (e.state == "CompletingRebalance" || e.state == "Dead")) return std::nullopt;
  return fmt::format("group {} is {} ({} {}, {}){}{}", e.group, e.state,
                     e.kind == "classic" ? "generation" : "epoch", e.generation,
                     count_of(e.members, "member"), e.reason.empty() ? "" : ": ", e.reason);
}
Sentence GroupTeller::operator()(const GroupMemberJoined& e) const {
  if (!all) return fmt::format("{} is in group {} now", name(e.client), e.group);
  return fmt::format("{} is in group {} now as {}{}{}", name(e.client), e.group, e.member,
                     e.instance_id.empty() ? "" : ", static: ", e.instance_id);
}
Sentence GroupTeller::operator()(const GroupMemberLeft& e) const {
  return fmt::format("{} is in group {} no more: {}", name(e.client), e.group, e.reason);
}
Sentence GroupTeller::operator()(const GroupAssignmentMade& e) const {
  if (!all) return std::nullopt;
  return fmt::format("group {}: {} is to read {}", e.group, name(e.client),
                     e.partitions.empty() ? "nothing" : e.partitions);
}
Sentence GroupTeller::operator()(const RebalanceJoined& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} joins the rebalance of group {} ({}){}{}", self(), e.group, e.protocol,
                     e.reason.empty() ? "" : ": ", e.reason);
}
Sentence GroupTeller::operator()(const RebalanceEnded& e) const {
  return fmt::format("{} has {} now", self(), count_of(e.partitions, "partition"));
}
Sentence GroupTeller::operator()(const PartitionAssigned& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} begins to read {}", self(), partition_of(e));
}
Sentence GroupTeller::operator()(const PartitionRevoked& e) const {
  if (!all && e.reason != "lost") return std::nullopt;
  return fmt::format("{} reads {} no more ({})", self(), partition_of(e), e.reason);
}

// ---- positions

Sentence GroupTeller::operator()(const OffsetCommitAsked& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} commits offset {} of {} ({})", self(), e.offset, partition_of(e), e.how);
}
Sentence GroupTeller::operator()(const OffsetCommitPending& e) const {
  if (!all) return std::nullopt;
  return fmt::format("group {} will go on at offset {} of {} if the transaction commits", e.group,
                     e.offset, partition_of(e));
}
Sentence GroupTeller::operator()(const OffsetCommitted& e) const {
  if (!all && !e.member.empty()) return std::nullopt;
  return fmt::format("group {} goes on at offset {} of {}, whoever reads it{}", e.group, e.offset,
                     partition_of(e), e.member.empty() ? " (set by an administrator)" : "");
}
Sentence GroupTeller::operator()(const OffsetCommitRefused& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} does not keep the positions of {} ({})", self(), name(e.client), e.error);
}
Sentence GroupTeller::operator()(const OffsetCommitFailed& e) const {
  return fmt::format("{} could not commit its positions: {}", self(), e.error);
}
Sentence GroupTeller::operator()(const OffsetExpired& e) const {
  return fmt::format("the position of group {} in {} has expired", e.group, partition_of(e));
}
Sentence GroupTeller::operator()(const FetchingPaused& e) const {
  return fmt::format("{} pauses {}{}{}", self(), partition_of(e), e.reason.empty() ? "" : ": ",
                     e.reason);
}
Sentence GroupTeller::operator()(const FetchingResumed& e) const {
  return fmt::format("{} resumes {}", self(), partition_of(e));
}
Sentence GroupTeller::operator()(const ShareStartAdvanced& e) const {
  if (!all) return std::nullopt;
  return fmt::format("group {} is done with {} below offset {}", e.group, partition_of(e),
                     e.offset);
}

// ---- transactions

Sentence GroupTeller::operator()(const LastStableOffsetAdvanced& e) const {
  if (!all) return std::nullopt;
  return fmt::format("read_committed consumers may read {} up to offset {} (last stable offset {})",
                     partition_of(e), e.last_stable_offset - 1, e.last_stable_offset);
}
Sentence GroupTeller::operator()(const ProducerIdAssigned& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} is producer {} in epoch {}{}{}", self(), e.producer_id, e.producer_epoch,
                     e.reason.empty() ? "" : ": ", e.reason);
}
Sentence GroupTeller::operator()(const TransactionBegun& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} begins a transaction ({})", self(), e.transactional_id);
}
Sentence GroupTeller::operator()(const TransactionEndAsked& e) const {
  if (!all) return std::nullopt;
  return fmt::format("{} asks to {} its transaction", self(), e.commit ? "commit" : "abort");
}
Sentence GroupTeller::operator()(const TransactionEnded& e) const {
  if (!all && e.outcome == "committed") return std::nullopt;
  return fmt::format("the transaction of {} is {}{}{}", self(), e.outcome,
                     e.reason.empty() ? "" : ": ", e.reason);
}
Sentence GroupTeller::operator()(const ProducerFenced& e) const {
  return fmt::format("{} is fenced ({}): it may not write as {} any more", self(), e.error,
                     e.transactional_id);
}
Sentence GroupTeller::operator()(const TransactionStateChanged& e) const {
  const bool is_news = e.state == "PrepareAbort" || e.state == "PrepareEpochFence";
  if (!all && !is_news) return std::nullopt;
  return fmt::format("transaction {} is {}{}{}", e.transactional_id, e.state,
                     e.reason.empty() ? "" : ": ", e.reason);
}

}  // namespace eventarium::trace
