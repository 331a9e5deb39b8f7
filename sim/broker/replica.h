// A follower as its leader sees it: how far it has fetched and when it was last caught up. Pure
// state; it knows nothing of logs, requests or the network.
// Follows Kafka's Replica and ReplicaState (4.1).
#pragma once

#include <cstdint>
#include <limits>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

class Replica {
 public:
  /// Its offset while it has not fetched from this leader.
  static constexpr std::int64_t unknown_offset = -1;
  /// So long ago that nobody counts as caught up.
  static constexpr SimTime never{Duration{std::numeric_limits<std::int64_t>::min() / 4}};

  explicit Replica(NodeId id) : id_(id) {}

  NodeId id() const { return id_; }
  std::int64_t log_end_offset() const { return log_end_offset_; }
  SimTime last_caught_up() const { return last_caught_up_; }
  /// Of the incarnation that fetched last; -1 before the first fetch.
  std::int64_t broker_epoch() const { return broker_epoch_; }

  /// It fetches from `fetch_offset`, so it has everything below. `leader_end_offset` is the
  /// leader's log end when it read for this fetch.
  void update_fetch_state(std::int64_t fetch_offset, SimTime now, std::int64_t leader_end_offset,
                          std::int64_t broker_epoch);

  /// A new leader epoch begins. A broker that was not the leader before (`new_leader`) forgets
  /// what it knew of the follower; one that stays remembers its offset.
  void reset(SimTime now, std::int64_t leader_end_offset, bool new_leader, bool in_sync);

  /// Has all, or had all within the last `max_lag` (replica.lag.time.max.ms).
  bool is_caught_up(std::int64_t leader_end_offset, SimTime now, Duration max_lag) const {
    return log_end_offset_ == leader_end_offset || now - last_caught_up_ <= max_lag;
  }

 private:
  NodeId id_;
  std::int64_t log_end_offset_ = unknown_offset;
  std::int64_t last_fetch_leader_end_offset_ = unknown_offset;
  SimTime last_fetch_ = never;
  SimTime last_caught_up_ = never;
  std::int64_t broker_epoch_ = -1;
};

}  // namespace eventarium::kafka
