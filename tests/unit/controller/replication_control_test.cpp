// What the controller decides about partitions when brokers come and go, and what administrators
// get for what they ask.
#include "sim/controller/replication_control.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

std::vector<NodeId> ids(std::initializer_list<std::uint32_t> numbers) {
  std::vector<NodeId> list;
  for (const std::uint32_t n : numbers) list.push_back(NodeId{n});
  return list;
}

/// The metadata with a controller over it; what is decided happens at once.
struct World {
  explicit World(std::uint32_t brokers, bool elr = true, Config config = {})
      : options{std::move(config), {}, elr},
        control(image, options, [](NodeId id) { return "broker-" + std::to_string(id.value); }) {
    for (std::uint32_t b = 0; b < brokers; ++b)
      image.brokers[NodeId{b}] = {NodeId{b}, b + 1, 1, false, false};
  }

  void add(const std::string& topic, std::vector<std::vector<NodeId>> partitions) {
    for (auto& replicas : partitions) {
      PartitionImage state;
      state.leader = replicas.front();
      state.isr = replicas;
      state.replicas = std::move(replicas);
      image.topics[topic].partitions.push_back(
          std::make_shared<const PartitionImage>(std::move(state)));
    }
  }
  void replay(const Records& records) {
    for (const NotedRecord& noted : records) apply(image, noted.record);
  }
  void fence(std::uint32_t broker) {
    Records records;
    control.broker_leaves(NodeId{broker}, "fenced", records);
    replay(records);
    image.brokers[NodeId{broker}].fenced = true;
  }
  void unfence(std::uint32_t broker) {
    image.brokers[NodeId{broker}].fenced = false;
    Records records;
    control.broker_unfenced(NodeId{broker}, records);
    replay(records);
  }
  Error ask(AdminOperation operation) {
    auto result = control.administer(operation, random);
    replay(result.records);
    return result.error;
  }
  AlterPartitionResponse::Partition propose(const TopicPartition& tp, std::vector<NodeId> isr) {
    AlterPartitionRequest request;
    const PartitionImage& now = at(tp);
    request.broker = now.leader;
    AlterPartitionRequest::Partition wish{tp, now.leader_epoch, now.partition_epoch, isr, {}, true};
    auto result = control.alter_partition(request, wish);
    replay(result.records);
    return result.answer;
  }
  const PartitionImage& at(const TopicPartition& tp) const { return *image.find(tp); }

  ClusterImage image;
  ControllerOptions options;
  ReplicationControl control;
  RandomStream random{1, "placement"};
};

const TopicPartition foo0{"foo", 0}, foo1{"foo", 1}, foo2{"foo", 2};

}  // namespace

TEST_CASE("check 23: two brokers are fenced: leaders move in order of assignment") {
  World world(5);
  world.add("foo", {ids({1, 2, 3}), ids({2, 3, 4}), ids({0, 2, 1})});
  world.fence(2);
  world.fence(3);
  CHECK(world.at(foo0).leader == NodeId{1});
  CHECK(world.at(foo1).leader == NodeId{4});
  CHECK(world.at(foo2).leader == NodeId{0});
  CHECK(world.at(foo0).isr == ids({1}));
  CHECK(world.at(foo1).isr == ids({4}));
  CHECK(world.at(foo2).isr == ids({0, 1}));
}

TEST_CASE("checks 25 and 26, decided by the controller: eligible replicas are kept, then elected") {
  World world(5, true, {{"min.insync.replicas", "3"}});
  world.add("foo", {ids({1, 2, 3, 4})});
  CHECK(world.propose(foo0, ids({1, 2})).error == Error::none);
  CHECK(world.at(foo0).elr == ids({3, 4}));
  CHECK(world.at(foo0).leader == NodeId{1});
  // 4 is seen to have crashed, so that its log may lack something; then 2 and 1 die.
  Records records;
  world.control.broker_restarted(NodeId{4}, false, records);
  world.replay(records);
  world.fence(4);
  world.fence(2);
  CHECK(world.at(foo0).isr == ids({1}));
  CHECK(world.at(foo0).elr == ids({2, 3}));
  world.fence(1);
  CHECK(world.at(foo0).leader == NodeId{3});
  CHECK(world.at(foo0).isr == ids({3}));
  CHECK(world.at(foo0).elr == ids({1, 2}));
  CHECK_FALSE(world.at(foo0).recovering);
}

