// Which sessions are alive, as the ensemble's leader knows it: each has a time by which something
// must have been heard of its client. Times are rounded up to whole ticks, so that sessions expire
// in bunches, and later than their time-out says. Follows ZooKeeper's SessionTrackerImpl and
// ExpiryQueue (3.8).
#pragma once

#include <map>
#include <vector>

#include "sim/controller/zookeeper_tree.h"

namespace eventarium::zookeeper {

class SessionTracker {
 public:
  explicit SessionTracker(Duration tick_time) : tick_time_(tick_time) {}

  /// Every session begins with its whole time-out: a new leader does not know when it was heard.
  void restart(const std::map<SessionId, ZnodeTree::Session>& sessions, SimTime now);
  void add(SessionId session, Duration timeout, SimTime now);
  void remove(SessionId session) { sessions_.erase(session); }
  /// Nothing happens for a session that is unknown or has been given up.
  void touch(SessionId session, SimTime now);
  bool alive(SessionId session) const;
  /// From which server a session's requests are taken: the one its client came to last.
  void set_owner(SessionId session, NodeId server);
  bool owned_by(SessionId session, NodeId server) const;

  /// Those whose time is over at `now`, in ascending order; each is returned once.
  std::vector<SessionId> take_expired(SimTime now);
  /// The next whole tick after `now`.
  SimTime next_check(SimTime now) const { return round_up(now); }

 private:
  struct Tracked {
    Duration timeout{};
    SimTime expires{};
    bool closing = false;
    NodeId owner;  // none: any
  };
  SimTime round_up(SimTime t) const;

  Duration tick_time_;
  std::map<SessionId, Tracked> sessions_;
};

}  // namespace eventarium::zookeeper
