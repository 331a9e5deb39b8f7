// Clusters in whole runs: administration while they run, live commands, the tables about them.
#include <doctest/doctest.h>

#include "sim/app/describe_cluster.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

const char* const growing = R"(version: 1
duration: 60s
cluster: {brokers: 3}
topics: [{name: t, partitions: 3, replicas: 2}]
producers: [{name: p, topic: t, key: "{n}", every: 100ms, until: 40s, config: {acks: all}}]
consumers: [{name: c, reads: t}]
)";

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const std::string& more) : simulation(scenario_from(growing + more), make_lean) {
    simulation.add_sink(recorder);
    simulation.begin();
  }
  void until(Duration t) { simulation.run_until(sim_time(t)); }
  const PartitionView& partition(int number) const {
    return simulation.cluster().partitions().at({"t", number});
  }
  NodeId node(const char* name) const { return *simulation.cluster().names().find(name); }
};

scenario::Operation operation(scenario::OperationKind kind) {
  scenario::Operation result;
  result.kind = kind;
  return result;
}

TEST_CASE("a new broker is empty until a rebalance gives it its share") {
  Run run("operations: [{at: 10s, do: add_broker}, {at: 20s, do: rebalance}]\n");
  run.until(19s);
  const NodeId added = run.node("broker-4");
  REQUIRE(run.simulation.cluster().brokers().count(added) == 1);
  CHECK(!run.simulation.cluster().brokers().at(added).fenced);
  const auto replicas_there = [&] {
    int count = 0;
    for (const auto& [key, partition] : run.simulation.cluster().partitions())
      for (const NodeId replica : partition.replicas) count += replica == added ? 1 : 0;
    return count;
  };
  CHECK(replicas_there() == 0);
  run.until(60s);
  CHECK(replicas_there() == 1);  // 6 replicas on 4 brokers: 2, 2, 1, 1
  for (const auto& [key, partition] : run.simulation.cluster().partitions()) {
    CHECK(!partition.reassigning());
    CHECK(partition.isr.size() == 2);
    CHECK(partition.leader == partition.replicas.front());
  }
  CHECK(run.simulation.ledger().verdict().lost_acknowledged.count == 0);
  CHECK(run.simulation.ledger().verdict().undelivered.count == 0);
}

TEST_CASE("a broker is removed only when everything has moved away from it") {
  Run run("operations: [{at: 10s, do: remove_broker, broker: broker-2}]\n");
  const NodeId leaving = run.node("broker-2");
  run.until(60s);
  CHECK(run.simulation.cluster().brokers().count(leaving) == 0);
  CHECK(!run.simulation.cluster().is_running(leaving));
  for (const auto& [key, partition] : run.simulation.cluster().partitions()) {
    CHECK(std::find(partition.replicas.begin(), partition.replicas.end(), leaving) ==
          partition.replicas.end());
    CHECK(partition.isr.size() == 2);
  }
  SimTime stopped{}, moved{};
  for (const auto& event : run.recorder.events) {
    if (event.as<trace::NodeStopped>() && event.node == leaving) stopped = event.t;
    if (const auto* changed = event.as<trace::PartitionChanged>())
      if (std::find(changed->replicas.begin(), changed->replicas.end(), leaving) !=
          changed->replicas.end())
        moved = event.t;
  }
  CHECK(stopped > moved);
  CHECK(run.simulation.ledger().verdict().lost_acknowledged.count == 0);
}

