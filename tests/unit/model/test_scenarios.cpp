// The window's model on the shipped scenarios, simulated in this process on the lean engine: what
// is seen must agree with what the report's ledger says, at the end and on the way.
#include <doctest/doctest.h>

#include <filesystem>
#include <set>

#include "sim/app/simulation.h"
#include "sim/engine/lean_engine.h"
#include "sim/scenario/loader.h"
#include "viz/model/flights.h"
#include "viz/model/gallery.h"
#include "viz/model/inspector.h"
#include "viz/model/layout.h"
#include "viz/model/scoreboard.h"
#include "viz/model/timeline.h"
#include "viz/model/world.h"

using namespace eventarium;
using namespace eventarium::viz;

namespace {

/// Feeds the model as a session would.
struct Reader : trace::Sink {
  History history;
  Scoreboard scoreboard;
  Timeline timeline;
  void on_event(const trace::Event& event) override {
    history.append(event);
    scoreboard.append(history, history.size() - 1);
    timeline.append(history, history.size() - 1);
  }
};

std::set<RecordId> as_set(const std::vector<RecordId>& records) {
  return {records.begin(), records.end()};
}

void check_against(const Reader& reader, const check::Ledger& ledger) {
  const check::Verdict verdict = ledger.verdict();
  const auto same = [&](Score score, const check::Number& number) {
    CAPTURE(score_name(score));
    CHECK(reader.scoreboard.count(score, reader.history.size()) == number.count);
    CHECK(as_set(reader.scoreboard.records(score, reader.history.size())) ==
          as_set(number.records));
  };
  same(Score::produced, verdict.produced);
  same(Score::acknowledged, verdict.acknowledged);
  same(Score::failed, verdict.failed);
  same(Score::delivered, verdict.delivered);
  same(Score::processed, verdict.processed);
  same(Score::lost, verdict.lost_acknowledged);
  same(Score::duplicated, verdict.duplicated);
  same(Score::out_of_order, verdict.out_of_order);
  same(Score::dead_lettered, verdict.dead_lettered);
  same(Score::expired, verdict.expired);
  same(Score::skipped, verdict.skipped);
  // The scoreboard counts records, the ledger pairs.
  CHECK(as_set(reader.scoreboard.records(Score::waiting, reader.history.size())) ==
        as_set(verdict.undelivered.records));
}

std::vector<std::string> shipped() {
  std::vector<std::string> paths;
  for (const GalleryEntry& entry : list_gallery(std::string(EVENTARIUM_SOURCE_DIR) + "/scenarios"))
    paths.push_back(entry.path);
  return paths;
}

std::unique_ptr<app::Simulation> simulate(const std::string& path, Reader& reader,
                                          std::vector<scenario::Fault> faults = {}) {
  auto loaded = scenario::load_file(path);
  REQUIRE(loaded.scenario.has_value());
  for (const scenario::Fault& fault : faults) loaded.scenario->faults.push_back(fault);
  auto simulation = std::make_unique<app::Simulation>(
      std::move(*loaded.scenario),
      [](std::uint64_t seed) { return std::make_unique<engine::LeanEngine>(seed); });
  simulation->add_sink(reader);
  simulation->begin();
  return simulation;
}

}  // namespace

TEST_CASE("scenarios: the scoreboard agrees with the ledger all the way") {
  for (const std::string& path : shipped()) {
    CAPTURE(path);
    Reader reader;
    const auto simulation = simulate(path, reader);
    while (!simulation->ended()) {
      simulation->run_until(simulation->now() + 1700ms);
      check_against(reader, simulation->ledger());
    }
  }
}

TEST_CASE("scenarios: ... also when everything that can crash does") {
  for (const std::string& path : shipped()) {
    CAPTURE(path);
    Reader names;
    simulate(path, names)->run_until(SimTime{});
    std::vector<scenario::Fault> faults;
    for (const NodeInfo& node : names.history.nodes())
      for (const auto kind : {scenario::FaultKind::crash, scenario::FaultKind::power_loss}) {
        scenario::Fault fault;
        fault.at = 4s + 1777ms * static_cast<int>(faults.size());
        fault.kind = kind;
        fault.target = node.name;
        fault.lasts = 900ms;
        faults.push_back(fault);
      }
    Reader reader;
    const auto simulation = simulate(path, reader, faults);
    while (!simulation->ended()) {
      simulation->run_until(simulation->now() + 2300ms);
      check_against(reader, simulation->ledger());
    }
  }
}

