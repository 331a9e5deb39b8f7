// What administrators ask of a cluster in ZooKeeper mode.
#include <doctest/doctest.h>

#include "tests/unit/controller/zk_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition p0{"orders", 0}, p1{"orders", 1};

std::vector<NodeId> nodes(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> list;
  for (const std::uint32_t number : numbers) list.push_back(NodeId{number});
  return list;
}

struct AdminWorld : ZkWorld {
  explicit AdminWorld(std::uint32_t broker_count = 4)
      : ZkWorld(broker_count, {{"orders", 2, 2, {}}}) {
    run(2s);
  }
  AdminResponse ask(AdminOperation operation, std::uint32_t broker = 0) {
    const std::size_t before = admin().answers.size();
    admin().ask(NodeId{broker}, std::move(operation));
    run(1s);
    REQUIRE(admin().answers.size() == before + 1);
    return admin().answers.back();
  }
};

}  // namespace

TEST_CASE("only the controller answers administrators") {
  AdminWorld w;
  CHECK(w.ask(CreateTopic{{"new", 1, 1, {}}}, 1).error == Error::not_controller);
}

TEST_CASE("a new topic is answered for when it has leaders, and every broker knows it") {
  AdminWorld w;
  CHECK(w.ask(CreateTopic{{"new", 3, 2, {{"min.insync.replicas", "2"}}}}).error == Error::none);
  CHECK(w.trace.all<trace::PartitionCreated>().back().second.min_isr == 2);
  for (std::uint32_t b = 0; b < 4; ++b) {
    const TopicImage* topic = w.link(b).image().find_topic("new");
    REQUIRE(topic);
    REQUIRE(topic->partitions.size() == 3);
    for (const PartitionState& partition : topic->partitions) {
      CHECK(partition->leader == partition->replicas.front());
      CHECK(partition->isr == partition->replicas);
    }
    CHECK(topic->config.at("min.insync.replicas") == "2");
  }
  CHECK(w.ask(CreateTopic{{"new", 1, 1, {}}}).error == Error::topic_already_exists);
  CHECK(w.ask(CreateTopic{{"big", 1, 5, {}}}).error == Error::invalid_replication_factor);
}

TEST_CASE("partitions are added, never taken away") {
  AdminWorld w;
  CHECK(w.ask(AddPartitions{"orders", 2}).error == Error::invalid_partitions);
  CHECK(w.ask(AddPartitions{"orders", 5}).error == Error::none);
  for (std::uint32_t b = 0; b < 4; ++b)
    REQUIRE(w.link(b).image().find_topic("orders")->partitions.size() == 5);
  CHECK(w.seen_by(1, {"orders", 4}).leader.valid());
}

TEST_CASE("a reassignment adds first, waits until the new replicas are in sync, then removes") {
  AdminWorld w;
  REQUIRE(w.seen_by(0, p0).replicas == nodes({0, 1}));
  CHECK(w.ask(ReassignPartition{p0, nodes({2, 3})}).error == Error::none);
  w.run(5s);
  const PartitionImage& now = w.seen_by(3, p0);
  CHECK(now.replicas == nodes({2, 3}));
  CHECK(now.leader == NodeId{2});
  CHECK(now.isr.size() == 2);
  CHECK(now.adding.empty());
  bool grown = false;
  for (const auto& [event, changed] : w.trace.all<trace::PartitionChanged>())
    grown = grown || (changed.replicas.size() == 4 && changed.adding == nodes({2, 3}));
  CHECK(grown);
  CHECK(w.ask(ReassignPartition{p0, {}}).error == Error::no_reassignment_in_progress);
  CHECK(w.ask(ReassignPartition{p0, nodes({1, 1})}).error == Error::invalid_replica_assignment);
}

TEST_CASE("a reassignment that cannot finish is taken back") {
  AdminWorld w;
  w.engine.stop(NodeId{3}, engine::StopReason::crash);
  CHECK(w.ask(ReassignPartition{p0, nodes({0, 3})}).error == Error::none);
  w.run(2s);
  CHECK(w.seen_by(0, p0).adding == nodes({3}));
  CHECK(w.ask(ReassignPartition{p0, {}}).error == Error::none);
  w.run(1s);
  CHECK(w.seen_by(0, p0).replicas == nodes({0, 1}));
  CHECK(w.seen_by(0, p0).adding.empty());
}

TEST_CASE("a deleted topic is gone everywhere") {
  AdminWorld w;
  CHECK(w.ask(DeleteTopic{"orders"}).error == Error::none);
  w.run(1s);
  for (std::uint32_t b = 0; b < 4; ++b) CHECK(!w.link(b).image().find_topic("orders"));
  CHECK(w.trace.all<trace::TopicDeleted>().size() == 1);
  CHECK(w.ask(DeleteTopic{"orders"}).error == Error::unknown_topic_or_partition);
}

TEST_CASE("a topic's config reaches all brokers through ZooKeeper") {
  AdminWorld w;
  CHECK(w.ask(AlterTopicConfig{"orders", "min.insync.replicas", "2"}).error == Error::none);
  w.run(100ms);
  for (std::uint32_t b = 0; b < 4; ++b)
    CHECK(w.link(b).image().find_topic("orders")->config.at("min.insync.replicas") == "2");
  const auto changed = w.trace.all<trace::TopicConfigChanged>();
  REQUIRE(changed.size() == 1);
  CHECK(changed[0].second.min_isr == 2);
  CHECK(w.ask(AlterTopicConfig{"orders", "max.compaction.lag.ms", "8"}).error == Error::none);
  CHECK(w.ask(AlterTopicConfig{"orders", "min.compaction.lag.ms", "9"}).error ==
        Error::invalid_config);
  CHECK(w.ask(AlterTopicConfig{"orders", "max.compaction.lag.ms", ""}).error == Error::none);
  CHECK(w.ask(AlterTopicConfig{"orders", "min.insync.replicas", ""}).error == Error::none);
  w.run(100ms);
  CHECK(w.link(3).image().find_topic("orders")->config.empty());
  CHECK(w.ask(AlterTopicConfig{"orders", "nonsense", "1"}).error == Error::invalid_config);
}

TEST_CASE("an unclean election is asked for, and says so") {
  AdminWorld w;
  CHECK(w.ask(ElectLeader{p1, true}).error == Error::election_not_needed);
  CHECK(w.ask(ElectLeader{p1, false}).error == Error::election_not_needed);
  // orders-1 is on brokers 1 and 2; first 2 leaves the in-sync set, then 1 dies.
  REQUIRE(w.seen_by(0, p1).replicas == nodes({1, 2}));
  w.engine.stop(NodeId{2}, engine::StopReason::crash);
  w.run(25s);
  w.engine.stop(NodeId{1}, engine::StopReason::crash);
  w.run(25s);
  CHECK(!w.seen_by(0, p1).leader.valid());
  CHECK(w.ask(ElectLeader{p1, true}).error == Error::eligible_leaders_not_available);
  w.engine.start(NodeId{2});
  w.run(2s);
  CHECK(!w.seen_by(0, p1).leader.valid());
  CHECK(w.ask(ElectLeader{p1, true}).error == Error::none);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  CHECK(w.trace.all<trace::PartitionChanged>().back().second.unclean);
}
