// The window's commands, well-formed and not.
#include "sim/app/live_command.h"

#include <doctest/doctest.h>

namespace eventarium::app {
namespace {

std::string problem(std::string_view line) {
  const LiveCommand command = parse_live_command(line);
  const auto* malformed = std::get_if<Malformed>(&command);
  return malformed ? malformed->reason : "";
}

TEST_CASE("advance and quit") {
  const LiveCommand command = parse_live_command(R"({"command":"advance","until":5000000000})");
  REQUIRE(std::holds_alternative<Advance>(command));
  CHECK(std::get<Advance>(command).until == sim_time(5s));
  CHECK(std::holds_alternative<Quit>(parse_live_command(R"({"command":"quit"})")));
}

TEST_CASE("a fault with everything it may have") {
  const LiveCommand command = parse_live_command(
      R"({"command":"fault","do":"cut","target":"a","peer":"b","both_ways":true,)"
      R"("for_ns":1000,"at":7,"latency_ns":5,"bandwidth_bytes_per_s":1.5,"loss":0.25})");
  REQUIRE(std::holds_alternative<Break>(command));
  const auto& order = std::get<Break>(command);
  CHECK(order.at == sim_time_ns(7));
  CHECK(order.fault.kind == scenario::FaultKind::cut);
  CHECK(order.fault.target == "a");
  CHECK(order.fault.peer == "b");
  CHECK(order.fault.both_ways);
  CHECK(order.fault.lasts == Duration{1000});
  CHECK(order.fault.latency == Duration{5});
  CHECK(order.fault.bandwidth_bytes_per_s == 1.5);
  CHECK(order.fault.loss == 0.25);
}

TEST_CASE("faults of clusters: sides, factors and patience") {
  const LiveCommand command = parse_live_command(
      R"({"command":"fault","do":"split","sides":"broker-1,website|broker-2,broker-3"})");
  REQUIRE(std::holds_alternative<Break>(command));
  CHECK(std::get<Break>(command).fault.sides ==
        std::vector<std::vector<std::string>>{{"broker-1", "website"}, {"broker-2", "broker-3"}});
  CHECK(problem(R"({"command":"fault","do":"split"})") == "split needs sides");
  CHECK(problem(R"({"command":"fault","do":"slow_cpu","target":"a"})") == "slow_cpu needs factor");
  CHECK(problem(R"({"command":"fault","do":"retry_storm","target":"a"})") ==
        "retry_storm needs patience_ns");
  CHECK(problem(R"({"command":"heal","do":"split"})").empty());
}

TEST_CASE("operations with all that they may have") {
  const LiveCommand command =
      parse_live_command(R"({"command":"operate","do":"reassign","topic":"t","partition":2,)"
                         R"("replicas":"broker-1,broker-4","at":7})");
  REQUIRE(std::holds_alternative<Operate>(command));
  const auto& order = std::get<Operate>(command);
  CHECK(order.at == sim_time_ns(7));
  CHECK(order.operation.kind == scenario::OperationKind::reassign);
  CHECK(order.operation.partition == 2);
  CHECK(order.operation.replicas == std::vector<std::string>{"broker-1", "broker-4"});
  CHECK(problem(R"({"command":"operate","do":"grow"})")
            .starts_with("there is no operation 'grow'; there are add_broker, "));
  CHECK(problem(R"({"command":"operate","do":"add_partitions","topic":"t","partitions":0})") ==
        "'partitions' must be a whole number from 1 to 1000");
  CHECK(problem(R"({"command":"operate","do":"rebalance","speed":1})") == "unknown member 'speed'");
}

TEST_CASE("operations on clients and groups name them") {
  const auto order = std::get<Operate>(parse_live_command(
      R"({"command":"operate","do":"set_client_config","client":"shop-1","key":"acks","value":"1"})"));
  CHECK(order.operation.kind == scenario::OperationKind::set_client_config);
  CHECK(order.operation.client == "shop-1");
  const auto reset = std::get<Operate>(parse_live_command(
      R"({"command":"operate","do":"reset_offsets","group":"bills","topic":"t","to":"-30s"})"));
  CHECK(reset.operation.group == "bills");
  CHECK(reset.operation.to == "-30s");
}

TEST_CASE("healing needs no values, breaking does") {
  CHECK(problem(R"({"command":"heal","do":"latency","target":"a"})").empty());
  CHECK(problem(R"({"command":"fault","do":"latency","target":"a"})") ==
        "latency needs latency_ns");
  CHECK(problem(R"({"command":"fault","do":"bandwidth","target":"a"})") ==
        "bandwidth needs bandwidth_bytes_per_s");
  CHECK(problem(R"({"command":"fault","do":"loss","target":"a"})") ==
        "loss needs loss, a probability");
}

TEST_CASE("what is malformed says how") {
  CHECK(problem("") == "not a JSON object (cut off or damaged?)");
  CHECK(problem("[]") == "not a JSON object");
  CHECK(problem("{}") == "'command' is missing: advance, fault, heal, operate or quit");
  CHECK(problem(R"({"command":7})") != "");
  CHECK(problem(R"({"command":"jump"})") ==
        "there is no command 'jump': advance, fault, heal, operate or quit");
  CHECK(problem(R"({"command":"advance"})") == "advance needs until, in nanoseconds");
  CHECK(problem(R"({"command":"advance","until":-1})") ==
        "'until' must be a whole number of nanoseconds, 0 or more");
  CHECK(problem(R"({"command":"advance","until":18446744073709551615})") != "");
  CHECK(problem(R"({"command":"advance","until":1,"speed":2})") == "unknown member 'speed'");
  CHECK(problem(R"({"command":"fault","do":"explode","target":"a"})")
            .starts_with("there is no fault 'explode'; there are crash, "));
  CHECK(problem(R"({"command":"fault","do":"cut","target":"a","both_ways":1})") ==
        "'both_ways' must be true or false");
  CHECK(problem(R"({"command":"fault","do":"loss","target":"a","loss":"much"})") ==
        "'loss' must be a number");
}

}  // namespace
}  // namespace eventarium::app
