#include "sim/broker/replica.h"

#include <algorithm>

namespace eventarium::kafka {

void Replica::update_fetch_state(std::int64_t fetch_offset, SimTime now,
                                 std::int64_t leader_end_offset, std::int64_t broker_epoch) {
  // Under steady load a follower is always a little behind the end. It counts as caught up if it
  // now asks for what was the end when it asked last: it had all of it at that time.
  if (fetch_offset >= leader_end_offset) {
    last_caught_up_ = std::max(last_caught_up_, now);
  } else if (fetch_offset >= last_fetch_leader_end_offset_) {
    last_caught_up_ = std::max(last_caught_up_, last_fetch_);
  }
  log_end_offset_ = fetch_offset;
  last_fetch_leader_end_offset_ = std::max(last_fetch_leader_end_offset_, leader_end_offset);
  last_fetch_ = now;
  broker_epoch_ = broker_epoch;
}

void Replica::reset(SimTime now, std::int64_t leader_end_offset, bool new_leader, bool in_sync) {
  last_caught_up_ = in_sync ? now : never;
  if (new_leader) {
    log_end_offset_ = unknown_offset;
    last_fetch_leader_end_offset_ = unknown_offset;
    last_fetch_ = never;
    broker_epoch_ = -1;
  } else {
    last_fetch_leader_end_offset_ = leader_end_offset;
    last_fetch_ = in_sync ? now : never;
  }
}

}  // namespace eventarium::kafka
