// Elections of the metadata quorum: who asks whom for votes, who gives them, what a new leader and
// one that gives up say. The rules of each role are in quorum_state.h; see raft_client.h.
#include <utility>

#include "sim/controller/raft_client.h"

namespace eventarium::kafka {

// ---- roles --------------------------------------------------------------------------------------

Duration RaftClient::election_timeout(engine::Runtime& runtime) {
  const auto spread = static_cast<std::uint64_t>(to_ns(election_timeout_));
  if (spread == 0) return election_timeout_;
  return election_timeout_ +
         Duration{static_cast<std::int64_t>(runtime.random("raft-election").below(spread))};
}

/// After every transition: the old role's business ends, the new role's timer begins.
void RaftClient::entered_role(engine::Runtime& runtime) {
  ++roles_entered_;
  if (!quorum_.is_leader()) {
    leader_.reset();
    lingering_.clear();
    runtime.cancel_timer(linger_timer_);
    runtime.cancel_timer(begin_epoch_timer_);
    answer_parked(runtime, true);
  }
  if (quorum_.role() != RaftRole::resigned) successors_.clear();
  requests_.reset();
  runtime.cancel_timer(wake_timer_);
  if (voter_) {
    runtime.emit(trace::RaftRoleChanged{std::string(name_of(quorum_.role())), quorum_.epoch(),
                                        quorum_.leader()});
    if (quorum_.role() == RaftRole::follower)
      arm_role_timer(runtime, fetch_timeout_);
    else if (quorum_.role() == RaftRole::leader)
      arm_role_timer(runtime, fetch_timeout_ * 3 / 2);
    else
      arm_role_timer(runtime, election_timeout(runtime));
  }
  save_election(runtime);
}

void RaftClient::become_unattached(engine::Runtime& runtime, std::int32_t epoch) {
  quorum_.become_unattached(epoch);
  entered_role(runtime);
}

void RaftClient::become_follower(engine::Runtime& runtime, std::int32_t epoch, NodeId leader) {
  quorum_.become_follower(epoch, leader);
  entered_role(runtime);
}

void RaftClient::become_prospective(engine::Runtime& runtime) {
  quorum_.become_prospective();
  quorum_.count_vote(runtime.self(), true);
  entered_role(runtime);
  count_votes(runtime);
}

/// Back to the leader that it had: its connection may be the broken one.
void RaftClient::lose_pre_vote(engine::Runtime& runtime) {
  if (quorum_.leader().valid())
    become_follower(runtime, quorum_.epoch(), quorum_.leader());
  else
    become_unattached(runtime, quorum_.epoch());
}

void RaftClient::become_candidate(engine::Runtime& runtime) {
  quorum_.become_candidate(runtime.self());
  entered_role(runtime);
  count_votes(runtime);
}

void RaftClient::become_leader(engine::Runtime& runtime) {
  quorum_.become_leader(runtime.self());
  leader_.emplace(runtime.self(), quorum_.voters(), log_.end_offset(), runtime.now(),
                  options_.planted);
  leader_->flushed(own_end());
  entered_role(runtime);
  write_entry(runtime, {LeaderChangeRecord{runtime.self()}, "a new leader of the quorum", false},
              runtime.current_cause());
  flush_log(runtime);
  announce_epoch(runtime);
}

/// Only a majority's leader can decide anything: without one, or asked to end, it gives up.
void RaftClient::resign(engine::Runtime& runtime) {
  if (quorum_.voters().size() == 1) return;  // it is its own majority
  const std::vector<NodeId> successors = leader_->successors();
  quorum_.become_resigned();
  entered_role(runtime);
  successors_ = successors;
  if (shutting_down_) runtime.cancel_timer(role_timer_);  // it never stands again
}

/// Somebody has said that `epoch` exists, and perhaps who leads it.
void RaftClient::learn(engine::Runtime& runtime, std::int32_t epoch, NodeId leader) {
  if (leader == runtime.self()) leader = NodeId{};  // a former life of this node
  if (epoch < quorum_.epoch()) return;
  if (epoch > quorum_.epoch()) {
    if (leader.valid())
      become_follower(runtime, epoch, leader);
    else
      become_unattached(runtime, epoch);
  } else if (leader.valid() && !quorum_.leader().valid()) {
    become_follower(runtime, epoch, leader);
  }
}

// ---- asking -------------------------------------------------------------------------------------

void RaftClient::count_votes(engine::Runtime& runtime) {
  if (quorum_.is_elected()) {
    if (quorum_.role() == RaftRole::prospective) return become_candidate(runtime);
    if (quorum_.role() == RaftRole::candidate) return become_leader(runtime);
  }
  // A rejected candidate waits its timer out: its epoch is spent, the others' may win.
  if (quorum_.role() == RaftRole::prospective && quorum_.is_rejected()) lose_pre_vote(runtime);
}

void RaftClient::ask_for_votes(engine::Runtime& runtime) {
  for (const NodeId voter : quorum_.voters()) {
    if (quorum_.has_answered(voter)) continue;
    if (!requests_.is_ready(voter, runtime.now())) {
      if (const auto when = requests_.paused_until(voter, runtime.now())) wake_at(runtime, *when);
      continue;
    }
    auto request = std::make_unique<VoteRequest>();
    request->candidate = runtime.self();
    request->epoch = quorum_.epoch();
    request->last_epoch = log_.last_epoch();
    request->end_offset = own_end();
    request->pre_vote = quorum_.role() == RaftRole::prospective;
    ask(runtime, voter, std::move(request));
  }
}

void RaftClient::announce_epoch(engine::Runtime& runtime) {
  bool all_follow = true;
  for (const NodeId voter : quorum_.voters()) {
    if (voter == runtime.self() || leader_->follows(voter)) continue;
    all_follow = false;
    if (!requests_.is_ready(voter, runtime.now())) continue;
    auto request = std::make_unique<BeginQuorumEpochRequest>();
    request->leader = runtime.self();
    request->epoch = quorum_.epoch();
    ask(runtime, voter, std::move(request));
  }
  if (!all_follow)
    begin_epoch_timer_ = runtime.set_timer(fetch_timeout_ / 2, token(begin_epoch_timer));
}

void RaftClient::announce_end(engine::Runtime& runtime) {
  for (const NodeId voter : successors_) {
    if (!requests_.is_ready(voter, runtime.now())) {
      if (const auto when = requests_.paused_until(voter, runtime.now())) wake_at(runtime, *when);
      continue;
    }
    auto request = std::make_unique<EndQuorumEpochRequest>();
    request->leader = runtime.self();
    request->epoch = quorum_.epoch();
    request->successors = successors_;
    ask(runtime, voter, std::move(request));
  }
}

// ---- being asked --------------------------------------------------------------------------------

void RaftClient::on_vote(engine::Runtime& runtime, const engine::Message& message,
                         const VoteRequest& request) {
  if (request.epoch > quorum_.epoch()) become_unattached(runtime, request.epoch);
  const bool log_is_current =
      request.last_epoch > log_.last_epoch() ||
      (request.last_epoch == log_.last_epoch() && request.end_offset >= log_.end_offset());
  const bool old = request.epoch < quorum_.epoch();
  const std::string_view refusal =
      old ? "older epoch" : quorum_.refusal(request.candidate, request.pre_vote, log_is_current);
  if (refusal.empty()) {
    runtime.emit(trace::VoteGranted{request.candidate, request.epoch, request.pre_vote});
    // Who votes wrongly, a second time, does not remember it.
    const bool second = quorum_.election().voted.valid();
    if (!request.pre_vote && !second) {
      quorum_.become_voted(request.candidate);
      entered_role(runtime);
    }
  } else {
    runtime.emit(trace::VoteRefused{request.candidate, request.epoch, request.pre_vote,
                                    std::string(refusal)});
  }
  auto response = std::make_unique<VoteResponse>();
  response->error = old ? Error::fenced_leader_epoch : Error::none;
  response->granted = refusal.empty();
  response->pre_vote = request.pre_vote;
  answer(runtime, message.source, message.lane, request.header, std::move(response));
}

void RaftClient::on_begin_epoch(engine::Runtime& runtime, const engine::Message& message,
                                const BeginQuorumEpochRequest& request) {
  auto response = std::make_unique<BeginQuorumEpochResponse>();
  if (request.epoch < quorum_.epoch()) {
    response->error = Error::fenced_leader_epoch;
  } else if (request.epoch > quorum_.epoch() || quorum_.role() != RaftRole::follower) {
    if (!quorum_.is_leader()) become_follower(runtime, request.epoch, request.leader);
  }
  answer(runtime, message.source, message.lane, request.header, std::move(response));
}

void RaftClient::on_end_epoch(engine::Runtime& runtime, const engine::Message& message,
                              const EndQuorumEpochRequest& request) {
  auto response = std::make_unique<EndQuorumEpochResponse>();
  if (request.epoch < quorum_.epoch()) {
    response->error = Error::fenced_leader_epoch;
  } else {
    learn(runtime, request.epoch, request.leader);
    if (quorum_.role() == RaftRole::follower && quorum_.leader() == request.leader && voter_) {
      // The first successor stands at once; the later ones give it time to win.
      Duration wait{};
      for (std::size_t k = 1; k < request.successors.size(); ++k)
        if (request.successors[k] == runtime.self())
          wait = std::min(
              election_backoff_max_,
              election_backoff_max_ / (1 << (request.successors.size() - 1)) * (1 << (k - 1)));
      arm_role_timer(runtime, wait);
    }
  }
  answer(runtime, message.source, message.lane, request.header, std::move(response));
}

// ---- answers ------------------------------------------------------------------------------------

bool RaftClient::on_response(engine::Runtime& runtime, const engine::Message& message) {
  const auto& response = *raft_response_in(message);
  const NodeId peer = message.source;
  const bool ok = response.error == Error::none;
  if (!requests_.end(runtime, peer, response.header.correlation_id, ok)) return false;
  const std::uint32_t before = roles_entered_;
  learn(runtime, response.epoch, response.leader);
  if (roles_entered_ != before) return true;  // it answers a question of another role
  if (const auto* fetched = message.as<FetchMetadataResponse>()) {
    if (ok) on_fetched(runtime, *fetched);
  } else if (const auto* vote = message.as<VoteResponse>()) {
    on_vote_answer(runtime, peer, *vote);
  } else if (message.as<BeginQuorumEpochResponse>()) {
    if (ok && leader_) leader_->acknowledged(peer);
  } else if (message.as<EndQuorumEpochResponse>()) {
    std::erase(successors_, peer);
  }
  return true;
}

void RaftClient::on_vote_answer(engine::Runtime& runtime, NodeId voter,
                                const VoteResponse& response) {
  const bool asked = response.pre_vote ? quorum_.role() == RaftRole::prospective
                                       : quorum_.role() == RaftRole::candidate;
  if (!asked) return;
  quorum_.count_vote(voter, response.granted);
  count_votes(runtime);
}

}  // namespace eventarium::kafka
