// See consumer_groups.h.
#include "sim/coordinator/consumer_groups.h"

#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {
namespace {

std::string session_timer(const std::string& group, const std::string& member) {
  return "session of " + member + " in " + group;
}

std::string rebalance_timer(const std::string& group, const std::string& member) {
  return "rebalance of " + member + " in " + group;
}

std::string listed(const std::set<TopicPartition>& partitions) {
  std::string text;
  for (const TopicPartition& tp : partitions) text += (text.empty() ? "" : " ") + to_text(tp);
  return text;
}

}  // namespace

Duration ConsumerGroups::config(const char* key) const {
  return config_ms(context_.broker->config(), ConfigScope::broker, key);
}

TopicSizes ConsumerGroups::topics() const {
  TopicSizes sizes;
  for (const auto& [name, topic] : context_.broker->image().topics)
    if (!is_internal_topic(name)) sizes[name] = static_cast<std::int32_t>(topic.partitions.size());
  return sizes;
}

const ConsumerGroup* ConsumerGroups::find(const std::string& group) const {
  const auto found = groups_.find(group);
  return found == groups_.end() ? nullptr : &found->second;
}

void ConsumerGroups::stop() {
  groups_.clear();
  told_.clear();
  waiting_.clear();
}

// ---- heartbeats

bool ConsumerGroups::handle(engine::Runtime& runtime, RequestTicket ticket,
                            const engine::Message& message) {
  const auto* request = message.as<ConsumerGroupHeartbeatRequest>();
  if (!request) return false;
  heartbeat(runtime, ticket, *request, message.source);
  return true;
}

void ConsumerGroups::refuse(engine::Runtime& runtime, RequestTicket ticket, Header header,
                            Error error) {
  auto response = std::make_unique<ConsumerGroupHeartbeatResponse>();
  response->error = error;
  context_.broker->respond(runtime, ticket, header, std::move(response));
}

void ConsumerGroups::heartbeat(engine::Runtime& runtime, RequestTicket ticket,
                               const ConsumerGroupHeartbeatRequest& request, NodeId client) {
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
  ConsumerGroup& group = groups_.at(request.group);
  const auto size_max = static_cast<std::size_t>(
      config_int(context_.broker->config(), ConfigScope::broker, "group.consumer.max.size"));
  const ConsumerGroup::Outcome outcome =
      group.heartbeat(request, client, runtime.name_of(client), topics(), size_max);
  if (outcome.error != Error::none) {
    refuse(runtime, ticket, request.header, outcome.error);
    if (group.epoch() == 0) groups_.erase(request.group);  // it was made for this
    return;
  }
  tell(runtime, group, outcome, request.member_epoch < 0 ? "left" : "");
  if (!outcome.replaced.empty()) forget_timers(runtime, request.group, outcome.replaced);
  if (outcome.left)
    forget_timers(runtime, request.group, request.member_id);
  else
    watch(runtime, group, request.member_id);
  auto response = std::make_unique<ConsumerGroupHeartbeatResponse>();
  response->member_id = request.member_id;
  response->member_epoch = outcome.member_epoch;
  response->heartbeat_interval = config("group.consumer.heartbeat.interval.ms");
  response->assignment = outcome.assignment;
  keep(runtime, group, std::move(first),
       {request.group, ticket, request.header, std::move(response)});
}

/// The sessions and time-outs of one member begin anew.
void ConsumerGroups::watch(engine::Runtime& runtime, const ConsumerGroup& group,
                           const std::string& member) {
  const std::string id = group.id();
  context_.timers.set(runtime, session_timer(id, member),
                      config("group.consumer.session.timeout.ms"),
                      [this, id, member](engine::Runtime& at) {
                        remove(at, id, member, "its session has expired: no heartbeat");
                      });
  const ConsumerGroupMember* known = group.find(member);
  const std::string name = rebalance_timer(id, member);
  if (!known || known->state != MemberState::unrevoked_partitions) {
    context_.timers.cancel(runtime, name);
  } else if (!context_.timers.is_set(name)) {
    context_.timers.set(runtime, name, known->rebalance_timeout,
                        [this, id, member](engine::Runtime& at) {
                          remove(at, id, member, "it has not given up what it had to in time");
                        });
  }
}

void ConsumerGroups::forget_timers(engine::Runtime& runtime, const std::string& group,
                                   const std::string& member) {
  context_.timers.cancel(runtime, session_timer(group, member));
  context_.timers.cancel(runtime, rebalance_timer(group, member));
}

