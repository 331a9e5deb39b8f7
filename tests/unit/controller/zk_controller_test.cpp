// ZooKeeper mode as a whole: real brokers under a controller that is one of them.
#include "sim/controller/zk_controller.h"

#include <doctest/doctest.h>

#include <map>

#include "tests/unit/controller/zk_world.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition p0{"orders", 0}, p1{"orders", 1}, p2{"orders", 2};

std::vector<NewTopic> orders(int partitions = 3, int replicas = 3) {
  return {{"orders", partitions, replicas, {}}};
}

}  // namespace

TEST_CASE("a run begins with sessions, registrations and the first broker as controller") {
  ZkWorld w(3, orders());
  w.run(2s);
  CHECK(w.controller() == 0);
  CHECK(w.trace.all<trace::ZookeeperSessionOpened>().size() == 3);
  CHECK(w.trace.all<trace::ControllerElected>().size() == 1);
  CHECK(w.trace.all<trace::PartitionChanged>().empty());
  for (std::uint32_t b = 0; b < 3; ++b) {
    CHECK(w.link(b).state() == ClusterLink::State::running);
    CHECK(w.link(b).controller().known_controller() == NodeId{0});
  }
  w.run(60s);
  CHECK(w.trace.all<trace::ZookeeperSessionExpired>().empty());
  CHECK(w.trace.all<trace::PartitionChanged>().empty());
}

TEST_CASE("a crashed broker is missed when its session expires, and others lead") {
  ZkWorld w(3, orders());
  w.run(10s);
  const SimTime crash = w.engine.now();
  w.engine.stop(NodeId{1}, engine::StopReason::crash);
  w.run(30s);
  const trace::Event* fenced = w.first<trace::BrokerFenced>();
  REQUIRE(fenced);
  // It pings every 6 s, so it was last heard of up to 6 s before; whole ticks of 2 s behind 18 s.
  CHECK(fenced->t - crash >= 12s);
  CHECK(fenced->t - crash <= 21s);
  CHECK(fenced->node == NodeId{0});
  for (const std::uint32_t b : {0U, 2U}) {
    CHECK(w.seen_by(b, p1).leader == NodeId{2});
    CHECK(w.seen_by(b, p1).isr == std::vector<NodeId>{NodeId{2}, NodeId{0}});
    CHECK(w.seen_by(b, p0).leader == NodeId{0});
    CHECK(!w.seen_by(b, p0).in_isr(NodeId{1}));
  }
  CHECK(w.first<trace::PartitionChanged>()->t - fenced->t < 100ms);
}

TEST_CASE("a broker that is asked to stop hands over first, and its registration goes at once") {
  ZkWorld w(3, orders());
  w.run(2s);
  const SimTime asked = w.engine.now();
  w.engine.request_stop(NodeId{1});
  w.run(1s);
  CHECK(!w.engine.is_running(NodeId{1}));
  const trace::Event* fenced = w.first<trace::BrokerFenced>();
  REQUIRE(fenced);
  CHECK(fenced->t - asked < 1s);
  // The leadership had moved before the process ended.
  CHECK(w.first<trace::PartitionChanged>()->t < w.first<trace::NodeStopped>()->t);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  CHECK(w.trace.all<trace::ZookeeperSessionExpired>().empty());
}

