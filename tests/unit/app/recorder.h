// Shared by the tests of sim/app: the lean engine as a factory, scenarios from text, and a sink
// that keeps a run's events.
#pragma once

#include <doctest/doctest.h>

#include <memory>
#include <string>
#include <vector>

#include "sim/app/simulation.h"
#include "sim/engine/lean_engine.h"
#include "sim/scenario/loader.h"

namespace eventarium::app {

inline std::unique_ptr<engine::Engine> make_lean(std::uint64_t seed) {
  return std::make_unique<engine::LeanEngine>(seed);
}

struct Recorder : trace::Sink {
  std::vector<trace::Event> events;
  void on_event(const trace::Event& event) override { events.push_back(event); }

  template <class Body>
  std::vector<trace::Event> all() const {
    std::vector<trace::Event> found;
    for (const auto& event : events)
      if (event.as<Body>()) found.push_back(event);
    return found;
  }
};

inline scenario::Scenario scenario_from(const std::string& yaml) {
  auto loaded = scenario::load_text(yaml, "test.yaml");
  for (const auto& problem : loaded.problems) MESSAGE(scenario::to_text(problem));
  REQUIRE(loaded.scenario.has_value());
  return *loaded.scenario;
}

/// One producer, one service, ten events, a queue between them.
inline const char* const small_queue = R"(version: 1
duration: 10s
bus: {kind: queue}
producers:
  - {name: alice, topic: letters, event: Letter, every: 500ms, count: 10}
services:
  - name: bob
    reads: letters
    on: [{event: Letter, service_time: 10ms, does: [read]}]
expect:
  - {delivered: 10, to: bob}
  - {delivered: 0, to: bob, at: 500ms}
)";

/// The same on Kafka with three brokers.
inline const char* const small_kafka = R"(version: 1
duration: 10s
cluster: {brokers: 3}
topics: [{name: letters, partitions: 3}]
producers:
  - {name: alice, topic: letters, event: Letter, key: "{n}", every: 500ms, count: 10}
services:
  - name: bob
    reads: letters
    on: [{event: Letter, service_time: 10ms, does: [read]}]
expect:
  - {delivered: 10, to: bob}
)";

}  // namespace eventarium::app
