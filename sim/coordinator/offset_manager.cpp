// See offset_manager.h.
#include "sim/coordinator/offset_manager.h"

#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {
namespace {

constexpr auto broker_scope = ConfigScope::broker;

std::string expiry_timer(std::int32_t partition) {
  return fmt::format("offset expiry\n{}", partition);
}

/// OffsetCommitted or OffsetCommitPending.
template <class Told>
void tell(engine::Runtime& runtime, const GroupPosition& position) {
  const Position& p = position.position;
  runtime.emit(Told{position.group, position.tp.topic, position.tp.partition, p.committed.offset,
                    p.member, p.generation});
}

}  // namespace

void OffsetManager::start() {
  const Config& config = context_.broker->config();
  retention_ = std::chrono::minutes(config_int(config, broker_scope, "offsets.retention.minutes"));
  check_interval_ = config_ms(config, broker_scope, "offsets.retention.check.interval.ms");
}

void OffsetManager::stop() {
  table_.clear();
  writing_.clear();
}

bool OffsetManager::handle(engine::Runtime& runtime, RequestTicket ticket,
                           const engine::Message& message) {
  if (const auto* request = message.as<OffsetCommitRequest>()) {
    commit(runtime,
           {{ticket, request->header},
            message.source,
            {request->group, request->member_id, request->instance_id, request->generation, false},
            request->partitions,
            {}});
  } else if (const auto* look = message.as<OffsetFetchRequest>()) {
    fetch(runtime, ticket, *look);
  } else {
    return false;
  }
  return true;
}

bool OffsetManager::exists(const TopicPartition& tp) const {
  return context_.broker->image().find(tp) != nullptr;
}

// ---- commits ------------------------------------------------------------------------------------

/// A group that nobody has joined is made when somebody without one commits.
Error OffsetManager::check(const CommitSender& sender) {
  if (const Error error = context_.log.check(sender.group); error != Error::none) return error;
  GroupManager* manager = context_.manager_of(sender.group);
  if (!manager) {
    if (sender.generation >= 0)
      return sender.transactional ? Error::illegal_generation : Error::group_id_not_found;
    classic_.make_simple_group(sender.group);
    manager = &classic_;
  }
  const Error error = manager->check_commit(sender);
  if (sender.transactional && error == Error::stale_member_epoch) return Error::illegal_generation;
  return error;
}

Error OffsetManager::check(const TxnOffsetCommitRequest& request) {
  return check(CommitSender{request.group, request.member_id, request.instance_id,
                            request.generation, true});
}

void OffsetManager::commit_in_transaction(engine::Runtime& runtime, RequestTicket ticket,
                                          NodeId client, const TxnOffsetCommitRequest& request,
                                          Error error) {
  Commit asked{{ticket, request.header},
               client,
               {request.group, request.member_id, request.instance_id, request.generation, true},
               request.partitions,
               request.producer};
  if (error != Error::none) return answer(runtime, asked, error);
  commit(runtime, std::move(asked));
}

void OffsetManager::commit(engine::Runtime& runtime, Commit commit) {
  const CommitSender& sender = commit.sender;
  if (const Error error = check(sender); error != Error::none)
    return answer(runtime, commit, error);
  context_.manager_of(sender.group)->on_commit(runtime, sender);
  std::vector<GroupPosition> positions;
  for (const OffsetCommitRequest::Partition& asked : commit.partitions)
    if (exists(asked.tp))
      positions.push_back(
          {sender.group,
           asked.tp,
           {asked.committed, runtime.now(), sender.member_id, sender.generation, 0}});
  if (positions.empty()) return answer(runtime, commit, Error::none);
  keep(runtime, commit, std::move(positions));
}

void OffsetManager::keep(engine::Runtime& runtime, const Commit& commit,
                         std::vector<GroupPosition> positions) {
  const std::int32_t partition = context_.log.partition_of(commit.sender.group);
  std::vector<CoordinatorEntry> entries;
  for (const GroupPosition& position : positions) entries.push_back(offset_entry(position));
  ProducerStamp stamp;
  if (commit.sender.transactional) {
    stamp.producer_id = commit.producer.producer_id;
    stamp.producer_epoch = commit.producer.epoch;
    stamp.transactional = true;
  }
  const std::uint64_t token = context_.log.write(runtime, partition, std::move(entries), stamp);
  if (context_.log.in_log(token)) {
    for (GroupPosition& position : positions)
      if (commit.sender.transactional) {
        table_.put_pending(partition, commit.producer.producer_id, position);
        tell<trace::OffsetCommitPending>(runtime, position);
      } else {
        position = table_.put(position);
      }
  }
  if (context_.planted.has(PlantedFault::commit_answered_before_replication)) {
    kept(runtime, commit, positions, Error::none);
    writing_[token] = [](engine::Runtime&, Error) {};
    return;
  }
  writing_[token] = [this, commit, positions = std::move(positions)](engine::Runtime& r, Error e) {
    kept(r, commit, positions, e);
  };
}

