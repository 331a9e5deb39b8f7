// A whole run in this process, on the lean engine.
#include "sim/app/simulation.h"

#include <doctest/doctest.h>

#include <filesystem>

#include "sim/app/scenario_files.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const scenario::Scenario& scenario, std::optional<Duration> until = std::nullopt,
               Duration step = 1s)
      : simulation(scenario, &make_lean, until) {
    simulation.add_sink(recorder);
    simulation.begin();
    while (!simulation.ended()) simulation.run_until(simulation.now() + step);
  }
};

std::vector<scenario::Scenario> shipped() {
  std::vector<scenario::Scenario> scenarios;
  for (const std::string& file : list_scenario_files(EVENTARIUM_BINARY_DIR)) {
    auto loaded = scenario::load_file(file);
    REQUIRE_MESSAGE(loaded.scenario.has_value(), file);
    scenarios.push_back(*loaded.scenario);
  }
  REQUIRE(scenarios.size() >= 8);
  return scenarios;
}

TEST_CASE(
    "all shipped scenarios: the same run twice, whatever the step; another seed, another run") {
  for (const scenario::Scenario& scenario : shipped()) {
    CAPTURE(scenario.name);
    const Run once(scenario), again(scenario), in_small_steps(scenario, std::nullopt, 7ms);
    CHECK(once.simulation.fingerprint() == again.simulation.fingerprint());
    CHECK(once.simulation.fingerprint() == in_small_steps.simulation.fingerprint());
    scenario::Scenario other = scenario;
    other.seed += 1;
    CHECK(once.simulation.fingerprint() != Run(other).simulation.fingerprint());
  }
}

TEST_CASE("all shipped scenarios: every expectation is met and the trace is well-formed") {
  for (const scenario::Scenario& scenario : shipped()) {
    const Run run(scenario);
    std::size_t checked = 0;
    for (const auto& event : run.recorder.all<trace::ExpectationChecked>()) {
      const auto& expectation = *event.as<trace::ExpectationChecked>();
      CHECK_MESSAGE(expectation.met, scenario.name, ": ", expectation.expect, ", it is ",
                    expectation.actual);
      ++checked;
    }
    CHECK(checked == scenario.expectations.size());
    std::uint64_t id = 0;
    for (const auto& event : run.recorder.events) {
      REQUIRE(event.id.value == ++id);
      REQUIRE(event.cause < event.id);
    }
  }
}

TEST_CASE("a trace begins with the nodes and who wants what, and ends with its fingerprint") {
  const Run run(scenario_from(small_queue));
  const auto& events = run.recorder.events;
  const auto declared = run.recorder.all<trace::NodeDeclared>();
  REQUIRE(declared.size() == 3);
  CHECK(declared[0].as<trace::NodeDeclared>()->role == "queue");
  CHECK(declared[1].as<trace::NodeDeclared>()->name == "alice");
  CHECK(declared[2].as<trace::NodeDeclared>()->name == "bob");
  REQUIRE(events[3].as<trace::SubscriptionDeclared>());
  CHECK(events[3].node == NodeId{2});
  CHECK(run.recorder.all<trace::RunEnded>().size() == 1);
  const auto* ended = events.back().as<trace::RunEnded>();
  REQUIRE(ended);
  CHECK(ended->fingerprint == run.simulation.fingerprint());
  CHECK(ended->events == events.size() - 1);
}

TEST_CASE("expectations are checked when they are due") {
  const Run run(scenario_from(small_queue));
  const auto checked = run.recorder.all<trace::ExpectationChecked>();
  REQUIRE(checked.size() == 2);
  CHECK(checked[0].t == sim_time(500ms));
  CHECK(checked[0].as<trace::ExpectationChecked>()->met);
  CHECK(checked[1].t == sim_time(10s));
  CHECK(checked[1].as<trace::ExpectationChecked>()->met);
  CHECK(run.simulation.expectations_not_due() == 0);
}

TEST_CASE("a run that ends early leaves out what is not due; a longer one checks at its end") {
  const Run early(scenario_from(small_queue), 2s);
  CHECK(early.simulation.now() == sim_time(2s));
  CHECK(early.recorder.all<trace::ExpectationChecked>().size() == 1);
  CHECK(early.simulation.expectations_not_due() == 1);
  CHECK(early.recorder.all<trace::RunEnded>().size() == 1);
  const Run late(scenario_from(small_queue), 12s);
  CHECK(late.recorder.all<trace::ExpectationChecked>().back().t == sim_time(12s));
}

TEST_CASE("services start and stop when the scenario says, faults come and go") {
  const std::string yaml = std::string(small_queue) + R"(faults:
  - {at: 3s, do: crash, target: letters-queue, for: 1s}
)";
  std::string with_name = yaml;
  with_name.replace(with_name.find("{kind: queue}"), 13, "{kind: queue, name: letters-queue}");
  const std::string bob = "  - name: bob\n";
  with_name.replace(with_name.find(bob), bob.size(), bob + "    start: 2s\n    stop: 8s\n");
  const Run run(scenario_from(with_name));
  const NodeId queue{0}, service{2};
  const auto injected = run.recorder.all<trace::FaultInjected>();
  REQUIRE(injected.size() == 1);
  CHECK(injected[0].t == sim_time(3s));
  CHECK(injected[0].node == queue);
  const auto stopped = run.recorder.all<trace::NodeStopped>();
  REQUIRE(stopped.size() == 2);
  CHECK(stopped[0].cause == injected[0].id);
  CHECK(stopped[0].as<trace::NodeStopped>()->reason == "crash");
  CHECK(stopped[1].t == sim_time(8s));
  CHECK(stopped[1].as<trace::NodeStopped>()->reason == "clean");
  const auto healed = run.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 1);
  CHECK(healed[0].t == sim_time(4s));
  const auto started = run.recorder.all<trace::NodeStarted>();
  REQUIRE(started.size() == 4);
  CHECK(started[2].node == service);
  CHECK(started[2].t == sim_time(2s));
  CHECK(started[3].cause == healed[0].id);
  CHECK(run.simulation.ledger().verdict().delivered.count == 10);  // the queue is durable
}

TEST_CASE("a crash doesn't bring a service back after its own end") {
  std::string yaml = std::string(small_queue) + R"(faults:
  - {at: 7s, do: crash, target: bob, for: 2s}
)";
  const std::string bob = "  - name: bob\n";
  yaml.replace(yaml.find(bob), bob.size(), bob + "    stop: 8s\n");
  const Run run(scenario_from(yaml));
  CHECK(run.recorder.all<trace::NodeStarted>().size() == 3);
  CHECK(run.recorder.all<trace::FaultHealed>().empty());
}

TEST_CASE("Kafka: topics are placed on brokers, every partition is read") {
  const Run run(scenario_from(small_kafka));
  const auto& partitions = run.simulation.ledger().logs().partitions();
  CHECK(partitions.size() == 3);
  std::int64_t records = 0;
  for (const auto& [key, partition] : partitions) {
    CHECK(partition.leader.value < 3);
    records += partition.log().log_end_offset();
  }
  CHECK(records == 10);
  CHECK(run.simulation.ledger().verdict().delivered.count == 10);
  CHECK(run.recorder.all<trace::SubscriptionDeclared>().size() == 3);
}

}  // namespace
}  // namespace eventarium::app
