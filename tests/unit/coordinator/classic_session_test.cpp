// Who is still there: sessions of members of classic groups, and static members that come back.
#include "sim/coordinator/classic_groups.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

GroupMember::Options as_static(std::string instance_id) {
  GroupMember::Options options;
  options.instance_id = std::move(instance_id);
  return options;
}

}  // namespace

TEST_CASE("a killed member's partitions move when its session has expired") {
  GroupWorld world;
  world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(10s);
  REQUIRE(second.assignment.size() == 1);
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  const SimTime killed = world.engine.now();
  world.run(50s);
  REQUIRE(second.assignment == orders({0, 1}));
  // 45 s after its last heartbeat, and up to 3 s until the other one asks.
  const Duration took = second.assignments.back().first - killed;
  CHECK(took > 42s);
  CHECK(took < 48500ms);
  const auto left = world.trace.all<trace::GroupMemberLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].second.reason == "session.timeout.ms passed");
  CHECK(left[0].second.client == world.node("billing-1"));
  const auto changes = world.trace.all<trace::GroupStateChanged>();
  CHECK(changes[3].second.reason == "the session of billing-1 has expired");
}

TEST_CASE("a planted mistake: without sessions the partitions never move") {
  GroupWorld world({}, 1, PlantedFaults(PlantedFault::session_never_expires));
  world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(10s);
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.run(100s);
  CHECK(second.assignment.size() == 1);
}

TEST_CASE("commits keep a session alive as heartbeats do") {
  GroupWorld world;
  GroupMember& member = world.member("billing-1");
  world.run(4s);
  world.at([&] { member.silent = true; });
  for (int i = 0; i < 6; ++i) {
    world.run(20s);
    world.at([&] { member.commit({"orders", 0}, i); });
  }
  world.run(1s);
  CHECK(world.group()->members().size() == 1);
  CHECK(member.commits == std::vector<Error>(6, Error::none));
  world.run(46s);
  CHECK(world.group()->is(ClassicState::empty));
}

TEST_CASE("a lone dynamic consumer that is killed and restarted waits for its own old session") {
  GroupWorld world;
  world.member("billing-1");
  world.run(10s);
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.run(1s);
  world.engine.start(world.node("billing-1"));
  auto& member = dynamic_cast<GroupMember&>(world.engine.node(world.node("billing-1")));
  const auto before = member.assignments.size();
  world.run(38s);
  CHECK(member.assignments.size() == before);
  world.run(8s);
  CHECK(member.assignments.size() == before + 1);
}

TEST_CASE("a static member back within its session has its partitions, without a rebalance") {
  GroupWorld world;
  world.member("billing-1", as_static("one"));
  world.member("billing-2", as_static("two"));
  world.run(10s);
  auto& second = dynamic_cast<GroupMember&>(world.engine.node(world.node("billing-2")));
  const PartitionList before = second.assignment;
  const std::string old_id = second.member_id;
  world.engine.stop(world.node("billing-2"), engine::StopReason::crash);
  world.run(20s);
  world.engine.start(world.node("billing-2"));
  world.run(1s);
  CHECK(second.assignment == before);
  CHECK(second.member_id != old_id);
  CHECK(world.group()->generation() == 1);
  CHECK(world.states().size() == 3);
  // Who still uses the old id is fenced.
  HeartbeatRequest beat;
  beat.group = "billing";
  beat.member_id = old_id;
  beat.instance_id = "two";
  beat.generation = 1;
  CHECK(world.ask<HeartbeatResponse>(beat)->error == Error::fenced_instance_id);
  CHECK(world.trace.all<trace::GroupMemberLeft>().back().second.reason == "replaced");
  world.run(60s);
  CHECK(world.group()->members().size() == 2);
}

TEST_CASE("a static leader back within its session is told to leave the assignment as it is") {
  GroupWorld world;
  world.member("billing-1", as_static("one"));
  world.member("billing-2", as_static("two"));
  world.run(10s);
  auto& leader = dynamic_cast<GroupMember&>(world.engine.node(world.node("billing-1")));
  REQUIRE(world.group()->is_leader(leader.member_id));
  const PartitionList before = leader.assignment;
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.run(5s);
  world.engine.start(world.node("billing-1"));
  world.run(1s);
  CHECK(leader.assignment == before);
  CHECK(world.group()->is_leader(leader.member_id));
  CHECK(world.group()->generation() == 1);
}

TEST_CASE("row 42: a static member that stays away longer is removed, and a rebalance follows") {
  GroupWorld world;
  const GroupMember& first = world.member("billing-1", as_static("one"));
  world.member("billing-2", as_static("two"));
  world.run(10s);
  world.engine.stop(world.node("billing-2"), engine::StopReason::crash);
  world.run(50s);
  CHECK(first.assignment == orders({0, 1}));
  world.run(10s);
  world.engine.start(world.node("billing-2"));
  world.run(4s);
  CHECK(first.assignment.size() == 1);
  CHECK(world.group()->generation() == 3);
}

TEST_CASE("a static member that comes back while the leader assigns starts the rebalance anew") {
  GroupWorld world;
  world.member("billing-1", as_static("one"));
  world.run(2s);
  world.at([&] { world.host().hold(); });
  world.run(2s);
  REQUIRE(world.group()->is(ClassicState::completing_rebalance));
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.engine.start(world.node("billing-1"));
  world.run(100ms);
  world.at([&] { world.host().release(); });
  world.run(4s);
  CHECK(world.group()->is(ClassicState::stable));
  CHECK(world.group()->generation() == 2);
}

TEST_CASE("an administrator removes a static member by its group.instance.id") {
  GroupWorld world;
  world.member("billing-1", as_static("one"));
  world.run(10s);
  LeaveGroupRequest request;
  request.group = "billing";
  request.instance_id = "nobody";
  CHECK(world.ask<LeaveGroupResponse>(request)->error == Error::unknown_member_id);
  request.instance_id = "one";
  request.reason = "asked by an administrator";
  CHECK(world.ask<LeaveGroupResponse>(request)->error == Error::none);
  CHECK(world.trace.all<trace::GroupMemberLeft>().back().second.reason ==
        "left: asked by an administrator");
}

TEST_CASE("leaving is refused to who is not in the group") {
  GroupWorld world;
  world.member("billing-1");
  world.run(4s);
  LeaveGroupRequest request;
  request.group = "billing";
  request.member_id = "nobody";
  CHECK(world.ask<LeaveGroupResponse>(request)->error == Error::unknown_member_id);
  request.group = "nothing";
  CHECK(world.ask<LeaveGroupResponse>(request)->error == Error::unknown_member_id);
  // Who was given an id and changes its mind holds nobody up.
  JoinGroupRequest join;
  join.group = "billing";
  join.session_timeout = 45s;
  join.rebalance_timeout = 300s;
  join.protocols.push_back({"range", {{"orders"}, {}, -1}});
  request.group = "billing";
  request.member_id = world.ask<JoinGroupResponse>(join)->member_id;
  CHECK(world.ask<LeaveGroupResponse>(request)->error == Error::none);
  CHECK(world.group()->pending().empty());
}
