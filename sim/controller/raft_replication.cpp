// How entries get from the leader of the metadata quorum to everybody else: appended with a
// linger, fetched by long polls, committed by a majority, cut off where a newer leader's log
// differs. See raft_client.h.
#include <algorithm>
#include <utility>

#include "sim/base/check.h"
#include "sim/controller/raft_client.h"

namespace eventarium::kafka {
namespace {

constexpr Duration fetch_max_wait = 500ms;

}  // namespace

// ---- appending ----------------------------------------------------------------------------------

std::int64_t RaftClient::next_offset() const {
  return log_.end_offset() + static_cast<std::int64_t>(lingering_.size());
}

std::int64_t RaftClient::append(engine::Runtime& runtime, std::vector<NotedRecord> records) {
  EVENTARIUM_CHECK(leader_.has_value(), "only the leader appends");
  const std::int64_t base = next_offset();
  for (NotedRecord& record : records)
    lingering_.push_back({std::move(record), runtime.current_cause()});
  if (!linger_timer_.valid() && !lingering_.empty())
    linger_timer_ = runtime.set_timer(append_linger_, token(linger_timer));
  return base;
}

void RaftClient::append_lingering(engine::Runtime& runtime) {
  if (!leader_ || lingering_.empty()) return;
  const EventId cause = runtime.current_cause();
  std::vector<Lingering> records = std::exchange(lingering_, {});
  for (Lingering& record : records) write_entry(runtime, std::move(record.noted), record.cause);
  runtime.set_cause(cause);
  flush_log(runtime);
  answer_parked(runtime, true);
}

void RaftClient::write_entry(engine::Runtime& runtime, NotedRecord noted, EventId cause) {
  if (!write_to_disk(runtime, kafka::size_bytes(noted.record))) return;
  auto entry = std::make_shared<MetadataEntry>();
  entry->epoch = quorum_.epoch();
  entry->noted = std::move(noted);
  entry->appended = runtime.emit_because(
      cause, trace::MetadataAppended{
                 log_.end_offset(), entry->epoch, std::string(kind_of(entry->noted.record)),
                 to_text(entry->noted.record, [&](NodeId node) { return runtime.name_of(node); })});
  log_.append(std::move(entry));
}

void RaftClient::flush_log(engine::Runtime& runtime) {
  if (!voter_) return;
  if (options_.planted.has(PlantedFault::fsync_skipped_by_voters)) {
    if (leader_) leader_->flushed(log_.end_offset());
    return commit(runtime);
  }
  runtime.fsync(token(log_flushed, static_cast<std::uint64_t>(log_.end_offset())));
}

void RaftClient::on_flushed(engine::Runtime& runtime, std::int64_t end_offset) {
  log_.flushed_to(end_offset);
  if (!leader_) return;
  leader_->flushed(own_end());
  commit(runtime);
}

std::int64_t RaftClient::own_end() const {
  const bool careless = options_.planted.has(PlantedFault::fsync_skipped_by_voters);
  return voter_ && !careless ? log_.flushed_offset() : log_.end_offset();
}

void RaftClient::commit(engine::Runtime& runtime) {
  if (!leader_) return;
  const std::int64_t committed = leader_->high_watermark();
  if (committed <= high_watermark_) return;
  runtime.emit(trace::MetadataCommitted{committed, quorum_.epoch()});
  raise_high_watermark(runtime, committed);
  answer_parked(runtime, false);
}

void RaftClient::raise_high_watermark(engine::Runtime& runtime, std::int64_t high_watermark) {
  if (high_watermark <= high_watermark_) return;
  high_watermark_ = high_watermark;
  tell_listeners(runtime);
}

// ---- fetching -----------------------------------------------------------------------------------

/// The leader; or, when it is unknown or could not be reached, any voter: it may know another.
std::optional<NodeId> RaftClient::whom_to_fetch_from(engine::Runtime& runtime) {
  const SimTime now = runtime.now();
  const NodeId leader = quorum_.leader();
  if (leader.valid() && requests_.is_ready(leader, now)) return leader;
  std::vector<NodeId> ready;
  std::optional<SimTime> wait;
  for (const NodeId voter : quorum_.voters()) {
    if (voter == runtime.self()) continue;
    if (const auto until = requests_.paused_until(voter, now)) {
      wait = wait ? std::min(*wait, *until) : *until;
    } else {
      ready.push_back(voter);
    }
  }
  if (!ready.empty()) return ready[runtime.random("raft-fetch").below(ready.size())];
  if (wait) wake_at(runtime, *wait);
  return {};
}

void RaftClient::fetch(engine::Runtime& runtime) {
  if (requests_.any_in_flight()) return;
  // Fetching at an offset says that everything below it is safe here.
  if (own_end() < log_.end_offset()) return;
  const auto voter = whom_to_fetch_from(runtime);
  if (!voter) return;
  auto request = std::make_unique<FetchMetadataRequest>();
  request->epoch = quorum_.epoch();
  request->fetch_offset = log_.end_offset();
  request->last_fetched_epoch = log_.last_epoch();
  request->high_watermark = high_watermark_;
  request->max_wait = fetch_max_wait;
  ask(runtime, *voter, std::move(request));
}

void RaftClient::on_fetch(engine::Runtime& runtime, const engine::Message& message,
                          const FetchMetadataRequest& request) {
  ParkedFetch fetch{message.lane,
                    request.header,
                    request.fetch_offset,
                    request.high_watermark,
                    request.last_fetched_epoch,
                    TimerId{}};
  const bool leads = leader_ && request.epoch == quorum_.epoch();
  if (!leads) {
    auto response = std::make_unique<FetchMetadataResponse>();
    response->error = !leader_                          ? Error::not_leader_or_follower
                      : request.epoch < quorum_.epoch() ? Error::fenced_leader_epoch
                                                        : Error::unknown_leader_epoch;
    return answer(runtime, message.source, message.lane, request.header, std::move(response));
  }
  const EpochEnd end = log_.end_of_epoch(request.last_fetched_epoch);
  const bool same =
      end.epoch == request.last_fetched_epoch && request.fetch_offset <= end.end_offset;
  if (same && quorum_.is_voter(message.source)) {
    leader_->fetched(message.source, request.fetch_offset, runtime.now());
    commit(runtime);
    if (!leader_) return;
  }
  const bool news =
      !same || request.fetch_offset < log_.end_offset() || request.high_watermark < high_watermark_;
  if (const auto old = parked_.find(message.source); old != parked_.end()) {
    runtime.cancel_timer(old->second.timer);
    parked_.erase(old);
  }
  if (news || request.max_wait <= Duration::zero())
    return answer_fetch(runtime, message.source, fetch);
  fetch.timer =
      runtime.set_timer(request.max_wait, token(parked_fetch_timer, message.source.value));
  parked_.emplace(message.source, fetch);
}

void RaftClient::answer_fetch(engine::Runtime& runtime, NodeId replica, const ParkedFetch& fetch) {
  auto response = std::make_unique<FetchMetadataResponse>();
  if (!leader_) {
    response->error = Error::not_leader_or_follower;
  } else {
    response->high_watermark = high_watermark_;
    const EpochEnd end = log_.end_of_epoch(fetch.last_fetched_epoch);
    if (end.epoch != fetch.last_fetched_epoch || fetch.fetch_offset > end.end_offset) {
      response->diverging = end;
    } else {
      for (std::int64_t o = fetch.fetch_offset; o < log_.end_offset(); ++o)
        response->entries.push_back(log_.at(o));
    }
  }
  answer(runtime, replica, fetch.lane, fetch.header, std::move(response));
}

/// `all`, or only those who don't know the high watermark.
void RaftClient::answer_parked(engine::Runtime& runtime, bool all) {
  for (auto next = parked_.begin(); next != parked_.end();) {
    const auto [replica, fetch] = *next;
    if (!all && fetch.high_watermark >= high_watermark_) {
      ++next;
      continue;
    }
    TimerId timer = fetch.timer;
    runtime.cancel_timer(timer);
    next = parked_.erase(next);
    answer_fetch(runtime, replica, fetch);
  }
}

// ---- what was fetched ---------------------------------------------------------------------------

void RaftClient::on_fetched(engine::Runtime& runtime, const FetchMetadataResponse& response) {
  if (quorum_.role() != RaftRole::follower) return;
  quorum_.has_fetched();
  if (voter_) role_deadline_ = std::max(role_deadline_, runtime.now() + fetch_timeout_);
  if (response.diverging.epoch >= 0) return truncate(runtime, response.diverging);
  for (const auto& entry : response.entries) {
    // What the disk refuses is not in the log: the process ends.
    if (!write_to_disk(runtime, kafka::size_bytes(entry->noted.record))) return;
    if (voter_)
      runtime.emit(trace::MetadataAppended{log_.end_offset(), entry->epoch,
                                           std::string(kind_of(entry->noted.record)), ""});
    log_.append(entry);
  }
  if (!response.entries.empty()) flush_log(runtime);
  raise_high_watermark(runtime, std::min(response.high_watermark, log_.end_offset()));
}

void RaftClient::truncate(engine::Runtime& runtime, EpochEnd diverging) {
  const EpochEnd own = log_.end_of_epoch(diverging.epoch);
  const std::int64_t end = own.epoch == diverging.epoch
                               ? std::min(own.end_offset, diverging.end_offset)
                               : own.end_offset;
  if (end >= log_.end_offset()) return;
  log_.truncate_to(end);
  high_watermark_ = std::min(high_watermark_, end);
  runtime.emit(trace::MetadataTruncated{end});
}

}  // namespace eventarium::kafka