TEST_CASE(
    "check 24: without ELR and unclean elections a partition whose in-sync replicas are dead stays "
    "without leader until an administrator decides") {
  World world(5, false);
  world.add("foo", {ids({1, 2, 3})});
  for (const std::uint32_t broker : {2U, 3U, 1U}) world.fence(broker);
  CHECK_FALSE(world.at(foo0).leader.valid());
  CHECK(world.at(foo0).isr == ids({1}));
  CHECK(world.ask(ElectLeader{foo0, true}) == Error::eligible_leaders_not_available);
  world.unfence(2);
  CHECK_FALSE(world.at(foo0).leader.valid());
  Records periodic;
  world.control.elect_unclean(periodic);
  CHECK(periodic.empty());
  CHECK(world.ask(ElectLeader{foo0, true}) == Error::none);
  CHECK(world.at(foo0).leader == NodeId{2});
  CHECK(world.at(foo0).isr == ids({2}));
  CHECK(world.at(foo0).recovering);
  CHECK(world.ask(ElectLeader{foo0, true}) == Error::election_not_needed);
}

TEST_CASE("check 32: a reassignment adds, waits for the added ones to be in sync, then removes") {
  World world(4);
  world.add("foo", {ids({1, 2, 3}), ids({3, 2, 1})});
  CHECK(world.ask(ReassignPartition{foo1, ids({0, 2, 1})}) == Error::none);
  CHECK(world.at(foo1).replicas == ids({0, 2, 1, 3}));
  CHECK(world.at(foo1).adding == ids({0}));
  CHECK(world.at(foo1).removing == ids({3}));
  CHECK(world.at(foo1).leader == NodeId{3});
  const std::int32_t epoch = world.at(foo1).leader_epoch;
  CHECK(world.propose(foo1, ids({3, 2, 1, 0})).error == Error::new_leader_elected);
  CHECK(world.at(foo1).replicas == ids({0, 2, 1}));
  CHECK(world.at(foo1).adding.empty());
  CHECK(world.at(foo1).removing.empty());
  CHECK(world.at(foo1).isr == ids({2, 1, 0}));
  CHECK(world.at(foo1).leader == NodeId{0});
  CHECK(world.at(foo1).leader_epoch == epoch + 1);
}

TEST_CASE("a reassignment is cancelled: the added replicas go again") {
  World world(5);
  world.add("foo", {ids({1, 2, 3})});
  CHECK(world.ask(ReassignPartition{foo0, {}}) == Error::no_reassignment_in_progress);
  CHECK(world.ask(ReassignPartition{foo0, ids({1, 2, 4})}) == Error::none);
  CHECK(world.at(foo0).replicas == ids({1, 2, 4, 3}));
  CHECK(world.ask(ReassignPartition{foo0, {}}) == Error::none);
  CHECK(world.at(foo0).replicas == ids({1, 2, 3}));
  CHECK(world.at(foo0).adding.empty());
  CHECK(world.at(foo0).isr == ids({1, 2, 3}));
  CHECK(world.ask(ReassignPartition{foo0, ids({1, 2, 9})}) == Error::invalid_replica_assignment);
  CHECK(world.ask(ReassignPartition{foo0, ids({1, 1})}) == Error::invalid_replica_assignment);
}

TEST_CASE("pure reordering is done at once and leaves the leader alone") {
  World world(3);
  world.add("foo", {ids({0, 1, 2})});
  CHECK(world.ask(ReassignPartition{foo0, ids({2, 0, 1})}) == Error::none);
  CHECK(world.at(foo0).replicas == ids({2, 0, 1}));
  CHECK(world.at(foo0).leader == NodeId{0});
  CHECK(world.at(foo0).leader_epoch == 0);
  CHECK(world.ask(ElectLeader{foo0, false}) == Error::none);
  CHECK(world.at(foo0).leader == NodeId{2});
}

