// A member of a classic group against a coordinator that does what the test says.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/client/scripted_coordinator.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const Config cooperative{{"partition.assignment.strategy", "CooperativeStickyAssignor"}};

std::vector<std::string> revocations(const ScriptedGroup& group) {
  std::vector<std::string> list;
  for (const auto& [event, revoked] : group.trace.all<trace::PartitionRevoked>())
    list.push_back(revoked.topic + "-" + std::to_string(revoked.partition) + " " + revoked.reason);
  return list;
}

}  // namespace

TEST_CASE("joining: coordinator, member id, JoinGroup, assignment by the leader, SyncGroup") {
  ScriptedGroup group;
  group.run(2s);
  const auto joins = group.broker().all<JoinGroupRequest>();
  REQUIRE(joins.size() == 2);
  CHECK(joins[0].second->member_id.empty());
  CHECK(joins[1].second->member_id == "member-1");
  CHECK(joins[1].second->rebalance_timeout == 300s);
  CHECK(joins[1].second->session_timeout == 45s);
  REQUIRE(joins[1].second->protocols.size() == 2);
  CHECK(joins[1].second->protocols[0].name == "range");
  CHECK(joins[1].second->protocols[1].name == "cooperative-sticky");
  const auto syncs = group.broker().all<SyncGroupRequest>();
  REQUIRE(syncs.size() == 1);
  CHECK(syncs[0].second->assignments.size() == 1);
  CHECK(group.consumer().assigned() == PartitionList{{"orders", 0}, {"orders", 1}});
  const auto joined = group.trace.all<trace::RebalanceJoined>();
  REQUIRE(joined.size() == 1);
  CHECK(joined[0].second.protocol == "eager");
  const auto ended = group.trace.all<trace::RebalanceEnded>();
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].second.generation == 1);
  CHECK(ended[0].second.partitions == 2);
  CHECK(group.count<trace::PartitionAssigned>() == 2);
  CHECK(group.count<trace::PartitionRevoked>() == 0);
}

TEST_CASE("a leader assigns to all members, by their subscriptions") {
  ScriptedGroup group;
  group.broker().topics["refunds"] = 1;
  group.broker().others = {{"other", "", {{"orders", "refunds"}, {}, -1}}};
  group.run(2s);
  const auto syncs = group.broker().all<SyncGroupRequest>();
  REQUIRE(syncs.size() == 1);
  const auto& assignments = syncs[0].second->assignments;
  REQUIRE(assignments.size() == 2);
  CHECK(assignments[0].first == "member-1");
  CHECK(assignments[0].second == PartitionList{{"orders", 0}});
  CHECK(assignments[1].second == PartitionList{{"orders", 1}, {"refunds", 0}});
}

TEST_CASE("heartbeats go out every heartbeat.interval.ms, also while the listener is busy") {
  ScriptedGroup group;
  group.append(0, 1);
  group.host().service_time = 100s;
  group.run(31s);
  CHECK(group.host().deliveries.size() == 1);
  const auto beats = group.broker().all<HeartbeatRequest>();
  CHECK(beats.size() == 10);
  CHECK(beats[1].first - beats[0].first >= 3s);
  CHECK(beats[1].first - beats[0].first < 3010ms);
}

TEST_CASE(
    "eager: everything is given up before JoinGroup, and read anew from the committed offset") {
  ScriptedGroup group;
  group.append(0, 3);
  group.run(2s);
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(4s);
  CHECK(revocations(group) == std::vector<std::string>{"orders-0 revoked", "orders-1 revoked"});
  const auto joins = group.broker().all<JoinGroupRequest>();
  REQUIRE(joins.size() == 3);
  CHECK(joins[2].second->protocols[0].subscription.owned.empty());
  CHECK(joins[2].second->member_id == "member-1");
  CHECK(group.committed(0) == 3);  // enable.auto.commit, before the rebalance
  const auto asked = group.trace.all<trace::OffsetCommitAsked>();
  REQUIRE(!asked.empty());
  CHECK(asked[0].second.how == "revoke");
  CHECK(group.count<trace::PartitionAssigned>() == 4);
  CHECK(group.host().deliveries.size() == 3);
  CHECK(group.consumer().position({"orders", 0}) == 3);
}

