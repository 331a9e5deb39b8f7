// Producers and consumers that come, go and change while a run goes on, and that nobody else is
// disturbed by it.
#include "sim/app/client_operations.h"

#include <doctest/doctest.h>

#include <fmt/format.h>

#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

using scenario::OperationKind;

const std::string base = R"(version: 1
duration: 20s
cluster: {brokers: 3}
topics: [{name: t, partitions: 3}, {name: other, partitions: 1}]
producers:
  - {name: shop, topic: t, key: "{n}", every: 500ms, instances: 2}
  - {name: bystander, topic: other, every: 700ms}
consumers:
  - {name: reader, reads: t}
  - {name: watcher, reads: other}
)";

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const std::string& more) : simulation(scenario_from(base + more), make_lean) {
    simulation.add_sink(recorder);
    simulation.begin();
  }
  Run& until(Duration t) {
    simulation.run_until(sim_time(t));
    return *this;
  }
  NodeId node(const char* name) const { return *simulation.cluster().names().find(name); }
  template <class Body>
  std::vector<trace::Event> of(const char* name) const {
    std::vector<trace::Event> found;
    for (const trace::Event& event : recorder.all<Body>())
      if (event.node == node(name)) found.push_back(event);
    return found;
  }
};

TEST_CASE("one more consumer reads from the moment when it joins") {
  Run run("operations: [{at: 5s, do: add_consumer, client: reader}]\n");
  run.until(20s);
  const auto started = run.of<trace::NodeStarted>("reader-2");
  REQUIRE(started.size() == 1);
  CHECK(started[0].t == sim_time(5s));
  REQUIRE(run.of<trace::SubscriptionDeclared>("reader-2").size() == 3);
  CHECK(run.of<trace::SubscriptionDeclared>("reader-2")[0].id < started[0].id);
  CHECK(!run.of<trace::RecordsDelivered>("reader-2").empty());
}

TEST_CASE("one more producer begins its schedule when it joins, with ids of its own") {
  Run run("operations: [{at: 5s, do: add_producer, client: shop}]\n");
  run.until(20s);
  const auto made = run.of<trace::RecordProduced>("shop-3");
  REQUIRE(!made.empty());
  CHECK(made[0].t >= sim_time(5s));
  CHECK(made[0].as<trace::RecordProduced>()->event_id == "shop-3-1");
  REQUIRE(run.of<trace::PublisherDeclared>("shop-3").size() == 1);
}

TEST_CASE("who is removed ends cleanly and stays away") {
  Run run("operations: [{at: 5s, do: remove_producer, client: shop-1}]\n");
  run.until(20s);
  const auto stopped = run.of<trace::NodeStopped>("shop-1");
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].as<trace::NodeStopped>()->reason == "clean");
  CHECK(run.of<trace::NodeStarted>("shop-1").size() == 1);
  CHECK(run.of<trace::RecordProduced>("shop-1").back().t < sim_time(5s));
}

TEST_CASE("another configuration is there after a clean restart, and {n} goes on") {
  Run run(
      "operations: [{at: 5100ms, do: set_client_config, client: shop-1, key: linger.ms, value: "
      "300}]\n");
  run.until(20s);
  CHECK(run.of<trace::NodeStopped>("shop-1").size() == 1);
  CHECK(run.of<trace::NodeStarted>("shop-1").size() == 2);
  const auto made = run.of<trace::RecordProduced>("shop-1");
  const auto acknowledged = run.of<trace::RecordsAcknowledged>("shop-1");
  for (std::size_t i = 0; i < made.size(); ++i) {
    CHECK(made[i].as<trace::RecordProduced>()->event_id == fmt::format("shop-1-{}", i + 1));
    const Duration took = acknowledged.at(i).t - made[i].t;
    CHECK((made[i].t < sim_time(5100ms) ? took < 300ms : took >= 300ms));
  }
}

TEST_CASE("others live on as if nothing had happened") {
  Run quiet("");
  Run busy(
      "operations:\n  - {at: 5s, do: add_producer, client: shop}\n"
      "  - {at: 6s, do: remove_producer, client: shop-1}\n"
      "  - {at: 7s, do: add_consumer, client: reader}\n"
      "  - {at: 8s, do: set_client_config, client: shop-2, key: acks, value: 1}\n");
  quiet.until(20s);
  busy.until(20s);
  const auto made = [](const Run& run) {
    std::vector<std::pair<SimTime, std::string>> events;
    for (const trace::Event& event : run.of<trace::RecordProduced>("bystander"))
      events.emplace_back(event.t, event.as<trace::RecordProduced>()->event_id);
    return events;
  };
  CHECK(made(quiet) == made(busy));
  CHECK(quiet.of<trace::NodeStarted>("watcher").size() ==
        busy.of<trace::NodeStarted>("watcher").size());
  CHECK(quiet.of<trace::RecordsDelivered>("watcher").size() ==
        busy.of<trace::RecordsDelivered>("watcher").size());
  CHECK(busy.of<trace::NodeStopped>("bystander").empty());
  CHECK(busy.of<trace::ConnectionClosed>("watcher").empty());
}

