// The patterns of services in whole runs, with a crash at every place where one could hurt; and
// that a service that gets such a pattern wrong is caught.
#include <doctest/doctest.h>

#include <set>
#include <utility>

#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

/// A shipped scenario whose only fault, a crash, comes at another time.
struct Run {
  Recorder recorder;
  Simulation simulation;

  Run(const std::string& name, Duration crash_at, PlantedFaults planted = {})
      : Run(scenario_of(name, crash_at), planted) {}
  explicit Run(scenario::Scenario scenario, PlantedFaults planted = {})
      : simulation(std::move(scenario), make_lean, std::nullopt, planted) {
    simulation.add_sink(recorder);
    simulation.begin();
    simulation.run_until(simulation.end());
  }
  static scenario::Scenario scenario_of(const std::string& name, Duration crash_at) {
    auto loaded = scenario::load_file(EVENTARIUM_SOURCE_DIR "/scenarios/" + name + ".yaml");
    REQUIRE(loaded.scenario);
    REQUIRE(loaded.scenario->faults.size() == 1);
    loaded.scenario->faults[0].at = crash_at;
    return *loaded.scenario;
  }
  /// Rows that others shall hear of, without an event in a log; events without a row.
  std::pair<std::size_t, std::size_t> strays() const {
    std::set<std::string> rows, events;
    for (const trace::Event& event : recorder.all<trace::DatabaseWritten>()) {
      const std::string& told_by = event.as<trace::DatabaseWritten>()->event_id;
      if (!told_by.empty()) rows.insert(told_by);
    }
    const check::Ledger& ledger = simulation.ledger();
    const check::Verdict verdict = ledger.verdict({{}, {}, {}, "orders"});
    for (const RecordId id : verdict.stored.records)
      events.insert(ledger.event_id(*ledger.find(id)));
    std::size_t without_event = 0, without_row = 0;
    for (const std::string& row : rows) without_event += events.count(row) == 0;
    for (const std::string& event : events) without_row += rows.count(event) == 0;
    return {without_event, without_row};
  }
  std::size_t repeated_effects() const {
    std::size_t count = 0;
    for (const check::SideEffect& effect : simulation.ledger().side_effects())
      count += effect.times > 1;
    return count;
  }
};

}  // namespace

TEST_CASE("outbox: whenever the service dies, each row has its event and each event its row") {
  for (Duration at = 15s; at < 15300ms; at += 17ms) {
    CAPTURE(at.count());
    CHECK(Run("outbox", at).strays() == std::pair<std::size_t, std::size_t>{0, 0});
  }
}

TEST_CASE("outbox: rows of an instance that never comes back are published by another one") {
  auto scenario = Run::scenario_of("outbox", 15500ms);
  scenario.faults[0].lasts.reset();
  scenario::Service second = scenario.services.at(0);
  second.name = "shop-2";
  scenario.services.push_back(second);
  CHECK(Run(scenario).strays() == std::pair<std::size_t, std::size_t>{0, 0});
}

TEST_CASE("dual write: a crash between row and event leaves rows that nobody hears of") {
  const auto [without_event, without_row] = Run("dual-write", 15500ms).strays();
  CHECK(without_event > 0);
  CHECK(without_row == 0);
}

TEST_CASE("outbox: a relay that marks rows before they are acknowledged is caught") {
  const PlantedFaults planted(PlantedFault::outbox_marked_before_acknowledgement);
  CHECK(Run("outbox", 15500ms, planted).strays().first > 0);
}

TEST_CASE("dedup: whenever the service dies, each effect is there once") {
  for (Duration at = 20s; at < 20250ms; at += 17ms) {
    CAPTURE(at.count());
    const Run run("idempotent-consumer", at);
    CHECK(run.repeated_effects() == 0);
    CHECK(run.simulation.ledger().side_effects().size() == 141);
  }
}

TEST_CASE("dedup: a memory that is written after the effect, not with it, is caught") {
  const PlantedFaults planted(PlantedFault::deduplication_outside_transaction);
  std::size_t repeated = 0;
  for (Duration at = 20s; at < 20250ms; at += 5ms)
    repeated += Run("idempotent-consumer", at, planted).repeated_effects();
  CHECK(repeated > 0);
}

}  // namespace eventarium::app
