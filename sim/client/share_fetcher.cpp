#include "sim/client/share_fetcher.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {

std::vector<ShareFetcher::Acquired> ShareFetcher::take(std::size_t max_records) {
  std::vector<Acquired> taken;
  while (!buffer_.empty() && taken.size() < max_records) {
    taken.push_back(std::move(buffer_.front()));
    buffer_.pop_front();
  }
  return taken;
}

void ShareFetcher::acknowledge(const Acquired& record, Acknowledge type) {
  const auto session = sessions_.find(record.leader);
  if (session == sessions_.end() || session->second.next_epoch == open_share_session)
    return;  // that leader has given it to somebody else by now, or will
  auto& to_say = session->second.to_say;
  const bool goes_on = !to_say.empty() && to_say.back().tp == record.tp &&
                       to_say.back().type == type && to_say.back().last_offset + 1 == record.offset;
  if (goes_on)
    to_say.back().last_offset = record.offset;
  else
    to_say.push_back({record.tp, record.offset, record.offset, type});
}

// ---- sending ------------------------------------------------------------------------------------

void ShareFetcher::send(engine::Runtime& runtime, const PartitionList& partitions) {
  const SimTime now = runtime.now();
  std::map<NodeId, std::vector<TopicPartition>> by_leader;
  for (std::size_t i = 0; i < partitions.size(); ++i) {
    const TopicPartition& tp = partitions[(i + turn_) % partitions.size()];
    const auto retry = retry_at_.find(tp);
    if (retry != retry_at_.end() && retry->second > now) continue;
    const NodeId leader = core_.metadata.partition(tp).leader;
    if (!leader.valid())
      core_.metadata.request_update();
    else
      by_leader[leader].push_back(tp);
  }
  ++turn_;
  for (auto& [leader, wanted] : by_leader) {
    Session& session = sessions_[leader];
    if (session.request == 0 && core_.network.ready(runtime, leader))
      send_one(runtime, leader, session, std::move(wanted));
  }
  for (auto& [node, session] : sessions_)
    if (session.request == 0 && !session.to_say.empty() && core_.network.ready(runtime, node))
      say_only(runtime, node, session, session.next_epoch++);
}

void ShareFetcher::send_one(engine::Runtime& runtime, NodeId node, Session& session,
                            std::vector<TopicPartition> partitions) {
  auto request = std::make_unique<ShareFetchRequest>();
  request->group = options_.group.group;
  request->member_id = member_id_;
  request->session_epoch = session.next_epoch++;
  request->max_wait = options_.fetch_max_wait;
  request->min_bytes = options_.fetch_min_bytes;
  request->max_bytes = options_.fetch_max_bytes;
  request->max_records = options_.max_poll_records;
  request->partitions = std::move(partitions);
  session.said = std::exchange(session.to_say, {});
  request->acknowledgements = session.said;
  session.request = core_.network.send(runtime, node, std::move(request));
}

void ShareFetcher::say_only(engine::Runtime& runtime, NodeId node, Session& session,
                            std::int32_t epoch) {
  auto request = std::make_unique<ShareAcknowledgeRequest>();
  request->group = options_.group.group;
  request->member_id = member_id_;
  request->session_epoch = epoch;
  session.said = std::exchange(session.to_say, {});
  request->acknowledgements = session.said;
  session.request = core_.network.send(runtime, node, std::move(request));
}

/// A fetch that still waits at the broker is answered first.
void ShareFetcher::close(engine::Runtime& runtime) {
  buffer_.clear();
  for (auto& [node, session] : sessions_) {
    if (session.next_epoch == open_share_session) continue;
    if (core_.network.can_send(node)) say_only(runtime, node, session, close_share_session);
  }
}

bool ShareFetcher::is_quiet() const {
  return std::all_of(sessions_.begin(), sessions_.end(),
                     [](const auto& entry) { return entry.second.request == 0; });
}

// ---- answers ------------------------------------------------------------------------------------

