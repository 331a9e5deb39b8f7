// See epoch_groups.h.
#include "sim/coordinator/epoch_groups.h"

#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {
namespace {

std::string session_timer(const std::string& group, const std::string& member) {
  return "session of " + member + " in " + group;
}

std::string listed(const std::set<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& tp : partitions) text += (text.empty() ? "" : " ") + to_text(tp);
  return text;
}

/// "group.share.max.size"
template <class Protocol>
std::string key_of(const char* key) {
  return fmt::format("group.{}.{}", Protocol::kind, key);
}

}  // namespace

template <class Protocol>
Duration EpochGroups<Protocol>::config(const char* key) const {
  return config_ms(context_.broker->config(), ConfigScope::broker, key_of<Protocol>(key));
}

template <class Protocol>
TopicSizes EpochGroups<Protocol>::topics() const {
  TopicSizes sizes;
  for (const auto& [name, topic] : context_.broker->image().topics)
    if (!is_internal_topic(name)) sizes[name] = static_cast<std::int32_t>(topic.partitions.size());
  return sizes;
}

template <class Protocol>
const typename Protocol::Group* EpochGroups<Protocol>::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

template <class Protocol>
void EpochGroups<Protocol>::stop() {
  groups_.clear();
  told_.clear();
  waiting_.clear();
}

// ---- heartbeats

template <class Protocol>
bool EpochGroups<Protocol>::handle(engine::Runtime& runtime, RequestTicket ticket,
                                   const engine::Message& message) {
  const auto* request = message.as<Request>();
  if (!request) return false;
  heartbeat(runtime, ticket, *request, message.source);
  return true;
}

template <class Protocol>
void EpochGroups<Protocol>::refuse(engine::Runtime& runtime, RequestTicket ticket, Header header,
                                   Error error) {
  auto response = std::make_unique<Response>();
  response->error = error;
  context_.broker->respond(runtime, ticket, header, std::move(response));
}

template <class Protocol>
void EpochGroups<Protocol>::heartbeat(engine::Runtime& runtime, RequestTicket ticket,
                                      const Request& request, NodeId client) {
  const Error error = context_.log.check(request.group);
  if (error != Error::none) return refuse(runtime, ticket, request.header, error);
  std::vector<CoordinatorEntry> first;
  if (!has(request.group)) {
    if (request.member_epoch != join_group_epoch)
      return refuse(runtime, ticket, request.header, Error::unknown_member_id);
    if (!context_.make_room(runtime, request.group, *this, first))
      return refuse(runtime, ticket, request.header, Error::inconsistent_group_protocol);
    groups_.try_emplace(request.group, request.group);
  }
  Group& group = groups_.at(request.group);
  const auto size_max = static_cast<std::size_t>(
      config_int(context_.broker->config(), ConfigScope::broker, key_of<Protocol>("max.size")));
  const Outcome outcome =
      group.heartbeat(request, client, runtime.name_of(client), topics(), size_max);
  if (outcome.error != Error::none) {
    refuse(runtime, ticket, request.header, outcome.error);
    if (group.epoch() == 0) groups_.erase(request.group);  // it was made for this
    return;
  }
  tell(runtime, group, outcome, client);
  const std::string replaced = Protocol::replaced(outcome);
  if (!replaced.empty()) forget_timers(runtime, request.group, replaced);
  if (outcome.left)
    forget_timers(runtime, request.group, request.member_id);
  else
    watch(runtime, group, request.member_id);
  auto response = std::make_unique<Response>();
  response->member_id = request.member_id;
  response->member_epoch = outcome.member_epoch;
  response->heartbeat_interval = config("heartbeat.interval.ms");
  response->assignment = outcome.assignment;
  keep(runtime, group, std::move(first),
       {request.group, ticket, request.header, std::move(response)});
}

template <class Protocol>
void EpochGroups<Protocol>::watch(engine::Runtime& runtime, const Group& group,
                                  const std::string& member) {
  const std::string id = group.id();
  context_.timers.set(runtime, session_timer(id, member), config("session.timeout.ms"),
                      [this, id, member](engine::Runtime& at) {
                        remove(at, id, member, "its session has expired: no heartbeat");
                      });
}

template <class Protocol>
void EpochGroups<Protocol>::forget_timers(engine::Runtime& runtime, const std::string& group,
                                          const std::string& member) {
  context_.timers.cancel(runtime, session_timer(group, member));
}

template <class Protocol>
void EpochGroups<Protocol>::remove(engine::Runtime& runtime, const std::string& id,
                                   const std::string& member, const std::string& why) {
  const auto found = groups_.find(id);
  const typename Protocol::Member* known =
      found == groups_.end() ? nullptr : found->second.find(member);
  if (!known) return;
  forget_timers(runtime, id, member);
  runtime.set_cause(runtime.emit(trace::GroupMemberLeft{id, member, known->client, why}));
  const std::string name = runtime.name_of(known->client);
  Outcome outcome = found->second.remove(member, fmt::format("{} is removed: {}", name, why));
  outcome.left = false;  // told already
  tell(runtime, found->second, outcome, {});
  keep(runtime, found->second, {}, {id, {}, {}, nullptr});
}

