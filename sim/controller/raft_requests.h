// The requests that a member of the quorum has sent and not yet seen answered: at most one per
// peer, each with a time-out, and a pause after each failure. Knows nothing of what they ask.
// Follows Kafka's RequestManager and the back-off of its NetworkClient (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class RaftRequests {
 public:
  /// `token.value` of time-outs is the correlation id.
  RaftRequests(Duration timeout, Duration backoff, engine::Token token)
      : timeout_(timeout), backoff_min_(backoff), token_(token) {}

  bool is_ready(NodeId peer, SimTime now) const;
  bool any_in_flight() const { return in_flight_ > 0; }
  /// When the peer may be asked again, if it is in a pause; else nothing.
  std::optional<SimTime> paused_until(NodeId peer, SimTime now) const;

  /// A request leaves; returns its correlation id. The peer must be ready.
  std::uint32_t begin(engine::Runtime& runtime, NodeId peer);
  /// An answer has come: from whom, or nothing when it is no longer waited for. `ok` false begins
  /// a pause.
  bool end(engine::Runtime& runtime, NodeId peer, std::uint32_t correlation_id, bool ok);
  /// The time-out of that request has come: who did not answer, if it is still waited for.
  std::optional<NodeId> timed_out(engine::Runtime& runtime, std::uint32_t correlation_id);
  /// The connection is gone, and with it what was asked on it.
  void disconnected(engine::Runtime& runtime, NodeId peer);
  /// What was asked in another role does not matter any more; nor do pauses. But a connection on
  /// which nothing comes back is still one that must be closed.
  void reset();
  /// The process is down: timers are gone already.
  void clear();

 private:
  struct Peer {
    std::uint32_t correlation_id = 0;  // 0: nothing in flight
    SimTime paused_until{};
    Duration pause{};  // the last one; doubles
  };
  struct Sent {
    NodeId peer;
    TimerId timer;
  };
  void failed(Peer& peer, SimTime now);
  void settle(Peer& peer);
  void forget_sent(engine::Runtime& runtime, NodeId peer);

  static constexpr Duration backoff_max = 500ms;  // reconnect.backoff.max.ms of the channel

  Duration timeout_, backoff_min_;
  engine::Token token_;
  std::map<NodeId, Peer> peers_;
  std::map<std::uint32_t, Sent> sent_;  // by correlation id, those of former roles included
  std::uint32_t last_correlation_id_ = 0;
  int in_flight_ = 0;
};

}  // namespace eventarium::kafka
