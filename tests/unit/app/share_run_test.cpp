// Share groups in whole runs, with real controllers, brokers and clients: more workers than
// partitions, records that come back, leaders and coordinators that are lost.
#include <doctest/doctest.h>

#include <set>

#include "sim/app/describe_groups.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

std::string workers(const std::string& config, const std::string& more) {
  return "version: 1\nduration: 90s\n"
         "cluster: {brokers: 3, controllers: 3, config: {group.share.record.lock.duration.ms: "
         "5000}}\n"
         "topics: [{name: jobs, replicas: 3, config: {min.insync.replicas: 2}}]\n"
         "producers: [{name: desk, topic: jobs, start: 2s, every: 100ms, count: 300}]\n"
         "consumers:\n  - {name: worker, reads: jobs, group: work, share: true, instances: 4, "
         "service_time: 350ms,\n     config: {share.auto.offset.reset: earliest, "
         "max.poll.records: 3" +
         config + "}}\n" + more;
}

const std::string explicitly = ", share.acknowledgement.mode: explicit";

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const std::string& yaml) : simulation(scenario_from(yaml), make_lean) {
    simulation.add_sink(recorder);
    simulation.begin();
    simulation.run_until(simulation.end());
    CHECK(simulation.ledger().cluster().violations().empty());
  }
  check::Verdict verdict() const { return simulation.ledger().verdict(); }
  std::vector<const trace::RecordsSettled*> settled(const std::string& outcome,
                                                    const std::string& reason) const {
    std::vector<const trace::RecordsSettled*> found;
    for (const trace::Event& event : recorder.events)
      if (const auto* body = event.as<trace::RecordsSettled>();
          body && body->outcome == outcome && body->reason == reason)
        found.push_back(body);
    return found;
  }
};

TEST_CASE("four workers share one partition, each record is done once") {
  const Run run(workers("", ""));
  CHECK(run.verdict().processed.count == 300);
  CHECK(run.verdict().duplicated.count == 0);
  CHECK(run.verdict().undelivered.count == 0);
  std::set<NodeId> busy;
  for (const trace::Event& event : run.recorder.all<trace::RecordsAcquired>())
    busy.insert(event.as<trace::RecordsAcquired>()->client);
  CHECK(busy.size() == 4);
  CHECK(describe_groups(run.simulation.scenario(), run.simulation.ledger(), GroupTable::offsets,
                        "work", false)
            .find("START-OFFSET") != std::string::npos);
}

TEST_CASE("a worker that crashes gives its records back at once, one that hangs when locks end") {
  const Run run(workers(explicitly,
                        "faults:\n  - {at: 10s, do: crash, target: worker-1, for: 30s}\n"
                        "  - {at: 15s, do: pause, target: worker-2, for: 20s}\n"));
  const auto at_once = run.settled("released", "the member's connection is gone");
  const auto late = run.settled("released", "lock time-out");
  CHECK(!at_once.empty());
  CHECK(!late.empty());
  CHECK(run.verdict().processed.count == 300);
  CHECK(run.verdict().undelivered.count == 0);
}

TEST_CASE("poison is delivered five times, archived, and nothing waits for it") {
  const Run run(workers(explicitly, "faults:\n  - {at: 10s, do: poison, target: desk}\n"));
  const auto archived = run.settled("archived", "acknowledged");
  REQUIRE(archived.size() == 1);
  CHECK(run.settled("released", "acknowledged").size() == 4);
  CHECK(run.verdict().dead_lettered.records == archived.front()->records);
  CHECK(run.verdict().processed.count == 299);
}

TEST_CASE("implicit acknowledgement accepts what a handler has failed at") {
  const Run run(workers("", "faults:\n  - {at: 10s, do: poison, target: desk}\n"));
  CHECK(run.verdict().dead_lettered.count == 0);
  CHECK(run.verdict().duplicated.count == 0);
  CHECK(run.verdict().processed.count == 299);
}

TEST_CASE("whoever of the brokers is lost, the next ones know what was finished") {
  for (const char* broker : {"broker-1", "broker-2", "broker-3"}) {
    CAPTURE(broker);
    const Run run(
        workers(explicitly, std::string("faults:\n  - {at: 12s, do: crash, target: ") + broker +
                                ", for: 15s}\n  - {at: 14s, do: poison, target: desk}\n"));
    CHECK(run.verdict().lost_acknowledged.count == 0);
    CHECK(run.verdict().processed.count == 299);
    CHECK(run.verdict().dead_lettered.count == 1);
    CHECK(run.verdict().undelivered.count == 0);
  }
}

TEST_CASE("a group that begins at the end gets what comes after it") {
  const Run run(
      "version: 1\nduration: 40s\ncluster: {brokers: 3}\n"
      "topics: [{name: jobs, replicas: 3}]\n"
      "producers: [{name: desk, topic: jobs, start: 1s, every: 100ms, count: 200}]\n"
      "consumers:\n  - {name: worker, reads: jobs, group: work, share: true, start: 10s}\n");
  const check::Verdict verdict = run.verdict();
  CHECK(verdict.delivered.count > 90);
  CHECK(verdict.delivered.count < 112);
  CHECK(verdict.undelivered.count == 0);
}

}  // namespace
}  // namespace eventarium::app
