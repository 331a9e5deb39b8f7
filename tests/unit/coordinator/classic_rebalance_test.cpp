// Join phases of classic groups, with members that behave as consumers do: when they begin, how
// long they last, who is asked, who gets what.
#include "sim/coordinator/classic_groups.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

using Names = std::vector<std::string>;

JoinGroupRequest join_request(const std::string& member_id = {}, Duration session = 45s) {
  JoinGroupRequest request;
  request.group = "billing";
  request.member_id = member_id;
  request.session_timeout = session;
  request.rebalance_timeout = 300s;
  request.protocols.push_back({"range", {{"orders"}, {}, -1}});
  return request;
}

}  // namespace

TEST_CASE("row 37: one consumer in an empty group has its partitions after the initial delay") {
  GroupWorld world;
  const SimTime begun = world.engine.now();
  const GroupMember& member = world.member("billing-1");
  world.run(2900ms);
  CHECK(member.assignments.empty());
  world.run(200ms);
  REQUIRE(member.assignments.size() == 1);
  CHECK(member.assignments[0].first - begun > 3s);
  CHECK(member.assignments[0].first - begun < 3020ms);
  CHECK(member.assignment == orders({0, 1}));
  CHECK(world.states() == Names{"PreparingRebalance 0", "CompletingRebalance 1", "Stable 1"});
  CHECK(member.member_id.starts_with("billing-1-"));
}

TEST_CASE("row 37: a second one that comes while the first waits extends the wait") {
  GroupWorld world;
  const GroupMember& first = world.member("billing-1");
  world.run(2900ms);
  const GroupMember& second = world.member("billing-2");
  world.run(3000ms);
  CHECK(first.assignments.empty());
  world.run(200ms);
  CHECK(first.assignment == orders({0}));
  CHECK(second.assignment == orders({1}));
  CHECK(world.states() == Names{"PreparingRebalance 0", "CompletingRebalance 1", "Stable 1"});
}

TEST_CASE("row 38: the wait ends at the first one's max.poll.interval.ms, whoever comes") {
  GroupWorld world(Config{{"group.initial.rebalance.delay.ms", "3000"}});
  GroupMember::Options options;
  options.rebalance_timeout = 6s;
  const GroupMember& first = world.member("billing-1", options);
  for (int i = 2; i <= 9; ++i) {
    world.run(700ms);
    world.member("billing-" + std::to_string(i), options);
  }
  world.run(300ms);
  CHECK(first.assignments.empty());  // 5.9 s
  world.run(300ms);
  CHECK(first.assignments.size() == 1);
}

TEST_CASE("a new member of a running group starts a rebalance at once") {
  GroupWorld world;
  const GroupMember& first = world.member("billing-1");
  world.run(4s);
  const SimTime came = world.engine.now();
  const GroupMember& second = world.member("billing-2");
  world.run(4s);
  // The first one hears of it with its next heartbeat, at most 3 s later.
  REQUIRE(second.assignments.size() == 1);
  CHECK(second.assignments[0].first - came < 3100ms);
  CHECK(first.assignment == orders({0}));
  CHECK(second.assignment == orders({1}));
  CHECK(first.generation == 2);
  const auto changes = world.trace.all<trace::GroupStateChanged>();
  CHECK(changes[0].second.reason == "billing-1 joins");
  CHECK(changes[3].second.reason == "billing-2 joins");
  CHECK(changes[3].second.members == 2);
}

TEST_CASE("a member that leaves gives its partitions up at once, the last one leaves Empty") {
  GroupWorld world;
  GroupMember& first = world.member("billing-1");
  GroupMember& second = world.member("billing-2");
  world.run(7s);
  world.at([&] { first.leave(); });
  world.run(3100ms);
  CHECK(second.assignment == orders({0, 1}));
  world.at([&] { second.leave(); });
  world.run(10ms);
  CHECK(world.states() == Names{"PreparingRebalance 0", "CompletingRebalance 1", "Stable 1",
                                "PreparingRebalance 1", "CompletingRebalance 2", "Stable 2",
                                "PreparingRebalance 2", "Empty 3"});
  const auto left = world.trace.all<trace::GroupMemberLeft>();
  REQUIRE(left.size() == 2);
  CHECK(left[0].second.client == world.node("billing-1"));
  CHECK(left[0].second.reason == "left");
}

