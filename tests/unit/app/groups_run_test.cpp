// Groups in whole runs: ten lines of scenario share a topic, members come and go, positions are
// kept and reset, and what the tables say of it.
#include <doctest/doctest.h>

#include "sim/app/describe_groups.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

const std::string base = R"(version: 1
duration: 60s
cluster: {brokers: 3}
topics: [{name: orders, partitions: 4, replicas: 3}]
producers:
  - {name: shop, topic: orders, key: "{n}", every: 100ms, until: 50s}
consumers:
  - {name: billing, reads: orders, group: bills, commit: after, instances: 2,
     config: {auto.offset.reset: earliest}}
)";

struct Run {
  Recorder recorder;
  Simulation simulation;

  explicit Run(const std::string& more = "") : simulation(scenario_from(base + more), make_lean) {
    simulation.add_sink(recorder);
    simulation.begin();
  }
  Run& until(Duration t) {
    simulation.run_until(sim_time(t));
    return *this;
  }
  const check::GroupFact& group() const {
    const check::GroupFact* const found = simulation.ledger().cluster().groups().find("bills");
    REQUIRE(found != nullptr);
    return *found;
  }
  std::string refused(scenario::Operation operation) {
    const std::size_t before = recorder.all<trace::CommandRejected>().size();
    simulation.operate(simulation.now(), operation, "{}");
    until(simulation.now() - SimTime{} + 10ms);
    const auto rejected = recorder.all<trace::CommandRejected>();
    return rejected.size() == before ? std::string()
                                     : rejected.back().as<trace::CommandRejected>()->reason;
  }
  bool all_met() const {
    for (const trace::Event& event : recorder.all<trace::ExpectationChecked>()) {
      const auto* checked = event.as<trace::ExpectationChecked>();
      INFO(checked->expect, ": ", checked->actual);
      CHECK(checked->met);
    }
    return true;
  }
};

TEST_CASE("the members of a group share a topic, and all is read once") {
  Run run(
      "expect:\n  - {delivered: 491, to: bills}\n  - {duplicated: 0, to: bills}\n"
      "  - {members: 2, group: bills}\n  - {group_state: Stable, group: bills}\n"
      "  - {lag: 0, group: bills}\n  - {rebalances: 0, group: bills}\n");
  run.until(60s);
  CHECK(run.all_met());
  for (const auto& [id, member] : run.group().members) CHECK(member.partitions.size() == 2);
}

TEST_CASE("one more member takes its share, one that goes gives it back") {
  Run run(
      "operations:\n  - {at: 15s, do: add_consumer, client: billing}\n"
      "  - {at: 30s, do: remove_consumer, client: billing-1}\n"
      "expect:\n  - {members: 3, group: bills, at: 25s}\n  - {members: 2, group: bills}\n"
      "  - {rebalances: 2, group: bills}\n  - {delivered: 491, to: bills}\n"
      "  - {undelivered: 0}\n");
  run.until(60s);
  CHECK(run.all_met());
}

TEST_CASE("a member that is restarted with another configuration leaves its group before") {
  for (const char* protocol : {"classic", "consumer"}) {
    CAPTURE(protocol);
    Run run(std::string(
                "  - {name: other, reads: orders, group: others, commit: after, instances: 2, ") +
            "config: {auto.offset.reset: earliest, group.protocol: " + protocol + "}}\n" +
            "operations:\n  - {at: 15s, do: set_client_config, client: other-1, key: "
            "max.poll.records, value: 5}\n"
            "expect:\n  - {members: 2, group: others, at: 20s}\n"
            "  - {group_state: Stable, group: others, at: 25s}\n"
            "  - {longest_stop: \"< 5s\", group: others}\n  - {delivered: 491, to: others}\n");
    run.until(60s);
    CHECK(run.all_met());
    for (const trace::Event& lost : run.recorder.all<trace::MessageLost>())
      CHECK(lost.node != *run.simulation.cluster().names().find("other-1"));
  }
}

TEST_CASE("positions are reset when nobody is in the group, and not before") {
  Run run(
      "operations:\n  - {at: 20s, do: remove_consumer, client: billing-1}\n"
      "  - {at: 20s, do: remove_consumer, client: billing-2}\n"
      "expect:\n  - {members: 0, group: bills, at: 25s}\n");
  scenario::Operation reset;
  reset.kind = scenario::OperationKind::reset_offsets;
  reset.group = "bills";
  reset.topic = "orders";
  reset.to = "earliest";
  run.until(15s);
  CHECK(run.refused(reset).starts_with("NON_EMPTY_GROUP: 'bills' is Stable with 2 members"));
  run.until(30s);
  REQUIRE(run.group().state == "Empty");
  CHECK(run.group().committed.size() == 4);
  CHECK(run.refused(reset) == "");
  run.until(35s);
  const auto answered = run.recorder.all<trace::OperationAnswered>();
  REQUIRE(!answered.empty());
  CHECK(answered.back().as<trace::OperationAnswered>()->error.empty());
  for (const auto& [key, offset] : run.group().committed) CHECK(offset == 0);
  CHECK(describe_groups(run.simulation.scenario(), run.simulation.ledger(), GroupTable::offsets,
                        "bills", false)
            .find("Consumer group 'bills' has no active members.") != std::string::npos);
}

}  // namespace
}  // namespace eventarium::app
