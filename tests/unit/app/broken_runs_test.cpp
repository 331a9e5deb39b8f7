// What whole runs come to when something is broken: readers of a log that has parted, events that
// nobody can handle, handlers that are slow, producers without patience.
#include <doctest/doctest.h>

#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const std::string& yaml) : simulation(scenario_from(yaml), make_lean) {
    simulation.add_sink(recorder);
    simulation.begin();
    simulation.run_until(simulation.end());
  }
  check::Verdict verdict() const { return simulation.ledger().verdict(); }
};

std::string power_fails(const std::string& reset) {
  return "version: 1\nduration: 40s\ncluster: {brokers: 2, controllers: 1}\n"
         "topics: [{name: t, replicas: 2}]\n"
         "producers: [{name: p, topic: t, every: 500ms, config: {acks: all}}]\n"
         "consumers: [{name: c, reads: t, config: {auto.offset.reset: " +
         reset +
         "}}]\n"
         "faults:\n  - {at: 8s, do: power_loss, target: broker-1, for: 3s}\n"
         "  - {at: 8s, do: power_loss, target: broker-2, for: 3s}\n";
}

TEST_CASE("a reader goes back to where the log parts and misses nothing that is there") {
  const Run run(power_fails("earliest"));
  CHECK(run.verdict().lost_acknowledged.count > 5);
  CHECK(run.verdict().undelivered.count == 0);
  bool went_back = false;
  for (const auto& event : run.recorder.all<trace::PositionReset>())
    went_back = went_back || event.as<trace::PositionReset>()->policy == "truncation";
  CHECK(went_back);
}

TEST_CASE("with auto.offset.reset=none a log that has parted is the application's matter") {
  const Run run(power_fails("none"));
  // It has no position to begin with, so it never gets that far.
  const auto failed = run.recorder.all<trace::ConsumerFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].as<trace::ConsumerFailed>()->error.starts_with("NoOffsetForPartition"));
}

const char* const shop = R"(version: 1
duration: 20s
cluster: {brokers: 1}
topics: [orders]
producers: [{name: shop, topic: orders, event: Order, every: 500ms, count: 20,
             config: {enable.idempotence: false}}]
services:
  - name: billing
    reads: orders
    on: [{event: Order, service_time: 20ms, does: [invoice]}]
faults:
)";

TEST_CASE("a poisoned event fails in its handler, is counted, and the next one is handled") {
  const Run run(std::string(shop) + "  - {at: 5s, do: poison, target: shop}\n");
  int failed = 0, ok = 0;
  for (const auto& event : run.recorder.all<trace::ProcessingFinished>())
    ++(event.as<trace::ProcessingFinished>()->outcome == "failed" ? failed : ok);
  CHECK(failed == 1);
  CHECK(ok == 19);
  CHECK(run.recorder.all<trace::SideEffectDone>().size() == 19);
  CHECK(run.verdict().processed.count == 19);
  CHECK(run.verdict().delivered.count == 20);
}

TEST_CASE("in a queue a poisoned message comes back until it is dead-lettered") {
  const Run run(
      "version: 1\nduration: 20s\nbus: {kind: queue, max_deliveries: 3}\n"
      "producers: [{name: p, topic: t, event: E, every: 500ms, count: 5}]\n"
      "services: [{name: s, reads: t, on: [{event: E, service_time: 10ms, does: [d]}]}]\n"
      "faults: [{at: 500ms, do: poison, target: p}]\n");
  CHECK(run.verdict().dead_lettered.count == 1);
  CHECK(run.recorder.all<trace::SideEffectDone>().size() == 4);
}

TEST_CASE("slow handlers take their time as long as the fault lasts") {
  const Run run(std::string(shop) +
                "  - {at: 5s, do: slow_handler, target: billing, factor: 50, for: 4s}\n");
  int slow = 0;
  for (const auto& event : run.recorder.all<trace::ProcessingStarted>()) {
    const Duration service_time = event.as<trace::ProcessingStarted>()->service_time;
    CHECK((service_time == 20ms || service_time == 1s));
    slow += service_time == 1s ? 1 : 0;
  }
  CHECK(slow == 4);
  CHECK(run.verdict().undelivered.count == 0);
}

TEST_CASE("a producer without patience sends the same again and again to a slow broker") {
  const std::string slow_broker =
      "  - {at: 5s, do: slow_cpu, target: broker-1, factor: 0.0002, for: 4s}\n";
  const Run patient(std::string(shop) + slow_broker);
  const Run storm(std::string(shop) + slow_broker +
                  "  - {at: 4s, do: retry_storm, target: shop, patience: 60ms, for: 6s}\n");
  const auto sent = [](const Run& run) {
    int count = 0;
    for (const auto& event : run.recorder.all<trace::MessageSent>())
      if (event.as<trace::MessageSent>()->label == "Produce") ++count;
    return count;
  };
  CHECK(sent(storm) > sent(patient) + 10);
  CHECK(patient.verdict().duplicated.count == 0);
  CHECK(storm.verdict().duplicated.count > 0);  // without idempotence
  CHECK(storm.verdict().lost_acknowledged.count == 0);
}

}  // namespace
}  // namespace eventarium::app
