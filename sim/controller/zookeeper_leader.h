// The leader of the ensemble: brings a quorum of followers to its own log, then gives every change
// a number, and calls it committed when a quorum has it on disk. Follows ZooKeeper's Leader and
// LearnerHandler (3.8).
//
//   discovery  a quorum has told the epochs it knows --> a newer one, written down, is announced
//   promised   a quorum has promised to follow no older leader; none has a longer log than this
//              --> each is sent what it lacks, and what it has too much is cut off
//   synced     a quorum has all that this leader has --> all of that is committed; serving begins
//   active     propose, count acknowledgements, commit in order; sessions expire by its clock
//   any        no quorum by init_limit, or none heard for sync_limit --> gives up
#pragma once

#include <map>
#include <set>

#include "sim/controller/zookeeper_role.h"
#include "sim/controller/zookeeper_sessions.h"

namespace eventarium::zookeeper {

class EnsembleLeader {
 public:
  EnsembleLeader(RoleHost& host, NodeId self);

  void begin(engine::Runtime& runtime);
  /// The run begins with this leader at work, and all others in step with it.
  void settle(engine::Runtime& runtime);
  bool on_message(engine::Runtime& runtime, NodeId from, const engine::Message& message);
  void on_disconnect(NodeId follower) { learners_.erase(follower); }
  void on_timer(engine::Runtime& runtime);
  void on_durable(engine::Runtime& runtime);

  /// Only while active().
  void propose(engine::Runtime& runtime, Transaction transaction);
  bool active() const { return phase_ == Phase::active; }
  SessionTracker& sessions() { return sessions_; }
  /// A transaction has gone into the tree.
  void on_applied(const Transaction& transaction, const Applied& applied, SimTime now);

 private:
  enum class Phase { discovery, announcing, promised, active };
  struct Learner {
    std::int64_t connection = 0;
    bool answered = false;   // has answered LeaderInfo
    bool synced = false;     // was sent all there is, and is sent what comes
    bool following = false;  // has acknowledged NewLeader
    Zxid last_zxid = 0;
    Zxid acked = 0;
    SimTime heard{};
  };

  void on_follower_info(engine::Runtime& runtime, NodeId from, const FollowerInfo& info);
  void on_ack_epoch(engine::Runtime& runtime, NodeId from, const AckEpoch& ack);
  void on_ack(engine::Runtime& runtime, NodeId from, Zxid zxid);
  void announce(engine::Runtime& runtime, NodeId to);
  void sync(engine::Runtime& runtime, NodeId to, Learner& learner);
  void check_promises(engine::Runtime& runtime);
  void check_following(engine::Runtime& runtime);
  void advance_commit(engine::Runtime& runtime);
  void expire_sessions(engine::Runtime& runtime);
  void drop_silent(engine::Runtime& runtime);
  template <class P>
  void send(engine::Runtime& runtime, NodeId to, P packet) const;

  RoleHost& host_;
  NodeId self_;
  Phase phase_ = Phase::discovery;
  std::uint32_t epoch_ = 0;  // of its own reign; valid from announcing on
  std::uint32_t epoch_seen_max_ = 0;
  Zxid last_proposed_ = 0;
  Zxid committed_ = 0;
  SimTime give_up_at_{};
  SimTime quorum_heard_{};
  std::map<NodeId, Learner> learners_;  // connected followers
  std::set<NodeId> promised_;           // to this leader, for its epoch
  SessionTracker sessions_;
};

}  // namespace eventarium::zookeeper
