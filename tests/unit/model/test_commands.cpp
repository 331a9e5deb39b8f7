#include <doctest/doctest.h>

#include "viz/model/commands.h"

using namespace eventarium;
using namespace eventarium::viz;

TEST_CASE("commands: advance and quit") {
  CHECK(advance_command(sim_time(5s)) == R"({"command":"advance","until":5000000000})");
  CHECK(quit_command() == R"({"command":"quit"})");
}

TEST_CASE("commands: a fault says only what is set") {
  FaultRequest fault;
  fault.kind = "crash";
  fault.target = "broker-1";
  CHECK(fault_command(fault) == R"({"command":"fault","do":"crash","target":"broker-1"})");
  fault.kind = "cut";
  fault.peer = "web\"site";
  fault.both_ways = true;
  fault.at = sim_time(1ms);
  fault.lasts = 2ms;
  fault.latency = 3ns;
  fault.bandwidth_bytes_per_s = 1000;
  fault.loss = 0.5;
  CHECK(fault_command(fault) ==
        R"({"command":"fault","do":"cut","target":"broker-1","peer":"web\"site",)"
        R"("both_ways":true,"at":1000000,"for_ns":2000000,"latency_ns":3,)"
        R"("bandwidth_bytes_per_s":1000,"loss":0.5})");
}

TEST_CASE("commands: healing names the fault, not its values") {
  FaultRequest fault;
  fault.kind = "loss";
  fault.target = "broker-1";
  fault.loss = 0.5;
  fault.heal = true;
  CHECK(fault_command(fault) == R"({"command":"heal","do":"loss","target":"broker-1"})");
}
