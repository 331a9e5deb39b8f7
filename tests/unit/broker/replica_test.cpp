// A follower seen by its leader: what counts as caught up.
#include "sim/broker/replica.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("a fetch at the leader's end means caught up now; one at the former end means then") {
  Replica replica(NodeId{2});
  CHECK_FALSE(replica.is_caught_up(5, sim_time(0ms), 30s));
  replica.update_fetch_state(5, sim_time(1s), 5, 7);
  CHECK(replica.last_caught_up() == sim_time(1s));
  CHECK(replica.broker_epoch() == 7);
  replica.update_fetch_state(5, sim_time(2s), 8, 7);  // 5 was the end a second ago
  CHECK(replica.last_caught_up() == sim_time(1s));
  replica.update_fetch_state(8, sim_time(3s), 10, 7);  // 8 was the end at 2 s
  CHECK(replica.last_caught_up() == sim_time(2s));
  replica.update_fetch_state(9, sim_time(4s), 12, 7);  // 10 was the end at 3 s
  CHECK(replica.last_caught_up() == sim_time(2s));
  CHECK(replica.is_caught_up(12, sim_time(32s), 30s));
  CHECK_FALSE(replica.is_caught_up(12, sim_time(32s) + 1ns, 30s));
  CHECK(replica.is_caught_up(9, sim_time(1h), 30s));  // it has all there is
}

TEST_CASE("the very first fetch of a lagging follower does not make it caught up") {
  Replica replica(NodeId{2});
  replica.reset(sim_time(1s), 10, true, false);
  replica.update_fetch_state(3, sim_time(2s), 10, 7);
  CHECK_FALSE(replica.is_caught_up(10, sim_time(2s), 30s));
}
