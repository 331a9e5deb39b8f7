// Join phases, assignments and sessions.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/coordinator/classic_group_entry.h"
#include "sim/coordinator/classic_groups.h"

namespace eventarium::kafka {
namespace {

std::string join_timer(const ClassicGroup& group) { return "join\n" + group.id(); }
std::string sync_timer(const ClassicGroup& group) { return "sync\n" + group.id(); }
std::string session_timer(const ClassicGroup& group, const std::string& member_id) {
  return "session\n" + group.id() + "\n" + member_id;
}

/// A mistake on purpose: everybody gets the first partition of the first one who has any.
void share_first(std::map<std::string, PartitionList>& assignment) {
  std::optional<TopicPartition> first;
  for (auto& [member_id, partitions] : assignment) {
    if (first) partitions.push_back(*first);
    if (!first && !partitions.empty()) first = partitions.front();
  }
}

}  // namespace

// ---- the join phase -----------------------------------------------------------------------------

void ClassicGroups::rebalance_or_complete(engine::Runtime& runtime, ClassicGroup& group,
                                          const std::string& reason) {
  if (group.can_rebalance()) return prepare_rebalance(runtime, group, reason);
  complete_join_if_all_are_here(runtime, group);
}

void ClassicGroups::prepare_rebalance(engine::Runtime& runtime, ClassicGroup& group,
                                      const std::string& reason) {
  if (group.is(ClassicState::completing_rebalance))
    refuse_syncs(runtime, group, Error::rebalance_in_progress);
  context_.timers.cancel(runtime, sync_timer(group));
  const bool first = group.is(ClassicState::empty);
  group.transition_to(ClassicState::preparing_rebalance, runtime.now());
  tell(runtime, group, reason);
  if (first) {
    // Others are probably about to join as well; the wait is bounded by the first joiner's
    // max.poll.interval.ms.
    const Duration delay = initial_rebalance_delay_;
    const Duration remaining = std::max(group.rebalance_timeout() - delay, Duration::zero());
    return wait_for_first_members(runtime, group.id(), delay, remaining);
  }
  if (group.all_joined()) return complete_join(runtime, group);
  schedule_end_of_join(runtime, group);
}

void ClassicGroups::wait_for_first_members(engine::Runtime& runtime, const std::string& group_id,
                                           Duration delay, Duration remaining) {
  context_.timers.set(runtime, join_timer(*find(group_id)), delay,
                      [this, group_id, delay, remaining](engine::Runtime& r) {
                        ClassicGroup* group = find(group_id);
                        if (!group || !group->is(ClassicState::preparing_rebalance)) return;
                        if (remaining == Duration::zero() || !group->take_new_member_added())
                          return complete_join(r, *group);
                        wait_for_first_members(r, group_id,
                                               std::min(initial_rebalance_delay_, remaining),
                                               std::max(remaining - delay, Duration::zero()));
                      });
}

void ClassicGroups::complete_join_if_all_are_here(engine::Runtime& runtime, ClassicGroup& group) {
  if (group.is(ClassicState::preparing_rebalance) &&
      group.previous_state() != ClassicState::empty && group.all_joined())
    complete_join(runtime, group);
}

void ClassicGroups::schedule_end_of_join(engine::Runtime& runtime, ClassicGroup& group) {
  context_.timers.set(runtime, join_timer(group), group.rebalance_timeout(),
                      [this, id = group.id()](engine::Runtime& r) {
                        if (ClassicGroup* late = find(id)) complete_join(r, *late);
                      });
}

void ClassicGroups::complete_join(engine::Runtime& runtime, ClassicGroup& group) {
  if (!group.is(ClassicState::preparing_rebalance)) return;
  context_.timers.cancel(runtime, join_timer(group));
  std::vector<std::string> late;  // static members keep their places
  for (const ClassicMember& member : group.members())
    if (!member.awaiting_join && !member.is_static()) late.push_back(member.id);
  for (const std::string& id : late) remove_member(runtime, group, id, "did not rejoin");
  if (!group.elect_joined_leader() && !group.members().empty()) {
    // Nobody who could lead: until sessions expire, or somebody comes back.
    return schedule_end_of_join(runtime, group);
  }
  group.begin_generation(runtime.now());
  if (group.is(ClassicState::empty)) {
    tell(runtime, group, "nobody is left");
    return write(runtime, group, {classic_group_entry(runtime, group)},
                 [](engine::Runtime&, Error) {});
  }
  tell(runtime, group,
       fmt::format("{} is to assign the partitions ({})",
                   runtime.name_of(group.find(group.leader())->client), group.protocol()));
  for (ClassicMember& member : group.members()) {
    answer_join(runtime, member, joined(group, member.id));
    restart_session(runtime, group, member);
    member.is_new = false;
    group.expect_sync(member.id);
  }
  expect_syncs(runtime, group);
}

// ---- the assignment -----------------------------------------------------------------------------

void ClassicGroups::expect_syncs(engine::Runtime& runtime, ClassicGroup& group) {
  context_.timers.set(runtime, sync_timer(group), group.rebalance_timeout(),
                      [this, id = group.id(), generation = group.generation()](engine::Runtime& r) {
                        if (ClassicGroup* late = find(id)) sync_time_is_over(r, *late, generation);
                      });
}

void ClassicGroups::sync_time_is_over(engine::Runtime& runtime, ClassicGroup& group,
                                      std::int32_t generation) {
  const bool in_time =
      group.is(ClassicState::completing_rebalance) || group.is(ClassicState::stable);
  if (!in_time || generation != group.generation() || group.syncs_expected().empty()) return;
  const std::set<std::string> late = group.syncs_expected();
  std::string names;
  for (const std::string& id : late) {
    names += (names.empty() ? "" : ", ") + runtime.name_of(group.find(id)->client);
    end_session(runtime, group, id);
    remove_member(runtime, group, id, "did not ask for its assignment in time");
  }
  prepare_rebalance(runtime, group, names + " did not ask for an assignment in time");
}

void ClassicGroups::sync_received(engine::Runtime& runtime, ClassicGroup& group,
                                  const std::string& member_id) {
  group.sync_received(member_id);
  if (group.syncs_expected().empty()) context_.timers.cancel(runtime, sync_timer(group));
}

/// The leader has assigned: the assignment holds when it is kept for good.
void ClassicGroups::assign(engine::Runtime& runtime, ClassicGroup& group,
                           const SyncGroupRequest& request) {
  std::map<std::string, PartitionList> assignment;
  for (const ClassicMember& member : group.members()) assignment[member.id] = {};
  for (const auto& [member_id, partitions] : request.assignments)
    if (group.has_member(member_id)) assignment[member_id] = partitions;
  if (context_.planted.has(PlantedFault::two_owners_of_a_partition)) share_first(assignment);
  ClassicGroup written = group;
  for (ClassicMember& member : written.members()) member.assignment = assignment[member.id];
  write(runtime, group, {classic_group_entry(runtime, written)},
        [this, id = group.id(), generation = group.generation(),
         assignment = std::move(assignment)](engine::Runtime& r, Error error) {
          ClassicGroup* assigned_group = find(id);
          // Another rebalance may have begun meanwhile.
          if (assigned_group && assigned_group->is(ClassicState::completing_rebalance) &&
              assigned_group->generation() == generation)
            assigned(r, *assigned_group, assignment, error);
        });
}

void ClassicGroups::assigned(engine::Runtime& runtime, ClassicGroup& group,
                             std::map<std::string, PartitionList> assignment, Error error) {
  if (error != Error::none) {
    refuse_syncs(runtime, group, error);
    return prepare_rebalance(
        runtime, group,
        fmt::format("the assignment could not be kept ({})", kafka::name_of(error)));
  }
  group.transition_to(ClassicState::stable, runtime.now());
  tell(runtime, group, "the assignment is kept");
  for (ClassicMember& member : group.members()) {
    member.assignment = std::move(assignment[member.id]);
    runtime.emit(trace::GroupAssignmentMade{group.id(), group.generation(), member.id,
                                            member.client, text_of(member.assignment)});
    if (!member.awaiting_sync) continue;
    answer_sync(runtime, member, Error::none);
    restart_session(runtime, group, member);
  }
}

void ClassicGroups::refuse_syncs(engine::Runtime& runtime, ClassicGroup& group, Error error) {
  for (ClassicMember& member : group.members()) {
    member.assignment.clear();
    if (!member.awaiting_sync) continue;
    answer_sync(runtime, member, error);
    restart_session(runtime, group, member);
  }
}

// ---- sessions -----------------------------------------------------------------------------------

void ClassicGroups::restart_session(engine::Runtime& runtime, const ClassicGroup& group,
                                    const std::string& member_id, Duration timeout) {
  if (context_.planted.has(PlantedFault::session_never_expires)) return;
  context_.timers.set(runtime, session_timer(group, member_id), timeout,
                      [this, id = group.id(), member_id](engine::Runtime& r) {
                        if (ClassicGroup* found = find(id)) session_expired(r, *found, member_id);
                      });
}

void ClassicGroups::restart_session(engine::Runtime& runtime, const ClassicGroup& group,
                                    const ClassicMember& member) {
  restart_session(runtime, group, member.id, member.session_timeout);
}

void ClassicGroups::end_session(engine::Runtime& runtime, const ClassicGroup& group,
                                const std::string& member_id) {
  context_.timers.cancel(runtime, session_timer(group, member_id));
}

void ClassicGroups::forget_timers(engine::Runtime& runtime, const ClassicGroup& group) {
  context_.timers.cancel(runtime, join_timer(group));
  context_.timers.cancel(runtime, sync_timer(group));
  for (const std::string& member_id : group.pending()) end_session(runtime, group, member_id);
}

void ClassicGroups::session_expired(engine::Runtime& runtime, ClassicGroup& group,
                                    const std::string& member_id) {
  if (group.is_pending(member_id)) {
    group.remove_pending(member_id);
    return complete_join_if_all_are_here(runtime, group);
  }
  ClassicMember* member = group.find(member_id);
  if (!member) return;
  // Who waits for an answer can't be asked for heartbeats, unless it never got as far as one.
  if (member->is_waiting() && !member->is_new) return;
  const std::string name = runtime.name_of(member->client);
  // A client that is still there joins again.
  JoinGroupResponse response;
  response.error = Error::unknown_member_id;
  answer_join(runtime, *member, std::move(response));
  answer_sync(runtime, *member, Error::unknown_member_id);
  remove_member(runtime, group, member_id, "session.timeout.ms passed");
  after_removal(runtime, group, fmt::format("the session of {} has expired", name));
}

void ClassicGroups::remove_member(engine::Runtime& runtime, ClassicGroup& group,
                                  const std::string& member_id, const std::string& reason) {
  const ClassicMember& member = *group.find(member_id);
  end_session(runtime, group, member_id);
  runtime.emit(trace::GroupMemberLeft{group.id(), member_id, member.client, reason});
  group.remove(member_id);
}

void ClassicGroups::after_removal(engine::Runtime& runtime, ClassicGroup& group,
                                  const std::string& reason) {
  if (group.is(ClassicState::preparing_rebalance))
    return complete_join_if_all_are_here(runtime, group);
  if (group.can_rebalance() && !group.is(ClassicState::empty))
    prepare_rebalance(runtime, group, reason);
}

}  // namespace eventarium::kafka
