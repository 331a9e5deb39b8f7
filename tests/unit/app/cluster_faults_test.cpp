// Faults of machines, disks, handlers and whole networks: what they do, what is told, and how they
// end. Crashes and cables are in fault_injector_test.cpp.
#include <doctest/doctest.h>

#include "sim/app/fault_injector.h"
#include "sim/engine/lean_engine.h"
#include "sim/service/breakable.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;

/// Ticks every 100 ms; takes half a second to end when it is asked to.
struct Clockwork : engine::Node, service::EventHandler, service::EventSource {
  int ticks = 0;
  double factor = 1;
  int poisoned = 0;
  std::optional<Duration> patience;

  void on_start(engine::Runtime& runtime) override { runtime.set_timer(100ms, {}); }
  void on_message(engine::Runtime&, engine::Message) override {}
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (token.kind == 1) return runtime.exit(engine::StopReason::clean);
    ++ticks;
    runtime.set_timer(100ms, {});
  }
  bool on_stop_request(engine::Runtime& runtime) override {
    runtime.set_timer(500ms, {0, 1, 0});
    return false;
  }
  void set_handler_factor(double value) override { factor = value; }
  void poison_next() override { ++poisoned; }
  bool set_patience(std::optional<Duration> value) override {
    patience = value;
    return true;
  }
};

struct Idle : engine::Node {
  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime&, engine::Message) override {}
};

struct World {
  engine::LeanEngine engine{1};
  Recorder recorder;
  scenario::Network network;
  Clockwork* clockwork = nullptr;
  FaultInjector faults{engine, network, [](NodeId node) { return node == NodeId{0}; }};

  World() {
    auto machine = std::make_unique<Clockwork>();
    clockwork = machine.get();
    add("a", std::move(machine));
    for (const char* name : {"b", "c"}) add(name, std::make_unique<Idle>());
    engine.add_sink(recorder);
    engine.run_until(sim_time(1ms));
  }
  void add(const char* name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = std::string(name);
    engine.add_node(std::move(spec), std::move(node));
  }
  std::vector<std::string> healed() const {
    std::vector<std::string> names;
    for (const auto& event : recorder.all<trace::FaultHealed>())
      names.push_back(event.as<trace::FaultHealed>()->fault);
    return names;
  }
};

Fault fault(FaultKind kind, std::optional<Duration> lasts = std::nullopt) {
  Fault result;
  result.kind = kind;
  result.target = std::string("a");
  result.lasts = lasts;
  return result;
}

TEST_CASE("a pause stops a process for its time, and the longest of several counts") {
  World world;
  world.faults.inject(fault(FaultKind::pause, 2s));
  CHECK(world.faults.check_now(fault(FaultKind::pause, 1s)) ==
        "a is paused already, until 00:02.001");
  world.faults.inject(fault(FaultKind::pause, 3s));
  world.engine.run_until(sim_time(3s));
  CHECK(world.clockwork->ticks == 0);
  world.engine.run_until(sim_time(4s));
  CHECK(world.clockwork->ticks > 5);
  CHECK(world.healed() == std::vector<std::string>{"pause"});
}

TEST_CASE("a process that ends while it is paused takes its pause with it") {
  World world;
  world.faults.inject(fault(FaultKind::pause, 3s));
  world.faults.inject(fault(FaultKind::crash, 1s));
  world.engine.run_until(sim_time(2s));
  CHECK(world.clockwork->ticks > 5);
  CHECK(world.faults.check_heal_now(fault(FaultKind::pause)) == "nothing to heal: a is not paused");
  world.engine.run_until(sim_time(5s));
  CHECK(world.healed() == std::vector<std::string>{"crash"});
}

TEST_CASE("who is down can't be paused") {
  World world;
  world.faults.inject(fault(FaultKind::crash));
  CHECK(world.faults.check_now(fault(FaultKind::pause)) == "a is not running");
  world.faults.inject(fault(FaultKind::pause, 1s));  // a scenario may have scheduled it
  world.engine.run_until(sim_time(3s));
  CHECK(world.healed().empty());
}