void ConsumerGroups::remove(engine::Runtime& runtime, const std::string& id,
                            const std::string& member, const std::string& why) {
  const auto found = groups_.find(id);
  const ConsumerGroupMember* known = found == groups_.end() ? nullptr : found->second.find(member);
  if (!known) return;
  forget_timers(runtime, id, member);
  runtime.set_cause(runtime.emit(trace::GroupMemberLeft{id, member, known->client, why}));
  const std::string name = runtime.name_of(known->client);
  ConsumerGroup::Outcome outcome =
      found->second.remove(member, fmt::format("{} is removed: {}", name, why));
  outcome.left = false;  // told already
  tell(runtime, found->second, outcome, "");
  keep(runtime, found->second, {}, {id, {}, {}, nullptr});
}

/// What the outcome means for those who watch.
void ConsumerGroups::tell(engine::Runtime& runtime, const ConsumerGroup& group,
                          const ConsumerGroup::Outcome& outcome, const std::string& why) {
  const ConsumerGroupMember* member = group.find(outcome.member);
  if (!outcome.replaced.empty())
    runtime.emit(trace::GroupMemberLeft{group.id(), outcome.replaced,
                                        member ? member->client : NodeId{}, "replaced"});
  if (outcome.joined && member)
    runtime.emit(
        trace::GroupMemberJoined{group.id(), member->id, member->client, member->instance_id});
  if (outcome.left) runtime.emit(trace::GroupMemberLeft{group.id(), outcome.member, NodeId{}, why});
  Told& told = told_[group.id()];
  const std::string state(group.state());
  if (told.state != state || told.epoch != group.epoch())
    runtime.emit(trace::GroupStateChanged{group.id(), "consumer", state, group.epoch(),
                                          group.assignor(), group.members().size(),
                                          outcome.reason});
  told = {state, group.epoch()};
  if (member && outcome.assignment)
    runtime.emit(trace::GroupAssignmentMade{group.id(), member->epoch, member->id, member->client,
                                            listed(member->assigned)});
}

// ---- the log

void ConsumerGroups::keep(engine::Runtime& runtime, ConsumerGroup& group,
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

bool ConsumerGroups::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
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

bool ConsumerGroups::replay(const GroupEntryKey& key, const std::optional<std::string>& value) {
  if (key.type == ConsumerGroup::group_type && !value) {
    groups_.erase(key.group);
    return true;
  }
  if (key.type != ConsumerGroup::group_type && key.type != ConsumerGroup::member_type) return false;
  groups_.try_emplace(key.group, key.group).first->second.replay(key, value);
  return true;
}

void ConsumerGroups::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  for (const auto& [id, group] : groups_) {
    if (context_.log.partition_of(id) != partition) continue;
    for (const auto& [member, known] : group.members()) watch(runtime, group, member);
    ConsumerGroup::Outcome outcome;
    outcome.reason = "another broker is its coordinator now";
    tell(runtime, group, outcome, "");
  }
}

void ConsumerGroups::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
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

std::vector<std::string> ConsumerGroups::groups(std::int32_t partition) const {
  std::vector<std::string> ids;
  for (const auto& [id, group] : groups_)
    if (context_.log.partition_of(id) == partition) ids.push_back(id);
  return ids;
}

bool ConsumerGroups::give_up(engine::Runtime& runtime, const std::string& group,
                             std::vector<CoordinatorEntry>& entries) {
  const auto found = groups_.find(group);
  if (found == groups_.end()) return true;
  if (!found->second.is_empty()) return false;
  for (CoordinatorEntry& entry : found->second.tombstones()) entries.push_back(std::move(entry));
  runtime.emit(trace::GroupStateChanged{group, "consumer", "Dead", found->second.epoch(), "", 0,
                                        "the group goes on with another protocol"});
  told_.erase(group);
  groups_.erase(found);
  return true;
}

Error ConsumerGroups::check_commit(const CommitSender& sender) const {
  const ConsumerGroup* group = find(sender.group);
  return group ? group->check_commit(sender.member_id, sender.generation)
               : Error::group_id_not_found;
}

Error ConsumerGroups::check_fetch(const std::string& id, const std::string& member_id,
                                  std::int32_t member_epoch) const {
  const ConsumerGroup* group = find(id);
  if (member_id.empty() || !group) return Error::none;
  return group->check_commit(member_id, member_epoch);
}

/// Each position by itself, as long as nobody subscribes to its topic.
OffsetLifetime ConsumerGroups::offset_lifetime(const std::string& id) const {
  OffsetLifetime lifetime;
  if (const ConsumerGroup* group = find(id))
    for (const auto& [member, known] : group->members())
      lifetime.subscribed.insert(known.topics.begin(), known.topics.end());
  return lifetime;
}

}  // namespace eventarium::kafka
