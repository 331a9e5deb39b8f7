// The two engines come to the same outcomes: what was delivered to whom, what was done, and how
// long the logs are. When exactly, they may differ. Each run is a process of its own.
#include <doctest/doctest.h>
#include <unistd.h>

#include <map>
#include <set>
#include <tuple>

#include "sim/app/scenario_files.h"
#include "sim/check/ledger.h"
#include "sim/trace/fingerprint.h"
#include "sim/trace/reader.h"
#include "tests/unit/app/process.h"

namespace eventarium::app {
namespace {

struct Outcome {
  std::set<std::tuple<std::string, std::string, std::string>> delivered;  // to, type, id
  std::multiset<std::tuple<std::string, std::string>> side_effects;       // by, key
  std::map<check::PartitionKey, std::int64_t> log_end_offsets;
  std::string fingerprint;
};

Outcome outcome(const std::string& scenario, const std::string& engine) {
  const Finished finished = run({"run", scenario, "--engine", engine, "--trace", "-"});
  const trace::TraceFile trace = trace::read_trace(finished.out);
  REQUIRE(trace.complete);
  REQUIRE(trace.header->engine == engine);
  check::Ledger ledger;
  trace::Fingerprint fingerprint;
  for (const auto& event : trace.events) {
    ledger.on_event(event);
    fingerprint.on_event(event);
  }
  Outcome result;
  result.fingerprint = fingerprint.text();
  CHECK(trace.events.back().as<trace::RunEnded>()->fingerprint == result.fingerprint);
  for (const auto& record : ledger.records())
    for (const auto& handing : ledger.handings(record))
      result.delivered.emplace(ledger.names().name(handing.consumer), ledger.event_type(record),
                               ledger.event_id(record));
  for (const auto& effect : ledger.side_effects())
    result.side_effects.emplace(ledger.names().name(effect.service), effect.idempotency_key);
  for (const auto& [key, partition] : ledger.logs().partitions())
    result.log_end_offsets[key] = partition.log().log_end_offset();
  return result;
}

TEST_CASE("all shipped scenarios: SimGrid and lean agree on what happened") {
  const auto files = list_scenario_files(EVENTARIUM_BINARY_DIR);
  REQUIRE(files.size() >= 8);
  for (const std::string& file : files) {
    CAPTURE(file);
    const Outcome simgrid = outcome(file, "simgrid"), lean = outcome(file, "lean");
    CHECK(!simgrid.delivered.empty());
    CHECK(simgrid.delivered == lean.delivered);
    CHECK(simgrid.side_effects == lean.side_effects);
    CHECK(simgrid.log_end_offsets == lean.log_end_offsets);
    CHECK(simgrid.fingerprint == outcome(file, "simgrid").fingerprint);
  }
}

}  // namespace
}  // namespace eventarium::app
