// Tables, narration lines, the report and the JSON of a summary.
#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "sim/app/output.h"
#include "sim/app/run_summary.h"
#include "sim/app/table.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

TEST_CASE("a table is aligned by what is seen, not by bytes") {
  Table table({{"NAME"}, {"P50", Table::Align::right}, {"NOTE"}});
  CHECK(table.empty());
  table.add_row({"mailer", "5 µs", "a"});
  table.add_row({"crm", "12.25 ms", ""});
  CHECK(table.text(1) ==
        " NAME         P50  NOTE\n"
        " mailer      5 µs  a\n"
        " crm     12.25 ms\n");
  CHECK(shown_width("5 µs→") == 5);
}

TEST_CASE("Kafka's number of a broker") {
  CHECK(broker_id("broker-1") == "1");
  CHECK(broker_id("broker-12") == "12");
  CHECK(broker_id("broker-") == "broker-");
  CHECK(broker_id("broker-1x") == "broker-1x");
  CHECK(broker_id("queue") == "queue");
}

struct Summarized {
  ExpectationLog expectations;
  Simulation simulation;
  trace::Header header;

  explicit Summarized(const std::string& yaml)
      : simulation(scenario_from(yaml), &make_lean), header(simulation.header()) {
    simulation.add_sink(expectations);
    simulation.begin();
    simulation.run_until(simulation.end());
  }
  RunSummary summary() const {
    return {header, simulation.ledger(),          expectations,
            0,      simulation.now() - SimTime{}, 0.25,
            0.125,  simulation.events(),          simulation.fingerprint()};
  }
};

TEST_CASE("the report says who got what and what was expected") {
  const Output output;
  const Summarized run(std::string(small_queue) + "  - {delivered: 11, to: bob}\n");
  const std::string report = report_text(run.summary(), output);
  CHECK(report.find("10 s simulated in 250 ms") != std::string::npos);
  CHECK(report.find("10 produced, 10 acknowledged, 0 failed, 0 lost") != std::string::npos);
  CHECK(report.find("bob              10         10      0        -") != std::string::npos);
  CHECK(report.find("read         bob    10         0") != std::string::npos);
  CHECK(report.find("NOT MET  delivered to bob: 11  (it is 10)") != std::string::npos);
  CHECK(report.find("2 of 3 expectations met") != std::string::npos);
  CHECK(!run.expectations.all_met());
}

TEST_CASE("the JSON says the same, brokers by Kafka's numbers") {
  const Summarized run(small_kafka);
  const auto json = nlohmann::json::parse(to_json(run.summary(), -1));
  CHECK(json["ledger"]["delivered"] == 10);
  CHECK(json["side_effects"]["read"]["done"] == 10);
  CHECK(json["topics"].size() == 3);
  CHECK(json["topics"][0]["leader"].is_number());
  CHECK(json["topics"][0]["replicas"][0] == json["topics"][0]["leader"]);
  CHECK(json["consumers"][0]["name"] == "bob");
  CHECK(json["wall_s"] == 0.25);
  CHECK(json["cpu_s"] == 0.125);
  CHECK(json["simulated_s"] == 10.0);
}

TEST_CASE("side effects are counted by effect and service") {
  const Summarized run(small_queue);
  const auto counts = count_side_effects(run.simulation.ledger());
  REQUIRE(counts.size() == 1);
  CHECK(counts[0].effect == "read");
  CHECK(counts[0].done == 10);
  CHECK(counts[0].repeated == 0);
}

}  // namespace
}  // namespace eventarium::app