TEST_CASE("partitions, topics and settings change while the cluster runs") {
  Run run(
      "operations:\n"
      "  - {at: 5s, do: add_partitions, topic: t, partitions: 5}\n"
      "  - {at: 6s, do: create_topic, topic: u, partitions: 2, replication_factor: 3}\n"
      "  - {at: 7s, do: replication_factor, topic: t, replication_factor: 3}\n"
      "  - {at: 20s, do: delete_topic, topic: u}\n");
  run.until(19s);
  CHECK(run.simulation.cluster().partition_count("t") == 5);
  CHECK(run.simulation.cluster().partition_count("u") == 2);
  CHECK(run.partition(4).replicas.size() == 3);
  CHECK(run.partition(0).isr.size() == 3);
  run.until(30s);
  CHECK(!run.simulation.cluster().has_topic("u"));
  for (const auto& event : run.recorder.all<trace::OperationAnswered>())
    CHECK(event.as<trace::OperationAnswered>()->error == "");
}

TEST_CASE("what can't be done is refused with its reason, and nothing happens") {
  Run run("");
  run.until(5s);
  const auto refusal = [&](const scenario::Operation& asked) {
    const std::size_t before = run.recorder.all<trace::CommandRejected>().size();
    run.simulation.operate(run.simulation.now(), asked, "line");
    run.until(run.simulation.now() - SimTime{} + 10ms);
    const auto rejected = run.recorder.all<trace::CommandRejected>();
    return rejected.size() == before ? std::string()
                                     : rejected.back().as<trace::CommandRejected>()->reason;
  };
  using scenario::OperationKind;
  auto partitions = operation(OperationKind::add_partitions);
  CHECK(refusal(partitions) == "the topic is missing");
  partitions.topic = "x";
  CHECK(refusal(partitions) == "there is no topic 'x'");
  partitions.topic = "t";
  partitions.count = 3;
  CHECK(refusal(partitions) == "'t' has 3 partitions already; they can only become more");
  auto replicas = operation(OperationKind::replication_factor);
  replicas.topic = "t";
  replicas.count = 4;
  CHECK(refusal(replicas) == "4 replicas need 4 brokers, 3 are there; add_broker first");
  auto removal = operation(OperationKind::remove_broker);
  removal.broker = "broker-9";
  CHECK(refusal(removal) == "there is no broker 'broker-9'");
  auto reassign = operation(OperationKind::reassign);
  reassign.topic = "t";
  reassign.partition = 0;
  reassign.replicas = {"broker-1", "broker-7"};
  CHECK(refusal(reassign) == "there is no broker 'broker-7'");
  auto setting = operation(OperationKind::set_config);
  setting.topic = "t";
  setting.key = "retention.mss";
  CHECK(refusal(setting) == "Kafka's topics have no key 'retention.mss'");
  CHECK(run.recorder.all<trace::OperationAsked>().empty());
}

TEST_CASE("without Kafka there is nothing to administer") {
  Simulation simulation(scenario_from(small_queue), make_lean);
  Recorder recorder;
  simulation.add_sink(recorder);
  simulation.begin();
  simulation.run_until(sim_time(1s));
  simulation.operate(simulation.now(), operation(scenario::OperationKind::add_broker), "line");
  const auto rejected = recorder.all<trace::CommandRejected>();
  REQUIRE(rejected.size() == 1);
  CHECK(rejected[0].as<trace::CommandRejected>()->reason ==
        "there is no Kafka cluster to administer");
}

TEST_CASE("the tables of Kafka's tools follow a crash and a return") {
  Run run("faults: [{at: 10s, do: crash, target: broker-3, for: 20s}]\n");
  const scenario::Scenario& scenario = run.simulation.scenario();
  run.until(9s);
  const std::string before = describe_topics(scenario, run.simulation.cluster());
  CHECK(before.starts_with("Topic: t\tPartitionCount: 3\tReplicationFactor: 2\tConfigs: \n"));
  CHECK(before.find("Leader: none") == std::string::npos);
  CHECK(describe_quorum(scenario, run.simulation.cluster())
            .starts_with("LeaderId:          1\nLeaderEpoch:       1\n"));
  run.until(25s);
  const NodeId crashed = run.node("broker-3");
  CHECK(run.simulation.cluster().brokers().at(crashed).fenced);
  CHECK(describe_brokers(scenario, run.simulation.cluster()).find("fenced") != std::string::npos);
  for (const auto& [key, partition] : run.simulation.cluster().partitions())
    CHECK(std::find(partition.isr.begin(), partition.isr.end(), crashed) == partition.isr.end());
  run.until(60s);
  CHECK(!run.simulation.cluster().brokers().at(crashed).fenced);
  for (const auto& [key, partition] : run.simulation.cluster().partitions())
    CHECK(partition.isr.size() == 2);
}

