// What a KRaft cluster does when something in it fails, and when: the times come out of heartbeats,
// sessions and elections. On the lean engine, with brokers that are links without logs.
#include <doctest/doctest.h>

#include "tests/unit/controller/kraft_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders{"orders", 0};

/// Runs until the node has sent its next message of that label; returns when that was.
SimTime run_until_sent(KraftCluster& cluster, NodeId node, const std::string& label) {
  const SimTime from = cluster.engine.now();
  for (;;) {
    cluster.run(1ms);
    for (const auto& [event, sent] : cluster.trace.since<trace::MessageSent>(from))
      if (event.node == node && sent.label == label) return event.t;
    REQUIRE(cluster.engine.now() < from + 20s);
  }
}

void cut(KraftCluster& cluster, NodeId a, NodeId b, bool on) {
  cluster.engine.set_cut(a, b, on);
  cluster.engine.set_cut(b, a, on);
}

/// When broker `number` first knew another leader than it knows now; max: not within `limit`.
SimTime leader_changes_at(KraftCluster& cluster, int number, Duration limit) {
  const NodeId before = cluster.partition(number, orders).leader;
  const SimTime end = cluster.engine.now() + limit;
  while (cluster.engine.now() < end) {
    cluster.run(1ms);
    if (cluster.partition(number, orders).leader != before) return cluster.engine.now();
  }
  return SimTime::max();
}

}  // namespace

TEST_CASE(
    "check 28: a leader that is killed is noticed 8 to 9.1 s later when its last heartbeat was 1 s "
    "before; one that is asked to stop is replaced within a second") {
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}}, {}, {}, false, seed);
    cluster.run(5s);
    const SimTime beat = run_until_sent(cluster, cluster.broker_id(1), "BrokerHeartbeat");
    cluster.run(beat + 1s - cluster.engine.now());
    const SimTime killed = cluster.engine.now();
    cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
    const SimTime moved = leader_changes_at(cluster, 2, 12s);
    CHECK(moved - killed >= 7900ms);
    CHECK(moved - killed <= 9300ms);
    CHECK(cluster.partition(2, orders).leader == cluster.broker_id(2));
    CHECK(cluster.partition(2, orders).leader_epoch == 1);
    CHECK(cluster.fenced_at(cluster.broker_id(1), killed) <= moved);

    KraftCluster polite(3, 3, {{"orders", 1, 3, {}}}, {}, {}, false, seed);
    polite.run(5s);
    const SimTime asked = polite.engine.now();
    polite.engine.request_stop(polite.broker_id(1));
    CHECK(leader_changes_at(polite, 2, 12s) - asked < 1s);
    // It may end when the others have told, by heartbeat, that they know.
    polite.run(5s);
    CHECK_FALSE(polite.engine.is_running(polite.broker_id(1)));
    const auto stopped = polite.trace.all<trace::NodeStopped>();
    REQUIRE(stopped.size() == 1);
    CHECK(stopped[0].first.t - asked <= 4500ms);
    CHECK(stopped[0].second.reason == "clean");
  }
}

TEST_CASE("a crash is noticed 7 to 10.1 s after it, wherever it falls between two heartbeats") {
  for (Duration after = 0ms; after < 2s; after += 250ms) {
    KraftCluster cluster(1, 3, {{"orders", 1, 3, {}}});
    cluster.run(5s);
    const SimTime beat = run_until_sent(cluster, cluster.broker_id(1), "BrokerHeartbeat");
    cluster.run(beat + after - cluster.engine.now());
    const SimTime killed = cluster.engine.now();
    cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
    const SimTime moved = leader_changes_at(cluster, 2, 12s);
    CHECK(moved - killed >= 7s);
    CHECK(moved - killed <= 10200ms);
    CHECK(moved - beat >= 9s);  // it is the silence that counts
  }
}