TEST_CASE("removing a replica raises the leader epoch even if the leader stays") {
  World world(3);
  world.add("foo", {ids({0, 1, 2})});
  CHECK(world.ask(ReassignPartition{foo0, ids({0, 1})}) == Error::none);
  CHECK(world.at(foo0).replicas == ids({0, 1}));  // all that stay are in sync already
  CHECK(world.at(foo0).leader == NodeId{0});
  CHECK(world.at(foo0).leader_epoch == 1);
}

TEST_CASE("what a leader may not have: old epochs, strangers, fenced brokers") {
  World world(4);
  world.add("foo", {ids({0, 1, 2})});
  AlterPartitionRequest request;
  request.broker = NodeId{0};
  const auto ask = [&](std::int32_t leader_epoch, std::int32_t partition_epoch,
                       std::vector<NodeId> isr, std::vector<std::int64_t> epochs = {}) {
    return world.control
        .alter_partition(request, {foo0, leader_epoch, partition_epoch, isr, epochs, true})
        .answer.error;
  };
  world.fence(2);  // partition epoch 1
  CHECK(ask(0, 1, ids({0, 1})) == Error::none);
  CHECK(ask(0, 0, ids({0, 1})) == Error::invalid_update_version);
  CHECK(ask(1, 1, ids({0, 1})) == Error::not_controller);
  CHECK(ask(0, 1, ids({0, 1, 2})) == Error::ineligible_replica);
  CHECK(ask(0, 1, ids({0, 1}), {1, 7}) == Error::ineligible_replica);  // another life of 1
  CHECK(ask(0, 1, ids({0, 3})) == Error::invalid_request);
  CHECK(ask(0, 1, ids({1})) == Error::invalid_request);
  world.fence(0);  // 1 leads in epoch 1
  CHECK(ask(0, 2, ids({0})) == Error::fenced_leader_epoch);
  CHECK(world.control.check_broker_epoch(NodeId{1}, 2) == Error::none);
  CHECK(world.control.check_broker_epoch(NodeId{1}, 3) == Error::stale_broker_epoch);
}

TEST_CASE(
    "a crashed broker that returns loses its eligibility, one that stopped cleanly keeps it") {
  for (const bool clean : {true, false}) {
    World world(4, true, {{"min.insync.replicas", "2"}});
    world.add("foo", {ids({1, 2, 3})});
    for (const std::uint32_t broker : {3U, 2U, 1U}) world.fence(broker);
    CHECK(world.at(foo0).elr == ids({1, 2}));
    Records records;
    world.control.broker_restarted(NodeId{2}, clean, records);
    world.replay(records);
    world.unfence(2);
    if (clean) {
      CHECK(world.at(foo0).leader == NodeId{2});
      CHECK(world.at(foo0).isr == ids({2}));
      CHECK(world.at(foo0).elr == ids({1}));
      continue;
    }
    CHECK_FALSE(world.at(foo0).leader.valid());
    CHECK(world.at(foo0).elr == ids({1}));
    // The other one has crashed, too: the last known leader is taken, whatever it has.
    records.clear();
    world.control.broker_restarted(NodeId{1}, false, records);
    world.replay(records);
    CHECK(world.at(foo0).elr.empty());
    world.unfence(1);
    CHECK(world.at(foo0).leader == NodeId{1});
    CHECK(world.at(foo0).recovering);
  }
}

TEST_CASE(
    "unclean elections where the topic allows them: at fencing time, or by the periodic pass") {
  World world(3, false);
  world.add("foo", {ids({0, 1, 2})});
  CHECK(world.propose(foo0, ids({0})).error == Error::none);
  CHECK(world.ask(AlterTopicConfig{"foo", "unclean.leader.election.enable", "true"}) ==
        Error::none);
  world.fence(0);
  CHECK(world.at(foo0).leader == NodeId{1});
  CHECK(world.at(foo0).recovering);
  World late(3, false);
  late.add("foo", {ids({0, 1, 2})});
  CHECK(late.propose(foo0, ids({0})).error == Error::none);
  late.fence(0);
  CHECK_FALSE(late.at(foo0).leader.valid());
  CHECK(late.ask(AlterTopicConfig{"foo", "unclean.leader.election.enable", "true"}) == Error::none);
  CHECK_FALSE(late.at(foo0).leader.valid());
  Records records;
  late.control.elect_unclean(records);
  late.replay(records);
  CHECK(late.at(foo0).leader == NodeId{1});
}