TEST_CASE("what a controller has written and did not live to tell is told by the next one") {
  ZkWorld w(3, orders());
  w.run(10s);
  /// Kills the controller at the first change of a partition that ZooKeeper commits.
  struct Killer : trace::Sink {
    ZkWorld& world;
    SimTime killed_at{};
    explicit Killer(ZkWorld& w) : world(w) {}
    void on_event(const trace::Event& event) override {
      const auto* changed = event.as<trace::ZnodeChanged>();
      if (!changed || !changed->path.ends_with("/state") || killed_at > SimTime{}) return;
      killed_at = event.t;
      world.engine.schedule(event.t,
                            [&] { world.engine.stop(NodeId{0}, engine::StopReason::crash); });
    }
  } killer(w);
  w.engine.add_sink(killer);
  w.engine.stop(NodeId{1}, engine::StopReason::crash);
  w.run(60s);
  CHECK(killer.killed_at > SimTime{});
  CHECK(w.first<trace::PartitionChanged>()->node == NodeId{2});
  std::map<std::int64_t, std::int64_t> told;  // by partition: the newest leader epoch
  std::size_t taken = 0;
  for (const trace::Event& event : w.trace.events) {
    if (const auto* changed = event.as<trace::PartitionChanged>())
      told[changed->partition] = changed->leader_epoch;
    const auto* leads = event.as<trace::LeadershipTaken>();
    if (!leads || event.t < killer.killed_at) continue;
    ++taken;
    CHECK(leads->leader_epoch <= told[leads->partition]);
  }
  CHECK(taken >= 3);
}

TEST_CASE("a partition with one replica stays where it is when its broker stops") {
  ZkWorld w(2, orders(2, 1));
  w.run(2s);
  w.engine.request_stop(NodeId{1});
  w.run(1s);
  CHECK(!w.engine.is_running(NodeId{1}));
  CHECK(!w.seen_by(0, p1).leader.valid());
  CHECK(w.seen_by(0, p1).isr == std::vector<NodeId>{NodeId{1}});
  w.engine.start(NodeId{1});
  w.run(2s);
  CHECK(w.seen_by(0, p1).leader == NodeId{1});
}

TEST_CASE("the controller crashes: another broker is elected and reads everything") {
  ZkWorld w(3, orders());
  w.run(10s);
  const SimTime crash = w.engine.now();
  w.engine.stop(NodeId{0}, engine::StopReason::crash);
  w.run(30s);
  const std::uint32_t controller = w.controller();
  REQUIRE(controller != 3);
  CHECK(controller != 0);
  const auto elected = w.trace.all<trace::ControllerElected>();
  REQUIRE(elected.size() == 2);
  CHECK(elected[1].second.epoch == 2);
  CHECK(elected[1].first.t - crash >= 12s);
  CHECK(elected[1].first.t - crash <= 21s);
  for (const std::uint32_t b : {1U, 2U}) {
    CHECK(w.seen_by(b, p0).leader == NodeId{1});
    CHECK(!w.seen_by(b, p0).in_isr(NodeId{0}));
  }
}

TEST_CASE("a fail-over takes the longer the more partitions there are to read") {
  const auto failover = [](int partitions) {
    ZkWorld w(3, orders(partitions, 2));
    w.run(10s);
    w.engine.stop(NodeId{0}, engine::StopReason::crash);
    w.run(30s);
    const auto elected = w.trace.all<trace::ControllerElected>();
    REQUIRE(elected.size() == 2);
    const SimTime from = elected[1].first.t;
    const NodeId controller = elected[1].first.node;
    CHECK(w.sent(controller, "ZookeeperRead", from) >= static_cast<std::size_t>(partitions));
    SimTime pushed{};
    for (const trace::Event& event : w.trace.events)
      if (const auto* sent = event.as<trace::MessageSent>())
        if (event.t >= from && sent->label == "LeaderAndIsr" && pushed == SimTime{})
          pushed = event.t;
    return pushed - from;
  };
  const Duration small = failover(10), large = failover(400);
  CHECK(small > Duration::zero());
  CHECK(large > 4 * small);
}

TEST_CASE("a controller cut off from ZooKeeper goes on believing, and brokers refuse it") {
  ZkWorld w(3, orders());
  w.run(5s);
  w.cut_from_zookeeper(0, true);
  w.run(30s);
  CHECK(w.link(0).controller().active());  // it cannot know
  const auto elected = w.trace.all<trace::ControllerElected>();
  REQUIRE(elected.size() == 2);
  const std::uint32_t now = elected[1].first.node.value;
  CHECK(now != 0);
  // Its partitions have another leader; it has not heard of it, for nobody pushes to it.
  CHECK(w.seen_by(now, p0).leader != NodeId{0});
  CHECK(w.seen_by(0, p0).leader == NodeId{0});
  w.cut_from_zookeeper(0, false);
  w.run(130s);
  CHECK(!w.link(0).controller().active());
  const auto resigned = w.trace.all<trace::ControllerResigned>();
  REQUIRE(resigned.size() == 1);
  CHECK(resigned[0].first.node == NodeId{0});
  CHECK(w.seen_by(0, p0).leader == w.seen_by(now, p0).leader);
  CHECK(w.link(0).controller().known_controller() == NodeId{now});
}