TEST_CASE(
    "check 29: a crashed broker that is restarted within its session is refused every 2 s until "
    "that ends; then it follows, and leads again after the next preferred election") {
  KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
  cluster.run(5s);
  const SimTime beat = run_until_sent(cluster, cluster.broker_id(1), "BrokerHeartbeat");
  cluster.run(500ms);
  cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
  cluster.run(3s);
  const SimTime restarted = cluster.engine.now();
  cluster.engine.start(cluster.broker_id(1));
  cluster.run(10s);
  const auto refused = cluster.trace.all<trace::RegistrationRefused>();
  REQUIRE(refused.size() == 3);  // at 3.5, 5.5 and 7.5 s; at 9.5 s the session is over
  CHECK(refused[0].second.error == "DUPLICATE_BROKER_REGISTRATION");
  CHECK(refused[0].first.t - restarted < 200ms);
  CHECK(refused[1].first.t - refused[0].first.t >= 2s);
  CHECK(refused[1].first.t - refused[0].first.t < 2100ms);
  const auto registered = cluster.trace.all<trace::BrokerRegistered>();
  REQUIRE(registered.size() == 1);
  CHECK(registered[0].first.t - beat > 9s);
  CHECK(registered[0].first.t - beat < 11s);
  CHECK(registered[0].second.broker_epoch >
        cluster.broker(2).link.image().find_broker(cluster.broker_id(2))->epoch);
  REQUIRE(cluster.trace.all<trace::BrokerUnfenced>().size() == 1);
  CHECK(cluster.broker(1).link.state() == ClusterLink::State::running);
  CHECK(cluster.partition(1, orders).leader == cluster.broker_id(2));
  CHECK_FALSE(cluster.partition(1, orders).in_isr(cluster.broker_id(1)));
  cluster.broker(2).propose(orders,
                            {cluster.broker_id(1), cluster.broker_id(2), cluster.broker_id(3)});
  cluster.run(200s);
  CHECK(cluster.partition(1, orders).leader == cluster.broker_id(2));
  cluster.run(100s);
  CHECK(cluster.partition(1, orders).leader == cluster.broker_id(1));
  CHECK(cluster.trace.all<trace::PartitionChanged>().back().second.reason ==
        "back to the preferred leader");
}

TEST_CASE(
    "check 30: two of three controllers decide; one of three decides nothing, and leaders stay") {
  KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
  cluster.run(5s);
  cluster.engine.stop(cluster.controller_id(3), engine::StopReason::crash);
  cluster.run(5s);
  CHECK(cluster.active() == 1);
  cluster.admin().ask(cluster.controller_id(1), CreateTopic{{"first", 1, 3, {}}});
  cluster.run(1s);
  REQUIRE(cluster.admin().answers.size() == 1);
  CHECK(cluster.admin().answers[0].error == Error::none);

  cluster.engine.stop(cluster.controller_id(2), engine::StopReason::crash);
  cluster.run(1s);
  cluster.admin().ask(cluster.controller_id(1), CreateTopic{{"second", 1, 3, {}}});
  cluster.run(10s);
  CHECK(cluster.active() == 0);
  REQUIRE(cluster.admin().answers.size() == 2);  // nothing of it was committed
  CHECK(cluster.admin().answers[1].error == Error::not_controller);
  cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
  cluster.run(30s);
  CHECK(cluster.partition(2, orders).leader == cluster.broker_id(1));  // nobody can say otherwise
  CHECK(cluster.broker(2).link.state() == ClusterLink::State::running);

  cluster.engine.start(cluster.controller_id(2));
  cluster.run(20s);
  CHECK(cluster.active() != 0);
  CHECK(cluster.partition(2, orders).leader == cluster.broker_id(2));
  CHECK(cluster.broker(2).link.image().find_topic("first"));
}

TEST_CASE(
    "check 31: a leader cut off from both other voters resigns after 3 s; they elect another after "
    "2 s, and it follows when the cut is healed") {
  KraftCluster cluster(3, 1);
  cluster.run(5s);
  const SimTime begun = cluster.engine.now();
  cut(cluster, cluster.controller_id(1), cluster.controller_id(2), true);
  cut(cluster, cluster.controller_id(1), cluster.controller_id(3), true);
  cluster.run(10s);
  const auto resigned = cluster.trace.all<trace::ControllerResigned>();
  REQUIRE(resigned.size() == 1);
  // The last fetch was up to half a second before the cut.
  CHECK(resigned[0].first.t - begun >= 2400ms);
  CHECK(resigned[0].first.t - begun <= 3100ms);
  const auto elected = cluster.trace.since<trace::ControllerElected>(begun);
  REQUIRE(elected.size() == 1);
  CHECK(elected[0].first.t - begun >= 1400ms);
  CHECK(elected[0].first.t - begun <= 5s);
  CHECK(elected[0].second.epoch > 1);
  CHECK(cluster.active() > 1);
  cut(cluster, cluster.controller_id(1), cluster.controller_id(2), false);
  cut(cluster, cluster.controller_id(1), cluster.controller_id(3), false);
  const int active = cluster.active();
  cluster.run(10s);
  CHECK(cluster.active() == active);  // whoever comes back deposes nobody
  CHECK(cluster.controller(1).raft().role() == RaftRole::follower);
  CHECK(cluster.controller(1).raft().epoch() == elected[0].second.epoch);
}

TEST_CASE("the active controller crashes: another one takes over 2 to 3 s later") {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}}, {}, {}, false, seed);
    cluster.run(5s);
    const SimTime crashed = cluster.engine.now();
    cluster.engine.stop(cluster.controller_id(1), engine::StopReason::crash);
    cluster.run(10s);
    const auto elected = cluster.trace.since<trace::ControllerElected>(crashed);
    REQUIRE(elected.size() == 1);
    CHECK(elected[0].first.t - crashed >= 1500ms);
    CHECK(elected[0].first.t - crashed <= 3600ms);
    // Brokers find it, and nobody is fenced meanwhile.
    CHECK(cluster.trace.all<trace::BrokerFenced>().empty());
    cluster.broker(1).propose(orders, {cluster.broker_id(1)});
    cluster.run(1s);
    CHECK(cluster.partition(3, orders).isr.size() == 1);
    cluster.engine.start(cluster.controller_id(1));
    cluster.run(5s);
    CHECK(cluster.controller(1).raft().role() == RaftRole::follower);
    CHECK(*cluster.controller(1).controller().image().find(orders) == cluster.partition(1, orders));
  }
}