TEST_CASE("what was set while the cluster runs is described, and holds") {
  Run run(
      "operations:\n"
      "  - {at: 5s, do: set_config, topic: t, key: min.insync.replicas, value: 2}\n"
      "  - {at: 15s, do: set_config, topic: t, key: min.insync.replicas}\n"
      "faults: [{at: 8s, do: crash, target: broker-3}]\n");
  run.until(7s);
  const scenario::Scenario& scenario = run.simulation.scenario();
  CHECK(describe_topics(scenario, run.simulation.cluster())
            .find("Configs: min.insync.replicas=2\n") != std::string::npos);
  run.until(25s);
  CHECK(describe_topics(scenario, run.simulation.cluster()).find("Configs: \n") !=
        std::string::npos);
  const auto changed = run.recorder.all<trace::TopicConfigChanged>();
  REQUIRE(changed.size() == 2);
  CHECK(changed[0].as<trace::TopicConfigChanged>()->min_isr == 2);
  CHECK(changed[1].as<trace::TopicConfigChanged>()->min_isr == 1);
}

TEST_CASE("observers of the quorum have their place in the metadata log, from the start on") {
  Simulation simulation(
      scenario_from("version: 1\nduration: 30s\ncluster: {brokers: 2, controllers: 3}\n"
                    "topics: [{name: t, replicas: 2}]\n"
                    "producers: [{name: p, topic: t, every: 1s}]\n"
                    "faults: [{at: 10s, do: crash, target: broker-2}]\n"),
      make_lean);
  simulation.begin();
  const auto offset_of = [&](const char* broker) {
    return simulation.cluster().metadata_offset(*simulation.cluster().names().find(broker));
  };
  simulation.run_until(sim_time(2s));
  CHECK(offset_of("broker-1") > 0);
  simulation.run_until(sim_time(20s));
  const ClusterView& view = simulation.cluster();
  CHECK(view.committed_offset() - offset_of("broker-1") <= 1);
  CHECK(offset_of("broker-2") < offset_of("broker-1"));
  const std::string table = describe_quorum(simulation.scenario(), view);
  CHECK(table.find("CurrentObservers:  [1,2]") != std::string::npos);
  CHECK(table.find("Observer\n") != std::string::npos);
  CHECK(table.find("Observer (down)") != std::string::npos);
}

TEST_CASE("controllers on machines of their own: brokers lose nothing when one of them dies") {
  Recorder recorder;
  Simulation simulation(
      scenario_from("version: 1\nduration: 30s\ncluster: {brokers: 3, controllers: 3}\n"
                    "topics: [{name: t, replicas: 3}]\n"
                    "producers: [{name: p, topic: t, every: 100ms, config: {acks: all}}]\n"
                    "consumers: [{name: c, reads: t}]\n"
                    "faults: [{at: 5s, do: crash, target: controller-1}]\n"),
      make_lean);
  simulation.add_sink(recorder);
  simulation.begin();
  simulation.run_until(sim_time(4s));
  CHECK(simulation.cluster().controller() == *simulation.cluster().names().find("controller-1"));
  simulation.run_until(sim_time(30s));
  CHECK(simulation.cluster().controller().valid());
  CHECK(simulation.cluster().controller() != *simulation.cluster().names().find("controller-1"));
  CHECK(simulation.ledger().verdict().undelivered.count == 0);
  CHECK(simulation.ledger().verdict().failed.count == 0);
}

}  // namespace
}  // namespace eventarium::app