bool ShareFetcher::handle_response(engine::Runtime& runtime, const Response& response) {
  const std::uint32_t id = response.header.correlation_id;
  const auto found = std::find_if(sessions_.begin(), sessions_.end(),
                                  [&](const auto& entry) { return entry.second.request == id; });
  if (found == sessions_.end()) return false;
  Session& session = found->second;
  session.request = 0;
  if (const auto* fetched = dynamic_cast<const ShareFetchResponse*>(&response)) {
    if (fetched->error != Error::none)
      session_lost(runtime, found->first, session, std::string(name_of(fetched->error)));
    else
      on_fetch(runtime, found->first, *fetched);
  } else if (const auto* said = dynamic_cast<const ShareAcknowledgeResponse*>(&response)) {
    if (said->error != Error::none)
      session_lost(runtime, found->first, session, std::string(name_of(said->error)));
    for (const auto& partition : said->partitions) refused(runtime, partition.tp, partition.error);
  }
  session.said.clear();
  return true;
}

void ShareFetcher::on_fetch(engine::Runtime& runtime, NodeId node,
                            const ShareFetchResponse& response) {
  for (const ShareFetchResponse::Partition& answer : response.partitions) {
    refused(runtime, answer.tp, answer.acknowledge_error);
    if (answer.error != Error::none) retry_later(runtime, answer.tp, answer.error);
    for (const ShareFetchResponse::Acquired& range : answer.acquired)
      for (const RecordBatch& batch : answer.batches)
        for (std::size_t i = 0; i < batch.records->size(); ++i) {
          const std::int64_t offset = batch.offset_of(i);
          if (offset < range.first_offset || offset > range.last_offset) continue;
          buffer_.push_back({answer.tp, offset, range.delivery_count, (*batch.records)[i], node,
                             runtime.current_cause()});
        }
  }
}

/// What was said of records there has not been taken.
void ShareFetcher::refused(engine::Runtime& runtime, const TopicPartition& tp, Error error) {
  if (error == Error::none) return;
  if (asks_for_metadata(error)) core_.metadata.request_update();
  runtime.emit(trace::ClientWarning{
      fmt::format("acknowledgements for {} are refused: {}; what they were about may come again",
                  to_text(tp), name_of(error))});
}

void ShareFetcher::retry_later(engine::Runtime& runtime, const TopicPartition& tp, Error error) {
  if (asks_for_metadata(error)) core_.metadata.request_update();
  retry_at_[tp] = runtime.now() + options_.client.retry_backoff.after(0, runtime.random("backoff"));
}

void ShareFetcher::session_lost(engine::Runtime& runtime, NodeId node, Session& session,
                                const std::string& why) {
  const std::size_t unsaid = session.said.size() + session.to_say.size();
  if (unsaid > 0)
    runtime.emit(trace::ClientWarning{
        fmt::format("the share session with {} is lost ({}): what was acknowledged may come again",
                    runtime.name_of(node), why)});
  session = Session{};
}

void ShareFetcher::requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) {
  for (auto& [node, session] : sessions_)
    if (core_.network.state(node) == ConnectionState::disconnected &&
        session.next_epoch != open_share_session)
      session_lost(runtime, node, session, "the connection is gone");
  for (auto& [node, session] : sessions_)
    if (std::find(lost.begin(), lost.end(), session.request) != lost.end())
      session_lost(runtime, node, session, "no answer");
}

SimTime ShareFetcher::next_retry(SimTime now) const {
  SimTime next = SimTime::max();
  for (const auto& [tp, at] : retry_at_) {
    if (at > now) next = std::min(next, at);
  }
  for (const NodeId broker : core_.metadata.brokers())
    if (core_.network.backs_off_until(broker) > now)
      next = std::min(next, core_.network.backs_off_until(broker));
  return next;
}

void ShareFetcher::forget_all() {
  sessions_.clear();
  retry_at_.clear();
  buffer_.clear();
  member_id_.clear();
  turn_ = 0;
}

}  // namespace eventarium::kafka
