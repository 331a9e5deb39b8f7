// Requests of share consumers, their sessions, and those that wait. See share_leader.h.
#include "sim/coordinator/share_leader.h"

#include <algorithm>
#include <utility>

#include "sim/broker/components.h"

namespace eventarium::kafka {

void ShareLeader::start(engine::Runtime&, BrokerServices& services) {
  services_ = &services;
  persister_.start(services);
}

void ShareLeader::stop(engine::Runtime&, engine::StopReason) {
  persister_.stop();
  sessions_.clear();
  tracked_.clear();
  pending_.clear();
}

const SharePartition* ShareLeader::find(const std::string& group, const TopicPartition& tp) const {
  const auto found = tracked_.find({group, tp});
  return found != tracked_.end() && found->second.records ? &*found->second.records : nullptr;
}

// ---- requests -----------------------------------------------------------------------------------

bool ShareLeader::handle(engine::Runtime& runtime, RequestTicket ticket,
                         const engine::Message& message) {
  if (const auto* fetch = message.as<ShareFetchRequest>()) {
    take_fetch(runtime, ticket, *fetch, message);
    return true;
  }
  if (const auto* said = message.as<ShareAcknowledgeRequest>()) {
    take_acknowledge(runtime, ticket, *said, message);
    return true;
  }
  return false;
}

void ShareLeader::take_fetch(engine::Runtime& runtime, RequestTicket ticket,
                             const ShareFetchRequest& request, const engine::Message& message) {
  const Error error = sessions_.take({request.group, request.member_id}, request.session_epoch,
                                     message.source, message.lane);
  if (error != Error::none) {
    auto response = std::make_unique<ShareFetchResponse>();
    response->error = error;
    return services_->respond(runtime, ticket, request.header, std::move(response));
  }
  const std::uint64_t id = ++last_request_;
  Pending& pending = pending_[id];
  pending.ticket = ticket;
  pending.header = request.header;
  pending.client = message.source;
  pending.group = request.group;
  pending.member = request.member_id;
  pending.is_fetch = true;
  pending.closes = request.session_epoch == close_share_session;
  pending.partitions = request.partitions;
  pending.max_records = request.max_records;
  pending.max_bytes = request.max_bytes;
  pending.max_wait = request.max_wait;
  acknowledge(runtime, id, request.acknowledgements);
}

void ShareLeader::take_acknowledge(engine::Runtime& runtime, RequestTicket ticket,
                                   const ShareAcknowledgeRequest& request,
                                   const engine::Message& message) {
  const Error error = request.session_epoch == open_share_session
                          ? Error::invalid_share_session_epoch
                          : sessions_.take({request.group, request.member_id},
                                           request.session_epoch, message.source, message.lane);
  if (error != Error::none) {
    auto response = std::make_unique<ShareAcknowledgeResponse>();
    response->error = error;
    return services_->respond(runtime, ticket, request.header, std::move(response));
  }
  const std::uint64_t id = ++last_request_;
  Pending& pending = pending_[id];
  pending.ticket = ticket;
  pending.header = request.header;
  pending.client = message.source;
  pending.group = request.group;
  pending.member = request.member_id;
  pending.closes = request.session_epoch == close_share_session;
  acknowledge(runtime, id, request.acknowledgements);
}

void ShareLeader::acknowledge(engine::Runtime& runtime, std::uint64_t id,
                              const std::vector<ShareAcknowledgement>& acknowledgements) {
  Pending& pending = pending_.at(id);
  const NodeId client = pending.client;
  std::map<TopicPartition, Acknowledged> by_partition;
  for (const ShareAcknowledgement& asked : acknowledgements) {
    Error& error = pending.acknowledged[asked.tp];  // none at first
    const auto found = tracked_.find({pending.group, asked.tp});
    if (services_->led_epoch(asked.tp) < 0) {
      error = why_not_here(asked.tp);
    } else if (found == tracked_.end() || !found->second.records) {
      error = Error::invalid_record_state;  // a new leader has given out nothing yet
    } else {
      std::vector<SharePartition::Settled> settled;
      const Error refused =
          found->second.records->begin_acknowledge(asked, pending.member, settled);
      if (refused != Error::none) error = refused;
      for (SharePartition::Settled& range : settled) range.client = client;
      auto& all = by_partition[asked.tp].settled;
      all.insert(all.end(), settled.begin(), settled.end());
    }
  }
  std::vector<Key> to_keep;
  for (auto& [tp, said] : by_partition) {
    if (said.settled.empty()) continue;
    said.request = id;
    ++pending.unsettled;
    to_keep.emplace_back(pending.group, tp);
    Tracked& tracked = tracked_.at(to_keep.back());
    tracked.next.push_back(std::move(said));
    watch_locks(runtime, tracked);
  }
  if (to_keep.empty()) return acknowledgements_done(runtime, id);
  for (const Key& key : to_keep)
    if (const auto found = tracked_.find(key); found != tracked_.end())
      keep(runtime, key, found->second);
}

/// What was said of records is kept, or could not be.
void ShareLeader::acknowledgements_done(engine::Runtime& runtime, std::uint64_t id) {
  const auto found = pending_.find(id);
  if (found == pending_.end()) return;  // who asked has gone
  Pending& pending = found->second;
  if (pending.closes) {
    const ShareSessions::Key session{pending.group, pending.member};
    sessions_.close(session);
    answer(runtime, id, {});
    return close_session(runtime, session, "the member has closed its session");
  }
  if (!pending.is_fetch) return answer(runtime, id, {});
  try_fetch(runtime, id, false);
}

// ---- waiting ------------------------------------------------------------------------------------

/// Answers when there is something to say; else the request waits.
void ShareLeader::try_fetch(engine::Runtime& runtime, std::uint64_t id, bool last_chance) {
  Pending& pending = pending_.at(id);
  std::size_t room = pending.max_records;
  bool something = last_chance || pending.partitions.empty();
  std::vector<ShareFetchResponse::Partition> partitions;
  for (const TopicPartition& tp : pending.partitions) {
    const Key key{pending.group, tp};
    ShareFetchResponse::Partition given;
    given.tp = tp;
    Tracked* const tracked = services_->led_epoch(tp) < 0 ? nullptr : track(runtime, key);
    if (!tracked)
      given.error = why_not_here(tp);
    else if (tracked->records && room > 0)
      hand_out(runtime, key, *tracked, pending, room, given);
    if (given.error == Error::none && given.acquired.empty()) continue;
    something = true;
    partitions.push_back(std::move(given));
  }
  for (const auto& [tp, error] : pending.acknowledged)
    something = something || error != Error::none;
  if (something) return answer(runtime, id, std::move(partitions));
  if (std::exchange(pending.parked, true)) return;
  pending.timer = runtime.set_timer(pending.max_wait, {share_leader_component, wait_over, id});
}

void ShareLeader::answer(engine::Runtime& runtime, std::uint64_t id,
                         std::vector<ShareFetchResponse::Partition> partitions) {
  const auto found = pending_.find(id);
  Pending pending = std::move(found->second);
  pending_.erase(found);
  runtime.cancel_timer(pending.timer);
  if (!pending.is_fetch) {
    auto response = std::make_unique<ShareAcknowledgeResponse>();
    for (const auto& [tp, error] : pending.acknowledged)
      response->partitions.push_back({tp, error});
    return services_->respond(runtime, pending.ticket, pending.header, std::move(response));
  }
  auto response = std::make_unique<ShareFetchResponse>();
  response->lock = options().lock_duration;
  response->partitions = std::move(partitions);
  for (const auto& [tp, error] : pending.acknowledged) {
    auto said = std::find_if(response->partitions.begin(), response->partitions.end(),
                             [&tp = tp](const auto& partition) { return partition.tp == tp; });
    if (said == response->partitions.end()) {
      response->partitions.emplace_back().tp = tp;
      said = std::prev(response->partitions.end());
    }
    said->acknowledge_error = error;
  }
  services_->respond(runtime, pending.ticket, pending.header, std::move(response));
}

/// Requests that wait for records of the partition look again, the oldest first.
void ShareLeader::wake(engine::Runtime& runtime, const TopicPartition& tp) {
  std::vector<std::uint64_t> waiting;
  for (const auto& [id, pending] : pending_)
    if (pending.parked && std::find(pending.partitions.begin(), pending.partitions.end(), tp) !=
                              pending.partitions.end())
      waiting.push_back(id);
  for (const std::uint64_t id : waiting)
    if (pending_.contains(id)) try_fetch(runtime, id, false);
}

bool ShareLeader::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (persister_.on_timer(runtime, token)) return true;
  if (token.component != share_leader_component) return false;
  if (token.kind == lock_over)
    end_locks(runtime, token.value);
  else if (pending_.contains(token.value))
    try_fetch(runtime, token.value, true);
  return true;
}

