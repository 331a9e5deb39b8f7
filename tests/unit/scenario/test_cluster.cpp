// Clusters in scenario files: their modes, how they are administered, and the faults and
// expectations that are about them; what is right and what is refused, with its place.
#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

namespace {

/// The problems of one operation on three brokers and a topic `t` of two partitions, two replicas.
std::string operation(const std::string& entry) {
  return problems(
      "version: 1\ncluster: {brokers: 3}\n"
      "topics: [{name: t, partitions: 2, replicas: 2}]\n"
      "operations: [" +
      entry + "]\n");
}

std::string fault(const std::string& entry) {
  return problems(
      "version: 1\ncluster: {brokers: 2}\n"
      "producers: [{name: p, topic: t}]\nconsumers: [{name: c, reads: t}]\n"
      "faults: [{at: 1s, " +
      entry + "}]\n");
}

}  // namespace

TEST_CASE("a cluster: both modes and their defaults") {
  const Scenario plain = load("version: 1\ncluster: {brokers: 3}\n");
  CHECK(plain.cluster.mode == ClusterMode::kraft);
  CHECK(plain.cluster.controllers == 0);
  const Scenario kraft = load(
      "version: 1\ncluster: {mode: kraft, brokers: 3, controllers: 5, disk_size: 2 GB}\n"
      "faults: [{at: 1s, do: crash, target: controller-5}]\n");
  CHECK(kraft.cluster.controllers == 5);
  CHECK(kraft.cluster.disk_size_bytes == 2e9);
  const Scenario zookeeper = load(
      "version: 1\ncluster: {mode: zookeeper, brokers: 3}\n"
      "faults: [{at: 1s, do: crash, target: zookeeper-3}]\n");
  CHECK(zookeeper.cluster.mode == ClusterMode::zookeeper);
  CHECK(zookeeper.cluster.zookeepers == 3);
}

TEST_CASE("what belongs to the other mode is refused") {
  CHECK(problems("version: 1\ncluster: {mode: zookeeper, controllers: 3}\n") ==
        "2:41: controllers: with mode: zookeeper one of the brokers is the controller; "
        "'zookeepers' says how many nodes the ensemble has");
  CHECK(problems("version: 1\ncluster: {zookeepers: 3}\n") ==
        "2:23: zookeepers: only mode: zookeeper has an ensemble; with mode: kraft 'controllers' "
        "says how many machines are controllers only");
  CHECK(problems("version: 1\ncluster: {mode: raft}\n") ==
        "2:17: mode: 'raft' is not known (did you mean 'kraft'?)");
  CHECK(problems("version: 1\ncluster: {disk_size: 5}\n") ==
        "2:22: disk_size: unknown unit of size '' (known: MB, GB, TB, MiB, GiB, TiB)");
  CHECK(problems("version: 1\nproducers: [{name: admin, topic: t}]\n") ==
        "2:20: the name 'admin' belongs to whoever administers the cluster");
}

TEST_CASE("min.insync.replicas above the replicas is legal and remarked upon") {
  const LoadResult result = load_text(
      "version: 1\ncluster: {brokers: 3}\ntopics:\n"
      "  - {name: t, replicas: 2, config: {min.insync.replicas: 3}}\n",
      "test.yaml");
  CHECK(result.problems.empty());
  REQUIRE(result.remarks.size() == 1);
  CHECK(to_text(result.remarks[0]) ==
        "test.yaml:4:5: min.insync.replicas: 3 is above the 2 replicas of 't'; in effect it is 2");
}

TEST_CASE("every kind of operation") {
  const Scenario s = load(R"(version: 1
cluster: {brokers: 3}
topics: [{name: t, partitions: 2, replicas: 2}]
operations:
  - {at: 1s, do: add_broker}
  - {at: 1s, do: add_broker, broker: broker-9}
  - {at: 2s, do: rebalance, topic: t}
  - {at: 3s, do: reassign, topic: t, partition: 1, replicas: [broker-4, broker-9]}
  - {at: 4s, do: replication_factor, topic: t, replication_factor: 3}
  - {at: 5s, do: add_partitions, topic: t, partitions: 6}
  - {at: 6s, do: create_topic, topic: u, partitions: 4, replication_factor: 2}
  - {at: 7s, do: elect_leader, topic: u, partition: 3, unclean: true}
  - {at: 8s, do: set_config, topic: t, key: min.insync.replicas, value: 2}
  - {at: 9s, do: delete_topic, topic: u}
  - {at: 9s, do: remove_broker, broker: broker-1}
)");
  REQUIRE(s.operations.size() == 11);
  CHECK(s.operations[0].broker == "broker-4");
  CHECK(s.operations[1].broker == "broker-9");
  CHECK(s.operations[3].replicas == std::vector<std::string>{"broker-4", "broker-9"});
  CHECK(s.operations[4].count == 3);
  CHECK(s.operations[5].count == 6);
  CHECK(s.operations[6].count == 4);
  CHECK(s.operations[6].replicas_count == 2);
  CHECK(s.operations[7].unclean);
  CHECK(s.operations[7].partition == 3);
  CHECK(s.operations[8].value == "2");
  CHECK(s.operations[10].kind == OperationKind::remove_broker);
}

