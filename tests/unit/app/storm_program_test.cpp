// Storms and metrics as a user asks for them.
#include <doctest/doctest.h>

#include <algorithm>
#include <string>

#include <nlohmann/json.hpp>

#include "tests/unit/app/process.h"

namespace eventarium::app {
namespace {

using Json = nlohmann::json;

const char* const storm_cluster = EVENTARIUM_SOURCE_DIR "/tests/storm/cluster.yaml";

TEST_CASE("a storm is told first, is the same again, and breaks nothing that is promised") {
  const Finished first = run({"run", storm_cluster, "--storm", "7:8", "--engine", "lean", "-q"});
  CHECK(first.code == 0);
  const Finished told = run({"run", storm_cluster, "--storm", "7:8", "--engine", "lean", "--json"});
  const Json json = Json::parse(told.out);
  CHECK(json["invariants_violated"].empty());
  CHECK(json["losses"].empty());
  CHECK(json["ledger"]["lost_acknowledged"] == 0);
  CHECK(first.out.find(json["fingerprint"].get<std::string>()) != std::string::npos);
  const Finished narrated = run({"run", storm_cluster, "--storm", "7:8", "--engine", "lean"});
  CHECK(narrated.out.find("planned: ") != std::string::npos);
}

TEST_CASE("storms that can't be are refused with a hint") {
  const auto refused = [](std::vector<std::string> arguments, const std::string& hint) {
    const Finished finished = run(std::move(arguments));
    CHECK(finished.code == 2);
    CHECK(finished.err.find(hint) != std::string::npos);
  };
  refused({"run", storm_cluster, "--storm", "7:11"}, "1 to 10");
  refused({"run", storm_cluster, "--storm", "7", "--until", "60s"}, "at least");
  refused({"run", "letter", "--storm", "7"}, "needs a");
}

TEST_CASE("a scenario that is too short for a storm goes on until all is healed, and says so") {
  const Finished finished = run({"run", "broker-crash", "--storm", "7", "--engine", "lean"});
  CHECK(finished.err.find("note: the run ends after 2.25 min instead of 75 s") == 0);
  CHECK(finished.out.find("lean engine, 2.25 min") != std::string::npos);
  CHECK(finished.out.find("02:15.000  ") != std::string::npos);
  CHECK(finished.out.find("0 failed, 0 lost") != std::string::npos);
  CHECK(finished.out.find("invariants hold") != std::string::npos);
  const std::size_t aside = finished.err.find("note: not judged in a storm");
  REQUIRE(aside != std::string::npos);
  CHECK(finished.err.find("leader_changes of orders: 1", aside) != std::string::npos);
  CHECK(finished.err.find("unclean_elections", aside) == std::string::npos);
  CHECK(finished.out.find("NOT MET") == std::string::npos);
  CHECK(finished.out.find("met      lost: 0") != std::string::npos);
  CHECK(finished.code == 0);
  for (const char* short_one : {"newsletter", "logs"}) {
    const Json json =
        Json::parse(run({"run", short_one, "--storm", "3:2", "--engine", "lean", "--json"}).out);
    CHECK(json["simulated_s"] == 90.0);
    CHECK(json["invariants_violated"].empty());
  }
}

TEST_CASE("metrics: a table, CSV with a row per second, JSON with explanations") {
  const Finished table = run({"metrics", "newsletter", "--engine", "lean"});
  CHECK(table.code == 0);
  CHECK(table.out.find("UnderReplicatedPartitions") != std::string::npos);
  const Finished csv = run({"metrics", "newsletter", "--engine", "lean", "--csv"});
  CHECK(csv.out.starts_with("second,UnderReplicatedPartitions,"));
  CHECK(std::count(csv.out.begin(), csv.out.end(), '\n') == 31);
  const Json json = Json::parse(run({"metrics", "newsletter", "--engine", "lean", "--json"}).out);
  CHECK(json["metrics"][0]["values"].size() == 30);
  CHECK(!json["metrics"][0]["doc"].get<std::string>().empty());
}

}  // namespace
}  // namespace eventarium::app