TEST_CASE("what can't be done says why, and a viewer's command is rejected with it") {
  Run run("");
  run.until(1s);
  const auto refused = [&](OperationKind kind, const std::string& client,
                           const std::string& key = "", const std::string& value = "") {
    scenario::Operation operation;
    operation.kind = kind;
    operation.client = client;
    operation.key = key;
    operation.value = value;
    const std::size_t before = run.recorder.all<trace::CommandRejected>().size();
    run.simulation.operate(run.simulation.now(), operation, "{}");
    run.until(run.simulation.now() - SimTime{} + 10ms);
    const auto rejected = run.recorder.all<trace::CommandRejected>();
    return rejected.size() == before ? std::string()
                                     : rejected.back().as<trace::CommandRejected>()->reason;
  };
  CHECK(refused(OperationKind::add_consumer, "reder") ==
        "there is no client 'reder' (did you mean 'reader'?)");
  CHECK(refused(OperationKind::add_consumer, "shop") != "");
  CHECK(refused(OperationKind::remove_producer, "shop") ==
        "which of 'shop'? It is several; name one of them");
  CHECK(refused(OperationKind::set_client_config, "shop-1", "aks", "1") ==
        "Kafka has no key 'aks' here (did you mean 'acks'?)");
  CHECK(refused(OperationKind::set_client_config, "shop-1", "acks", "2").starts_with("acks: "));
  CHECK(refused(OperationKind::set_client_config, "shop-1") == "the key is missing");
  CHECK(refused(OperationKind::remove_producer, "shop-1") == "");
  CHECK(refused(OperationKind::remove_producer, "shop-1") == "'shop-1' is removed already");
  CHECK(refused(OperationKind::add_producer, "shop") == "");
  CHECK(run.of<trace::NodeStarted>("shop-3").size() == 1);
}

TEST_CASE("who joins by a viewer's command leaves the file its names") {
  Run run(
      "operations:\n  - {at: 10s, do: add_consumer, client: reader}\n"
      "  - {at: 10s, do: add_producer, client: shop}\n  - {at: 10s, do: add_broker}\n"
      "faults: [{at: 12s, do: stop, target: shop-3}]\n");
  run.until(5s);
  for (const auto& [kind, client] : {std::pair{OperationKind::add_consumer, "reader"},
                                     {OperationKind::add_producer, "shop"},
                                     {OperationKind::add_broker, ""}}) {
    scenario::Operation operation;
    operation.kind = kind;
    operation.client = client;
    run.simulation.operate(run.simulation.now(), operation, "{}");
  }
  run.until(20s);
  const auto started = [&](const char* name) { return run.of<trace::NodeStarted>(name).at(0).t; };
  for (const char* name : {"reader-3", "shop-4", "broker-5"}) CHECK(started(name) < sim_time(6s));
  for (const char* name : {"reader-2", "shop-3", "broker-4"}) CHECK(started(name) == sim_time(10s));
  CHECK(run.of<trace::NodeStopped>("shop-3").size() == 1);
  CHECK(run.recorder.all<trace::CommandRejected>().empty());
}

TEST_CASE("positions of a group that is not there can't be reset") {
  Run run("");
  run.until(1s);
  scenario::Operation operation;
  operation.kind = OperationKind::reset_offsets;
  operation.group = "bills";
  operation.topic = "t";
  operation.to = "sideways";
  run.simulation.operate(run.simulation.now(), operation, "{}");
  operation.to = "earliest";
  run.simulation.operate(run.simulation.now(), operation, "{}");
  run.until(1100ms);
  const auto rejected = run.recorder.all<trace::CommandRejected>();
  REQUIRE(rejected.size() == 2);
  CHECK(rejected[0].as<trace::CommandRejected>()->reason ==
        "'sideways' is no position: earliest, latest, an offset, or -30s for 30 s ago");
  CHECK(rejected[1].as<trace::CommandRejected>()->reason == "there is no group 'bills'");
}

}  // namespace
}  // namespace eventarium::app
