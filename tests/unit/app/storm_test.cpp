// The plan of a storm: from its seed alone, within its time, on nodes that exist, and over in time.
#include "sim/app/storm.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace eventarium::app {
namespace {

scenario::Scenario cluster() {
  scenario::Scenario scenario;
  scenario.cluster.brokers = 3;
  scenario.cluster.controllers = 3;
  scenario.producers.emplace_back().name = "shop";
  scenario.services.emplace_back().name = "billing";
  return scenario;
}

TEST_CASE("a storm is over after 60 % of the run, and at least a minute before its end") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed)
    for (const Duration duration : {Duration{90s}, Duration{180s}, Duration{600s}})
      for (const auto& fault : plan_storm(cluster(), {seed, 10, true}, duration)) {
        REQUIRE(fault.lasts);
        CHECK(fault.at >= 5s);
        CHECK(*fault.lasts > 0s);
        CHECK(fault.at + *fault.lasts <= duration * 6 / 10);
        CHECK(fault.at + *fault.lasts <= duration - 60s);
      }
}

TEST_CASE(
    "same seed, same storm; more intensity, more faults; short runs and other channels none") {
  const auto same = [](const scenario::Fault& a, const scenario::Fault& b) {
    return a.at == b.at && a.kind == b.kind && a.target == b.target && a.peer == b.peer &&
           a.lasts == b.lasts && a.sides == b.sides;
  };
  const auto first = plan_storm(cluster(), {7, 5, false}, 300s);
  const auto again = plan_storm(cluster(), {7, 5, false}, 300s);
  CHECK(std::equal(first.begin(), first.end(), again.begin(), again.end(), same));
  const auto other = plan_storm(cluster(), {8, 5, false}, 300s);
  CHECK(!std::equal(first.begin(), first.end(), other.begin(), other.end(), same));
  std::size_t calm = 0, wild = 0;
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    calm += plan_storm(cluster(), {seed, 1, false}, 300s).size();
    wild += plan_storm(cluster(), {seed, 10, false}, 300s).size();
  }
  CHECK(wild > 5 * calm);
  CHECK(plan_storm(cluster(), {7, 5, false}, 80s).empty());
  scenario::Scenario queue = cluster();
  queue.channel = scenario::Channel::queue;
  CHECK(plan_storm(queue, {7, 5, false}, 300s).empty());
}

TEST_CASE("in a storm only what can be promised whatever breaks is judged") {
  using scenario::Expectation;
  scenario::Scenario scenario = cluster();
  const auto expect = [&](Expectation::What what, double value,
                          Expectation::Comparison comparison = Expectation::Comparison::equal,
                          std::optional<Duration> at = {}) {
    Expectation expectation;
    expectation.what = what;
    expectation.value = value;
    expectation.comparison = comparison;
    expectation.at = at;
    scenario.expectations.push_back(expectation);
  };
  using What = Expectation::What;
  expect(What::lost, 0);
  expect(What::isr_size, 2, Expectation::Comparison::equal, 30s);
  expect(What::lost, 1, Expectation::Comparison::at_least);
  expect(What::leader_changes, 1);
  expect(What::delivered, 240);
  expect(What::duplicated, 5, Expectation::Comparison::at_most);
  expect(What::duplicated, 0, Expectation::Comparison::more);
  expect(What::isr_size, 3);
  const auto aside = set_own_course_aside(scenario);
  REQUIRE(aside.size() == 4);
  CHECK(aside[0].at == 30s);
  CHECK(aside[1].what == What::lost);
  CHECK(aside[2].what == What::leader_changes);
  CHECK(aside[3].comparison == Expectation::Comparison::more);
  REQUIRE(scenario.expectations.size() == 4);
  CHECK(scenario.expectations[0].value == 0);
  CHECK(scenario.expectations[3].what == What::isr_size);
}

TEST_CASE("storms use every kind they know, on nodes that exist, and power only when allowed") {
  const std::set<std::string> names{"broker-1",     "broker-2",     "broker-3", "controller-1",
                                    "controller-2", "controller-3", "shop",     "billing"};
  std::set<scenario::FaultKind> kinds;
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    Duration dark_until{};
    for (const auto& fault : plan_storm(cluster(), {seed, 8, true}, 600s)) {
      kinds.insert(fault.kind);
      const bool split = fault.kind == scenario::FaultKind::split;
      CHECK(names.contains(fault.target) != split);
      if (fault.kind == scenario::FaultKind::cut) {
        CHECK(names.contains(fault.peer));
        CHECK(fault.peer != fault.target);
      }
      if (split) {
        REQUIRE(fault.sides.size() == 2);
        CHECK(fault.sides[0].size() + fault.sides[1].size() == names.size());
        CHECK(!fault.sides[0].empty());
        CHECK(!fault.sides[1].empty());
      }
      if (fault.kind != scenario::FaultKind::power_loss) continue;
      CHECK(fault.at >= dark_until);
      dark_until = fault.at + *fault.lasts;
    }
    for (const auto& fault : plan_storm(cluster(), {seed, 8, false}, 600s))
      CHECK(fault.kind != scenario::FaultKind::power_loss);
  }
  CHECK(kinds.size() == 11);
}

TEST_CASE("a storm as text") {
  const auto parsed = [](const char* text) { return std::get<StormOptions>(parse_storm(text)); };
  CHECK(parsed("7") == StormOptions{7, 5, false});
  CHECK(parsed("7:3") == StormOptions{7, 3, false});
  CHECK(parsed("18446744073709551615:10:power") == StormOptions{~std::uint64_t{0}, 10, true});
  CHECK(storm_text(parsed("7:3:power")) == "7:3:power");
  CHECK(storm_text(parsed("7")) == "7:5");
  for (const char* wrong :
       {"", "x", "-1", "7:", "7:0", "7:11", "7:3:", "7:3:wind", "7:3 ", "7.5"}) {
    CAPTURE(wrong);
    CHECK(std::holds_alternative<std::string>(parse_storm(wrong)));
  }
}

TEST_CASE("a storm joins the scenario's own faults in order of time") {
  scenario::Scenario scenario = cluster();
  scenario.faults.emplace_back().at = 20s;
  add_storm(scenario, {3, 9, false}, 300s);
  CHECK(scenario.faults.size() > 5);
  CHECK(std::is_sorted(scenario.faults.begin(), scenario.faults.end(),
                       [](const auto& a, const auto& b) { return a.at < b.at; }));
}

}  // namespace
}  // namespace eventarium::app
