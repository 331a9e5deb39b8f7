// Controllers and brokers' links together, on the lean engine.
#include <doctest/doctest.h>

#include "tests/unit/controller/kraft_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders{"orders", 0};

}  // namespace

TEST_CASE("a run begins with a settled cluster, which stays so") {
  KraftCluster cluster(3, 3, {{"orders", 3, 3, {}}});
  cluster.run(1ms);
  CHECK(cluster.active() == 1);
  for (int b = 1; b <= 3; ++b) {
    CHECK(cluster.broker(b).link.state() == ClusterLink::State::running);
    CHECK(cluster.broker(b).changed.size() == 3);
  }
  cluster.run(60s);
  CHECK(cluster.active() == 1);
  CHECK(cluster.trace.all<trace::ControllerElected>().size() == 1);
  CHECK(cluster.trace.all<trace::BrokerFenced>().empty());
  CHECK(cluster.trace.all<trace::RaftRoleChanged>().size() == 3);
  CHECK(cluster.controller(2).raft().high_watermark() > 100);  // two records a second
  CHECK(cluster.broker(3).link.raft().log().end_offset() ==
        cluster.controller(1).raft().log().end_offset());
}

TEST_CASE("a cold quorum elects a leader, and brokers register with it") {
  KraftCluster cluster(3, 3, {}, {}, {}, true);
  cluster.run(10s);
  REQUIRE(cluster.active() != 0);
  for (int b = 1; b <= 3; ++b) {
    CHECK(cluster.broker(b).link.state() == ClusterLink::State::running);
    CHECK(cluster.broker(b).link.image().brokers.size() == 3);
    CHECK(cluster.broker(b).link.image().find_broker(cluster.broker_id(b))->active());
  }
  cluster.admin().ask(cluster.controller_id(cluster.active()), CreateTopic{{"orders", 2, 3, {}}});
  cluster.run(1s);
  REQUIRE(cluster.admin().answers.size() == 1);
  CHECK(cluster.admin().answers[0].error == Error::none);
  CHECK(cluster.partition(1, orders).isr.size() == 3);
  CHECK(cluster.trace.all<trace::PartitionCreated>().size() == 2);
}

TEST_CASE("a leader's proposal is committed, and everybody hears of it") {
  KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
  cluster.run(3s);
  const std::vector<NodeId> smaller = {cluster.broker_id(1), cluster.broker_id(2)};
  cluster.broker(1).propose(orders, smaller);
  cluster.run(100ms);
  REQUIRE(cluster.broker(1).answers.size() == 1);
  CHECK(cluster.broker(1).answers[0].error == Error::none);
  for (int b = 1; b <= 3; ++b) CHECK(cluster.partition(b, orders).isr == smaller);
  const auto changes = cluster.trace.all<trace::PartitionChanged>();
  REQUIRE(changes.size() == 1);
  CHECK(changes[0].second.reason == "broker-3 lags behind");
}