TEST_CASE("a stop asks, and what is due before the process has ended waits for it") {
  World world;
  world.faults.inject(fault(FaultKind::stop, 200ms));
  CHECK(world.engine.is_running(NodeId{0}));
  world.engine.run_until(sim_time(450ms));
  CHECK(world.engine.is_running(NodeId{0}));
  world.engine.run_until(sim_time(1s));
  CHECK(world.engine.is_running(NodeId{0}));
  const auto stopped = world.recorder.all<trace::NodeStopped>();
  REQUIRE(stopped.size() == 1);
  CHECK(stopped[0].t == sim_time(501ms));
  CHECK(stopped[0].as<trace::NodeStopped>()->reason == "clean");
  CHECK(world.healed() == std::vector<std::string>{"stop"});
}

TEST_CASE("a split cuts every way between its sides and no other, and heals as one") {
  World world;
  Fault split;
  split.kind = FaultKind::split;
  split.sides = {{"a", "b"}, {"c"}};
  split.lasts = 1s;
  CHECK(world.faults.check_now(split).empty());
  world.faults.inject(split);
  const auto injected = world.recorder.all<trace::FaultInjected>();
  REQUIRE(injected.size() == 5);
  CHECK(injected[0].as<trace::FaultInjected>()->fault == "split");
  CHECK(injected[0].as<trace::FaultInjected>()->detail == "a, b | c");
  for (std::size_t i = 1; i < 5; ++i) {
    CHECK(injected[i].as<trace::FaultInjected>()->fault == "cut");
    CHECK((injected[i].node == NodeId{2}) !=
          (injected[i].as<trace::FaultInjected>()->peer == NodeId{2}));
  }
  CHECK(world.faults.check_now(split) == "the network is split like that already, until 00:01.001");
  world.engine.run_until(sim_time(2s));
  CHECK(world.healed() == std::vector<std::string>{"split", "cut", "cut", "cut", "cut"});
  CHECK(world.faults.check_heal_now(split) == "nothing to heal: the network is not split");
}

TEST_CASE("a split is healed without naming its sides, and leaves other cuts alone") {
  World world;
  Fault cut = fault(FaultKind::cut);
  cut.peer = std::string("b");
  world.faults.inject(cut);
  Fault split;
  split.kind = FaultKind::split;
  split.sides = {{"a"}, {"c"}};
  world.faults.inject(split);
  Fault heal;
  heal.kind = FaultKind::split;
  CHECK(world.faults.check_heal_now(heal).empty());
  world.faults.heal(heal);
  CHECK(world.healed() == std::vector<std::string>{"split", "cut", "cut"});
  CHECK(world.faults.check_heal_now(cut).empty());
}

TEST_CASE("sides that make no sense are refused") {
  World world;
  Fault split;
  split.kind = FaultKind::split;
  CHECK(world.faults.check(split) == "a split needs two sides or more");
  split.sides = {{"a"}, {}};
  CHECK(world.faults.check(split) == "a side needs at least one node");
  split.sides = {{"a"}, {"x"}};
  CHECK(world.faults.check(split) == "there is no node 'x'");
  split.sides = {{"a"}, {"b", "a"}};
  CHECK(world.faults.check(split) == "'a' is named twice");
}

TEST_CASE("handlers, sources and disks: only where there are any, and back to normal after") {
  World world;
  Fault slow = fault(FaultKind::slow_handler, 1s);
  slow.factor = 20;
  world.faults.inject(slow);
  CHECK(world.clockwork->factor == 20);
  Fault storm = fault(FaultKind::retry_storm, 1s);
  storm.patience = 50ms;
  world.faults.inject(storm);
  CHECK(world.clockwork->patience == 50ms);
  world.faults.inject(fault(FaultKind::poison));
  CHECK(world.clockwork->poisoned == 1);
  CHECK(world.faults.check_heal_now(fault(FaultKind::poison)) ==
        "nothing to heal: a record that is made stays");
  world.faults.inject(fault(FaultKind::disk_full));
  world.faults.inject(fault(FaultKind::disk_failure, 1s));
  world.engine.run_until(sim_time(2s));
  CHECK(world.clockwork->factor == 1);
  CHECK(!world.clockwork->patience);
  CHECK(world.healed() == std::vector<std::string>{"slow_handler", "retry_storm", "disk_failure"});
  for (Fault other : {slow, storm, fault(FaultKind::poison), fault(FaultKind::disk_full)}) {
    other.target = std::string("b");
    CHECK(!world.faults.check(other).empty());
  }
  slow.factor = 0.5;
  CHECK(!world.faults.check(slow).empty());
}

}  // namespace
}  // namespace eventarium::app