TEST_CASE("topics are made, grown, configured and deleted; nonsense is refused with a reason") {
  World world(3);
  CHECK(world.ask(CreateTopic{{"foo", 3, 3, {{"min.insync.replicas", "2"}}}}) == Error::none);
  CHECK(world.image.find_topic("foo")->partitions.size() == 3);
  CHECK(world.at(foo2).isr.size() == 3);
  CHECK(world.control.min_isr("foo", 3) == 2);
  CHECK(world.ask(CreateTopic{{"foo", 1, 1, {}}}) == Error::topic_already_exists);
  CHECK(world.ask(CreateTopic{{"bar", 1, 4, {}}}) == Error::invalid_replication_factor);
  CHECK(world.ask(CreateTopic{{"bar", 0, 1, {}}}) == Error::invalid_partitions);
  CHECK(world.ask(CreateTopic{{"b/r", 1, 1, {}}}) == Error::invalid_topic_exception);
  CHECK(world.ask(CreateTopic{{"bar", 1, 1, {{"nonsense", "1"}}}}) == Error::invalid_config);
  CHECK(world.ask(CreateTopic{
            {"bar", 1, 1, {{"min.compaction.lag.ms", "9"}, {"max.compaction.lag.ms", "8"}}}}) ==
        Error::invalid_config);
  CHECK(world.ask(AlterTopicConfig{"foo", "max.compaction.lag.ms", "8"}) == Error::none);
  CHECK(world.ask(AlterTopicConfig{"foo", "min.compaction.lag.ms", "9"}) == Error::invalid_config);
  CHECK(world.ask(AlterTopicConfig{"foo", "min.compaction.lag.ms", "8"}) == Error::none);
  CHECK(world.ask(AddPartitions{"foo", 3}) == Error::invalid_partitions);
  CHECK(world.ask(AddPartitions{"foo", 5}) == Error::none);
  CHECK(world.image.find_topic("foo")->partitions.size() == 5);
  CHECK(world.ask(AddPartitions{"bar", 5}) == Error::unknown_topic_or_partition);
  CHECK(world.ask(UnregisterBroker{NodeId{7}}) == Error::broker_id_not_registered);
  CHECK(world.ask(DeleteTopic{"foo"}) == Error::none);
  CHECK(world.image.topics.empty());
}

TEST_CASE(
    "a topic made while a broker is fenced: it has replicas there, but they are not in sync") {
  World world(3);
  world.fence(1);
  CHECK(world.ask(CreateTopic{{"foo", 1, 3, {}}}) == Error::none);
  CHECK(world.at(foo0).replicas.back() == NodeId{1});
  CHECK(world.at(foo0).isr.size() == 2);
  world.fence(0);
  world.fence(2);
  CHECK(world.ask(CreateTopic{{"bar", 1, 1, {}}}) == Error::invalid_replication_factor);
}

TEST_CASE("preferred leaders get their partitions back, so many in one pass") {
  World world(3);
  world.add("foo", {ids({0, 1}), ids({0, 2}), ids({0, 1})});
  world.fence(0);
  world.unfence(0);
  CHECK(world.at(foo0).leader == NodeId{1});
  for (int p = 0; p < 3; ++p) {
    const TopicPartition tp{"foo", p};
    auto isr = world.at(tp).isr;
    isr.push_back(NodeId{0});
    CHECK(world.propose(tp, isr).error == Error::none);
  }
  Records records;
  CHECK(world.control.elect_preferred(2, records));
  CHECK(records.size() == 2);
  world.replay(records);
  records.clear();
  CHECK_FALSE(world.control.elect_preferred(2, records));
  world.replay(records);
  for (int p = 0; p < 3; ++p) CHECK(world.at({"foo", p}).leader == NodeId{0});
}
