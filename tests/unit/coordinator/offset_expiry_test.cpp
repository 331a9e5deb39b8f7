// How long positions are kept.
#include "sim/coordinator/offset_manager.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders_0{"orders", 0};
const TopicPartition audit_0{"audit", 0};

/// Kept for an hour, looked for every ten minutes.
const Config one_hour{{"offsets.retention.minutes", "60"}};

bool is_kept(GroupWorld& world, const TopicPartition& tp) {
  return world.position("billing", tp).committed.offset >= 0;
}

}  // namespace

TEST_CASE("positions that were committed without a group go that long after their commit") {
  GroupWorld world(one_hour);
  world.commit("billing", orders_0, 5);
  world.run(30min);
  world.commit("billing", audit_0, 5);
  world.run(25min);
  CHECK(is_kept(world, orders_0));
  world.run(16min);
  CHECK_FALSE(is_kept(world, orders_0));
  CHECK(is_kept(world, audit_0));
  world.run(30min);
  CHECK_FALSE(is_kept(world, audit_0));
  const auto expired = world.trace.all<trace::OffsetExpired>();
  REQUIRE(expired.size() == 2);
  CHECK(expired[0].second.topic == "orders");
  CHECK(world.group() == nullptr);  // with its last position
}

TEST_CASE("a stable group keeps what it subscribes to, and loses the rest") {
  GroupWorld world(one_hour);
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  world.commit("billing", orders_0, 5, 1, member.member_id);
  world.commit("billing", audit_0, 5, 1, member.member_id);
  world.run(80min);
  CHECK(is_kept(world, orders_0));
  CHECK_FALSE(is_kept(world, audit_0));
}

TEST_CASE("in a group that was left positions go that long after the last one left") {
  GroupWorld world(one_hour);
  GroupMember& member = world.member("billing-1");
  world.run(4s);
  world.commit("billing", orders_0, 5, 1, member.member_id);
  world.run(50min);
  world.at([&] { member.leave(); });
  world.run(50min);
  CHECK(is_kept(world, orders_0));
  // A new coordinator knows since when.
  world.resign(0);
  world.lead(0);
  world.run(20min);
  CHECK_FALSE(is_kept(world, orders_0));
  CHECK(world.states().back() == "Dead 2");
  // Nothing of it is left in the log but tombstones.
  world.resign(0);
  world.lead(0);
  world.run(1s);
  CHECK(world.trace.all<trace::CoordinatorLoaded>().back().second.entries == 0);
}
