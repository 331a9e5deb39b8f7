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
  FaultInjector faults{engine, network, [](NodeId node) { return node == NodeId{0}; }};

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

TEST_CASE("a second fault that changes nothing leaves the restart of the first as it is") {
  for (const FaultKind second : {FaultKind::crash, FaultKind::stop}) {
    World world;
    world.faults.inject(fault(FaultKind::crash, 2s));
    for (const std::optional<Duration> lasts :
         {std::optional<Duration>{}, std::optional<Duration>{1s}}) {
      CHECK(!world.faults.check_now(fault(second, lasts)).empty());
      world.faults.inject(fault(second, lasts));
    }
    world.engine.run_until(sim_time(2s));
    CHECK(!world.a_runs());
    world.engine.run_until(sim_time(2100ms));
    CHECK(world.a_runs());
    const auto healed = world.recorder.all<trace::FaultHealed>();
    REQUIRE(healed.size() == 1);
    CHECK(healed[0].as<trace::FaultHealed>()->fault == "crash");
  }
}

TEST_CASE("a later end puts the restart off, also when two faults come at the same instant") {
  World world;
  world.faults.inject(fault(FaultKind::crash, 1s));
  CHECK(world.faults.check_now(fault(FaultKind::stop, 3s)).empty());
  world.faults.inject(fault(FaultKind::stop, 3s));
  CHECK(world.recorder.all<trace::FaultInjected>()[1].as<trace::FaultInjected>()->detail ==
        "it was down already, now until 00:03.001");
  world.engine.run_until(sim_time(3s));
  CHECK(!world.a_runs());
  world.engine.run_until(sim_time(3100ms));
  CHECK(world.a_runs());
  CHECK(world.recorder.all<trace::FaultHealed>().size() == 1);
}

TEST_CASE("a machine whose process has crashed can lose power, and gets both back") {
  World world;
  world.faults.inject(fault(FaultKind::crash));
  CHECK(world.faults.check_now(fault(FaultKind::power_loss, 1s)).empty());
  world.faults.inject(fault(FaultKind::power_loss, 1s));
  const auto stopped = world.recorder.all<trace::NodeStopped>();
  REQUIRE(stopped.size() == 2);
  CHECK(stopped[1].as<trace::NodeStopped>()->reason == "power_loss");
  CHECK(stopped[1].cause == world.recorder.all<trace::FaultInjected>()[1].id);
  CHECK(world.faults.check_now(fault(FaultKind::power_loss)).starts_with("a has no power, until"));
  world.engine.run_until(sim_time(2s));
  CHECK(world.a_runs());
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 1);
  CHECK(healed[0].as<trace::FaultHealed>()->fault == "power_loss");
}

TEST_CASE("a power loss without end drops the restart of a crash; with an end the later counts") {
  World world;
  world.faults.inject(fault(FaultKind::crash, 1s));
  world.faults.inject(fault(FaultKind::power_loss));
  world.engine.run_until(sim_time(5s));
  CHECK(!world.a_runs());
  world.faults.inject(fault(FaultKind::start));
  CHECK(world.a_runs());
  world.faults.inject(fault(FaultKind::crash, 3s));
  world.faults.inject(fault(FaultKind::power_loss, 1s));
  world.engine.run_until(sim_time(7s));
  CHECK(!world.a_runs());
  world.engine.run_until(sim_time(8100ms));
  CHECK(world.a_runs());
}

TEST_CASE("who has been ended for good is started by start only") {
  World world;
  world.faults.inject(fault(FaultKind::crash, 2s));
  world.engine.run_until(sim_time(1s));
  world.faults.end_for_good(NodeId{0});
  CHECK(!world.faults.check_heal_now(fault(FaultKind::crash)).empty());
  world.engine.run_until(sim_time(3s));
  CHECK(!world.a_runs());
  CHECK(world.recorder.all<trace::FaultHealed>().empty());
  world.faults.inject(fault(FaultKind::power_loss, 1s));
  world.engine.run_until(sim_time(5s));
  CHECK(!world.a_runs());
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 1);
  CHECK(healed[0].as<trace::FaultHealed>()->detail == "only its machine: the process stays down");
  world.faults.inject(fault(FaultKind::start));
  CHECK(world.a_runs());
  world.faults.inject(fault(FaultKind::crash, 1s));
  world.engine.run_until(sim_time(7s));
  CHECK(world.a_runs());
}

Fault cut(const char* from, const char* to, bool both_ways, std::optional<Duration> lasts) {
  Fault result = fault(FaultKind::cut, lasts);
  result.target = from;
  result.peer = to;
  result.both_ways = both_ways;
  return result;
}

