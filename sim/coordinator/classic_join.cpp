// JoinGroup: who may join, who gets an id first, who takes an old place (static members).
#include <utility>

#include <fmt/format.h>

#include "sim/coordinator/classic_group_entry.h"
#include "sim/coordinator/classic_groups.h"

namespace eventarium::kafka {
namespace {

/// A member that has not been in any generation may take that long over its first join.
constexpr Duration new_member_join_timeout = 5min;

}  // namespace

void ClassicGroups::refuse_join(engine::Runtime& runtime, const Joining& joining, Error error,
                                const std::string& member_id) {
  JoinGroupResponse response;
  response.error = error;
  response.member_id = member_id;
  respond(runtime, joining.waiting, std::move(response));
}

Error ClassicGroups::check_join(const JoinGroupRequest& request) const {
  if (request.group.empty()) return Error::invalid_group_id;
  if (request.session_timeout < min_session_timeout_ ||
      request.session_timeout > max_session_timeout_)
    return Error::invalid_session_timeout;
  return context_.log.check(request.group);
}

/// Null when the id is taken by a group of another protocol.
ClassicGroup* ClassicGroups::make_group(engine::Runtime& runtime, const std::string& id) {
  std::vector<CoordinatorEntry> entries;
  if (!context_.make_room(runtime, id, *this, entries)) return nullptr;
  ClassicGroup& group = groups_.try_emplace(id, id, runtime.now()).first->second;
  entries.push_back(classic_group_entry(runtime, group));
  write(runtime, group, std::move(entries), [](engine::Runtime&, Error) {});
  return &group;
}

void ClassicGroups::join(engine::Runtime& runtime, const Joining& joining) {
  const JoinGroupRequest& request = joining.request;
  const std::string& id = request.member_id;
  if (const Error error = check_join(request); error != Error::none)
    return refuse_join(runtime, joining, error, id);
  ClassicGroup* group = find(request.group);
  if (!group) {
    if (!id.empty()) return refuse_join(runtime, joining, Error::unknown_member_id, id);
    group = make_group(runtime, request.group);
    if (!group) return refuse_join(runtime, joining, Error::inconsistent_group_protocol, id);
  }
  if (!group->accepts(id, max_size_)) {
    if (group->has_member(id)) {
      end_session(runtime, *group, id);
      remove_member(runtime, *group, id, "the group is full");
    }
    return refuse_join(runtime, joining, Error::group_max_size_reached, id);
  }
  if (!group->supports(request.protocols))
    return refuse_join(runtime, joining, Error::inconsistent_group_protocol, id);
  if (id.empty()) return join_new(runtime, *group, joining);
  join_again(runtime, *group, joining);
}

/// Kafka's <client.id or group.instance.id>-<UUID>, with eight hex digits in place of a UUID.
std::string ClassicGroups::new_member_id(engine::Runtime& runtime, const ClassicGroup& group,
                                         const Joining& joining) const {
  const std::string& base = joining.request.instance_id.empty() ? runtime.name_of(joining.client)
                                                                : joining.request.instance_id;
  for (;;) {
    std::string id =
        fmt::format("{}-{:08x}", base, runtime.random("member id").next() & 0xffffffffU);
    if (!group.has_member(id) && !group.is_pending(id)) return id;
  }
}

void ClassicGroups::join_new(engine::Runtime& runtime, ClassicGroup& group,
                             const Joining& joining) {
  const std::string new_id = new_member_id(runtime, group, joining);
  if (!joining.request.instance_id.empty()) {
    const std::string old_id = group.static_member(joining.request.instance_id);
    if (old_id.empty()) return add_member(runtime, group, joining, new_id);
    return replace_static(runtime, group, joining, old_id, new_id);
  }
  // The second JoinGroup counts (KIP-394): nobody is in a group without knowing it.
  group.add_pending(new_id);
  restart_session(runtime, group, new_id, joining.request.session_timeout);
  refuse_join(runtime, joining, Error::member_id_required, new_id);
}

void ClassicGroups::join_again(engine::Runtime& runtime, ClassicGroup& group,
                               const Joining& joining) {
  const JoinGroupRequest& request = joining.request;
  const std::string& id = request.member_id;
  if (group.is_pending(id)) return add_member(runtime, group, joining, id);
  if (const Error error = group.check_member(id, request.instance_id); error != Error::none)
    return refuse_join(runtime, joining, error, id);
  ClassicMember& member = *group.find(id);
  const bool as_before = member.same_protocols(request.protocols);
  switch (group.state()) {
    case ClassicState::preparing_rebalance:
      break;
    case ClassicState::completing_rebalance:
      // It has not got the answer to its JoinGroup.
      if (as_before) return respond(runtime, joining.waiting, joined(group, id));
      break;
    case ClassicState::stable:
      if (!group.is_leader(id) && as_before)
        return respond(runtime, joining.waiting, joined(group, id));
      break;
    case ClassicState::empty:
    case ClassicState::dead:
      return refuse_join(runtime, joining, Error::unknown_member_id, id);
  }
  const std::string& name = runtime.name_of(joining.client);
  update_member(member, joining);
  rebalance_or_complete(runtime, group,
                        request.reason.empty()
                            ? fmt::format("{} joins again", name)
                            : fmt::format("{} joins again: {}", name, request.reason));
}

void ClassicGroups::add_member(engine::Runtime& runtime, ClassicGroup& group,
                               const Joining& joining, const std::string& member_id) {
  ClassicMember member;
  member.id = member_id;
  member.instance_id = joining.request.instance_id;
  member.client = joining.client;
  member.is_new = true;
  update_member(member, joining);
  if (group.is(ClassicState::preparing_rebalance) && group.previous_state() == ClassicState::empty)
    group.set_new_member_added();
  group.add(std::move(member));
  runtime.emit(
      trace::GroupMemberJoined{group.id(), member_id, joining.client, joining.request.instance_id});
  // Its own session begins when the join phase ends: it can't send heartbeats before.
  restart_session(runtime, group, member_id, new_member_join_timeout);
  rebalance_or_complete(runtime, group, fmt::format("{} joins", runtime.name_of(joining.client)));
}

void ClassicGroups::update_member(ClassicMember& member, const Joining& joining) {
  member.protocols = joining.request.protocols;
  member.rebalance_timeout = joining.request.rebalance_timeout;
  member.session_timeout = joining.request.session_timeout;
  member.awaiting_join = joining.waiting;
}

// ---- static members -----------------------------------------------------------------------------

void ClassicGroups::replace_static(engine::Runtime& runtime, ClassicGroup& group,
                                   const Joining& joining, const std::string& old_id,
                                   const std::string& new_id) {
  ClassicMember& old = *group.find(old_id);
  // Two processes with the same group.instance.id: the former one is told at once if it waits,
  // else with its next request.
  JoinGroupResponse fenced;
  fenced.error = Error::fenced_instance_id;
  answer_join(runtime, old, std::move(fenced));
  answer_sync(runtime, old, Error::fenced_instance_id);
  end_session(runtime, group, old_id);
  const NodeId old_client = old.client;
  std::vector<JoinGroupRequest::Protocol> old_protocols = old.protocols;
  ClassicMember& member = group.replace_static(old_id, new_id);
  member.client = joining.client;
  update_member(member, joining);
  runtime.emit(trace::GroupMemberLeft{group.id(), old_id, old_client, "replaced"});
  runtime.emit(
      trace::GroupMemberJoined{group.id(), new_id, joining.client, joining.request.instance_id});
  restart_session(runtime, group, member);
  const std::string reason =
      fmt::format("{} is back as {}", runtime.name_of(joining.client), joining.request.instance_id);
  switch (group.state()) {
    case ClassicState::stable:
      if (group.select_protocol() != group.protocol())
        return rebalance_or_complete(runtime, group, reason + " with another assignor");
      return write(runtime, group, {classic_group_entry(runtime, group)},
                   [this, id = group.id(), old_id, new_id,
                    old_protocols = std::move(old_protocols)](engine::Runtime& r, Error error) {
                     static_replaced(r, id, old_id, new_id, old_protocols, error);
                   });
    case ClassicState::completing_rebalance:
      // The leader may be assigning partitions to the old id.
      return prepare_rebalance(runtime, group, reason);
    default:
      return complete_join_if_all_are_here(runtime, group);
  }
}

/// The new id is written down: its assignment stands, nobody else notices.
void ClassicGroups::static_replaced(engine::Runtime& runtime, const std::string& group_id,
                                    const std::string& old_id, const std::string& new_id,
                                    std::vector<JoinGroupRequest::Protocol> old_protocols,
                                    Error error) {
  ClassicGroup* group = find(group_id);
  ClassicMember* member = group ? group->find(new_id) : nullptr;
  if (!member) return;
  if (error == Error::none) {
    if (!group->is(ClassicState::stable)) return;  // answered when the rebalance ends
    JoinGroupResponse response = joined(*group, new_id);
    response.skip_assignment = group->is_leader(new_id);
    return answer_join(runtime, *member, std::move(response));
  }
  JoinGroupResponse response;
  response.error = Error::unknown_member_id;
  answer_join(runtime, *member, std::move(response));
  end_session(runtime, *group, new_id);
  ClassicMember& restored = group->replace_static(new_id, old_id);
  restored.protocols = std::move(old_protocols);
  restart_session(runtime, *group, restored);
}

// ---- the answer ---------------------------------------------------------------------------------

/// What a member of the generation is told; the leader also, who is in it.
JoinGroupResponse ClassicGroups::joined(const ClassicGroup& group,
                                        const std::string& member_id) const {
  JoinGroupResponse response;
  response.generation = group.generation();
  response.protocol = group.protocol();
  response.leader = group.leader();
  response.member_id = member_id;
  if (!group.is_leader(member_id)) return response;
  for (const ClassicMember& member : group.members())
    if (const GroupSubscription* subscription = member.subscription(group.protocol()))
      response.members.push_back({member.id, member.instance_id, *subscription});
  return response;
}

}  // namespace eventarium::kafka
