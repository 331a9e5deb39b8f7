// Storms on a cluster with safe settings lose nothing, with unsafe ones the verdict finds losses
// and says why. EVENTARIUM_STORM_SEEDS and EVENTARIUM_STORM_SIMGRID_SEEDS: how many of them.
#include <doctest/doctest.h>

#include "tests/storm/storm_runs.h"

namespace eventarium::storm {
namespace {

StormRun storm(std::size_t i) {
  StormRun run;
  run.seed = i + 1;
  run.intensity = 1 + static_cast<int>(i % 10);
  return run;
}

bool judge(const StormRun& run, const StormOutcome& outcome) {
  INFO(how_to_reproduce(run));
  INFO(outcome.first_loss);
  CHECK(outcome.crash == "");
  if (!outcome.crash.empty()) return true;
  CHECK(outcome.broken == "");
  CHECK(outcome.produced > 500);
  CHECK(outcome.lost == 0);
  CHECK(outcome.failed == 0);
  CHECK(outcome.acknowledged == outcome.produced);
  CHECK(outcome.undelivered == 0);
  return true;
}

TEST_CASE("storms with safe settings: nothing is broken, lost, or left undelivered") {
  const std::size_t count = from_environment("EVENTARIUM_STORM_SEEDS", 10);
  SUBCASE("lean engine") { run_storms(count, storm, judge); }
  SUBCASE("SimGrid") {
    run_storms(
        from_environment("EVENTARIUM_STORM_SIMGRID_SEEDS", 2),
        [](std::size_t i) {
          StormRun run = storm(i);
          run.simgrid = true;
          return run;
        },
        judge);
  }
  SUBCASE("ZooKeeper, lean engine") {
    run_storms(
        count,
        [](std::size_t i) {
          StormRun run = storm(i);
          run.zookeeper = true;
          return run;
        },
        judge);
  }
}

TEST_CASE("storms over groups and transactions: each committed record once, nothing lost") {
  const auto groups = [](std::size_t i) {
    StormRun run = storm(i);
    run.groups = true;
    return run;
  };
  const auto judge_groups = [](const StormRun& run, const StormOutcome& outcome) {
    INFO(how_to_reproduce(run));
    CHECK(outcome.crash == "");
    CHECK(outcome.broken == "");
    CHECK(outcome.unmet == "");  // how much each group has got
    return true;
  };
  SUBCASE("lean engine") {
    run_storms(from_environment("EVENTARIUM_STORM_SEEDS", 10), groups, judge_groups);
  }
  SUBCASE("SimGrid") {
    run_storms(
        from_environment("EVENTARIUM_STORM_SIMGRID_SEEDS", 2),
        [&](std::size_t i) {
          StormRun run = groups(i);
          run.simgrid = true;
          return run;
        },
        judge_groups);
  }
  SUBCASE("ZooKeeper, lean engine") {
    run_storms(
        from_environment("EVENTARIUM_STORM_SEEDS", 10),
        [&](std::size_t i) {
          StormRun run = groups(i);
          run.set = {{"cluster",
                      "{mode: zookeeper, brokers: 3, zookeepers: 3, config: "
                      "{offsets.topic.num.partitions: 3, "
                      "transaction.state.log.num.partitions: 3}}"},
                     {"consumers.analytics.config.group.protocol", "classic"},
                     {"duration", "250s"}};  // its sessions take 18 s to expire
          return run;
        },
        judge_groups);
  }
}

/// Lean and SimGrid's storms over another cluster, in which all its expectations hold.
void expect_all_met(bool StormRun::*cluster) {
  const auto chosen = [&](std::size_t i) {
    StormRun run = storm(i);
    run.*cluster = true;
    return run;
  };
  const auto judge_expectations = [](const StormRun& run, const StormOutcome& outcome) {
    INFO(how_to_reproduce(run));
    CHECK(outcome.crash == "");
    CHECK(outcome.broken == "");
    CHECK(outcome.unmet == "");
    return true;
  };
  SUBCASE("lean engine") {
    run_storms(from_environment("EVENTARIUM_STORM_SEEDS", 10), chosen, judge_expectations);
  }
  SUBCASE("SimGrid") {
    run_storms(
        from_environment("EVENTARIUM_STORM_SIMGRID_SEEDS", 2),
        [&](std::size_t i) {
          StormRun run = chosen(i);
          run.simgrid = true;
          return run;
        },
        judge_expectations);
  }
}

TEST_CASE("storms over service patterns: each order has its letter, price and picture") {
  expect_all_met(&StormRun::patterns);
}

TEST_CASE("storms over share groups: every record is accepted, or archived with its poison") {
  expect_all_met(&StormRun::shares);
}

/// Runs until losses were found; they must have reasons.
void finds_losses(const std::function<StormRun(std::size_t)>& run) {
  std::size_t with_losses = 0, tried = 0;
  std::string told;
  run_storms(40, run, [&](const StormRun& one, const StormOutcome& outcome) {
    INFO(how_to_reproduce(one));
    ++tried;
    CHECK(outcome.crash == "");
    CHECK(outcome.broken == "");
    CHECK(outcome.all_explained);
    if (outcome.lost > 0) ++with_losses;
    if (outcome.lost > 0) told = outcome.first_loss;
    return with_losses < 2;
  });
  CHECK(with_losses == 2);
  MESSAGE(tried, " storms; ", told);
}

TEST_CASE("acks=1 loses records, and it is said which and why") {
  finds_losses([](std::size_t i) {
    StormRun run = storm(i);
    run.intensity = 6 + static_cast<int>(i % 5);
    run.set = {{"producers.shop.config.acks", "1"}, {"producers.market.config.acks", "1"}};
    return run;
  });
}

TEST_CASE("unclean elections lose records") {
  finds_losses([](std::size_t i) {
    StormRun run = storm(i);
    run.intensity = 6 + static_cast<int>(i % 5);
    run.set = {{"topics.orders.config.min.insync.replicas", "1"},
               {"topics.orders.config.unclean.leader.election.enable", "true"},
               {"topics.orders.replicas", "2"}};
    return run;
  });
}

TEST_CASE("a single replica and a loss of power lose records, even with acks=all") {
  finds_losses([](std::size_t i) {
    StormRun run = storm(i);
    run.intensity = 6 + static_cast<int>(i % 5);
    run.power_loss = true;
    run.set = {{"topics.orders.config.min.insync.replicas", "1"}, {"topics.orders.replicas", "1"}};
    return run;
  });
}

}  // namespace
}  // namespace eventarium::storm