/// "a>b at 5 s" for each direction that is open again.
std::string opened(const World& world) {
  std::string text;
  for (const auto& event : world.recorder.all<trace::FaultHealed>())
    text += std::string(event.node == NodeId{0} ? "a>b" : "b>a") + " " +
            std::to_string(to_ns(event.t) / 1000000) + ", ";
  return text;
}

TEST_CASE("cuts of one pair: each direction is open again when the last cut of it is over") {
  World both_then_back;
  both_then_back.faults.inject(cut("a", "b", true, 5s));
  both_then_back.faults.inject(cut("b", "a", false, 2s));
  both_then_back.engine.run_until(sim_time(6s));
  CHECK(opened(both_then_back) == "a>b 5001, b>a 5001, ");
  World one_each_way;
  one_each_way.faults.inject(cut("a", "b", false, 5s));
  one_each_way.faults.inject(cut("b", "a", true, 2s));
  one_each_way.engine.run_until(sim_time(6s));
  CHECK(opened(one_each_way) == "b>a 2001, a>b 5001, ");
  World longer_later;
  longer_later.faults.inject(cut("a", "b", false, 2s));
  longer_later.faults.inject(cut("a", "b", true, 5s));
  CHECK(!longer_later.faults.check_now(cut("b", "a", false, 1s)).empty());
  CHECK(longer_later.faults.check_now(cut("b", "a", false, std::nullopt)).empty());
  longer_later.engine.run_until(sim_time(6s));
  CHECK(opened(longer_later) == "a>b 5001, b>a 5001, ");
}

TEST_CASE("an unplugged cable stays unplugged until the last of the faults is over") {
  World world;
  world.faults.inject(fault(FaultKind::link_down, 3s));
  CHECK(world.faults.check_now(fault(FaultKind::link_down, 1s)) ==
        "the cable of a is unplugged already, until 00:03.001");
  world.faults.inject(fault(FaultKind::link_down, 1s));
  world.engine.run_until(sim_time(4s));
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 1);
  CHECK(healed[0].t == sim_time(3001ms));
}

TEST_CASE("what isn't broken can't be healed") {
  World world;
  for (const FaultKind kind : {FaultKind::crash, FaultKind::power_loss, FaultKind::link_down,
                               FaultKind::latency, FaultKind::bandwidth, FaultKind::loss})
    CHECK(world.faults.check_heal_now(fault(kind)).starts_with("nothing to heal: "));
  CHECK(world.faults.check_heal_now(cut("a", "b", true, std::nullopt)) ==
        "nothing to heal: messages get from a to b already");
  Fault latency = fault(FaultKind::latency);
  latency.latency = 1s;
  world.faults.inject(latency);
  CHECK(world.faults.check_heal_now(latency).empty());
  world.faults.heal(latency);
  CHECK(!world.faults.check_heal_now(latency).empty());
  world.faults.inject(cut("b", "a", false, std::nullopt));
  CHECK(world.faults.check_heal_now(cut("a", "b", true, std::nullopt)).empty());
  CHECK(!world.faults.check_heal_now(cut("a", "b", false, std::nullopt)).empty());
}

TEST_CASE("healing names the fault that was injected, not the one that was asked for") {
  World world;
  world.faults.inject(fault(FaultKind::power_loss));
  CHECK(world.faults.check_heal_now(fault(FaultKind::crash)).empty());
  world.faults.heal(fault(FaultKind::crash));
  CHECK(world.a_runs());
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 1);
  CHECK(healed[0].as<trace::FaultHealed>()->fault == "power_loss");
}

TEST_CASE("faults of the network are told with their values and healed by name") {
  World world;
  Fault latency = fault(FaultKind::latency, 1s);
  latency.latency = 200ms;
  world.faults.inject(latency);
  world.faults.inject(cut("a", "b", true, std::nullopt));
  const auto injected = world.recorder.all<trace::FaultInjected>();
  CHECK(injected[0].as<trace::FaultInjected>()->detail == "latency 200 ms");
  REQUIRE(injected.size() == 3);  // each direction of the cut is told
  CHECK(injected[1].as<trace::FaultInjected>()->peer == NodeId{1});
  CHECK(injected[2].node == NodeId{1});
  world.faults.heal(cut("a", "b", true, std::nullopt));
  world.engine.run_until(sim_time(2s));
  const auto healed = world.recorder.all<trace::FaultHealed>();
  REQUIRE(healed.size() == 3);
  CHECK(healed[0].as<trace::FaultHealed>()->fault == "cut");
  CHECK(healed[1].as<trace::FaultHealed>()->peer == NodeId{0});
  CHECK(healed[2].as<trace::FaultHealed>()->fault == "latency");
  world.faults.inject(fault(FaultKind::link_down));
  world.faults.inject(fault(FaultKind::link_up));
  CHECK(world.recorder.all<trace::FaultHealed>().back().as<trace::FaultHealed>()->fault ==
        "link_down");
}

}  // namespace
}  // namespace eventarium::app