TEST_CASE("a controller that is asked to stop hands over first: no gap of seconds") {
  KraftCluster cluster(3, 1);
  cluster.run(5s);
  const SimTime asked = cluster.engine.now();
  cluster.engine.request_stop(cluster.controller_id(1));
  cluster.run(10s);
  CHECK_FALSE(cluster.engine.is_running(cluster.controller_id(1)));
  const auto elected = cluster.trace.since<trace::ControllerElected>(asked);
  REQUIRE(elected.size() == 1);
  CHECK(elected[0].first.t - asked < 1s);
}

TEST_CASE("all controllers are stopped and started again: the metadata is still there") {
  for (const auto reason :
       {engine::StopReason::clean, engine::StopReason::crash, engine::StopReason::power_loss}) {
    KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
    cluster.run(5s);
    cluster.admin().ask(cluster.controller_id(1), CreateTopic{{"more", 2, 3, {}}});
    cluster.run(1s);
    for (int c = 1; c <= 3; ++c) cluster.engine.stop(cluster.controller_id(c), reason);
    cluster.run(20s);
    CHECK(cluster.active() == 0);
    for (int c = 1; c <= 3; ++c) {
      cluster.engine.power_on(cluster.controller_id(c));
      cluster.engine.start(cluster.controller_id(c));
    }
    cluster.run(10s);
    REQUIRE(cluster.active() != 0);
    CHECK(cluster.controller(cluster.active()).controller().image().find_topic("more"));
    CHECK(cluster.trace.all<trace::BrokerFenced>().empty());  // they lived, their sessions restart
    for (int b = 1; b <= 3; ++b)
      CHECK(cluster.broker(b).link.image().find_broker(cluster.broker_id(b))->active());
  }
}

TEST_CASE("a new controller gives every broker a whole session: a crash is noticed later") {
  KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
  cluster.run(5s);
  cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
  cluster.run(6s);
  const SimTime failed = cluster.engine.now();
  cluster.engine.stop(cluster.controller_id(1), engine::StopReason::crash);
  cluster.run(20s);
  const auto elected = cluster.trace.since<trace::ControllerElected>(failed);
  REQUIRE(elected.size() == 1);
  const SimTime fenced = cluster.fenced_at(cluster.broker_id(1), failed);
  CHECK(fenced - elected[0].first.t >= 9s);
  CHECK(fenced - elected[0].first.t <= 10200ms);
}

TEST_CASE("a paused broker is fenced and, awake again, unfenced without registering anew") {
  KraftCluster cluster(3, 3, {{"orders", 1, 3, {}}});
  cluster.run(5s);
  cluster.engine.set_paused(cluster.broker_id(1), true);
  cluster.run(15s);
  CHECK(cluster.trace.all<trace::BrokerFenced>().size() == 1);
  CHECK(cluster.partition(1, orders).leader == cluster.broker_id(1));  // so it still thinks
  CHECK(cluster.partition(2, orders).leader == cluster.broker_id(2));
  cluster.engine.set_paused(cluster.broker_id(1), false);
  cluster.run(5s);
  CHECK(cluster.trace.all<trace::BrokerUnfenced>().size() == 1);
  CHECK(cluster.trace.all<trace::BrokerRegistered>().empty());
  CHECK(cluster.partition(1, orders).leader == cluster.broker_id(2));
}

TEST_CASE("a broker that finds no controller for a minute gives up; an unregistered one is gone") {
  KraftCluster cluster(1, 2, {{"orders", 1, 2, {}}});
  cluster.run(5s);
  cluster.engine.stop(cluster.controller_id(1), engine::StopReason::crash);
  cluster.engine.stop(cluster.broker_id(1), engine::StopReason::crash);
  cluster.engine.start(cluster.broker_id(1));
  cluster.run(59s);
  CHECK(cluster.engine.is_running(cluster.broker_id(1)));
  cluster.run(2s);
  CHECK_FALSE(cluster.engine.is_running(cluster.broker_id(1)));
  cluster.engine.start(cluster.controller_id(1));
  cluster.run(20s);
  cluster.admin().ask(cluster.controller_id(1), UnregisterBroker{cluster.broker_id(1)});
  cluster.run(1s);
  CHECK(cluster.trace.all<trace::BrokerUnregistered>().size() == 1);
  CHECK_FALSE(cluster.broker(2).link.image().find_broker(cluster.broker_id(1)));
}