TEST_CASE("operations that Kafka would refuse are refused with their place") {
  CHECK(operation("{at: 1s, do: remove_broker}") == "4:14: do: remove_broker needs 'broker'");
  CHECK(operation("{at: 1s, do: remove_broker, broker: broker-7}") ==
        "4:50: broker: there is no broker 'broker-7' (did you mean 'broker-1'?)");
  CHECK(operation("{at: 1s, do: add_partitions, topic: t, partitions: 2}") ==
        "4:65: partitions: 't' has 2 already; partitions can only become more");
  CHECK(operation("{at: 1s, do: add_partitions, topic: x, partitions: 9}") ==
        "4:50: topic: there is no topic 'x' then (did you mean 't'?)");
  CHECK(operation("{at: 1s, do: replication_factor, topic: t, replication_factor: 4}") ==
        "4:77: replication_factor: 4 replicas need 4 brokers, the cluster has 3 then; add_broker "
        "first");
  CHECK(operation("{at: 1s, do: reassign, topic: t, partition: 2, replicas: [broker-1]}") ==
        "4:58: partition: 't' has 2 partitions then, numbered from 0");
  CHECK(operation("{at: 1s, do: create_topic, topic: t}") == "4:48: topic: 't' exists already");
  CHECK(operation("{at: 1s, do: add_broker, broker: node-7}") ==
        "4:47: broker: a broker is called broker-<number>");
  CHECK(operation("{at: 1s, do: rebalance, replicas: [broker-1]}") ==
        "4:48: replicas: has no meaning with do: rebalance");
  CHECK(operation("{at: 1s, do: set_config, topic: t, key: retention.mss, value: 1}") ==
        "4:54: key: Kafka's topics have no key 'retention.mss'");
  const std::string low =
      "{at: 1s, do: set_config, topic: t, key: max.compaction.lag.ms, value: 5}";
  const std::string high =
      "{at: 2s, do: set_config, topic: t, key: min.compaction.lag.ms, value: 6}";
  CHECK(operation(high).empty());
  CHECK(operation(low + ", " + high) ==
        "4:158: value: InvalidConfigurationException: min.compaction.lag.ms (6) is above "
        "max.compaction.lag.ms (5)");
}

TEST_CASE("operations are followed in the order of their times, not of the file") {
  const std::string add = "{at: 5s, do: add_broker}";
  const std::string early = "{at: 4s, do: replication_factor, topic: t, replication_factor: 4}";
  const std::string late = "{at: 6s, do: replication_factor, topic: t, replication_factor: 4}";
  CHECK(operation(late + ", " + add).empty());
  CHECK(!operation(add + ", " + early).empty());
  CHECK(operation(add + ", {at: 3s, do: reassign, topic: t, partition: 0, replicas: [broker-4]}") ==
        "4:98: replicas: 'broker-4' joins the cluster only at 5 s");
  CHECK(operation("{at: 1s, do: remove_broker, broker: broker-3}, "
                  "{at: 2s, do: remove_broker, broker: broker-2}") ==
        "4:97: broker: the 2 replicas of 't' need 2 brokers; without 'broker-2' there are 1");
  CHECK(problems("version: 1\nbus: {kind: queue}\noperations: [{at: 1s, do: rebalance}]\n") ==
        "3:13: operations: only a Kafka cluster is administered");
}

TEST_CASE("a broker that joins later can't break before") {
  const std::string file =
      "version: 1\ncluster: {brokers: 3}\noperations: [{at: 5s, do: add_broker}]\n";
  CHECK(problems(file + "faults: [{at: 6s, do: crash, target: broker-4}]\n").empty());
  CHECK(problems(file + "faults: [{at: 4s, do: crash, target: broker-4}]\n") ==
        "4:38: target: 'broker-4' joins the cluster only at 5 s");
}

