// A ledger that forgets records at their end counts what one that keeps all of them counts, at any
// moment and for any question; only its memory is another.
#include <doctest/doctest.h>

#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

using check::Filter;
using check::Ledger;
using check::Number;
using check::Verdict;

/// Short retention, a compacted topic, two groups and a lone reader, and something that goes wrong
/// every few seconds.
const char* const busy = R"(version: 1
duration: 120s
cluster: {brokers: 3, config: {min.insync.replicas: 2, log.retention.check.interval.ms: 3000,
          log.cleaner.backoff.ms: 2000}}
topics:
  - {name: clicks, partitions: 3, replicas: 3, config: {retention.ms: 8000, segment.ms: 3000,
     file.delete.delay.ms: 500}}
  - {name: prices, partitions: 2, replicas: 2, config: {cleanup.policy: compact, segment.ms: 3000,
     min.cleanable.dirty.ratio: 0.01}}
producers:
  - {name: site, topic: clicks, key: "user-{n}", every: 40ms, until: 100s}
  - {name: app, topic: clicks, every: 90ms, until: 100s, config: {acks: 1}}
  - {name: market, topic: prices, key: "{symbol}", data: {symbol: [a, b, c, d]}, every: 70ms,
     until: 100s}
consumers:
  - {name: search, instances: 3, group: search, reads: clicks,
     config: {auto.offset.reset: earliest, session.timeout.ms: 6000}}
  - {name: fraud, instances: 2, group: fraud, reads: [clicks, prices], service_time: 5ms,
     config: {auto.offset.reset: earliest, session.timeout.ms: 6000}}
  - {name: display, reads: prices, config: {auto.offset.reset: latest}}
faults:
  - {at: 15s, do: crash, target: search-1, for: 3s}
  - {at: 25s, do: crash, target: broker-2, for: 6s}
  - {at: 40s, do: poison, target: site}
  - {at: 45s, do: pause, target: fraud-2, for: 15s}
  - {at: 70s, do: power_loss, target: broker-1, for: 5s}
  - {at: 85s, do: crash, target: display, for: 9s}
)";

std::vector<Filter> questions(const Ledger& ledger) {
  std::vector<Filter> all(1);
  for (const NodeId node : ledger.consumers()) all.emplace_back().to = node;
  for (const auto& [group, members] : ledger.groups()) all.emplace_back().group = group;
  for (const char* topic : {"clicks", "prices"}) all.emplace_back().topic = topic;
  for (const char* producer : {"site", "app", "market"})
    all.emplace_back().from = *ledger.names().find(producer);
  return all;
}

constexpr std::pair<const char*, Number Verdict::*> numbers[] = {
    {"produced", &Verdict::produced},
    {"acknowledged", &Verdict::acknowledged},
    {"failed", &Verdict::failed},
    {"stored", &Verdict::stored},
    {"delivered", &Verdict::delivered},
    {"processed", &Verdict::processed},
    {"lost_acknowledged", &Verdict::lost_acknowledged},
    {"expired", &Verdict::expired},
    {"compacted", &Verdict::compacted},
    {"truncated", &Verdict::truncated},
    {"unprocessed", &Verdict::unprocessed},
    {"duplicated", &Verdict::duplicated},
    {"out_of_order", &Verdict::out_of_order},
    {"undelivered", &Verdict::undelivered},
    {"skipped", &Verdict::skipped},
};

void compare(const Ledger& keeps, const Ledger& settles) {
  for (const Filter& filter : questions(keeps)) {
    CAPTURE(keeps.names().name(filter.to));
    CAPTURE(filter.group);
    CAPTURE(filter.topic);
    const Verdict whole = keeps.verdict(filter), settled = settles.verdict(filter);
    for (const auto& [name, number] : numbers) {
      CAPTURE(std::string(name));
      CHECK((settled.*number).count == (whole.*number).count);
    }
    // What went wrong can still be named.
    for (const auto number : {&Verdict::failed, &Verdict::lost_acknowledged, &Verdict::unprocessed,
                              &Verdict::duplicated, &Verdict::out_of_order, &Verdict::undelivered})
      CHECK((settled.*number).records == (whole.*number).records);
    const check::Percentiles exact = keeps.latency(Ledger::Milestone::processed, filter);
    const check::Percentiles rounded = settles.latency(Ledger::Milestone::processed, filter);
    CHECK(rounded.samples == exact.samples);
    if (!exact.p95) continue;
    CHECK(*rounded.p95 <= *exact.p95);
    CHECK(*rounded.p95 >= *exact.p95 - *exact.p95 / 100);
  }
}

std::size_t kept(const Ledger& ledger) {
  std::size_t count = 0;
  for (const check::RecordEntry& record : ledger.records())
    if (ledger.find(record.id)) ++count;
  return count;
}

}  // namespace

TEST_CASE("settled records: every count is the same at any moment, and most entries are gone") {
  Simulation simulation(scenario_from(busy), make_lean);
  Ledger settles;
  settles.settle_records();
  simulation.add_sink(settles);
  simulation.begin();
  for (int s = 5; s <= 120; s += 5) {
    CAPTURE(s);
    simulation.run_until(sim_time(std::chrono::seconds(s)));
    compare(simulation.ledger(), settles);
  }
  const Ledger& keeps = simulation.ledger();
  CHECK(keeps.verdict().duplicated.count > 0);
  CHECK(kept(keeps) == keeps.records().size());
  CHECK(kept(settles) < keeps.records().size() / 2);
}

TEST_CASE("settled latencies are rounded down by less than a hundredth") {
  using check::DurationCounts;
  CHECK(DurationCounts::rounded(Duration{0}) == Duration{0});
  CHECK(DurationCounts::rounded(Duration{255}) == Duration{255});
  CHECK(DurationCounts::rounded(Duration{257}) == Duration{256});
  for (std::int64_t ns = 1; ns < 100'000'000'000; ns = ns * 3 + 1) {
    CHECK(DurationCounts::rounded(Duration{ns}) <= Duration{ns});
    CHECK(DurationCounts::rounded(Duration{ns}).count() * 100 > ns * 99);
  }
  DurationCounts settled;
  for (int i = 1; i <= 98; ++i) settled.add(1ms);
  const check::Percentiles both = check::percentiles({2s, 3s}, settled);
  CHECK(both.samples == 100);
  CHECK(both.p50 == DurationCounts::rounded(1ms));
  CHECK(both.p99 == 2s);
}

}  // namespace eventarium::app
