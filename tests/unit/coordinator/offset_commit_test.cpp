// Positions: who may commit, when a commit is kept, what a look-up finds, transactions.
#include "sim/coordinator/offset_manager.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders_0{"orders", 0};
const TopicPartition orders_1{"orders", 1};

std::vector<std::string> refusals(const GroupWorld& world) {
  std::vector<std::string> errors;
  for (const auto& [event, body] : world.trace.all<trace::OffsetCommitRefused>())
    errors.push_back(body.error);
  return errors;
}

}  // namespace

TEST_CASE("a commit is found by whoever asks next; what was never committed is -1") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  CHECK(world.position("billing", orders_0).committed.offset == -1);
  CHECK(world.commit("billing", orders_0, 17, 1, member.member_id) == Error::none);
  CHECK(world.position("billing", orders_0).committed == OffsetAndEpoch{17, 0});
  CHECK(world.position("billing", orders_1).committed.offset == -1);
  const auto committed = world.trace.all<trace::OffsetCommitted>();
  REQUIRE(committed.size() == 1);
  CHECK(committed[0].second.offset == 17);
  CHECK(committed[0].second.member == member.member_id);
  CHECK(committed[0].second.generation == 1);
}

TEST_CASE("two groups that read the same topic have positions of their own") {
  GroupWorld world;
  CHECK(world.commit("billing", orders_0, 17) == Error::none);
  CHECK(world.position("audit", orders_0).committed.offset == -1);
  CHECK(world.commit("audit", orders_0, 3) == Error::none);
  CHECK(world.position("billing", orders_0).committed.offset == 17);
  CHECK(world.position("audit", orders_0).committed.offset == 3);
  // Nothing but the offsets topic was written to.
  CHECK(world.store.logs.size() == 1);
}

TEST_CASE("a commit is kept, and answered, when it is replicated") {
  GroupWorld world;
  world.at([&] { world.host().hold(); });
  CHECK(world.commit("billing", orders_0, 17) == Error::unknown_server_error);  // no answer yet
  CHECK(world.trace.all<trace::OffsetCommitted>().empty());
  // Who looks it up waits for it; who needs no stable answer is told what is certain.
  OffsetFetchRequest look;
  look.group = "billing";
  look.partitions = {orders_0};
  CHECK(world.ask<OffsetFetchResponse>(look) == nullptr);
  look.require_stable = false;
  CHECK(world.ask<OffsetFetchResponse>(look)->partitions[0].committed.offset == -1);
  world.at([&] { world.host().release(); });
  world.run(100ms);
  CHECK(world.trace.all<trace::OffsetCommitted>().size() == 1);
  CHECK(world.client().last<OffsetFetchResponse>()->partitions[0].committed.offset == 17);
}

TEST_CASE("a planted mistake: a commit is answered before it is replicated") {
  GroupWorld world({}, 1, PlantedFaults(PlantedFault::commit_answered_before_replication));
  world.at([&] { world.host().hold(); });
  CHECK(world.commit("billing", orders_0, 17) == Error::none);
}

TEST_CASE("a commit that is not replicated in time, or not taken at all, is refused") {
  GroupWorld world;
  world.at([&] { world.host().refuse = Error::not_enough_replicas; });
  CHECK(world.commit("billing", orders_0, 17) == Error::coordinator_not_available);
  world.at([&] { world.host().refuse = Error::none; });
  CHECK(world.position("billing", orders_0).committed.offset == -1);
  world.at([&] { world.host().hold(); });
  world.commit("billing", orders_0, 18);
  world.at([&] { world.host().fail_held(Error::request_timed_out); });
  world.run(10ms);
  CHECK(world.client().last<OffsetCommitResponse>()->partitions[0].error ==
        Error::coordinator_not_available);
  CHECK(refusals(world) == std::vector<std::string>(2, "COORDINATOR_NOT_AVAILABLE"));
  CHECK(world.trace.all<trace::OffsetCommitted>().empty());
}

TEST_CASE("commits of members are checked: member, generation, and not while one is assigned to") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  const std::string id = member.member_id;
  CHECK(world.commit("billing", orders_0, 1, 1, "nobody") == Error::unknown_member_id);
  CHECK(world.commit("billing", orders_0, 1, 0, id) == Error::illegal_generation);
  CHECK(world.commit("billing", orders_0, 1, 2, id) == Error::illegal_generation);
  CHECK(world.commit("billing", orders_0, 1, 1, id, "static") == Error::unknown_member_id);
  CHECK(world.commit("billing", orders_0, 1) == Error::unknown_member_id);  // not an empty group
  CHECK(world.commit("nothing", orders_0, 1, 1, id) == Error::group_id_not_found);
  CHECK(refusals(world).size() == 6);
  CHECK(world.commit("billing", orders_0, 1, 1, id) == Error::none);
}