TEST_CASE("cooperative: what it keeps it goes on reading; what it gives up makes it join again") {
  ScriptedGroup group(cooperative);
  group.run(2s);
  group.broker().consumer_leads = false;
  group.broker().assignment = {{"orders", 0}};
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(4s);
  CHECK(revocations(group) == std::vector<std::string>{"orders-1 revoked"});
  const auto joins = group.broker().all<JoinGroupRequest>();
  REQUIRE(joins.size() == 4);  // with no id, first, rebalance, second round
  CHECK(joins[2].second->protocols[0].subscription.owned ==
        PartitionList{{"orders", 0}, {"orders", 1}});
  CHECK(joins[2].second->protocols[0].subscription.generation == 1);
  CHECK(joins[3].second->protocols[0].subscription.owned == PartitionList{{"orders", 0}});
  CHECK(joins[3].second->protocols[0].subscription.generation == 2);
  CHECK(joins[3].first - joins[2].first < 10ms);
  CHECK(group.count<trace::PartitionAssigned>() == 2);  // both in the first rebalance
  CHECK(group.consumer().assigned() == PartitionList{{"orders", 0}});
}

TEST_CASE("a rebalance waits until the application calls poll() again") {
  ScriptedGroup group;
  group.append(0, 1);
  group.host().service_time = 20s;
  group.run(1s);
  group.broker().heartbeat_errors = {Error::rebalance_in_progress};
  group.run(15s);
  CHECK(group.broker().all<JoinGroupRequest>().size() == 2);
  CHECK(group.count<trace::PartitionRevoked>() == 0);
  group.run(6s);
  CHECK(group.broker().all<JoinGroupRequest>().size() == 3);
}

TEST_CASE("row 41: poll() is not called for max.poll.interval.ms: leaves by itself, loses all") {
  ScriptedGroup group({{"max.poll.interval.ms", "10000"}, {"enable.auto.commit", "false"}});
  group.append(0, 2);
  group.host().service_time = 15s;
  group.run(12s);
  const auto leaves = group.broker().all<LeaveGroupRequest>();
  REQUIRE(leaves.size() == 1);
  CHECK(leaves[0].first > sim_time(10s));
  CHECK(leaves[0].first < sim_time(10500ms));
  const std::size_t beats = group.broker().all<HeartbeatRequest>().size();
  group.run(10s);
  CHECK(group.broker().all<HeartbeatRequest>().size() == beats);
  CHECK(group.count<trace::PartitionRevoked>() == 0);  // it doesn't know yet
  group.run(10s);                                      // the second record is finished: poll()
  CHECK(revocations(group) == std::vector<std::string>{"orders-0 lost", "orders-1 lost"});
  CHECK(group.consumer().member_id() == "member-2");
}

TEST_CASE("row 41: a static member that does not poll only stops its heartbeats") {
  ScriptedGroup group({{"max.poll.interval.ms", "10000"}, {"group.instance.id", "one"}});
  group.append(0, 1);
  group.host().service_time = 60s;
  group.run(30s);
  CHECK(group.broker().all<LeaveGroupRequest>().empty());
  CHECK(group.broker().all<HeartbeatRequest>().size() == 3);
  CHECK(group.broker().all<JoinGroupRequest>().size() == 1);  // static: an id at once
}

TEST_CASE("close: commits what is finished and leaves at once; a static member leaves silently") {
  for (const bool is_static : {false, true}) {
    ScriptedGroup group(is_static ? Config{{"group.instance.id", "one"}} : Config{});
    group.append(0, 5);
    group.host().service_time = 1s;
    group.run(3500ms);
    group.engine.stop(NodeId{1}, engine::StopReason::clean);
    group.run(1s);
    CHECK(group.host().deliveries.size() == 4);
    CHECK(group.committed(0) == 3);  // the fourth was in hand
    CHECK(group.broker().all<LeaveGroupRequest>().size() == (is_static ? 0 : 1));
    CHECK(revocations(group) == std::vector<std::string>{"orders-0 closed", "orders-1 closed"});
  }
}