TEST_CASE("a broker whose session expires while it lives loses its leaderships and follows") {
  ZkWorld w(3, orders());
  w.run(5s);
  const std::int64_t epoch = w.link(1).broker_epoch();
  w.cut_from_zookeeper(1, true);
  w.run(25s);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  CHECK(w.seen_by(1, p1).leader == NodeId{1});
  w.cut_from_zookeeper(1, false);
  w.run(130s);
  CHECK(w.link(1).state() == ClusterLink::State::running);
  CHECK(w.link(1).broker_epoch() > epoch);
  CHECK(w.seen_by(1, p1).leader_epoch == w.seen_by(0, p1).leader_epoch);
  CHECK(w.seen_by(1, p1).in_isr(NodeId{1}));  // it has caught up, and the leader said so
  CHECK(w.trace.all<trace::NodeStopped>().empty());
}

TEST_CASE("a broker restarted within its session's time is refused until that has expired") {
  ZkWorld w(3, orders());
  w.run(5s);
  w.engine.stop(NodeId{2}, engine::StopReason::crash);
  w.run(1s);
  w.engine.start(NodeId{2});
  w.run(5s);
  CHECK(w.link(2).state() == ClusterLink::State::starting);
  CHECK(!w.trace.all<trace::RegistrationRefused>().empty());
  w.run(30s);
  CHECK(w.link(2).state() == ClusterLink::State::running);
  CHECK(w.seen_by(0, p2).in_isr(NodeId{2}));
}

TEST_CASE("leadership is given back by the check after 300 s, from 5 s after an election on") {
  ZkWorld w(3, orders());
  w.run(10s);
  w.engine.request_stop(NodeId{1});
  w.run(2s);
  w.engine.start(NodeId{1});
  w.run(20s);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  CHECK(w.seen_by(0, p1).in_isr(NodeId{1}));
  w.run(260s);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  w.run(20s);
  CHECK(w.seen_by(0, p1).leader == NodeId{1});
  CHECK(w.trace.all<trace::PartitionChanged>().back().second.reason ==
        "broker-2 is the preferred leader");
}

TEST_CASE("the ensemble loses its leader: the cluster goes on, sessions live on") {
  ZkWorld w(3, orders());
  w.run(5s);
  w.engine.stop(NodeId{5}, engine::StopReason::crash);  // zookeeper-3 leads
  w.run(40s);
  CHECK(w.trace.all<trace::ZookeeperSessionExpired>().empty());
  CHECK(w.trace.all<trace::PartitionChanged>().empty());
  CHECK(w.controller() == 0);
  w.engine.stop(NodeId{1}, engine::StopReason::crash);
  w.run(30s);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
}

TEST_CASE("without the ensemble's quorum nothing is decided; with it everything is") {
  ZkWorld w(3, orders());
  w.run(5s);
  w.engine.stop(NodeId{4}, engine::StopReason::crash);
  w.engine.stop(NodeId{5}, engine::StopReason::crash);
  w.engine.stop(NodeId{1}, engine::StopReason::crash);
  w.run(60s);
  CHECK(w.trace.all<trace::PartitionChanged>().empty());
  CHECK(w.seen_by(0, p1).leader == NodeId{1});
  w.engine.start(NodeId{4});
  w.run(110s);
  CHECK(w.seen_by(0, p1).leader == NodeId{2});
  CHECK(w.controller() == 0);  // it has kept its session, whose time began anew
}
