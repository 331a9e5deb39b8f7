// Who shall lead the ensemble: servers tell each other for whom they vote until a quorum agrees.
// Only votes; what a leader must do before it may serve is in zookeeper_leader.h.
// Follows ZooKeeper's FastLeaderElection (3.8).
//
//   looking, vote for oneself, round + 1, tell everybody
//     vote of the same round  --> better than ours: ours from now on, tell everybody
//     vote of a later round   --> join that round with the better of it and oneself
//     vote of an earlier one  --> its sender is told ours
//     a quorum has our vote   --> 200 ms for a better one to come, then leading or following
//     a quorum follows a leader that says so itself --> following
//     nothing heard           --> tell everybody again, after 200 ms, then twice that ... 60 s
//   not looking: whoever looks is told whom we follow
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "sim/controller/zookeeper_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::zookeeper {

class Election {
 public:
  Election(std::vector<NodeId> servers, engine::Token timer_token)
      : servers_(std::move(servers)), timer_token_(timer_token) {}

  /// Begins to look, with this server's own candidacy.
  void look(engine::Runtime& runtime, Vote own);
  /// The run begins with an ensemble that has elected before.
  void settle(Vote elected, NodeId self);
  /// Non-empty when the election has been decided by this.
  std::optional<Vote> on_notification(engine::Runtime& runtime, NodeId from,
                                      const Notification& notification);
  std::optional<Vote> on_timer(engine::Runtime& runtime);
  void stop() { timer_ = TimerId{}; }

  ServerState state() const { return state_; }
  std::size_t quorum() const { return servers_.size() / 2 + 1; }

 private:
  struct Heard {
    Vote vote;
    std::uint64_t round = 0;
    ServerState state = ServerState::looking;
  };

  void tell(engine::Runtime& runtime, NodeId server) const;
  void tell_all(engine::Runtime& runtime);
  void arm(engine::Runtime& runtime, Duration delay);
  std::size_t votes_for(const std::map<NodeId, Heard>& heard, const Vote& vote) const;
  void hear_looking(engine::Runtime& runtime, NodeId from, const Notification& notification);
  std::optional<Vote> hear_settled(engine::Runtime& runtime, NodeId from,
                                   const Notification& notification);
  std::optional<Vote> decide(engine::Runtime& runtime, const Vote& vote);

  std::vector<NodeId> servers_;
  engine::Token timer_token_;
  ServerState state_ = ServerState::looking;
  NodeId self_;
  Vote own_, vote_;
  std::uint64_t round_ = 0;
  std::map<NodeId, Heard> votes_;    // of this round
  std::map<NodeId, Heard> settled_;  // from servers that follow or lead
  bool agreed_ = false;              // a quorum has our vote; waiting for a better one
  Duration pause_{};
  TimerId timer_;
};

}  // namespace eventarium::zookeeper