TEST_CASE("each member is told what it is to read when the assignment is in the log for good") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(2s);
  world.at([&] { world.host().hold(); });
  world.run(3s);
  CHECK(world.group()->is(ClassicState::completing_rebalance));
  CHECK(member.assignments.empty());
  world.at([&] { world.host().release(); });
  world.run(10ms);
  CHECK(world.group()->is(ClassicState::stable));
  CHECK(member.assignment == orders({0, 1}));
  const auto made = world.trace.all<trace::GroupAssignmentMade>();
  REQUIRE(made.size() == 1);
  CHECK(made[0].second.partitions == "orders-0 orders-1");
  CHECK(made[0].second.client == world.node("billing-1"));
}

TEST_CASE("an assignment that can't be kept is made again") {
  GroupWorld world;
  GroupMember& member = world.member("billing-1");
  world.run(2s);
  world.at([&] { world.host().refuse = Error::not_enough_replicas; });
  world.run(2s);
  CHECK(member.assignments.empty());
  CHECK(std::find(member.errors.begin(), member.errors.end(), Error::coordinator_not_available) !=
        member.errors.end());
  world.at([&] { world.host().refuse = Error::none; });
  world.run(4s);
  CHECK(member.assignment == orders({0, 1}));
}

TEST_CASE("a rebalance waits for members that are late, until max.poll.interval.ms") {
  GroupWorld world;
  GroupMember::Options options;
  options.rebalance_timeout = 20s;
  options.session_timeout = 60s;
  GroupMember& busy = world.member("billing-1", options);
  world.run(4s);
  world.at([&] { busy.silent = true; });  // its session is longer
  const GroupMember& second = world.member("billing-2", options);
  world.run(19s);
  CHECK(second.assignments.empty());
  world.run(2s);
  CHECK(second.assignment == orders({0, 1}));
  const auto left = world.trace.all<trace::GroupMemberLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].second.reason == "did not rejoin");
}

TEST_CASE("a static member that is late keeps its place") {
  GroupWorld world;
  GroupMember::Options options;
  options.rebalance_timeout = 20s;
  options.session_timeout = 60s;
  options.instance_id = "one";
  GroupMember& busy = world.member("billing-1", options);
  world.run(4s);
  world.at([&] { busy.silent = true; });
  options.instance_id = "two";
  const GroupMember& second = world.member("billing-2", options);
  world.run(21s);
  CHECK(second.assignment.size() == 1);
  CHECK(world.group()->members().size() == 2);
  CHECK(world.group()->is_leader(second.member_id));
}

TEST_CASE("a member that never asks for its assignment is removed") {
  GroupWorld world;
  auto request = join_request();
  request.rebalance_timeout = 20s;
  const auto* first = world.ask<JoinGroupResponse>(request);
  REQUIRE(first);
  CHECK(first->error == Error::member_id_required);
  request.member_id = first->member_id;
  world.ask<JoinGroupResponse>(request);
  world.run(3s);
  CHECK(world.client().last<JoinGroupResponse>()->generation == 1);
  CHECK(world.group()->is(ClassicState::completing_rebalance));
  world.run(20s);
  CHECK(world.group()->is(ClassicState::empty));
  CHECK(world.trace.all<trace::GroupMemberLeft>().back().second.reason ==
        "did not ask for its assignment in time");
}

TEST_CASE("who got an id and never joined with it holds a rebalance up for its session only") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  CHECK(world.ask<JoinGroupResponse>(join_request({}, 10s))->error == Error::member_id_required);
  const GroupMember& second = world.member("billing-2");
  world.run(8s);
  CHECK(second.assignments.empty());
  world.run(3s);
  CHECK(second.assignments.size() == 1);
  CHECK(member.generation == 2);
}

