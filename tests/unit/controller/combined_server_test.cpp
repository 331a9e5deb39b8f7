// Broker and controller in one process: they share the metadata log, and die together.
#include "sim/controller/combined_server.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/kraft_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition orders{"orders", 0};

/// A broker that is nothing but a link sharing its process's voter.
class SharingBroker final : public engine::Node, public ClusterListener {
 public:
  SharingBroker(RaftOptions options, RaftClient& raft) : link(std::move(options), &raft) {}

  void on_start(engine::Runtime& runtime) override { link.start(runtime, *this); }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    link.on_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    link.on_timer(runtime, token);
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    link.on_disconnect(runtime, peer, lane);
  }
  bool on_stop_request(engine::Runtime& runtime) override {
    link.begin_shutdown(runtime);
    return false;
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    link.stop(runtime, reason);
  }
  void on_metadata(engine::Runtime& runtime, const std::vector<TopicPartition>&) override {
    link.ready(runtime);
  }
  void on_partition_altered(engine::Runtime&, const AlterPartitionResponse::Partition&) override {}
  void on_shutdown_granted(engine::Runtime& runtime) override {
    runtime.exit(engine::StopReason::clean);
  }
  double handling_work_flops(const engine::Message&) const override { return 1; }

  KraftLink link;
};

/// Three combined servers, nodes 0 to 2; "orders" has a replica on each.
struct Combined {
  explicit Combined(std::uint64_t seed) : engine(seed) {
    engine.add_sink(trace);
    RaftOptions options;
    options.voters = {NodeId{0}, NodeId{1}, NodeId{2}};
    options.bootstrap =
        bootstrap_log(make_cluster_image(options.voters, {{"orders", 1, 3, {}}}), options.voters);
    for (std::uint32_t i = 0; i < 3; ++i) {
      auto core = std::make_unique<ControllerCore>(options);
      auto broker = std::make_unique<SharingBroker>(options, core->raft());
      engine::NodeSpec spec;
      spec.name = "broker-" + std::to_string(i + 1);
      engine.add_node(spec, std::make_unique<CombinedServer>(std::move(core), std::move(broker)));
    }
    run(5s);
  }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  CombinedServer& server(std::uint32_t i) {
    return dynamic_cast<CombinedServer&>(engine.node(NodeId{i}));
  }
  const KraftLink& link(std::uint32_t i) {
    return dynamic_cast<SharingBroker&>(server(i).broker()).link;
  }

  Trace trace;
  engine::LeanEngine engine;
};

}  // namespace

TEST_CASE(
    "a combined server is killed: first the controller moves, then, a session later, leaders") {
  Combined cluster(3);
  CHECK(cluster.server(0).core().controller().is_active());
  const SimTime killed = cluster.engine.now();
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.run(20s);
  const auto elected = cluster.trace.since<trace::ControllerElected>(killed);
  REQUIRE(elected.size() == 1);
  CHECK(elected[0].first.t - killed <= 3600ms);
  const auto fenced = cluster.trace.since<trace::BrokerFenced>(killed);
  REQUIRE(fenced.size() == 1);
  CHECK(fenced[0].first.t - elected[0].first.t >= 9s);  // the new controller knew nothing of it
  CHECK(cluster.link(1).image().find(orders)->leader == NodeId{1});
  cluster.engine.start(NodeId{0});
  cluster.run(15s);
  CHECK(cluster.link(0).state() == ClusterLink::State::running);
  CHECK_FALSE(cluster.server(0).core().controller().is_active());
  CHECK(*cluster.link(0).image().find(orders) == *cluster.link(1).image().find(orders));
}

TEST_CASE("a combined server is asked to stop: leaders and the controller are handed over") {
  Combined cluster(4);
  const SimTime asked = cluster.engine.now();
  cluster.engine.request_stop(NodeId{0});
  cluster.run(10s);
  CHECK_FALSE(cluster.engine.is_running(NodeId{0}));
  const auto changed = cluster.trace.since<trace::PartitionChanged>(asked);
  REQUIRE(!changed.empty());
  CHECK(changed[0].first.t - asked < 1s);
  CHECK(changed[0].second.leader == NodeId{1});
  const auto stopped = cluster.trace.since<trace::NodeStopped>(asked);
  const auto elected = cluster.trace.since<trace::ControllerElected>(asked);
  REQUIRE(stopped.size() == 1);
  REQUIRE(elected.size() == 1);
  CHECK(elected[0].first.t - stopped[0].first.t < 1s);
}
