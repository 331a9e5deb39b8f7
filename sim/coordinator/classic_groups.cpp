// Requests other than joins, positions, and what the log says.
#include "sim/coordinator/classic_groups.h"

#include <utility>

#include <fmt/format.h>

#include "sim/coordinator/classic_group_entry.h"

namespace eventarium::kafka {
namespace {

constexpr auto broker_scope = ConfigScope::broker;

}  // namespace

// ---- life ---------------------------------------------------------------------------------------

void ClassicGroups::start(engine::Runtime&) {
  const Config& config = context_.broker->config();
  initial_rebalance_delay_ = config_ms(config, broker_scope, "group.initial.rebalance.delay.ms");
  min_session_timeout_ = config_ms(config, broker_scope, "group.min.session.timeout.ms");
  max_session_timeout_ = config_ms(config, broker_scope, "group.max.session.timeout.ms");
  max_size_ = static_cast<std::size_t>(config_int(config, broker_scope, "group.max.size"));
}

void ClassicGroups::stop() {
  groups_.clear();
  writing_.clear();
}

ClassicGroup* ClassicGroups::find(const std::string& group) {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

const ClassicGroup* ClassicGroups::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void ClassicGroups::tell(engine::Runtime& runtime, const ClassicGroup& group,
                         std::string reason) const {
  runtime.emit(trace::GroupStateChanged{
      group.id(), "classic", std::string(kafka::name_of(group.state())), group.generation(),
      group.protocol(), group.members().size(), std::move(reason)});
}

// ---- answers ------------------------------------------------------------------------------------

template <class R>
void ClassicGroups::respond(engine::Runtime& runtime, const WaitingRequest& waiting, R response) {
  context_.broker->respond(runtime, waiting.ticket, waiting.header,
                           std::make_unique<R>(std::move(response)));
}

template void ClassicGroups::respond(engine::Runtime&, const WaitingRequest&, JoinGroupResponse);

void ClassicGroups::answer_join(engine::Runtime& runtime, ClassicMember& member,
                                JoinGroupResponse response) {
  if (!member.awaiting_join) return;
  response.member_id = member.id;
  respond(runtime, *member.awaiting_join, std::move(response));
  member.awaiting_join.reset();
}

void ClassicGroups::answer_sync(engine::Runtime& runtime, ClassicMember& member, Error error) {
  if (!member.awaiting_sync) return;
  SyncGroupResponse response;
  response.error = error;
  if (error == Error::none) response.assignment = member.assignment;
  respond(runtime, *member.awaiting_sync, std::move(response));
  member.awaiting_sync.reset();
}

// ---- requests -----------------------------------------------------------------------------------

bool ClassicGroups::handle(engine::Runtime& runtime, RequestTicket ticket,
                           const engine::Message& message) {
  if (const auto* join_group = message.as<JoinGroupRequest>()) {
    join(runtime, {{ticket, join_group->header}, message.source, *join_group});
  } else if (const auto* sync_group = message.as<SyncGroupRequest>()) {
    sync(runtime, {ticket, sync_group->header}, *sync_group);
  } else if (const auto* beat = message.as<HeartbeatRequest>()) {
    HeartbeatResponse response;
    response.error = heartbeat(runtime, *beat);
    respond(runtime, {ticket, beat->header}, std::move(response));
  } else if (const auto* leaving = message.as<LeaveGroupRequest>()) {
    LeaveGroupResponse response;
    response.error = leave(runtime, *leaving);
    respond(runtime, {ticket, leaving->header}, std::move(response));
  } else {
    return false;
  }
  return true;
}

Error ClassicGroups::check_sync(const ClassicGroup* group, const SyncGroupRequest& request) const {
  if (const Error error = context_.log.check(request.group); error != Error::none) return error;
  if (!group) return Error::unknown_member_id;
  if (const Error error = group->check_member(request.member_id, request.instance_id);
      error != Error::none)
    return error;
  if (request.generation != group->generation()) return Error::illegal_generation;
  if (request.protocol != group->protocol()) return Error::inconsistent_group_protocol;
  if (group->is(ClassicState::preparing_rebalance)) return Error::rebalance_in_progress;
  return Error::none;
}

void ClassicGroups::sync(engine::Runtime& runtime, WaitingRequest waiting,
                         const SyncGroupRequest& request) {
  ClassicGroup* group = find(request.group);
  if (const Error error = check_sync(group, request); error != Error::none) {
    SyncGroupResponse response;
    response.error = error;
    return respond(runtime, waiting, std::move(response));
  }
  ClassicMember& member = *group->find(request.member_id);
  member.awaiting_sync = waiting;
  sync_received(runtime, *group, member.id);
  if (group->is(ClassicState::stable)) {
    answer_sync(runtime, member, Error::none);
    restart_session(runtime, *group, member);
  } else if (group->is_leader(member.id)) {
    assign(runtime, *group, request);
  }
}

Error ClassicGroups::heartbeat(engine::Runtime& runtime, const HeartbeatRequest& request) {
  if (const Error error = context_.log.check(request.group); error != Error::none) return error;
  const ClassicGroup* group = find(request.group);
  if (!group) return Error::unknown_member_id;
  if (const Error error = group->check_member(request.member_id, request.instance_id);
      error != Error::none)
    return error;
  if (request.generation != group->generation()) return Error::illegal_generation;
  restart_session(runtime, *group, *group->find(request.member_id));
  return group->is(ClassicState::preparing_rebalance) ? Error::rebalance_in_progress : Error::none;
}

Error ClassicGroups::leave(engine::Runtime& runtime, const LeaveGroupRequest& request) {
  if (const Error error = context_.log.check(request.group); error != Error::none) return error;
  ClassicGroup* group = find(request.group);
  if (!group) return Error::unknown_member_id;
  std::string id = request.member_id;
  if (id.empty()) {
    // An administrator removes a static member.
    id = group->static_member(request.instance_id);
    if (request.instance_id.empty() || id.empty()) return Error::unknown_member_id;
  } else if (group->is_pending(id)) {
    group->remove_pending(id);
    end_session(runtime, *group, id);
    complete_join_if_all_are_here(runtime, *group);
    return Error::none;
  } else if (const Error error = group->check_member(id, request.instance_id);
             error != Error::none) {
    return error;
  }
  ClassicMember& member = *group->find(id);
  const std::string name = runtime.name_of(member.client);
  JoinGroupResponse response;
  response.error = Error::unknown_member_id;
  answer_join(runtime, member, std::move(response));
  answer_sync(runtime, member, Error::unknown_member_id);
  remove_member(runtime, *group, id, request.reason.empty() ? "left" : "left: " + request.reason);
  after_removal(runtime, *group, fmt::format("{} leaves", name));
  return Error::none;
}

// ---- positions ----------------------------------------------------------------------------------

void ClassicGroups::make_simple_group(const std::string& group) {
  groups_.try_emplace(group, group, SimTime{});
}

void ClassicGroups::drop_simple_group(const std::string& group) {
  const ClassicGroup* found = std::as_const(*this).find(group);
  if (found && !found->has_been_joined()) groups_.erase(group);
}

/// Kafka's ClassicGroup.validateOffsetCommit, in its order.
Error ClassicGroups::check_commit(const CommitSender& sender) const {
  const ClassicGroup& group = *find(sender.group);
  if (group.is(ClassicState::dead)) return Error::coordinator_not_available;
  if (context_.planted.has(PlantedFault::commit_of_old_generation_accepted)) return Error::none;
  if (sender.generation < 0 && group.is(ClassicState::empty)) return Error::none;
  if (sender.generation >= 0 || !sender.member_id.empty() || !sender.instance_id.empty()) {
    if (const Error error = group.check_member(sender.member_id, sender.instance_id);
        error != Error::none)
      return error;
    if (sender.generation != group.generation()) return Error::illegal_generation;
  } else if (!sender.transactional) {
    return Error::unknown_member_id;
  }
  if (!sender.transactional && group.is(ClassicState::completing_rebalance))
    return Error::rebalance_in_progress;
  return Error::none;
}

/// A commit is as good as a heartbeat.
void ClassicGroups::on_commit(engine::Runtime& runtime, const CommitSender& sender) {
  const ClassicGroup* group = find(sender.group);
  const ClassicMember* member = group ? group->find(sender.member_id) : nullptr;
  if (!member || sender.transactional) return;
  if (group->is(ClassicState::stable) || group->is(ClassicState::preparing_rebalance))
    restart_session(runtime, *group, *member);
}

OffsetLifetime ClassicGroups::offset_lifetime(const std::string& id) const {
  const ClassicGroup& group = *find(id);
  OffsetLifetime lifetime;
  if (!group.has_been_joined()) return lifetime;
  switch (group.state()) {
    case ClassicState::empty:
      lifetime.since = group.state_since();
      break;
    case ClassicState::stable:
      for (const ClassicMember& member : group.members())
        if (const GroupSubscription* subscription = member.subscription(group.protocol()))
          lifetime.subscribed.insert(subscription->topics.begin(), subscription->topics.end());
      break;
    default:
      lifetime.expires = false;
  }
  return lifetime;
}

bool ClassicGroups::give_up(engine::Runtime& runtime, const std::string& id,
                            std::vector<CoordinatorEntry>& entries) {
  ClassicGroup* group = find(id);
  if (!group->is(ClassicState::empty) || !group->pending().empty()) return false;
  if (group->has_been_joined()) {
    group->transition_to(ClassicState::dead, runtime.now());
    tell(runtime, *group, "the group is forgotten");
  }
  entries.push_back(classic_group_tombstone(id));
  groups_.erase(id);
  return true;
}

// ---- the log ------------------------------------------------------------------------------------

void ClassicGroups::write(engine::Runtime& runtime, const ClassicGroup& group,
                          std::vector<CoordinatorEntry> entries, Written written) {
  const std::int32_t partition = context_.log.partition_of(group.id());
  writing_[context_.log.write(runtime, partition, std::move(entries))] = std::move(written);
}

bool ClassicGroups::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
  const auto found = writing_.find(token);
  if (found == writing_.end()) return false;
  const Written written = std::move(found->second);
  writing_.erase(found);
  written(runtime, error);
  return true;
}

bool ClassicGroups::replay(const GroupEntryKey& key, const std::optional<std::string>& value) {
  if (key.type != classic_group_entry_type) return false;
  groups_.erase(key.group);
  if (value)
    if (auto group = decode_classic_group(key.group, *value))
      groups_.emplace(key.group, std::move(*group));
  return true;
}

void ClassicGroups::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  for (auto& [id, group] : groups_) {
    if (context_.log.partition_of(id) != partition || !group.has_been_joined()) continue;
    tell(runtime, group, "read from the log");
    for (const ClassicMember& member : group.members()) restart_session(runtime, group, member);
    if (group.members().size() > max_size_)
      prepare_rebalance(runtime, group, "the group is larger than group.max.size");
  }
}

/// Who waits asks again, somebody else.
void ClassicGroups::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
  for (auto at = groups_.begin(); at != groups_.end();) {
    auto& [id, group] = *at;
    if (context_.log.partition_of(id) != partition) {
      ++at;
      continue;
    }
    for (ClassicMember& member : group.members()) {
      JoinGroupResponse response;
      response.error = Error::not_coordinator;
      answer_join(runtime, member, std::move(response));
      answer_sync(runtime, member, Error::not_coordinator);
      end_session(runtime, group, member.id);
    }
    forget_timers(runtime, group);
    at = groups_.erase(at);
  }
}

std::vector<std::string> ClassicGroups::groups(std::int32_t partition) const {
  std::vector<std::string> ids;
  for (const auto& [id, group] : groups_)
    if (context_.log.partition_of(id) == partition) ids.push_back(id);
  return ids;
}

}  // namespace eventarium::kafka
