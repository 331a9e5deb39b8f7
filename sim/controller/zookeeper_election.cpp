#include "sim/controller/zookeeper_election.h"

#include <algorithm>
#include <memory>

namespace eventarium::zookeeper {
namespace {

constexpr Duration finalize_wait = 200ms;  // FastLeaderElection.finalizeWait
constexpr Duration notification_interval_max = 60s;

}  // namespace

void Election::look(engine::Runtime& runtime, Vote own) {
  state_ = ServerState::looking;
  self_ = own.leader;
  own_ = vote_ = own;
  ++round_;
  agreed_ = false;
  votes_.clear();
  settled_.clear();
  votes_[self_] = {vote_, round_, state_};
  pause_ = finalize_wait;
  tell_all(runtime);
  // An ensemble of one agrees with itself.
  agreed_ = votes_for(votes_, vote_) >= quorum();
  arm(runtime, finalize_wait);
}

void Election::settle(Vote elected, NodeId self) {
  self_ = self;
  vote_ = elected;
  round_ = 1;
  state_ = elected.leader == self ? ServerState::leading : ServerState::following;
}

void Election::tell(engine::Runtime& runtime, NodeId server) const {
  auto notification = std::make_unique<Notification>();
  notification->vote = vote_;
  notification->round = round_;
  notification->state = state_;
  const std::uint64_t size_bytes = notification->size_bytes();
  runtime.send(server, std::move(notification), size_bytes, {self_, election_lane});
}

void Election::tell_all(engine::Runtime& runtime) {
  for (const NodeId server : servers_)
    if (server != self_) tell(runtime, server);
}

void Election::arm(engine::Runtime& runtime, Duration delay) {
  runtime.cancel_timer(timer_);
  timer_ = runtime.set_timer(delay, timer_token_);
}

std::size_t Election::votes_for(const std::map<NodeId, Heard>& heard, const Vote& vote) const {
  return static_cast<std::size_t>(std::count_if(heard.begin(), heard.end(), [&](const auto& entry) {
    return entry.second.vote.leader == vote.leader;
  }));
}

std::optional<Vote> Election::decide(engine::Runtime& runtime, const Vote& vote) {
  runtime.cancel_timer(timer_);
  vote_ = vote;
  state_ = vote.leader == self_ ? ServerState::leading : ServerState::following;
  return vote;
}

std::optional<Vote> Election::on_notification(engine::Runtime& runtime, NodeId from,
                                              const Notification& notification) {
  if (state_ != ServerState::looking) {
    if (notification.state == ServerState::looking) tell(runtime, from);
    return std::nullopt;
  }
  if (notification.state != ServerState::looking) return hear_settled(runtime, from, notification);
  hear_looking(runtime, from, notification);
  return std::nullopt;
}

void Election::hear_looking(engine::Runtime& runtime, NodeId from,
                            const Notification& notification) {
  settled_.erase(from);
  if (notification.round < round_) return tell(runtime, from);
  const Vote before = vote_;
  if (notification.round > round_) {
    round_ = notification.round;
    votes_.clear();
    vote_ = is_better(notification.vote, own_) ? notification.vote : own_;
    tell_all(runtime);
  } else if (is_better(notification.vote, vote_)) {
    vote_ = notification.vote;
    tell_all(runtime);
  }
  votes_[self_] = {vote_, round_, state_};
  votes_[from] = {notification.vote, notification.round, notification.state};
  const bool agreed = votes_for(votes_, vote_) >= quorum();
  if (agreed && (!agreed_ || vote_ != before)) arm(runtime, finalize_wait);
  if (!agreed && agreed_) arm(runtime, pause_);
  agreed_ = agreed;
}

/// The sender follows or leads. Of this round, its vote counts as any other; of another one, this
/// server joins when a quorum says the same without it. In both cases the leader itself must be
/// heard to lead.
std::optional<Vote> Election::hear_settled(engine::Runtime& runtime, NodeId from,
                                           const Notification& notification) {
  const Heard heard{notification.vote, notification.round, notification.state};
  settled_[from] = heard;
  const NodeId leader = notification.vote.leader;
  const auto said = settled_.find(leader);
  const bool leads = said != settled_.end() && said->second.state == ServerState::leading;
  if (notification.round == round_) {
    votes_[from] = heard;
    if ((leads || leader == self_) && votes_for(votes_, notification.vote) >= quorum())
      return decide(runtime, notification.vote);
  }
  // Those who follow a former life of this server will soon notice.
  if (leader == self_ || !leads || votes_for(settled_, notification.vote) < quorum())
    return std::nullopt;
  round_ = notification.round;
  return decide(runtime, notification.vote);
}

std::optional<Vote> Election::on_timer(engine::Runtime& runtime) {
  timer_ = TimerId{};
  if (state_ != ServerState::looking) return std::nullopt;
  if (agreed_) return decide(runtime, vote_);
  // A connection that has come to nothing is opened anew.
  for (const NodeId server : servers_)
    if (server != self_ && votes_.count(server) == 0 && settled_.count(server) == 0)
      runtime.disconnect(server, {self_, election_lane});
  tell_all(runtime);
  pause_ = std::min<Duration>(2 * pause_, notification_interval_max);
  arm(runtime, pause_);
  return std::nullopt;
}

}  // namespace eventarium::zookeeper
