#include "sim/controller/raft_client.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {
namespace {

constexpr ConfigScope scope = ConfigScope::broker;
constexpr std::uint64_t election_file_bytes = 100;  // quorum-state, one line of JSON

}  // namespace

RaftClient::RaftClient(RaftOptions options)
    : options_(std::move(options)),
      fetch_timeout_(config_ms(options_.config, scope, "controller.quorum.fetch.timeout.ms")),
      election_timeout_(config_ms(options_.config, scope, "controller.quorum.election.timeout.ms")),
      election_backoff_max_(
          config_ms(options_.config, scope, "controller.quorum.election.backoff.max.ms")),
      append_linger_(config_ms(options_.config, scope, "controller.quorum.append.linger.ms")),
      quorum_(options_.voters, options_.planted),
      requests_(config_ms(options_.config, scope, "controller.quorum.request.timeout.ms"),
                config_ms(options_.config, scope, "controller.quorum.retry.backoff.ms"),
                token(request_timer)) {}

engine::Token RaftClient::token(Kind kind, std::uint64_t value) const {
  return {raft_component, static_cast<std::uint16_t>(kind), value};
}

void RaftClient::add_listener(RaftListener& listener, bool uncommitted) {
  listeners_.push_back({&listener, uncommitted, 0, NodeId{}, -1});
}

void RaftClient::start(engine::Runtime& runtime) {
  voter_ = quorum_.is_voter(runtime.self());
  halted_ = shutting_down_ = false;
  const MetadataBootstrap* bootstrap =
      std::exchange(begun_, true) ? nullptr : options_.bootstrap.get();
  high_watermark_ = -1;
  if (bootstrap) {
    for (const auto& entry : bootstrap->entries) log_.append(entry);
    log_.flushed_to(log_.end_offset());
    saved_ = bootstrap->election;
    if (saved_.voted != runtime.self()) saved_.voted = NodeId{};
    written_ = saved_;
    high_watermark_ = log_.end_offset();
  }
  for (Follower& follower : listeners_) {
    follower.next_offset = bootstrap ? log_.end_offset() : 0;
    follower.told_leader = NodeId{};
    follower.told_epoch = -1;
    follower.listener->on_begin(runtime, bootstrap);
  }
  begin_life(runtime);
}

void RaftClient::begin_life(engine::Runtime& runtime) {
  const bool first = high_watermark_ >= 0;
  quorum_.restore(written_, runtime.self());
  if (first && written_.leader == runtime.self()) {
    // The beginning of the run is in the middle of this leader's epoch.
    quorum_.become_leader(runtime.self());
    leader_.emplace(runtime.self(), quorum_.voters(), 0, runtime.now(), options_.planted);
    leader_->flushed(log_.end_offset());
    for (const NodeId voter : quorum_.voters())
      if (voter != runtime.self()) leader_->acknowledged(voter);
  }
  entered_role(runtime);
  // Who is alone need not wait for anybody's vote.
  if (voter_ && quorum_.voters().size() == 1 && !leader_) become_prospective(runtime);
  tell_listeners(runtime);
  poll(runtime);
}

void RaftClient::stop(engine::StopReason reason) {
  if (reason == engine::StopReason::power_loss) {
    written_ = saved_;
    log_.lose_unflushed();
  } else {  // the system goes on, and with it its page cache
    written_ = quorum_.election();
  }
  if (reason == engine::StopReason::clean) {
    saved_ = written_;
    log_.flushed_to(log_.end_offset());
  }
  leader_.reset();
  successors_.clear();
  requests_.clear();
  lingering_.clear();
  parked_.clear();
  outbox_.clear();
  saving_.clear();
  role_timer_ = wake_timer_ = linger_timer_ = begin_epoch_timer_ = TimerId{};
}

// ---- timers -------------------------------------------------------------------------------------

void RaftClient::arm_role_timer(engine::Runtime& runtime, Duration delay) {
  role_deadline_ = runtime.now() + delay;
  runtime.cancel_timer(role_timer_);
  role_timer_ = runtime.set_timer(delay, token(role_timer));
}

