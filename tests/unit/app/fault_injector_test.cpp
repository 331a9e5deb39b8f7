// Faults: what can be asked for, what is told, and how they end.
#include "sim/app/fault_injector.h"

#include <doctest/doctest.h>

#include "sim/engine/lean_engine.h"
#include "tests/unit/app/recorder.h"

namespace eventarium::app {
namespace {

using scenario::Fault;
using scenario::FaultKind;

struct Idle : engine::Node {
  void on_start(engine::Runtime&) override {}
  void on_message(engine::Runtime&, engine::Message) override {}
};

struct World {
  engine::LeanEngine engine{1};
  Recorder recorder;
  scenario::Network network;
  FaultInjector faults{engine, network};

  World() {
    for (const char* name : {"a", "b"}) {
      engine::NodeSpec spec;
      spec.name = name;
      engine.add_node(std::move(spec), std::make_unique<Idle>());
    }
    engine.add_sink(recorder);
    engine.run_until(sim_time(1ms));
  }
  bool a_runs() const { return engine.is_running(NodeId{0}); }
};

Fault fault(FaultKind kind, std::optional<Duration> lasts = std::nullopt) {
  Fault result;
  result.kind = kind;
  result.target = "a";
  result.lasts = lasts;
  return result;
}

TEST_CASE("every fault has a name that is read back") {
  for (const auto kind :
       {FaultKind::crash, FaultKind::power_loss, FaultKind::stop, FaultKind::start,
        FaultKind::link_down, FaultKind::link_up, FaultKind::latency, FaultKind::bandwidth,
        FaultKind::cut, FaultKind::loss}) {
    FaultKind read = FaultKind::crash;
    CHECK(parse_fault(fault_name(kind), read));
    CHECK(read == kind);
  }
  FaultKind unchanged = FaultKind::loss;
  CHECK(!parse_fault("explode", unchanged));
  CHECK(fault_names().starts_with("crash, power_loss, "));
}

TEST_CASE("what can't be injected says why") {
  World world;
  Fault wrong = fault(FaultKind::crash);
  wrong.target = "c";
  CHECK(world.faults.check(wrong) == "there is no node 'c'");
  wrong.target = "";
  CHECK(world.faults.check(wrong) == "the target is missing: name a node");
  Fault cut = fault(FaultKind::cut);
  CHECK(world.faults.check(cut).find("needs a peer") != std::string::npos);
  cut.peer = "a";
  CHECK(world.faults.check(cut) == "a node can't be cut off from itself");
  cut.peer = "b";
  CHECK(world.faults.check(cut).empty());
  Fault loss = fault(FaultKind::loss);
  loss.loss = 1;
  CHECK(!world.faults.check(loss).empty());
  Fault latency = fault(FaultKind::latency);
  latency.latency = -1ms;
  CHECK(!world.faults.check(latency).empty());
  CHECK(!world.faults.check(fault(FaultKind::bandwidth)).empty());
  CHECK(world.faults.check_place(fault(FaultKind::bandwidth)).empty());
  CHECK(!world.faults.check(fault(FaultKind::crash, 0s)).empty());
}

TEST_CASE("a crash with a length is healed when it is over") {
  World world;
  world.faults.inject(fault(FaultKind::crash, 1s));
  CHECK(!world.a_runs());
  world.engine.run_until(sim_time(1s));
  CHECK(!world.a_runs());
  world.engine.run_until(sim_time(1002ms));
  CHECK(world.a_runs());
  REQUIRE(world.recorder.all<trace::FaultHealed>().size() == 1);
  CHECK(world.recorder.all<trace::FaultHealed>()[0].as<trace::FaultHealed>()->fault == "crash");
}

TEST_CASE("a later crash takes over: the earlier healing doesn't start the node") {
  World world;
  world.faults.inject(fault(FaultKind::crash, 1s));
  world.engine.run_until(sim_time(500ms));
  world.faults.inject(fault(FaultKind::start));
  CHECK(world.a_runs());
  world.faults.inject(fault(FaultKind::stop, 2s));
  world.engine.run_until(sim_time(2s));
  CHECK(!world.a_runs());
  world.engine.run_until(sim_time(3s));
  CHECK(world.a_runs());
}

TEST_CASE("who was down already is told so and stays down when the fault is over") {
  World world;
  world.faults.inject(fault(FaultKind::stop));
  CHECK(!world.faults.check_now(fault(FaultKind::crash)).empty());
  world.faults.inject(fault(FaultKind::crash, 1s));
  const auto injected = world.recorder.all<trace::FaultInjected>();
  CHECK(injected[1].as<trace::FaultInjected>()->detail == "it was down already");
  world.engine.run_until(sim_time(3s));
  CHECK(!world.a_runs());
  world.faults.inject(fault(FaultKind::start));
  CHECK(world.a_runs());
  CHECK(world.faults.check_now(fault(FaultKind::start)) == "a is running already");
  const auto healed = world.recorder.all<trace::FaultHealed>();
  CHECK(healed.back().as<trace::FaultHealed>()->fault == "stop");
}

TEST_CASE("faults of the network are told with their values and healed by name") {
  World world;
  Fault latency = fault(FaultKind::latency, 1s);
  latency.latency = 200ms;
  world.faults.inject(latency);
  Fault cut = fault(FaultKind::cut);
  cut.peer = "b";
  cut.both_ways = true;
  world.faults.inject(cut);
  const auto injected = world.recorder.all<trace::FaultInjected>();
  CHECK(injected[0].as<trace::FaultInjected>()->detail == "latency 200 ms");
  CHECK(injected[1].as<trace::FaultInjected>()->peer == NodeId{1});
  world.faults.heal(cut);
  world.engine.run_until(sim_time(2s));
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 2);
  CHECK(healed[0].as<trace::FaultHealed>()->fault == "cut");
  CHECK(healed[1].as<trace::FaultHealed>()->fault == "latency");
  world.faults.inject(fault(FaultKind::link_down));
  world.faults.inject(fault(FaultKind::link_up));
  CHECK(world.recorder.all<trace::FaultHealed>().back().as<trace::FaultHealed>()->fault ==
        "link_down");
}

}  // namespace
}  // namespace eventarium::app