TEST_CASE("while a group rebalances its members may commit until the join phase ends") {
  GroupWorld world;
  GroupMember& member = world.member("billing-1");
  world.run(4s);
  world.at([&] { member.silent = true; });
  JoinGroupRequest join;
  join.group = "billing";
  join.session_timeout = 45s;
  join.rebalance_timeout = 300s;
  join.protocols.push_back({"range", {{"orders"}, {}, -1}});
  join.member_id = world.ask<JoinGroupResponse>(join)->member_id;
  world.at([&] { world.client().send(world.coordinator, join, {world.client_node, 2}); });
  world.run(10ms);
  REQUIRE(world.group()->is(ClassicState::preparing_rebalance));
  CHECK(world.commit("billing", orders_0, 5, 1, member.member_id) == Error::none);
  join.member_id = member.member_id;
  world.at([&] { world.client().send(world.coordinator, join, {world.client_node, 3}); });
  world.run(10ms);
  REQUIRE(world.group()->is(ClassicState::completing_rebalance));
  CHECK(world.commit("billing", orders_0, 6, 2, member.member_id) == Error::rebalance_in_progress);
  CHECK(world.commit("billing", orders_0, 6, 1, member.member_id) == Error::illegal_generation);
}

TEST_CASE("a fenced static member can't commit") {
  GroupWorld world;
  GroupMember::Options options;
  options.instance_id = "one";
  const GroupMember& member = world.member("billing-1", options);
  world.run(4s);
  const std::string old_id = member.member_id;
  world.engine.stop(world.node("billing-1"), engine::StopReason::crash);
  world.engine.start(world.node("billing-1"));
  world.run(1s);
  CHECK(world.commit("billing", orders_0, 1, 1, old_id, "one") == Error::fenced_instance_id);
  CHECK(world.commit("billing", orders_0, 1, 1, member.member_id, "one") == Error::none);
}

TEST_CASE("a planted mistake: who was thrown out may still commit") {
  GroupWorld world({}, 1, PlantedFaults(PlantedFault::commit_of_old_generation_accepted));
  world.member("billing-1");
  world.run(4s);
  CHECK(world.commit("billing", orders_0, 1, 0, "nobody") == Error::none);
}

TEST_CASE("positions in topics that don't exist are refused, each by itself") {
  GroupWorld world;
  OffsetCommitRequest request;
  request.group = "billing";
  request.partitions = {{orders_0, {4, 0}}, {{"nowhere", 0}, {4, 0}}};
  const auto* answer = world.ask<OffsetCommitResponse>(request);
  REQUIRE(answer);
  CHECK(answer->partitions[0].error == Error::none);
  CHECK(answer->partitions[1].error == Error::unknown_topic_or_partition);
  CHECK(world.position("billing", orders_0).committed.offset == 4);
}

TEST_CASE("who doesn't coordinate the group keeps nothing and knows nothing") {
  GroupWorld world;
  world.resign(0);
  CHECK(world.commit("billing", orders_0, 1) == Error::not_coordinator);
  CHECK(world.position("billing", orders_0).error == Error::not_coordinator);
}

TEST_CASE("any broker says who coordinates a group") {
  GroupWorld world;
  FindCoordinatorRequest request;
  request.key = "billing";
  const auto* answer = world.ask<FindCoordinatorResponse>(request);
  REQUIRE(answer);
  CHECK(answer->error == Error::none);
  CHECK(answer->coordinator == NodeId{0});
  // Nobody keeps transactions in this cluster.
  request.key_type = FindCoordinatorRequest::KeyType::transaction;
  CHECK(world.ask<FindCoordinatorResponse>(request)->error == Error::coordinator_not_available);
  request.key_type = FindCoordinatorRequest::KeyType::group;
  world.store.image.brokers[NodeId{0}].fenced = true;
  CHECK(world.ask<FindCoordinatorResponse>(request)->error == Error::coordinator_not_available);
}

TEST_CASE("positions of a deleted topic are forgotten") {
  GroupWorld world;
  world.commit("billing", {"audit", 0}, 9);
  world.commit("billing", orders_0, 9);
  world.store.image.topics.erase("audit");
  world.at([&] { world.part().on_metadata(world.host().runtime()); });
  world.run(10ms);
  CHECK(world.position("billing", {"audit", 0}).committed.offset == -1);
  CHECK(world.position("billing", orders_0).committed.offset == 9);
  CHECK((*world.store.logs[kept_in].active_segment().batches().back().batch.records)[0].tombstone);
}