void RaftClient::on_role_timer(engine::Runtime& runtime) {
  role_timer_ = TimerId{};
  if (leader_) role_deadline_ = leader_->check_quorum_from() + fetch_timeout_ * 3 / 2;
  if (runtime.now() < role_deadline_) {  // it was put off meanwhile
    role_timer_ = runtime.set_timer(role_deadline_ - runtime.now(), token(role_timer));
    return;
  }
  if (shutting_down_) return;  // it does not stand for election any more
  switch (quorum_.role()) {
    case RaftRole::unattached:
    case RaftRole::voted:
    case RaftRole::candidate:
    case RaftRole::follower:
      return become_prospective(runtime);
    case RaftRole::prospective:
      return lose_pre_vote(runtime);
    case RaftRole::leader:
      return resign(runtime);
    case RaftRole::resigned:
      return become_unattached(runtime, quorum_.epoch() + 1);
  }
}

void RaftClient::wake_at(engine::Runtime& runtime, SimTime when) {
  if (wake_timer_.valid() && wake_at_ <= when) return;
  runtime.cancel_timer(wake_timer_);
  wake_at_ = when;
  wake_timer_ = runtime.set_timer(when - runtime.now(), token(wake_timer));
}

bool RaftClient::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != raft_component) return false;
  if (halted_) return true;
  switch (token.kind) {
    case role_timer:
      on_role_timer(runtime);
      break;
    case request_timer:
      if (const auto peer = requests_.timed_out(runtime, static_cast<std::uint32_t>(token.value)))
        runtime.disconnect(*peer, engine::Lane{runtime.self(), raft_lane});
      break;
    case wake_timer:
      wake_timer_ = TimerId{};
      break;
    case begin_epoch_timer:
      begin_epoch_timer_ = TimerId{};
      if (leader_) announce_epoch(runtime);
      break;
    case linger_timer:
      linger_timer_ = TimerId{};
      append_lingering(runtime);
      break;
    case parked_fetch_timer: {
      const NodeId replica{static_cast<NodeId::rep>(token.value)};
      const auto found = parked_.find(replica);
      if (found == parked_.end()) break;
      const ParkedFetch fetch = found->second;
      parked_.erase(found);
      answer_fetch(runtime, replica, fetch);
      break;
    }
    default:
      break;
  }
  tell_listeners(runtime);
  poll(runtime);
  return true;
}

// ---- disk ---------------------------------------------------------------------------------------

bool RaftClient::write_to_disk(engine::Runtime& runtime, std::uint64_t size_bytes) {
  const engine::DiskResult result = runtime.append_to_disk(size_bytes);
  if (result == engine::DiskResult::ok) return true;
  if (std::exchange(halted_, true)) return false;
  runtime.emit(trace::LogDirectoryFailed{result == engine::DiskResult::full
                                             ? "metadata log: no space left on device"
                                             : "metadata log: input/output error"});
  runtime.exit(engine::StopReason::crash);
  return false;
}

void RaftClient::save_election(engine::Runtime& runtime) {
  const ElectionState& last = saving_.empty() ? saved_ : saving_.back();
  if (quorum_.election() == last) return;
  if (options_.planted.has(PlantedFault::fsync_skipped_by_voters) && voter_) return;
  if (!write_to_disk(runtime, election_file_bytes)) return;
  if (!voter_) {  // an observer promises nothing
    saved_ = quorum_.election();
    return;
  }
  saving_.push_back(quorum_.election());
  runtime.fsync(token(state_saved, ++saves_));
}

void RaftClient::on_saved(engine::Runtime& runtime, std::uint64_t save) {
  saved_ = saving_.front();
  saving_.pop_front();
  const EventId cause = runtime.current_cause();
  while (!outbox_.empty() && outbox_.front().save <= save) {
    Outgoing out = std::move(outbox_.front());
    outbox_.pop_front();
    runtime.set_cause(out.cause);
    runtime.send(out.to, std::move(out.payload), out.size_bytes, out.lane);
  }
  runtime.set_cause(cause);
}