TEST_CASE("the faults of clusters and services") {
  const Scenario s = load(R"(version: 1
cluster: {brokers: 3}
producers: [{name: p, topic: t, per_tick: 10, every: 1s}]
consumers: [{name: c, reads: t}]
faults:
  - {at: 1s, do: pause, target: broker-1, for: 12s}
  - {at: 1s, do: slow_cpu, target: broker-1, factor: 0.1}
  - {at: 1s, do: slow_disk, target: broker-1, factor: 0.5}
  - {at: 1s, do: disk_full, target: broker-1}
  - {at: 1s, do: disk_failure, target: broker-1}
  - {at: 1s, do: split, sides: [[broker-1, p], [broker-2, broker-3]], for: 5s}
  - {at: 1s, do: slow_handler, target: c, factor: 20}
  - {at: 1s, do: poison, target: p}
  - {at: 1s, do: retry_storm, target: p, patience: 50ms, for: 5s}
)");
  REQUIRE(s.faults.size() == 9);
  CHECK(s.faults[0].kind == FaultKind::pause);
  CHECK(s.faults[1].factor == 0.1);
  CHECK(s.faults[5].sides ==
        std::vector<std::vector<std::string>>{{"broker-1", "p"}, {"broker-2", "broker-3"}});
  CHECK(s.faults[5].kind == FaultKind::split);
  CHECK(s.faults[6].factor == 20);
  CHECK(s.faults[8].patience == 50ms);
  CHECK(s.producers[0].per_tick == 10);
}

TEST_CASE("a tombstone has a key and no value") {
  const Scenario s =
      load("version: 1\nproducers: [{name: p, topic: t, key: k, tombstone: true}]\n");
  CHECK(s.producers[0].tombstone);
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t, tombstone: true}]\n") ==
        "2:44: tombstone: of which key? It needs a 'key'");
  CHECK(
      problems(
          "version: 1\nproducers:\n  - {name: p, topic: t, key: k, tombstone: true, size: 9}\n") ==
      "3:56: size: a tombstone has no value");
}

TEST_CASE("faults that don't fit what they befall") {
  CHECK(fault("do: slow_cpu, target: p, factor: 2") ==
        "5:52: factor: what is left of its speed: from 0.000001 to below 1");
  CHECK(fault("do: slow_handler, target: c, factor: 1") ==
        "5:56: factor: how many times as long handlers take: above 1, e.g. 10");
  CHECK(fault("do: slow_handler, target: p, factor: 2") ==
        "5:45: target: there is no consumer or service 'p' (did you mean 'c'?)");
  CHECK(fault("do: poison, target: c") ==
        "5:39: target: there is no producer 'c' (did you mean 'p'?)");
  CHECK(fault("do: poison, target: p, for: 1s") == "5:47: for: one record is poisoned, once");
  CHECK(fault("do: disk_full, target: p") ==
        "5:42: target: there is no node with files on a disk 'p' (known: broker-1, broker-2)");
  CHECK(fault("do: pause") == "5:10: a fault lacks 'target'");
  CHECK(fault("do: split, target: p") ==
        "5:10: do: split needs 'sides'\n"
        "5:38: target: a split has none; 'sides' names the nodes of each side");
  CHECK(fault("do: split, sides: [[p]]") ==
        "5:37: sides: at least two are expected, [[broker-1], [broker-2]]");
  CHECK(fault("do: split, sides: [[p], [p]]") == "5:44: sides: 'p' stands twice");
  CHECK(fault("do: split, sides: [[p], [broker-3]]") ==
        "5:44: sides: there is no node 'broker-3' (did you mean 'broker-1'?)");
}

TEST_CASE("expectations about who leads and who controls") {
  const std::string file =
      "version: 1\ncluster: {brokers: 2, controllers: 1}\n"
      "topics: [{name: t, replicas: 2}]\nexpect: [";
  const Scenario s = load(file +
                          "{leader: broker-2, topic: t, partition: 0, at: 5s}, {leader: none, "
                          "topic: t, partition: 0}, {controller: controller-1}, {isr_size: 2}, "
                          "{leader_changes: 0, topic: t}, {invariants_violated: 0}]\n");
  REQUIRE(s.expectations.size() == 6);
  CHECK(s.expectations[0].name == "broker-2");
  CHECK(s.expectations[0].text == "leader of t/0: broker-2 at 5 s");
  CHECK(s.expectations[1].name == "none");
  CHECK(s.expectations[4].text == "leader_changes of t: 0");
  CHECK(problems(file + "{leader: broker-3, topic: t, partition: 0}]\n") ==
        "4:19: leader: there is no broker 'broker-3' (did you mean 'broker-1'?)");
  CHECK(problems(file + "{leader: broker-1, topic: t}]\n") == "4:10: 'leader' needs a 'partition'");
  CHECK(problems(file + "{controller: broker-1}]\n") ==
        "4:23: controller: there is no controller 'broker-1' (known: controller-1)");
  CHECK(problems("version: 1\nbus: {kind: queue}\nexpect: [{offline_partitions: 0}]\n") ==
        "3:31: offline_partitions: there is no Kafka here");
}