TEST_CASE("fenced out: UNKNOWN_MEMBER_ID loses everything, and it joins as somebody new") {
  ScriptedGroup group;
  group.run(2s);
  group.broker().heartbeat_errors = {Error::unknown_member_id};
  group.run(4s);
  CHECK(revocations(group) == std::vector<std::string>{"orders-0 lost", "orders-1 lost"});
  CHECK(group.consumer().member_id() == "member-2");
  CHECK(group.consumer().assigned().size() == 2);
}

TEST_CASE("ILLEGAL_GENERATION: it keeps its id but loses what it has") {
  ScriptedGroup group;
  group.run(2s);
  group.broker().heartbeat_errors = {Error::illegal_generation};
  group.run(4s);
  CHECK(revocations(group).size() == 2);
  CHECK(revocations(group)[0] == "orders-0 lost");
  CHECK(group.consumer().member_id() == "member-1");
}

TEST_CASE("a static member whose place another one has taken fails") {
  ScriptedGroup group(Config{{"group.instance.id", "one"}});
  group.run(2s);
  group.broker().heartbeat_errors = {Error::fenced_instance_id};
  group.run(4s);
  CHECK(group.consumer().has_failed());
  const auto failed = group.trace.all<trace::ConsumerFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].second.error.find("FencedInstanceIdException") == 0);
  const std::size_t beats = group.broker().all<HeartbeatRequest>().size();
  group.run(20s);
  CHECK(group.broker().all<HeartbeatRequest>().size() == beats);
}

TEST_CASE("the leader joins again when a topic has more partitions") {
  ScriptedGroup group(Config{{"metadata.max.age.ms", "5000"}});
  group.run(2s);
  group.broker().topics["orders"] = 3;
  group.run(6s);
  CHECK(group.consumer().assigned().size() == 3);
  CHECK(group.broker().generation == 2);
}

TEST_CASE("who doesn't lead hears of more partitions from its coordinator only") {
  ScriptedGroup group(Config{{"metadata.max.age.ms", "5000"}});
  group.broker().consumer_leads = false;
  group.broker().assignment = {{"orders", 0}};
  group.run(2s);
  group.broker().topics["orders"] = 3;
  group.run(20s);
  CHECK(group.broker().generation == 1);
}

TEST_CASE("the coordinator is looked for again: not there yet, loading, elsewhere") {
  ScriptedGroup group;
  group.broker().find_errors = {Error::coordinator_not_available, Error::coordinator_not_available};
  group.broker().join_errors = {Error::coordinator_load_in_progress, Error::not_coordinator};
  group.run(3s);
  CHECK(group.broker().all<FindCoordinatorRequest>().size() == 4);
  CHECK(group.consumer().assigned().size() == 2);
}

TEST_CASE("what can't be repaired is thrown out of poll()") {
  ScriptedGroup group;
  group.broker().join_errors = {Error::inconsistent_group_protocol};
  group.run(3s);
  REQUIRE(group.count<trace::ConsumerFailed>() == 1);
  CHECK(group.trace.all<trace::ConsumerFailed>()[0].second.error.find(
            "INCONSISTENT_GROUP_PROTOCOL") != std::string::npos);
}

TEST_CASE("a rebalance during SyncGroup is joined at once") {
  ScriptedGroup group;
  group.broker().sync_errors = {Error::rebalance_in_progress};
  group.run(2s);
  CHECK(group.broker().generation == 2);
  CHECK(group.consumer().assigned().size() == 2);
}

TEST_CASE("a coordinator that comes back after a crash: the member goes on as before") {
  ScriptedGroup group;
  group.run(2s);
  group.engine.stop(NodeId{0}, engine::StopReason::crash);
  group.run(1s);
  group.engine.start(NodeId{0});
  group.run(10s);
  CHECK(group.broker().all<FindCoordinatorRequest>().size() >= 2);
  CHECK(group.broker().all<JoinGroupRequest>().size() == 2);
  CHECK(group.broker().all<HeartbeatRequest>().size() >= 3);
  CHECK(group.count<trace::PartitionRevoked>() == 0);
}

TEST_CASE("an idle member costs heartbeats, long polls and automatic commits, nothing else") {
  ScriptedGroup group;
  group.run(2s);
  const std::size_t before = group.trace.all<trace::MessageSent>().size();
  group.run(60s);
  const std::size_t sent = group.trace.all<trace::MessageSent>().size() - before;
  CHECK(sent <= 2 * (20 + 120 + 12) + 8);
}
