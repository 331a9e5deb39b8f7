// What a whole cluster shows to its clients when replicas or controllers are missing: acks=all and
// the in-sync set, from the producer's side, with real controllers, brokers and clients.
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
  }
  void until(Duration t) { simulation.run_until(sim_time(t)); }
  check::Verdict verdict(const std::string& from = "") const {
    check::Filter filter;
    if (!from.empty()) filter.from = node(from);
    return simulation.ledger().verdict(filter);
  }
  NodeId node(const std::string& name) const {
    return simulation.ledger().names().find(name).value_or(NodeId{});
  }
  std::string name(NodeId id) const { return simulation.ledger().names().name(id); }
  /// The first event of that kind at `from` or later that `which` takes.
  template <class Body, class Which>
  std::optional<SimTime> first(SimTime from, Which&& which) const {
    for (const trace::Event& event : recorder.events)
      if (const auto* body = event.as<Body>(); body && event.t >= from && which(event, *body))
        return event.t;
    return std::nullopt;
  }
  template <class Body>
  std::optional<SimTime> first(SimTime from) const {
    return first<Body>(from, [](const trace::Event&, const Body&) { return true; });
  }
  std::vector<std::string> errors_of(NodeId producer) const {
    std::vector<std::string> errors;
    for (const trace::Event& event : recorder.all<trace::SendRetried>())
      if (event.node == producer) errors.push_back(event.as<trace::SendRetried>()->error);
    return errors;
  }
};

/// Three brokers, a topic with three copies of which two must be in sync. The placement of its one
/// partition depends on the seed alone.
std::string three_brokers(int controllers, const std::string& producers) {
  return "version: 1\nduration: 120s\n"
         "cluster: {brokers: 3, controllers: " +
         std::to_string(controllers) +
         "}\ntopics: [{name: orders, replicas: 3, config: {min.insync.replicas: 2}}]\n"
         "producers:\n" +
         producers + "consumers: [{name: billing, reads: orders}]\n";
}

struct Replicas {
  std::string leader, first, second;  // the followers, in order of assignment
};

Replicas replicas_of(const std::string& yaml) {
  Run run(yaml);
  run.until(1ms);
  const auto created = run.recorder.all<trace::PartitionCreated>();
  REQUIRE(created.size() == 1);
  const auto& replicas = created[0].as<trace::PartitionCreated>()->replicas;
  REQUIRE(replicas.size() == 3);
  return {run.name(replicas[0]), run.name(replicas[1]), run.name(replicas[2])};
}

const char* const steady_shop = "  - {name: shop, topic: orders, every: 200ms, until: 80s}\n";

}  // namespace

TEST_CASE(
    "check 12, for the producer: a dead follower holds acks=all up until it is fenced, 7 to 10.1 s "
    "later; every send ends in success") {
  const std::string base = three_brokers(1, steady_shop);
  const Replicas of = replicas_of(base);
  Run run(base + "faults: [{at: 20300ms, do: crash, target: " + of.second + "}]\n");
  run.until(120s);
  const SimTime crashed = sim_time(20300ms);
  const auto fenced = run.first<trace::BrokerFenced>(crashed);
  REQUIRE(fenced);
  CHECK(*fenced - crashed >= 7s);
  CHECK(*fenced - crashed <= 10100ms);
  // What was sent just before the crash may still be answered.
  const auto answered = run.first<trace::RecordsAcknowledged>(crashed + 5ms);
  REQUIRE(answered);
  CHECK(*answered >= *fenced);
  CHECK(*answered - *fenced < 100ms);
  CHECK(run.verdict().acknowledged.count == run.verdict().produced.count);
  CHECK(run.verdict().delivered.count == run.verdict().produced.count);
  CHECK(run.errors_of(run.node("shop")).empty());
}

