// Another broker takes a group over, or the same one comes back: what survives, what doesn't.
#include "sim/coordinator/group_coordinator.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders_0{"orders", 0};

}  // namespace

TEST_CASE("generation, assignment and positions survive a change of coordinator, unnoticed") {
  GroupWorld world({}, 2);
  const GroupMember& first = world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(7s);
  CHECK(world.commit("billing", orders_0, 17, 1, first.member_id) == Error::none);
  world.resign(0);
  CHECK(world.group() == nullptr);
  world.run(1s);
  world.lead(1);
  world.run(10s);
  REQUIRE(world.group("billing", 1));
  CHECK(world.group("billing", 1)->is(ClassicState::stable));
  CHECK(world.group("billing", 1)->generation() == 1);
  CHECK(world.group("billing", 1)->find(second.member_id)->assignment == second.assignment);
  CHECK(first.assignments.size() == 1);
  CHECK(second.assignments.size() == 1);
  CHECK(world.position("billing", orders_0).committed.offset == 17);
  CHECK(world.commit("billing", orders_0, 18, 1, first.member_id) == Error::none);
  const auto loaded = world.trace.all<trace::CoordinatorLoaded>();
  CHECK(loaded.back().second.entries == 1);
  CHECK(world.trace.all<trace::GroupStateChanged>().back().second.reason == "read from the log");
}

TEST_CASE("sessions begin anew at a new coordinator") {
  GroupWorld world({}, 2);
  world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(10s);
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.run(40s);
  world.resign(0);
  world.lead(1);
  const SimTime taken_over = world.engine.now();
  world.run(44s);
  CHECK(second.assignment.size() == 1);
  world.run(5s);
  CHECK(second.assignment.size() == 2);
  CHECK(second.assignments.back().first - taken_over > 45s);
}

TEST_CASE("a join phase does not survive: who waited joins the new coordinator") {
  GroupWorld world({}, 2);
  const GroupMember& first = world.member("billing-1");
  world.run(1s);
  world.resign(0);
  world.lead(1);
  world.run(7s);
  CHECK(first.assignment == orders({0, 1}));
  CHECK(std::find(first.errors.begin(), first.errors.end(), Error::not_coordinator) !=
        first.errors.end());
}

TEST_CASE("a coordinator that was killed has everything again when it is back") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  world.commit("billing", orders_0, 17, 1, member.member_id);
  world.engine.stop(NodeId{0}, engine::StopReason::crash);
  world.run(1s);
  world.engine.start(NodeId{0});
  world.run(10ms);
  CHECK(world.position("billing", orders_0).error == Error::not_coordinator);
  world.lead(0);
  world.run(10ms);
  CHECK(world.position("billing", orders_0).committed.offset == 17);
  CHECK(world.group()->generation() == 1);
}

TEST_CASE("a planted mistake: a new coordinator that doesn't read the positions") {
  GroupWorld world({}, 1, PlantedFaults(PlantedFault::offsets_lost_on_failover));
  world.commit("billing", orders_0, 17);
  CHECK(world.position("billing", orders_0).committed.offset == 17);
  world.resign(0);
  world.lead(0);
  world.run(10ms);
  CHECK(world.position("billing", orders_0).committed.offset == -1);
}

TEST_CASE("a planted mistake: two members get the same partition") {
  GroupWorld world({}, 1, PlantedFaults(PlantedFault::two_owners_of_a_partition));
  const GroupMember& first = world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(7s);
  CHECK(first.assignment.size() + second.assignment.size() == 3);
}

TEST_CASE("positions that were committed without a group are found by a new coordinator") {
  GroupWorld world;
  world.commit("script", orders_0, 5);
  world.resign(0);
  world.lead(0);
  world.run(10ms);
  CHECK(world.position("script", orders_0).committed.offset == 5);
  CHECK(world.commit("script", orders_0, 6) == Error::none);
}

TEST_CASE("a write that was under way when the leadership went is refused") {
  GroupWorld world;
  world.at([&] { world.host().hold(); });
  world.commit("billing", orders_0, 17);
  world.resign(0);
  world.run(10ms);
  CHECK(world.client().last<OffsetCommitResponse>()->partitions[0].error == Error::not_coordinator);
}

TEST_CASE("a group that is larger than a new group.max.size rebalances when it is loaded") {
  GroupWorld world;
  const GroupMember& first = world.member("billing-1");
  const GroupMember& second = world.member("billing-2");
  world.run(7s);
  world.engine.stop(NodeId{0}, engine::StopReason::clean);
  world.store.config["group.max.size"] = "1";
  world.engine.start(NodeId{0});
  world.run(10ms);
  world.lead(0);
  world.run(10s);
  CHECK(world.group()->members().size() == 1);
  CHECK((first.errors.empty() ? second : first).errors.back() == Error::group_max_size_reached);
}
