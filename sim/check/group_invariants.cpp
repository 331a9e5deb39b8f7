// See group_invariants.h.
#include "sim/check/group_invariants.h"

#include <algorithm>
#include <sstream>

#include <fmt/format.h>

namespace eventarium::check {
namespace {

/// What a coordinator has accepted before a rebalance may be told that much later
/// (offsets.commit.timeout.ms).
constexpr Duration commit_time = 5s;

std::set<std::string> words(const std::string& text) {
  std::istringstream in(text);
  std::set<std::string> list;
  for (std::string word; in >> word;) list.insert(word);
  return list;
}

}  // namespace

GroupInvariants::Group* GroupInvariants::group_of(NodeId consumer) {
  const auto found = group_of_.find(consumer);
  return found == group_of_.end() ? nullptr : &groups_[found->second];
}

void GroupInvariants::on_event(const trace::Event& event) {
  if (const auto* wanted = event.as<trace::SubscriptionDeclared>()) {
    if (!wanted->group.empty()) group_of_[event.node] = wanted->group;
  } else if (const auto* changed = event.as<trace::GroupStateChanged>()) {
    generations_grow(event, *changed);
  } else if (const auto* made = event.as<trace::GroupAssignmentMade>()) {
    one_member_per_partition(event, *made);
  } else if (const auto* left = event.as<trace::GroupMemberLeft>()) {
    groups_[left->group].assigned.erase(left->member);
  } else if (const auto* committed = event.as<trace::OffsetCommitted>()) {
    current_members_commit(event, *committed);
    committed_was_read(event, *committed);
    Group& group = groups_[committed->group];
    const PartitionKey key{committed->topic, committed->partition};
    group.committed[key] = {committed->offset, event.t, committed->member.empty()};
    std::set<std::int64_t>& asked = group.asked[key];
    asked.erase(asked.begin(), asked.upper_bound(committed->offset));
  } else if (const auto* pending = event.as<trace::OffsetCommitPending>()) {
    current_members_commit(event, *pending);
  } else if (const auto* wish = event.as<trace::OffsetCommitAsked>()) {
    groups_[wish->group].asked[{wish->topic, wish->partition}].insert(wish->offset);
  } else if (const auto* expired = event.as<trace::OffsetExpired>()) {
    groups_[expired->group].committed.erase({expired->topic, expired->partition});
  } else if (const auto* loaded = event.as<trace::CoordinatorLoaded>()) {
    for (auto& [name, group] : groups_)  // what was not kept yet has to be done again
      if (group.coordinator != event.node || loaded->topic == "__consumer_offsets")
        group.coordinator = NodeId{};
  } else if (const auto* filtered = event.as<trace::RecordsFiltered>()) {
    reach(event.node, filtered->topic, filtered->partition,
          filtered->base_offset + static_cast<std::int64_t>(filtered->records.size()));
  }
}

// ---- who reads what

void GroupInvariants::generations_grow(const trace::Event& event,
                                       const trace::GroupStateChanged& changed) {
  Group& group = groups_[changed.group];
  group.kind = changed.kind;
  if (group.coordinator == event.node && changed.generation < group.generation)
    findings_.violated(Invariant::generations_grow,
                       fmt::format("{} has group {} in generation {}, after {}", named(event.node),
                                   changed.group, changed.generation, group.generation),
                       {event.node});
  if (group.coordinator != event.node || changed.generation != group.generation)
    group.since = event.t;
  group.coordinator = event.node;
  group.generation = changed.generation;
}

void GroupInvariants::one_member_per_partition(const trace::Event& event,
                                               const trace::GroupAssignmentMade& made) {
  Group& group = groups_[made.group];
  const std::set<std::string> partitions = words(made.partitions);
  for (const auto& [member, other] : group.assigned) {
    const bool counts = group.kind == "consumer" || other.generation == made.generation;
    if (group.kind == "share" || member == made.member || !counts) continue;
    for (const std::string& partition : partitions) {
      if (!other.partitions.contains(partition)) continue;
      findings_.violated(
          Invariant::one_member_per_partition,
          fmt::format("{} gives {} to {} in group {}, but {} has it in generation {}",
                      named(event.node), partition, named(made.client), made.group,
                      named(other.client), other.generation),
          {event.node, made.client, other.client});
      break;
    }
  }
  group.assigned[made.member] = {made.generation, made.client, partitions};
}

// ---- positions

void GroupInvariants::current_members_commit(const trace::Event& event,
                                             const trace::OffsetCommitted& committed) {
  Group& group = groups_[committed.group];
  if (committed.member.empty() || group.kind != "classic") return;
  const auto accepted =
      group.pending.find({{committed.topic, committed.partition}, committed.member});
  if (accepted != group.pending.end() &&
      accepted->second == Pending{committed.offset, committed.generation}) {
    group.pending.erase(accepted);
    return;  // it has been looked at then
  }
  if (committed.generation >= group.generation || event.t - group.since < commit_time) return;
  not_of_this_generation(event, committed, group);
}

void GroupInvariants::current_members_commit(const trace::Event& event,
                                             const trace::OffsetCommitPending& pending) {
  Group& group = groups_[pending.group];
  if (pending.member.empty() || group.kind != "classic") return;
  group.pending[{{pending.topic, pending.partition}, pending.member}] = {pending.offset,
                                                                         pending.generation};
  // A coordinator that does not know yet that it is none any more keeps nothing.
  if (event.node != group.coordinator || pending.generation >= group.generation) return;
  not_of_this_generation(event, pending, group);
}

template <class Kept>
void GroupInvariants::not_of_this_generation(const trace::Event& event, const Kept& kept,
                                             const Group& group) {
  findings_.violated(
      Invariant::current_members_commit,
      fmt::format("{} keeps offset {} of {}-{} for group {} from a member of generation {}, in "
                  "generation {}",
                  named(event.node), kept.offset, kept.topic, kept.partition, kept.group,
                  kept.generation, group.generation),
      {event.node});
}

void GroupInvariants::committed_was_read(const trace::Event& event,
                                         const trace::OffsetCommitted& committed) {
  Group& group = groups_[committed.group];
  const PartitionKey key{committed.topic, committed.partition};
  const auto found = group.reached.find(key);
  if (committed.member.empty() || found == group.reached.end()) {
    std::int64_t& reached = group.reached[key];
    reached = std::max(reached, committed.offset);
    return;
  }
  const PartitionState* partition = ledger_.logs().find(key.topic, key.partition);
  std::int64_t offset = found->second;
  // Markers, aborted and compacted records are passed without being handed over.
  while (partition && offset < committed.offset) {
    const RecordId record = partition->log().at(offset);
    if (record.valid() && is_to_be_read(ledger_, record)) break;
    ++offset;
  }
  if (committed.offset <= offset) return;
  findings_.violated(
      Invariant::committed_was_read,
      fmt::format("{} keeps offset {} of {}-{} for group {}, whose members have read up to {} only",
                  named(event.node), committed.offset, committed.topic, committed.partition,
                  committed.group, found->second),
      {event.node});
}

void GroupInvariants::committed_position_is_kept(const trace::Event& event,
                                                 const trace::PositionReset& reset) {
  Group* group = group_of(event.node);
  if (!group || reset.policy != "committed") return;
  const auto found = group->committed.find({reset.topic, reset.partition});
  const bool had_time = found != group->committed.end() && event.t - found->second.at > commit_time;
  if (!had_time || found->second.offset == reset.offset) return;
  if (group->asked[found->first].contains(reset.offset)) return;
  findings_.violated(
      Invariant::committed_position_is_kept,
      fmt::format("{} goes on at offset {} of {}-{}; committed was {}", named(event.node),
                  reset.offset, reset.topic, reset.partition, found->second.offset),
      {event.node});
}

void GroupInvariants::on_position(const trace::Event& event, const trace::PositionReset& reset) {
  committed_position_is_kept(event, reset);
  reach(event.node, reset.topic, reset.partition, reset.offset);
}

void GroupInvariants::on_delivered(const trace::Event& event,
                                   const trace::RecordsDelivered& delivered) {
  if (delivered.base_offset < 0 || group_of_.empty()) return;
  reach(event.node, delivered.topic, delivered.partition,
        delivered.base_offset + static_cast<std::int64_t>(delivered.records.size()));
}

void GroupInvariants::reach(NodeId consumer, const std::string& topic, std::int64_t partition,
                            std::int64_t offset) {
  Group* group = group_of(consumer);
  if (!group) return;
  std::int64_t& reached = group->reached[{topic, partition}];
  reached = std::max(reached, offset);
}

}  // namespace eventarium::check