TEST_CASE(
    "check 12, for the producer: a follower that can't reach its leader is dropped 30 to 45 s "
    "later; sends time out after 30 s, are repeated, and end in success without a duplicate") {
  const std::string base = three_brokers(1, steady_shop);
  const Replicas of = replicas_of(base);
  Run run(base + "faults: [{at: 20300ms, do: cut, target: " + of.second + ", peer: " + of.leader +
          ", both_ways: true, for: 60s}]\n");
  run.until(120s);
  const SimTime cut = sim_time(20300ms);
  const auto shrunk = run.first<trace::PartitionChanged>(
      cut, [](const trace::Event&, const trace::PartitionChanged& e) { return e.isr.size() == 2; });
  REQUIRE(shrunk);
  CHECK(*shrunk - cut >= 29500ms);  // it was last caught up some moments before the cut
  CHECK(*shrunk - cut <= 45s);
  CHECK_FALSE(run.first<trace::BrokerFenced>(SimTime{}));  // it is alive, and says so
  const std::vector<std::string> errors = run.errors_of(run.node("shop"));
  REQUIRE_FALSE(errors.empty());
  for (const std::string& error : errors) CHECK(error == "REQUEST_TIMED_OUT");
  const auto retried = run.first<trace::SendRetried>(cut);
  CHECK(*retried - cut >= 30s);
  CHECK(*retried - cut <= 30300ms);
  const check::Verdict verdict = run.verdict();
  CHECK(verdict.failed.count == 0);
  CHECK(verdict.acknowledged.count == verdict.produced.count);
  CHECK(verdict.undelivered.count == 0);
  CHECK(verdict.duplicated.count == 0);  // what is in the log already is recognised
}

TEST_CASE(
    "check 13, for the producer: with one replica in sync of two wanted acks=all is refused until "
    "delivery.timeout.ms and stored nowhere; acks=1 is stored and read when two are in sync") {
  const std::string base = three_brokers(
      1,
      "  - {name: careful, topic: orders, start: 40s, every: 1s, count: 5,\n"
      "     config: {acks: all, delivery.timeout.ms: 15000, request.timeout.ms: 5000}}\n"
      "  - {name: hasty, topic: orders, start: 40s, every: 1s, count: 5, config: {acks: 1}}\n");
  const Replicas of = replicas_of(base);
  Run run(base + "faults:\n  - {at: 20s, do: crash, target: " + of.first +
          ", for: 60s}\n  - {at: 20s, do: crash, target: " + of.second + "}\n");
  run.until(75s);
  const check::Verdict careful = run.verdict("careful");
  CHECK(careful.failed.count == 5);
  CHECK(careful.stored.count == 0);
  CHECK(run.recorder.all<trace::ProduceRefused>().size() > 5);
  for (const std::string& error : run.errors_of(run.node("careful")))
    CHECK(error == "NOT_ENOUGH_REPLICAS");
  const auto given_up = run.first<trace::SendFailed>(SimTime{});
  REQUIRE(given_up);
  CHECK(*given_up >= sim_time(55s));
  CHECK(*given_up < sim_time(56s));
  for (const trace::Event& event : run.recorder.all<trace::SendFailed>())
    CHECK(event.as<trace::SendFailed>()->error.starts_with("TimeoutException"));
  const check::Verdict hasty = run.verdict("hasty");
  CHECK(hasty.acknowledged.count == 5);
  CHECK(hasty.stored.count == 5);
  CHECK(hasty.delivered.count == 0);
  CHECK(hasty.undelivered.count == 5);
  run.until(120s);
  CHECK(run.verdict("hasty").delivered.count == 5);
  CHECK(run.verdict("careful").delivered.count == 0);
}

TEST_CASE("check 30, for clients: without a quorum leaders go on serving, but nobody is replaced") {
  const std::string base = three_brokers(3, steady_shop);
  const Replicas of = replicas_of(base);
  Run run(base + "faults:\n  - {at: 20s, do: crash, target: controller-1}\n" +
          "  - {at: 20s, do: crash, target: controller-2}\n" + "  - {at: 40s, do: crash, target: " +
          of.leader + "}\n" + "operations: [{at: 30s, do: create_topic, topic: more}]\n");
  run.until(39s);
  check::Verdict verdict = run.verdict();
  CHECK(verdict.acknowledged.count + 1 >= verdict.produced.count);
  CHECK(verdict.delivered.count + 1 >= verdict.produced.count);
  CHECK_FALSE(run.first<trace::ControllerElected>(sim_time(20s)));
  const std::uint64_t acknowledged = verdict.acknowledged.count;
  run.until(75s);
  CHECK(run.simulation.cluster().partition_count("more") == 0);
  CHECK_FALSE(run.first<trace::PartitionChanged>(sim_time(20s)));
  verdict = run.verdict();
  CHECK(verdict.acknowledged.count <= acknowledged + 6);  // those of the last second of its leader
  CHECK(verdict.lost_acknowledged.count == 0);
}

}  // namespace eventarium::app