void ShareLeader::on_request_gone(engine::Runtime& runtime, RequestTicket ticket) {
  for (auto& [id, pending] : pending_) {
    if (pending.ticket != ticket) continue;
    runtime.cancel_timer(pending.timer);
    pending_.erase(id);
    return;
  }
}

// ---- sessions -----------------------------------------------------------------------------------

void ShareLeader::on_client_gone(engine::Runtime& runtime, NodeId client, engine::Lane lane) {
  for (const ShareSessions::Key& session : sessions_.connection_gone(client, lane))
    close_session(runtime, session, "the member's connection is gone");
}

/// What the member still has is everybody's again.
void ShareLeader::close_session(engine::Runtime& runtime, const ShareSessions::Key& session,
                                const std::string& why) {
  std::vector<Key> released;
  for (auto& [key, tracked] : tracked_) {
    if (key.first != session.first || !tracked.records) continue;
    const auto settled = tracked.records->release(session.second);
    if (settled.empty()) continue;
    tell_settled(runtime, key, tracked, settled, why);
    tracked.dirty = true;
    watch_locks(runtime, tracked);
    released.push_back(key);
  }
  for (const Key& key : released) {
    if (const auto found = tracked_.find(key); found != tracked_.end())
      keep(runtime, key, found->second);
    wake(runtime, key.second);
  }
}

// ---- the seam -----------------------------------------------------------------------------------

bool ShareLeader::on_message(engine::Runtime& runtime, const engine::Message& message) {
  return persister_.on_message(runtime, message);
}

bool ShareLeader::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  return persister_.on_disconnect(runtime, peer, lane);
}

void ShareLeader::on_touched(engine::Runtime& runtime, const TopicPartition& tp) {
  if (!pending_.empty()) wake(runtime, tp);
}

/// A later epoch of the same leadership changes nothing: if another broker has led in between, the
/// share coordinator fences what is written in the older one.
void ShareLeader::on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                                std::int32_t epoch) {
  if (epoch >= 0) return;
  std::vector<Key> lost;
  for (const auto& [key, tracked] : tracked_)
    if (key.second == tp) lost.push_back(key);
  for (const Key& key : lost) give_up(runtime, key, Error::not_leader_or_follower);
  wake(runtime, tp);
}

}  // namespace eventarium::kafka