TEST_CASE("a join that is repeated in the same generation changes nothing; a leader's does") {
  GroupWorld world;
  GroupMember& leader = world.member("billing-1");
  GroupMember& follower = world.member("billing-2");
  world.run(7s);
  REQUIRE(world.group()->is_leader(leader.member_id));
  auto request = join_request(follower.member_id);
  const auto* repeated = world.ask<JoinGroupResponse>(request);
  REQUIRE(repeated);
  CHECK(repeated->error == Error::none);
  CHECK(repeated->generation == 1);
  CHECK(repeated->members.empty());
  CHECK(world.group()->is(ClassicState::stable));
  // Another subscription does: what it owned in which generation is part of it.
  request.protocols[0].subscription.owned = orders({1});
  world.ask<JoinGroupResponse>(request);
  world.run(4s);
  CHECK(world.group()->generation() >= 2);
  const std::int32_t before = world.group()->generation();
  world.ask<JoinGroupResponse>(join_request(leader.member_id));
  CHECK(world.trace.all<trace::GroupStateChanged>().back().second.generation >= before);
  CHECK_FALSE(world.group()->is(ClassicState::stable));
}

TEST_CASE(
    "refused joins: session time-out out of bounds, unknown id, other assignors, full group") {
  GroupWorld world(Config{{"group.max.size", "1"}});
  const auto error = [&](JoinGroupRequest request) {
    return world.ask<JoinGroupResponse>(std::move(request))->error;
  };
  CHECK(error(join_request({}, 5999ms)) == Error::invalid_session_timeout);
  CHECK(error(join_request({}, 1800001ms)) == Error::invalid_session_timeout);
  CHECK(error(join_request("nobody")) == Error::unknown_member_id);
  auto unnamed = join_request();
  unnamed.group.clear();
  CHECK(error(unnamed) == Error::invalid_group_id);
  world.member("billing-1");
  world.run(4s);
  CHECK(error(join_request()) == Error::group_max_size_reached);
  CHECK(error(join_request("nobody")) == Error::group_max_size_reached);

  GroupWorld other;
  other.member("billing-1");
  other.run(4s);
  auto sticky = join_request();
  sticky.protocols[0].name = "sticky";
  CHECK(other.ask<JoinGroupResponse>(sticky)->error == Error::inconsistent_group_protocol);
  CHECK(other.ask<JoinGroupResponse>(join_request("nobody"))->error == Error::unknown_member_id);
}

TEST_CASE("syncs and heartbeats are refused for what Kafka refuses them for") {
  GroupWorld world;
  const GroupMember& member = world.member("billing-1");
  world.run(4s);
  SyncGroupRequest sync;
  sync.group = "billing";
  sync.member_id = member.member_id;
  sync.generation = 1;
  sync.protocol = "range";
  const auto synced = [&](SyncGroupRequest request) {
    return world.ask<SyncGroupResponse>(std::move(request));
  };
  CHECK(synced(sync)->error == Error::none);
  CHECK(synced(sync)->assignment == orders({0, 1}));
  auto wrong = sync;
  wrong.protocol = "sticky";
  CHECK(synced(wrong)->error == Error::inconsistent_group_protocol);
  wrong = sync;
  wrong.generation = 0;
  CHECK(synced(wrong)->error == Error::illegal_generation);
  wrong = sync;
  wrong.member_id = "nobody";
  CHECK(synced(wrong)->error == Error::unknown_member_id);
  wrong = sync;
  wrong.group = "nothing";
  CHECK(synced(wrong)->error == Error::unknown_member_id);

  const auto beat = [&](const std::string& id, std::int32_t generation) {
    HeartbeatRequest request;
    request.group = "billing";
    request.member_id = id;
    request.generation = generation;
    return world.ask<HeartbeatResponse>(std::move(request))->error;
  };
  CHECK(beat(member.member_id, 1) == Error::none);
  CHECK(beat(member.member_id, 2) == Error::illegal_generation);
  CHECK(beat("nobody", 1) == Error::unknown_member_id);
  world.ask<JoinGroupResponse>(join_request(member.member_id));  // the leader joins again
  world.resign(0);
  CHECK(beat(member.member_id, 1) == Error::not_coordinator);
}

TEST_CASE("who waits for a coordinator that loses its partition is sent on") {
  GroupWorld world;
  const auto* first = world.ask<JoinGroupResponse>(join_request());
  world.ask<JoinGroupResponse>(join_request(first->member_id));
  CHECK(world.client().received.size() == 1);
  world.resign(0);
  world.run(10ms);
  CHECK(world.client().last<JoinGroupResponse>()->error == Error::not_coordinator);
  CHECK(world.group() == nullptr);
}
