// A follower of the ensemble's leader: takes over its log, writes down what it proposes, says so,
// and acts on what it calls committed. Follows ZooKeeper's Follower and Learner (3.8).
//
//   connecting   FollowerInfo; refused: again after 1 s, at most 5 times
//   discovery    LeaderInfo of a newer epoch --> promised, on disk, then AckEpoch
//                of an older one --> gives up
//   syncing      Sync, NewLeader --> on disk, then Ack; UpToDate --> active
//   active       Proposal --> on disk, then Ack; Commit; Ping --> which clients were heard
//   any          the leader hangs up or is silent (init_limit, then sync_limit) --> gives up
#pragma once

#include <cstdint>

#include "sim/controller/zookeeper_role.h"

namespace eventarium::zookeeper {

class EnsembleFollower {
 public:
  EnsembleFollower(RoleHost& host, NodeId leader) : host_(host), leader_(leader) {}

  void begin(engine::Runtime& runtime);
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  void on_disconnect(engine::Runtime& runtime);
  void on_timer(engine::Runtime& runtime);
  void on_durable(engine::Runtime& runtime);

  /// Hands a client's wish to the leader. Only while active().
  void forward(engine::Runtime& runtime, Transaction transaction);
  void revalidate(engine::Runtime& runtime, SessionId session, std::uint64_t attachment);

  NodeId leader() const { return leader_; }
  bool active() const { return phase_ == Phase::active; }

 private:
  enum class Phase { connecting, discovery, syncing, active };

  void connect(engine::Runtime& runtime);
  void on_sync_packet(engine::Runtime& runtime, const engine::Message& message);
  void on_leader_info(engine::Runtime& runtime, const LeaderInfo& info);
  void on_sync(engine::Runtime& runtime, const Sync& sync);
  void acknowledge(engine::Runtime& runtime);
  void heard(engine::Runtime& runtime);
  template <class P>
  void send(engine::Runtime& runtime, P packet) const;

  RoleHost& host_;
  NodeId leader_;
  Phase phase_ = Phase::connecting;
  int attempts_ = 0;
  std::int64_t connection_ = 0;
  std::uint32_t epoch_ = 0;       // of the leader; valid from discovery on
  bool promise_written_ = false;  // AckEpoch goes out when it is on disk
  bool new_leader_seen_ = false;  // its log is taken over; Ack when that is on disk
  Zxid taken_over_ = 0;           // up to here
  Zxid acked_ = 0;
  SimTime deadline_{};
};

}  // namespace eventarium::zookeeper
