// A member of a consumer group (KIP-848) against a coordinator that does what the test says.
#include <doctest/doctest.h>

#include "tests/unit/client/scripted_coordinator.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

using Heartbeat = ConsumerGroupHeartbeatRequest;

Config with(Config config) {
  config["group.protocol"] = "consumer";
  return config;
}

std::vector<std::string> revocations(const ScriptedGroup& group) {
  std::vector<std::string> list;
  for (const auto& [event, revoked] : group.trace.all<trace::PartitionRevoked>())
    list.push_back(revoked.topic + "-" + std::to_string(revoked.partition) + " " + revoked.reason);
  return list;
}

}  // namespace

TEST_CASE("joins with epoch 0 and everything, takes the assignment, acknowledges at once") {
  ScriptedGroup group(with({{"group.remote.assignor", "range"}}));
  group.run(2s);
  const auto beats = group.broker().all<Heartbeat>();
  REQUIRE(beats.size() == 2);
  CHECK(beats[0].second->member_epoch == 0);
  CHECK_FALSE(beats[0].second->member_id.empty());
  CHECK(beats[0].second->subscribed == std::vector<std::string>{"orders"});
  CHECK(beats[0].second->server_assignor == "range");
  CHECK(beats[0].second->owned == PartitionList{});
  CHECK(beats[0].second->rebalance_timeout == 300s);
  CHECK(beats[1].second->member_epoch == 1);
  CHECK_FALSE(beats[1].second->subscribed.has_value());
  CHECK(beats[1].second->owned == PartitionList{{"orders", 0}, {"orders", 1}});
  CHECK(beats[1].first - beats[0].first < 5ms);
  CHECK(group.count<trace::PartitionAssigned>() == 2);
  CHECK(group.trace.all<trace::RebalanceJoined>()[0].second.protocol == "consumer");
}

TEST_CASE("heartbeats at the interval that the coordinator decides, also while busy") {
  ScriptedGroup group(with({}));
  group.append(0, 1);
  group.host().service_time = 100s;
  group.run(30s);
  const auto beats = group.broker().all<Heartbeat>();
  CHECK(beats.size() == 7);
  CHECK(beats[3].first - beats[2].first >= 5s);
  CHECK_FALSE(beats[3].second->owned.has_value());
}

TEST_CASE("a smaller assignment: commits, gives up inside poll(), acknowledges; keeps the rest") {
  ScriptedGroup group(with({}));
  group.append(0, 3);
  group.append(1, 3);
  group.run(2s);
  group.broker().new_assignment = PartitionList{{"orders", 0}};
  group.broker().member_epoch = 2;
  group.run(5s);
  CHECK(revocations(group) == std::vector<std::string>{"orders-1 revoked"});
  CHECK(group.committed(1) == 3);
  CHECK(group.consumer().assigned() == PartitionList{{"orders", 0}});
  const auto beats = group.broker().all<Heartbeat>();
  REQUIRE(beats.size() == 4);
  CHECK(beats[3].second->owned == PartitionList{{"orders", 0}});
  CHECK(beats[3].first - beats[2].first < 20ms);
  CHECK(group.consumer().position({"orders", 0}) == 3);
  CHECK(group.count<trace::PositionReset>() == 2);  // what it keeps it just goes on reading
}

TEST_CASE("a busy application holds the revocation up") {
  ScriptedGroup group(with({}));
  group.append(0, 1);
  group.host().service_time = 20s;
  group.run(1s);
  group.broker().new_assignment = PartitionList{};
  group.run(15s);
  CHECK(revocations(group).empty());
  group.run(6s);
  CHECK(revocations(group).size() == 2);
}

TEST_CASE("fenced: everything is lost, and it joins again with epoch 0") {
  ScriptedGroup group(with({}));
  group.run(2s);
  const std::string id = group.consumer().member_id();
  group.broker().member_errors = {Error::fenced_member_epoch};
  group.broker().new_assignment = PartitionList{{"orders", 1}};
  group.run(5s);
  CHECK(revocations(group) == std::vector<std::string>{"orders-0 lost", "orders-1 lost"});
  CHECK(group.consumer().assigned() == PartitionList{{"orders", 1}});
  CHECK(group.consumer().member_id() == id);
}

TEST_CASE(
    "poll() is not called for max.poll.interval.ms: leaves, and joins again at the next one") {
  for (const bool is_static : {false, true}) {
    Config config{{"max.poll.interval.ms", "10000"}, {"enable.auto.commit", "false"}};
    if (is_static) config["group.instance.id"] = "one";
    ScriptedGroup group(with(config));
    group.append(0, 1);
    group.host().service_time = 20s;
    group.run(15s);
    CHECK(group.broker().all<Heartbeat>().back().second->member_epoch == (is_static ? -2 : -1));
    CHECK(revocations(group).empty());
    group.broker().new_assignment = PartitionList{{"orders", 1}};
    group.run(10s);
    CHECK(revocations(group) == std::vector<std::string>{"orders-0 lost", "orders-1 lost"});
    CHECK(group.consumer().assigned() == PartitionList{{"orders", 1}});
  }
}

TEST_CASE("close: a heartbeat with epoch -1, or -2 of a static member") {
  for (const bool is_static : {false, true}) {
    ScriptedGroup group(with(is_static ? Config{{"group.instance.id", "one"}} : Config{}));
    group.append(0, 3);
    group.run(2s);
    group.engine.stop(NodeId{1}, engine::StopReason::clean);
    group.run(1s);
    CHECK(group.broker().all<Heartbeat>().back().second->member_epoch == (is_static ? -2 : -1));
    CHECK(group.committed(0) == 3);
  }
}

TEST_CASE("an instance id that another member still has is thrown out of poll()") {
  ScriptedGroup group(with({{"group.instance.id", "one"}}));
  group.broker().member_errors = {Error::unreleased_instance_id};
  group.run(3s);
  REQUIRE(group.count<trace::ConsumerFailed>() == 1);
  CHECK(group.trace.all<trace::ConsumerFailed>()[0].second.error.find("UnreleasedInstance") == 0);
}

TEST_CASE("a heartbeat that got lost is followed by one that says everything") {
  ScriptedGroup group(with({}));
  group.run(2s);
  group.broker().member_errors = {Error::not_coordinator};
  group.run(5s);
  const auto beats = group.broker().all<Heartbeat>();
  REQUIRE(beats.size() == 4);
  CHECK(beats[3].second->owned == PartitionList{{"orders", 0}, {"orders", 1}});
  CHECK(beats[3].second->subscribed.has_value());
  CHECK(beats[3].second->member_epoch == 1);
}

TEST_CASE("a commit of an epoch that is over is made again with the new one") {
  ScriptedGroup group(with({}), CommitPolicy::after);
  group.append(0, 3);
  group.broker().commit_errors = {Error::stale_member_epoch};
  group.run(2s);
  CHECK(group.committed(0) == 3);
  CHECK(group.count<trace::OffsetCommitFailed>() == 0);
}