bool RaftClient::on_done(engine::Runtime& runtime, engine::Token token) {
  if (token.component != raft_component) return false;
  if (halted_) return true;
  if (runtime.disk() == engine::DiskResult::failed) {
    write_to_disk(runtime, 1);
    return true;
  }
  if (token.kind == state_saved) on_saved(runtime, token.value);
  if (token.kind == log_flushed) on_flushed(runtime, static_cast<std::int64_t>(token.value));
  tell_listeners(runtime);
  poll(runtime);
  return true;
}

// ---- listeners ----------------------------------------------------------------------------------

void RaftClient::tell_committed(engine::Runtime& runtime, Follower& follower) {
  const std::int64_t end = follower.uncommitted ? log_.end_offset() : high_watermark_;
  follower.next_offset = std::min(follower.next_offset, log_.end_offset());
  if (follower.next_offset >= end) return;
  MetadataEntries entries;
  entries.reserve(static_cast<std::size_t>(end - follower.next_offset));
  for (std::int64_t o = follower.next_offset; o < end; ++o) entries.push_back(log_.at(o));
  const std::int64_t base = std::exchange(follower.next_offset, end);
  follower.listener->on_committed(runtime, base, entries);
}

void RaftClient::tell_listeners(engine::Runtime& runtime) {
  if (halted_) return;
  for (Follower& follower : listeners_) {
    NodeId leader = quorum_.leader();
    if (leader == runtime.self() && !leader_) leader = NodeId{};  // it has resigned
    // Before its own epoch's first entry is committed it can't know which older ones are.
    if (leader_ && follower.next_offset <= leader_->epoch_start())
      tell_committed(runtime, follower);
    if (leader_ && follower.next_offset <= leader_->epoch_start()) leader = NodeId{};
    const bool loses = follower.told_leader == runtime.self() &&
                       (leader != runtime.self() || follower.told_epoch != quorum_.epoch());
    const bool news = leader != follower.told_leader ||
                      (leader.valid() && quorum_.epoch() != follower.told_epoch);
    if (loses || news) {
      follower.told_leader = leader;
      follower.told_epoch = quorum_.epoch();
      follower.listener->on_leader(runtime, leader, quorum_.epoch());
    }
    tell_committed(runtime, follower);
  }
}

bool RaftClient::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (const auto* fetch = message.as<FetchMetadataRequest>()) {
    if (!halted_) on_fetch(runtime, message, *fetch);
  } else if (const auto* vote = message.as<VoteRequest>()) {
    if (!halted_) on_vote(runtime, message, *vote);
  } else if (const auto* begin = message.as<BeginQuorumEpochRequest>()) {
    if (!halted_) on_begin_epoch(runtime, message, *begin);
  } else if (const auto* end = message.as<EndQuorumEpochRequest>()) {
    if (!halted_) on_end_epoch(runtime, message, *end);
  } else if (!raft_response_in(message)) {
    return false;
  } else if (!halted_) {
    on_response(runtime, message);
  }
  tell_listeners(runtime);
  poll(runtime);
  return true;
}

bool RaftClient::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane.purpose != raft_lane) return false;
  if (halted_) return true;
  if (lane.opener == runtime.self()) {
    requests_.disconnected(runtime, peer);
    poll(runtime);
  } else if (const auto found = parked_.find(peer); found != parked_.end()) {
    runtime.cancel_timer(found->second.timer);
    parked_.erase(found);
  }
  return true;
}

/// Sends what the role wants sent now.
void RaftClient::poll(engine::Runtime& runtime) {
  if (halted_) return;
  switch (quorum_.role()) {
    case RaftRole::unattached:
    case RaftRole::voted:
    case RaftRole::follower:
      return fetch(runtime);
    case RaftRole::prospective:
    case RaftRole::candidate:
      return ask_for_votes(runtime);
    case RaftRole::resigned:
      return announce_end(runtime);
    case RaftRole::leader:
      return;
  }
}

bool RaftClient::begin_shutdown(engine::Runtime& runtime) {
  shutting_down_ = true;
  if (!leader_ || quorum_.voters().size() == 1) return true;
  resign(runtime);
  tell_listeners(runtime);
  poll(runtime);
  return false;
}

bool RaftClient::has_handed_over() const { return quorum_.role() == RaftRole::follower; }

}  // namespace eventarium::kafka