void OffsetManager::kept(engine::Runtime& runtime, const Commit& commit,
                         const std::vector<GroupPosition>& positions, Error error) {
  if (error == Error::none && !commit.sender.transactional)
    for (const GroupPosition& position : positions) {
      table_.replicated(position);
      tell<trace::OffsetCommitted>(runtime, position);
    }
  answer(runtime, commit, error);
}

void OffsetManager::answer(engine::Runtime& runtime, const Commit& commit, Error error) {
  if (error != Error::none)
    runtime.emit(trace::OffsetCommitRefused{commit.sender.group, commit.sender.member_id,
                                            commit.client, std::string(name_of(error))});
  std::vector<OffsetCommitResponse::Partition> partitions;
  for (const OffsetCommitRequest::Partition& asked : commit.partitions)
    partitions.push_back({asked.tp, error != Error::none ? error
                                    : exists(asked.tp)   ? Error::none
                                                         : Error::unknown_topic_or_partition});
  const auto respond = [&](auto response) {
    response->partitions = std::move(partitions);
    context_.broker->respond(runtime, commit.waiting.ticket, commit.waiting.header,
                             std::move(response));
  };
  if (commit.sender.transactional) {
    respond(std::make_unique<TxnOffsetCommitResponse>());
  } else {
    respond(std::make_unique<OffsetCommitResponse>());
  }
}

// ---- transactions -------------------------------------------------------------------------------

void OffsetManager::on_marker(engine::Runtime& runtime, std::int32_t partition,
                              ProducerIdAndEpoch producer, bool commit) {
  // While the partition is being read, the marker is read with it.
  if (!context_.log.is_active(partition)) return;
  for (const GroupPosition& position : table_.end(partition, producer.producer_id, commit)) {
    table_.replicated(position);
    tell<trace::OffsetCommitted>(runtime, position);
  }
}

bool OffsetManager::on_written(engine::Runtime& runtime, std::uint64_t token, Error error) {
  const auto found = writing_.find(token);
  if (found == writing_.end()) return false;
  const Written written = std::move(found->second);
  writing_.erase(found);
  written(runtime, error);
  return true;
}

// ---- look-ups -----------------------------------------------------------------------------------

Error OffsetManager::check_fetch(const OffsetFetchRequest& request) const {
  if (const Error error = context_.log.check(request.group); error != Error::none) return error;
  const GroupManager* manager = context_.manager_of(request.group);
  if (!manager) return Error::none;  // no positions
  return manager->check_fetch(request.group, request.member_id, request.member_epoch);
}

OffsetFetchResponse OffsetManager::look_up(const OffsetFetchRequest& request) const {
  OffsetFetchResponse response;
  const bool latest = request.require_stable ||
                      context_.log.is_replicated(context_.log.partition_of(request.group));
  for (const TopicPartition& tp : request.partitions) {
    OffsetFetchResponse::Partition& answer = response.partitions.emplace_back();
    answer.tp = tp;
    if (request.require_stable && table_.has_pending(request.group, tp)) {
      answer.error = Error::unstable_offset_commit;
      continue;
    }
    const Position* position =
        latest ? table_.latest(request.group, tp) : table_.latest_replicated(request.group, tp);
    if (position) answer.committed = position->committed;
  }
  return response;
}

void OffsetManager::fetch(engine::Runtime& runtime, RequestTicket ticket,
                          const OffsetFetchRequest& request) {
  const auto respond = [this, ticket, header = request.header](engine::Runtime& r,
                                                               OffsetFetchResponse response) {
    context_.broker->respond(r, ticket, header,
                             std::make_unique<OffsetFetchResponse>(std::move(response)));
  };
  if (const Error error = check_fetch(request); error != Error::none) {
    OffsetFetchResponse refused;
    refused.error = error;
    return respond(runtime, std::move(refused));
  }
  OffsetFetchResponse found = look_up(request);
  const std::int32_t partition = context_.log.partition_of(request.group);
  if (!request.require_stable || context_.log.is_replicated(partition))
    return respond(runtime, std::move(found));
  // What was found may still be lost with this broker.
  writing_[context_.log.write(runtime, partition, {})] = [respond, found = std::move(found)](
                                                             engine::Runtime& r, Error error) {
    OffsetFetchResponse response = found;
    response.error = error;
    if (error != Error::none) response.partitions.clear();
    respond(r, std::move(response));
  };
}

