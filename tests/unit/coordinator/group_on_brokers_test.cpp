// Group coordinators as parts of real brokers: what is replicated survives a broker.
#include <doctest/doctest.h>

#include "tests/unit/broker/replicated_cluster.h"
#include "tests/unit/coordinator/group_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders_0{"orders", 0};

struct BrokersWithGroups : ReplicatedCluster {
  explicit BrokersWithGroups(Config broker_config = {})
      : ReplicatedCluster(
            3, {}, std::move(broker_config), {}, 1,
            [](Broker& broker) { broker.add_part(std::make_unique<GroupCoordinator>()); },
            {{"__consumer_offsets", 1, 3, {{"cleanup.policy", "compact"}}}}) {}

  GroupMember& member(const std::string& name) {
    engine::NodeSpec spec;
    spec.name = name;
    const NodeId id =
        engine.add_node(spec, std::make_unique<GroupMember>(GroupMember::Options{}, coordinator));
    engine.start(id);
    return dynamic_cast<GroupMember&>(engine.node(id));
  }
  /// The broker is killed; the next one in sync leads what it led of the groups' topic.
  void fail_over(std::uint32_t from, std::uint32_t to) {
    crash(from);
    auto next = std::make_shared<PartitionImage>(*settled->image().find(kept_in));
    next->leader = NodeId{to};
    std::erase(next->isr, NodeId{from});
    ++next->leader_epoch;
    ++next->partition_epoch;
    settled->apply({PartitionRecord{kept_in, next}});
    coordinator = NodeId{to};
  }
  OffsetFetchResponse::Partition position() {
    OffsetFetchRequest request;
    request.header = {7, ++correlation_id};
    request.group = "billing";
    request.partitions = {orders_0};
    client().send(coordinator, std::move(request), {client_id, 200});
    run(1s);
    const auto* found = answer<OffsetFetchResponse>(correlation_id);
    return found && !found->partitions.empty() ? found->partitions.front()
                                               : OffsetFetchResponse::Partition{};
  }

  NodeId coordinator{0};
};

}  // namespace

TEST_CASE("a group lives on when the broker that coordinates it is killed") {
  BrokersWithGroups cluster;
  GroupMember& first = cluster.member("billing-1");
  GroupMember& second = cluster.member("billing-2");
  cluster.run(7s);
  REQUIRE(first.assignment.size() == 1);
  REQUIRE(second.assignment.size() == 1);
  cluster.engine.schedule(cluster.engine.now() + 1ms, [&] { first.commit(orders_0, 17); });
  cluster.run(100ms);
  REQUIRE(first.commits == std::vector{Error::none});
  cluster.fail_over(0, 1);
  cluster.run(5s);
  CHECK(cluster.position().committed.offset == 17);
  CHECK(first.generation == 1);
  CHECK(first.assignments.size() == 1);
  CHECK(second.assignments.size() == 1);
  const auto loaded = cluster.trace.all<trace::CoordinatorLoaded>();
  CHECK(loaded.back().first.node == NodeId{1});
  CHECK(loaded.back().second.entries == 1);
}

TEST_CASE("a commit is answered by all in-sync replicas, so it takes a round trip of theirs") {
  BrokersWithGroups cluster;
  GroupMember& member = cluster.member("billing-1");
  cluster.run(4s);
  REQUIRE(member.assignment.size() == 2);
  // Followers that hear nothing don't have it.
  for (const std::uint32_t follower : {1U, 2U}) cluster.engine.set_paused(NodeId{follower}, true);
  cluster.engine.schedule(cluster.engine.now() + 1ms, [&] { member.commit(orders_0, 17); });
  cluster.run(4900ms);
  CHECK(member.commits.empty());
  CHECK(cluster.trace.all<trace::OffsetCommitted>().empty());
  cluster.run(200ms);  // offsets.commit.timeout.ms
  CHECK(member.commits == std::vector{Error::coordinator_not_available});
  for (const std::uint32_t follower : {1U, 2U}) cluster.engine.set_paused(NodeId{follower}, false);
  cluster.run(1s);
  // It is in the log all the same.
  CHECK(cluster.position().committed.offset == 17);
}

TEST_CASE("a coordinator under min.insync.replicas keeps nothing, and says so") {
  BrokersWithGroups cluster(Config{{"min.insync.replicas", "3"}});
  GroupMember& member = cluster.member("billing-1");
  cluster.run(4s);
  auto next = std::make_shared<PartitionImage>(*cluster.settled->image().find(kept_in));
  next->isr = {NodeId{0}, NodeId{1}};
  ++next->partition_epoch;
  cluster.engine.set_paused(NodeId{2}, true);
  cluster.settled->apply({PartitionRecord{kept_in, next}});
  cluster.engine.schedule(cluster.engine.now() + 1ms, [&] { member.commit(orders_0, 17); });
  cluster.run(100ms);
  CHECK(member.commits == std::vector{Error::coordinator_not_available});
  CHECK(cluster.position().committed.offset == -1);
}