TEST_CASE("scenarios: ... and when somebody can't be reached, from the start or forever") {
  for (const std::string& path : shipped()) {
    Reader names;
    simulate(path, names)->run_until(SimTime{});
    for (const NodeInfo& node : names.history.nodes())
      for (const auto kind : {scenario::FaultKind::link_down, scenario::FaultKind::power_loss}) {
        CAPTURE(path);
        CAPTURE(node.name);
        scenario::Fault fault;
        fault.at = kind == scenario::FaultKind::link_down ? Duration{} : 4500ms;
        fault.kind = kind;
        fault.target = node.name;
        Reader reader;
        const auto simulation = simulate(path, reader, {fault});
        while (!simulation->ended()) {
          simulation->run_until(simulation->now() + 7300ms);
          check_against(reader, simulation->ledger());
        }
        const check::Ledger& ledger = simulation->ledger();
        const check::Verdict verdict = ledger.verdict();
        std::set<RecordId> accounted;
        for (const check::Number* number :
             {&verdict.failed, &verdict.lost_acknowledged, &verdict.undelivered, &verdict.delivered,
              &verdict.dead_lettered, &verdict.stored, &verdict.expired, &verdict.compacted})
          accounted.insert(number->records.begin(), number->records.end());
        CHECK(accounted.size() == verdict.produced.count);
      }
  }
}

TEST_CASE("scenarios: seeking gives the same world as folding, and the end is at rest") {
  for (const std::string& path : shipped()) {
    CAPTURE(path);
    Reader reader;
    const auto simulation = simulate(path, reader);
    simulation->run_until(simulation->end());
    const History& history = reader.history;
    Replay replay(64, 16);
    RandomStream random(7, path);
    for (int i = 0; i < 12; ++i) {
      const auto moment = static_cast<Position>(random.below(history.size() + 1));
      World folded;
      while (folded.moment < moment) folded.apply(history);
      REQUIRE(replay.seek(history, moment, folded.t) == folded);
    }
    const World& end = replay.seek(history, history.size(), history.last_time());
    CHECK(end.ended);
    CHECK(end.expectations_met + end.expectations_broken > 0);
    std::uint64_t produced = 0;
    for (const NodeView& node : end.nodes) {
      produced += node.publisher.produced;
      CHECK(node.publisher.batches.size() <= node.publisher.pending.size());
    }
    CHECK(produced == reader.scoreboard.count(Score::produced, history.size()));
  }
}

TEST_CASE("scenarios: what is drawn has its place, all the time") {
  for (const std::string& path : shipped()) {
    CAPTURE(path);
    Reader reader;
    const auto simulation = simulate(path, reader);
    simulation->run_until(simulation->end());
    const Layout layout = make_layout(reader.history);
    for (const NodeBox& a : layout.nodes)
      for (const NodeBox& b : layout.nodes)
        if (a.node < b.node) CHECK_FALSE(a.box.overlaps(b.box));
    CHECK_FALSE(reader.timeline.lanes().empty());
    Replay replay;
    std::size_t seen = 0;
    for (const MessageInfo& message : reader.history.messages()) {
      if (message.end == no_position) continue;
      const SimTime t = message.sent + (message.ended - message.sent) / 2;
      const World& world = replay.seek(reader.history, reader.history.at(t), t);
      const Flights flights = flights_at(reader.history, world);
      seen += flights.flights.size();
      for (const Flight& flight : flights.flights) {
        CHECK(flight.fraction >= 0);
        CHECK(flight.fraction <= 1);
        CHECK(flight.link < layout.links.size());
      }
    }
    CHECK(seen > 0);
  }
}

TEST_CASE("scenarios: every record has a life that begins with its publication") {
  for (const std::string& path : shipped()) {
    CAPTURE(path);
    Reader reader;
    const auto simulation = simulate(path, reader);
    simulation->run_until(simulation->end());
    const History& history = reader.history;
    World end;
    while (end.moment < history.size()) end.apply(history);
    for (const RecordId record : history.records()) {
      const Inspection found = inspect(history, reader.scoreboard, end, record);
      REQUIRE_FALSE(found.life.empty());
      CHECK(found.life.front().word == "published");
      CHECK(found.life.size() > 1);
      CHECK_FALSE(found.why.empty());
    }
  }
}
