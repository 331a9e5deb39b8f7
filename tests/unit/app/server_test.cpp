// The child's protocol without its pipes: commands in, trace and reached lines out.
#include "sim/app/serve.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "sim/trace/reader.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

struct Served {
  char* text = nullptr;
  std::size_t size = 0;
  std::FILE* memory = open_memstream(&text, &size);
  Simulation simulation;
  trace::Writer writer{memory, simulation.header()};
  std::unique_ptr<Server> server;

  explicit Served(const char* yaml = small_queue) : simulation(scenario_from(yaml), &make_lean) {
    simulation.add_sink(writer);
    server = std::make_unique<Server>(simulation, writer);
  }
  ~Served() {
    std::fclose(memory);
    std::free(text);
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  bool line(const std::string& command) { return server->handle_line(command); }
  void advance(Duration until) {
    line(R"({"command":"advance","until":)" + std::to_string(until.count()) + "}");
  }
  trace::TraceFile trace() {
    std::fflush(memory);
    return trace::read_trace(std::string_view(text, size));
  }
};

const std::string crash_at_3s =
    R"({"command":"fault","do":"crash","target":"bob","for_ns":1000000000,"at":3000000000})";
const std::string crash_now =
    R"({"command":"fault","do":"crash","target":"bob","for_ns":1000000000})";

TEST_CASE("nodes are there from the start; each advance ends with reached") {
  Served served;
  CHECK(served.trace().names.size() == 3);
  served.advance(2s);
  CHECK(served.trace().reached == sim_time(2s));
  CHECK(!served.trace().warning);
  CHECK(!served.trace().complete);
  served.advance(1s);  // not backwards
  CHECK(served.trace().reached == sim_time(2s));
  CHECK(!served.line(R"({"command":"quit"})"));
}

TEST_CASE("the end comes once: expectations, RunEnded, and nothing after") {
  Served served;
  served.advance(99s);
  CHECK(served.simulation.ended());
  CHECK(served.trace().complete);
  CHECK(served.trace().reached == sim_time(10s));
  const std::size_t events = served.trace().events.size();
  served.advance(100s);
  CHECK(served.line(crash_now));
  CHECK(served.server->complaint().find("the run has ended") != std::string::npos);
  served.line("garbage");
  CHECK(served.trace().events.size() == events);
  CHECK(!served.trace().warning);
}

TEST_CASE("malformed and impossible commands become CommandRejected") {
  Served served;
  served.line("garbage \xff");
  served.line(R"({"command":"fault","do":"crash","target":"nobody"})");
  served.line(R"({"command":"fault","do":"crash","target":"bob","at":99000000000})");
  served.advance(1s);
  std::vector<std::string> reasons;
  for (const auto& event : served.trace().events)
    if (const auto* rejected = event.as<trace::CommandRejected>())
      reasons.push_back(rejected->reason);
  REQUIRE(reasons.size() == 3);
  CHECK(reasons[1] == "there is no node 'nobody'");
  CHECK(reasons[2] == "the run ends at 00:10.000");
}

TEST_CASE("what Kafka would refuse is refused with its reason, also as a command") {
  Served served(small_kafka);
  served.line(R"({"command":"fault","do":"crash","target":"broker-9"})");
  served.line(R"({"command":"fault","do":"split","sides":"broker-1|broker-7"})");
  served.line(
      R"({"command":"operate","do":"replication_factor","topic":"letters","replication_factor":4})");
  served.line(
      R"({"command":"operate","do":"set_config","topic":"letters","key":"max.compaction.lag.ms","value":"8"})");
  served.advance(1s);
  const std::string contradiction =
      R"({"command":"operate","do":"set_config","topic":"letters","key":"min.compaction.lag.ms","value":"9"})";
  served.line(contradiction);
  served.advance(2s);
  std::vector<std::string> reasons;
  for (const auto& event : served.trace().events)
    if (const auto* rejected = event.as<trace::CommandRejected>())
      reasons.push_back(rejected->reason);
  REQUIRE(reasons.size() == 4);
  CHECK(reasons[0] == "there is no node 'broker-9'");
  CHECK(reasons[1] == "there is no node 'broker-7'");
  CHECK(reasons[2] == "4 replicas need 4 brokers, 3 are there; add_broker first");
  CHECK(reasons[3] ==
        "InvalidConfigurationException: min.compaction.lag.ms (9) is above max.compaction.lag.ms "
        "(8)");
}

TEST_CASE("a command in good time or at the last moment: the same run") {
  Served early, late, stepwise, without;
  early.line(crash_at_3s);
  early.advance(10s);
  late.advance(3s);
  late.line(crash_now);
  late.advance(10s);
  stepwise.advance(1s);
  stepwise.line(crash_at_3s);
  for (int i = 1; i <= 700; ++i) stepwise.advance(i * 16666667ns);
  without.advance(10s);
  CHECK(early.simulation.fingerprint() == late.simulation.fingerprint());
  CHECK(early.simulation.fingerprint() == stepwise.simulation.fingerprint());
  CHECK(early.simulation.fingerprint() != without.simulation.fingerprint());
  bool injected = false;
  for (const auto& event : early.trace().events)
    if (event.as<trace::FaultInjected>()) injected = event.t == sim_time(3s);
  CHECK(injected);
}

TEST_CASE("what is down can't crash again, and healing brings it back") {
  Served served;
  served.advance(1s);
  served.line(R"({"command":"fault","do":"stop","target":"bob"})");
  served.advance(2s);
  served.line(crash_now);
  served.line(R"({"command":"heal","do":"stop","target":"bob"})");
  served.advance(10s);
  std::size_t rejected = 0, started = 0;
  for (const auto& event : served.trace().events) {
    rejected += event.as<trace::CommandRejected>() ? 1 : 0;
    started += event.as<trace::NodeStarted>() ? 1 : 0;
  }
  CHECK(rejected == 1);
  CHECK(started == 4);
  CHECK(served.simulation.ledger().verdict().delivered.count == 10);
}

/// What became of commands: "crash", "power_loss" for faults, "healed", "started", "refused".
std::vector<std::string> story(Served& served) {
  std::vector<std::string> words;
  for (const auto& event : served.trace().events) {
    if (const auto* injected = event.as<trace::FaultInjected>()) words.push_back(injected->fault);
    if (event.as<trace::FaultHealed>()) words.push_back("healed");
    if (event.as<trace::NodeStarted>() && event.t > sim_time(1s)) words.push_back("started");
    if (event.as<trace::CommandRejected>()) words.push_back("refused");
  }
  return words;
}

TEST_CASE("commands of one instant find the state that those before them have made") {
  Served served;
  served.advance(2s);
  served.line(R"({"command":"fault","do":"crash","target":"bob"})");
  served.line("garbage");
  served.line(R"({"command":"fault","do":"start","target":"bob"})");
  served.line(R"({"command":"fault","do":"start","target":"bob"})");
  served.advance(10s);
  CHECK(story(served) ==
        std::vector<std::string>{"crash", "refused", "healed", "started", "refused"});
}

TEST_CASE("a command of a time between two steps takes effect then, whenever it is given") {
  const std::string crash =
      R"({"command":"fault","do":"crash","target":"bob","for_ns":1000000000,"at":5000333333})";
  const std::string again = R"({"command":"fault","do":"crash","target":"bob","at":5000333333})";
  Served early, late;
  early.line(crash);
  early.line(again);
  late.advance(5s);
  late.line(crash);
  late.line(again);
  for (Served* served : {&early, &late}) {
    served->advance(10s);
    CHECK(story(*served) == std::vector<std::string>{"crash", "refused", "healed", "started"});
    for (const auto& event : served->trace().events) {
      if (event.as<trace::FaultInjected>()) CHECK(event.t == sim_time_ns(5000333333));
      if (event.as<trace::CommandRejected>()) CHECK(event.t == sim_time_ns(5000333333));
    }
  }
  CHECK(early.simulation.fingerprint() == late.simulation.fingerprint());
}

TEST_CASE("a power loss after a crash counts; values beyond a scenario's are refused at once") {
  Served served;
  served.advance(2s);
  served.line(R"({"command":"fault","do":"crash","target":"bob"})");
  served.advance(3s);
  served.line(R"({"command":"fault","do":"power_loss","target":"bob","for_ns":1000000000})");
  served.advance(5s);
  CHECK(story(served) == std::vector<std::string>{"crash", "power_loss", "healed", "started"});
  for (const char* wrong :
       {R"({"command":"fault","do":"latency","target":"bob","latency_ns":4611686018427387903})",
        R"({"command":"fault","do":"bandwidth","target":"bob","bandwidth_bytes_per_s":1e308})",
        R"({"command":"fault","do":"crash","target":"bob","for_ns":4611686018427387903})",
        R"({"command":"heal","do":"crash","target":"bob"})"}) {
    const std::size_t before = story(served).size();
    served.line(wrong);
    CHECK_MESSAGE(story(served).size() == before + 1, wrong);
    CHECK_MESSAGE(story(served).back() == "refused", wrong);
  }
}

}  // namespace
}  // namespace eventarium::app