// ---- the log ------------------------------------------------------------------------------------

bool OffsetManager::replay(std::int32_t partition, const GroupEntryKey& key,
                           const std::optional<std::string>& value, const ProducerStamp& stamp) {
  if (key.type != offset_entry_type) return false;
  if (context_.planted.has(PlantedFault::offsets_lost_on_failover)) return true;
  const TopicPartition tp{key.topic, key.partition};
  const std::optional<Position> position = value ? decode_position(*value) : std::nullopt;
  if (!position) {
    table_.forget(key.group, tp);
    return true;
  }
  if (!context_.manager_of(key.group)) classic_.make_simple_group(key.group);
  if (stamp.transactional) {
    table_.put_pending(partition, stamp.producer_id, {key.group, tp, *position});
  } else {
    table_.replicated(table_.put({key.group, tp, *position}));
  }
  return true;
}

void OffsetManager::replay_marker(std::int32_t partition, const ProducerStamp& stamp) {
  for (const GroupPosition& position :
       table_.end(partition, stamp.producer_id, stamp.control == Control::commit))
    table_.replicated(position);
}

void OffsetManager::on_loaded(engine::Runtime& runtime, std::int32_t partition) {
  schedule_expiry(runtime, partition);
}

void OffsetManager::on_unloaded(engine::Runtime& runtime, std::int32_t partition) {
  context_.timers.cancel(runtime, expiry_timer(partition));
  for (const std::string& group : table_.groups())
    if (context_.log.partition_of(group) == partition) table_.forget_group(group);
  table_.forget_pending(partition);
}

// ---- expiry -------------------------------------------------------------------------------------

void OffsetManager::schedule_expiry(engine::Runtime& runtime, std::int32_t partition) {
  context_.timers.set(runtime, expiry_timer(partition), check_interval_,
                      [this, partition](engine::Runtime& r) {
                        expire(r, partition);
                        schedule_expiry(r, partition);
                      });
}

std::vector<TopicPartition> OffsetManager::expired(const std::string& group,
                                                   const OffsetLifetime& lifetime,
                                                   SimTime now) const {
  std::vector<TopicPartition> over;
  const OffsetTable::Positions* positions = table_.of_group(group);
  if (!positions || !lifetime.expires) return over;
  for (const auto& [tp, position] : *positions) {
    const SimTime since = lifetime.since.value_or(position.at);
    if (now - since >= retention_ && !lifetime.subscribed.contains(tp.topic) &&
        !table_.has_pending(group, tp))
      over.push_back(tp);
  }
  return over;
}

void OffsetManager::expire(engine::Runtime& runtime, std::int32_t partition) {
  std::vector<CoordinatorEntry> entries;
  for (GroupManager* manager : context_.managers)
    for (const std::string& group : manager->groups(partition)) {
      for (const TopicPartition& tp :
           expired(group, manager->offset_lifetime(group), runtime.now())) {
        entries.push_back(offset_tombstone(group, tp));
        table_.forget(group, tp);
        runtime.emit(trace::OffsetExpired{group, tp.topic, tp.partition});
      }
      if (!table_.of_group(group) && !table_.has_pending(group))
        manager->give_up(runtime, group, entries);
    }
  if (!entries.empty())
    writing_[context_.log.write(runtime, partition, std::move(entries))] = [](engine::Runtime&,
                                                                              Error) {};
}

void OffsetManager::on_metadata(engine::Runtime& runtime) {
  std::map<std::int32_t, std::vector<CoordinatorEntry>> entries;
  for (const std::string& group : table_.groups()) {
    const std::int32_t partition = context_.log.partition_of(group);
    if (!context_.log.is_active(partition)) continue;
    std::vector<TopicPartition> gone;
    for (const auto& [tp, position] : *table_.of_group(group))
      if (!context_.broker->image().find_topic(tp.topic)) gone.push_back(tp);
    for (const TopicPartition& tp : gone) {
      entries[partition].push_back(offset_tombstone(group, tp));
      table_.forget(group, tp);
    }
  }
  for (auto& [partition, tombstones] : entries)
    writing_[context_.log.write(runtime, partition, std::move(tombstones))] = [](engine::Runtime&,
                                                                                 Error) {};
}

}  // namespace eventarium::kafka
