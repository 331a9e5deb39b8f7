// See share_groups.h.
#include "sim/coordinator/share_groups.h"

#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {
namespace {

std::string session_timer(const std::string& group, const std::string& member) {
  return "share session of " + member + " in " + group;
}

std::string listed(const std::set<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& tp : partitions) text += (text.empty() ? "" : " ") + to_text(tp);
  return text;
}

}  // namespace

Duration ShareGroups::config(const char* key) const {
  return config_ms(context_.broker->config(), ConfigScope::broker, key);
}

TopicSizes ShareGroups::topics() const {
  TopicSizes sizes;
  for (const auto& [name, topic] : context_.broker->image().topics)
    if (!is_internal_topic(name)) sizes[name] = static_cast<std::int32_t>(topic.partitions.size());
  return sizes;
}

const ShareGroup* ShareGroups::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void ShareGroups::stop() {
  groups_.clear();
  told_.clear();
  waiting_.clear();
}

// ---- heartbeats ---------------------------------------------------------------------------------

bool ShareGroups::handle(engine::Runtime& runtime, RequestTicket ticket,
                         const engine::Message& message) {
  const auto* request = message.as<ShareGroupHeartbeatRequest>();
  if (!request) return false;
  heartbeat(runtime, ticket, *request, message.source);
  return true;
}

void ShareGroups::refuse(engine::Runtime& runtime, RequestTicket ticket, Header header,
                         Error error) {
  auto response = std::make_unique<ShareGroupHeartbeatResponse>();
  response->error = error;
  context_.broker->respond(runtime, ticket, header, std::move(response));
}

void ShareGroups::heartbeat(engine::Runtime& runtime, RequestTicket ticket,
                            const ShareGroupHeartbeatRequest& request, NodeId client) {
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
  ShareGroup& group = groups_.at(request.group);
  const auto size_max = static_cast<std::size_t>(
      config_int(context_.broker->config(), ConfigScope::broker, "group.share.max.size"));
  const ShareGroup::Outcome outcome =
      group.heartbeat(request, client, runtime.name_of(client), topics(), size_max);
  if (outcome.error != Error::none) return refuse(runtime, ticket, request.header, outcome.error);
  tell(runtime, group, outcome);
  if (outcome.left)
    context_.timers.cancel(runtime, session_timer(request.group, request.member_id));
  else
    watch(runtime, request.group, request.member_id);
  auto response = std::make_unique<ShareGroupHeartbeatResponse>();
  response->member_id = request.member_id;
  response->member_epoch = outcome.member_epoch;
  response->heartbeat_interval = config("group.share.heartbeat.interval.ms");
  response->assignment = outcome.assignment;
  keep(runtime, group, std::move(first),
       {request.group, ticket, request.header, std::move(response)});
}

void ShareGroups::watch(engine::Runtime& runtime, const std::string& id,
                        const std::string& member) {
  context_.timers.set(runtime, session_timer(id, member), config("group.share.session.timeout.ms"),
                      [this, id, member](engine::Runtime& at) { expire(at, id, member); });
}

void ShareGroups::expire(engine::Runtime& runtime, const std::string& id,
                         const std::string& member) {
  const auto found = groups_.find(id);
  const ShareGroupMember* known = found == groups_.end() ? nullptr : found->second.find(member);
  if (!known) return;
  const std::string why = "its session has expired: no heartbeat";
  runtime.set_cause(runtime.emit(trace::GroupMemberLeft{id, member, known->client, why}));
  const std::string name = runtime.name_of(known->client);
  ShareGroup::Outcome outcome =
      found->second.remove(member, fmt::format("{} is removed: {}", name, why));
  outcome.left = false;  // told already
  tell(runtime, found->second, outcome);
  keep(runtime, found->second, {}, {id, {}, {}, nullptr});
}

/// What the outcome means for those who watch.
void ShareGroups::tell(engine::Runtime& runtime, const ShareGroup& group,
                       const ShareGroup::Outcome& outcome) {
  const ShareGroupMember* member = group.find(outcome.member);
  if (outcome.joined && member)
    runtime.emit(trace::GroupMemberJoined{group.id(), member->id, member->client, ""});
  if (outcome.left)
    runtime.emit(trace::GroupMemberLeft{group.id(), outcome.member, NodeId{}, "left"});
  Told& told = told_[group.id()];
  const std::string state(group.state());
  if (told.state != state || told.epoch != group.epoch())
    runtime.emit(trace::GroupStateChanged{group.id(), "share", state, group.epoch(), "simple",
                                          group.members().size(), outcome.reason});
  told = {state, group.epoch()};
  if (member && outcome.assignment)
    runtime.emit(trace::GroupAssignmentMade{group.id(), member->epoch, member->id, member->client,
                                            listed(member->assigned)});
}

// ---- the log ------------------------------------------------------------------------------------

void ShareGroups::keep(engine::Runtime& runtime, ShareGroup& group,
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

bool ShareGroups::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
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

bool ShareGroups::replay(const GroupEntryKey& key, const std::optional<std::string>& value) {
  if (key.type == ShareGroup::group_type && !value) {
    groups_.erase(key.group);
    return true;
  }
  if (key.type != ShareGroup::group_type && key.type != ShareGroup::member_type) return false;
  groups_.try_emplace(key.group, key.group).first->second.replay(key, value);
  return true;
}

void ShareGroups::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  for (const auto& [id, group] : groups_) {
    if (context_.log.partition_of(id) != partition) continue;
    for (const auto& [member, known] : group.members()) watch(runtime, id, member);
    ShareGroup::Outcome outcome;
    outcome.reason = "another broker is its coordinator now";
    tell(runtime, group, outcome);
  }
}

void ShareGroups::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
  for (auto entry = groups_.begin(); entry != groups_.end();) {
    if (context_.log.partition_of(entry->first) != partition) {
      ++entry;
      continue;
    }
    for (const auto& [member, known] : entry->second.members())
      context_.timers.cancel(runtime, session_timer(entry->first, member));
    told_.erase(entry->first);
    entry = groups_.erase(entry);
  }
}

std::vector<std::string> ShareGroups::groups(std::int32_t partition) const {
  std::vector<std::string> ids;
  for (const auto& [id, group] : groups_)
    if (context_.log.partition_of(id) == partition) ids.push_back(id);
  return ids;
}

bool ShareGroups::give_up(engine::Runtime& runtime, const std::string& group,
                          std::vector<CoordinatorEntry>& entries) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return true;
  if (!found->second.is_empty()) return false;
  for (CoordinatorEntry& entry : found->second.tombstones()) entries.push_back(std::move(entry));
  runtime.emit(trace::GroupStateChanged{group, "share", "Dead", found->second.epoch(), "", 0,
                                        "the group goes on with another protocol"});
  told_.erase(group);
  groups_.erase(found);
  return true;
}

}  // namespace eventarium::kafka