/// What the outcome means for those who watch. `client`: whose heartbeat it was.
template <class Protocol>
void EpochGroups<Protocol>::tell(engine::Runtime& runtime, const Group& group,
                                 const Outcome& outcome, NodeId client) {
  const typename Protocol::Member* member = group.find(outcome.member);
  const std::string replaced = Protocol::replaced(outcome);
  if (!replaced.empty())
    runtime.emit(trace::GroupMemberLeft{group.id(), replaced, member ? member->client : NodeId{},
                                        "replaced"});
  if (outcome.joined && member)
    runtime.emit(trace::GroupMemberJoined{group.id(), member->id, member->client,
                                          Protocol::instance_id(*member)});
  if (outcome.left)
    runtime.emit(trace::GroupMemberLeft{group.id(), outcome.member, client, "left"});
  Told& told = told_[group.id()];
  const std::string state(group.state());
  if (told.state != state || told.epoch != group.epoch())
    runtime.emit(trace::GroupStateChanged{group.id(), Protocol::kind, state, group.epoch(),
                                          Protocol::assignor(group), group.members().size(),
                                          outcome.reason});
  told = {state, group.epoch()};
  if (member && outcome.assignment)
    runtime.emit(trace::GroupAssignmentMade{group.id(), member->epoch, member->id, member->client,
                                            listed(member->assigned)});
}

// ---- the log

template <class Protocol>
void EpochGroups<Protocol>::keep(engine::Runtime& runtime, Group& group,
                                 std::vector<CoordinatorEntry> first, Waiting waiting) {
  std::vector<CoordinatorEntry> entries = std::move(first);
  for (CoordinatorEntry& entry : group.take_changes()) entries.push_back(std::move(entry));
  if (entries.empty()) {
    if (waiting.response)
      context_.broker->respond(runtime, waiting.ticket, waiting.header,
                               std::move(waiting.response));
    return;
  }
  const std::uint64_t token =
      context_.log.write(runtime, context_.log.partition_of(group.id()), std::move(entries));
  waiting_.emplace(token, std::move(waiting));
}

template <class Protocol>
bool EpochGroups<Protocol>::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
  const auto found = waiting_.find(token);
  if (found == waiting_.end()) return false;
  Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  if (error != Error::none) {
    const auto group = groups_.find(waiting.group);
    if (group != groups_.end()) group->second.keep_again();
    if (waiting.response) refuse(runtime, waiting.ticket, waiting.header, error);
  } else if (waiting.response) {
    context_.broker->respond(runtime, waiting.ticket, waiting.header, std::move(waiting.response));
  }
  return true;
}

template <class Protocol>
bool EpochGroups<Protocol>::replay(const GroupEntryKey& key,
                                   const std::optional<std::string>& value) {
  if (key.type == Group::group_type && !value) {
    groups_.erase(key.group);
    return true;
  }
  if (key.type != Group::group_type && key.type != Group::member_type) return false;
  groups_.try_emplace(key.group, key.group).first->second.replay(key, value);
  return true;
}

template <class Protocol>
void EpochGroups<Protocol>::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  for (const auto& [id, group] : groups_) {
    if (context_.log.partition_of(id) != partition) continue;
    for (const auto& [member, known] : group.members()) watch(runtime, group, member);
    Outcome outcome;
    outcome.reason = "another broker is its coordinator now";
    tell(runtime, group, outcome, {});
  }
}

template <class Protocol>
void EpochGroups<Protocol>::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    if (context_.log.partition_of(entry->first) != partition) {
      ++entry;
      continue;
    }
    for (const auto& [member, known] : entry->second.members())
      forget_timers(runtime, entry->first, member);
    told_.erase(entry->first);
    entry = groups_.erase(entry);
  }
}

// ---- what others ask

template <class Protocol>
std::vector<std::string> EpochGroups<Protocol>::groups(std::int32_t partition) const {
  std::vector<std::string> ids;
  for (const auto& [id, group] : groups_)
    if (context_.log.partition_of(id) == partition) ids.push_back(id);
  return ids;
}

template <class Protocol>
bool EpochGroups<Protocol>::give_up(engine::Runtime& runtime, const std::string& group,
                                    std::vector<CoordinatorEntry>& entries) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return true;
  if (!found->second.is_empty()) return false;
  for (CoordinatorEntry& entry : found->second.tombstones()) entries.push_back(std::move(entry));
  runtime.emit(trace::GroupStateChanged{group, Protocol::kind, "Dead", found->second.epoch(), "", 0,
                                        "the group goes on with another protocol"});
  told_.erase(group);
  groups_.erase(found);
  return true;
}

template class EpochGroups<ConsumerProtocol>;
template class EpochGroups<ShareProtocol>;

}  // namespace eventarium::kafka
