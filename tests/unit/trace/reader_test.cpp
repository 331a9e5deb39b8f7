// What the reader says about lines that are wrong.
#include "sim/trace/reader.h"

#include <doctest/doctest.h>

namespace eventarium::trace {
namespace {

const std::string header =
    R"({"eventarium_trace":1,"scenario":"s","title":"S","seed":1,"engine":"lean","build":"b"})";

/// The error of `line` as the second line of a trace; "" when it is fine.
std::string error_of(const std::string& line) {
  LineReader reader;
  REQUIRE(std::holds_alternative<Header>(reader.read(header)));
  const auto result = reader.read(line);
  if (const auto* error = std::get_if<ReadError>(&result)) {
    CHECK(error->line == 2);
    return error->message;
  }
  return {};
}

TEST_CASE("a line that is not an event names its trouble") {
  const std::string good = R"({"id":1,"t":0,"type":"node_stopped","reason":"crash"})";
  CHECK(error_of(good).empty());
  CHECK(error_of("") == "not a JSON object (cut off or damaged?)");
  CHECK(error_of("{\"id\":1") == "not a JSON object (cut off or damaged?)");
  CHECK(error_of("42") == "not a JSON object");
  CHECK(error_of("[1]") == "not a JSON object");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_exploded"})") ==
        "unknown event type 'node_exploded'");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped"})") ==
        "node_stopped: field 'reason' is missing");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped","reason":7})") ==
        "node_stopped: field 'reason' is not a text");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped","reason":"a","who":1})") ==
        "node_stopped: field 'who' is unknown or there twice");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped","reason":"a","reason":"b"})") ==
        "node_stopped: field 'reason' is unknown or there twice");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_started","incarnation":-1})") ==
        "node_started: field 'incarnation' is not a number of 0 or more");
  CHECK(error_of(R"({"id":1,"t":1.5,"type":"node_started","incarnation":1})") ==
        "field 't' is not a whole number");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped","node":"x","reason":"a"})") ==
        "field 'node' names the node 'x', which was never declared");
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_stopped","reason":{"a":1}})") ==
        "an object inside the object");
}

TEST_CASE("order is checked: ids are dense, causes come before, time never falls") {
  CHECK(error_of(R"({"id":2,"t":0,"type":"node_stopped","reason":"a"})") ==
        "event 2 where 1 should be");
  CHECK(error_of(R"({"id":1,"t":0,"cause":1,"type":"node_stopped","reason":"a"})") ==
        "event 1 is caused by a later one");
  LineReader reader;
  reader.read(header);
  reader.read(R"({"id":1,"t":5,"type":"node_stopped","reason":"a"})");
  const auto result = reader.read(R"({"id":2,"t":4,"type":"node_stopped","reason":"a"})");
  REQUIRE(std::holds_alternative<ReadError>(result));
  CHECK(std::get<ReadError>(result).message == "event 2 goes back in time");
}

TEST_CASE("a node number out of order is refused before it costs memory") {
  const std::string tail =
      R"("name":"a","role":"r","label":"","speed_flops":1,"bandwidth_bytes_per_s":1,"latency":1})";
  CHECK(error_of(R"({"id":1,"t":0,"type":"node_declared","index":4000000000,)" + tail) ==
        "node 4000000000 where 0 should be declared");
}

TEST_CASE("deep nesting and huge lines are refused or read, never fatal") {
  CHECK(error_of(std::string(1'000'000, '[')) == "not a JSON object");
  CHECK(error_of("{\"a\":" + std::string(1'000'000, '[')) == "a list inside a list");
  const std::string text(10'000'000, 'x');
  CHECK(error_of(R"({"id":1,"t":0,"type":"client_warning","text":")" + text + "\"}").empty());
}

TEST_CASE("the header comes first and its format must be known") {
  const auto first = [](const std::string& line) {
    LineReader reader;
    const auto result = reader.read(line);
    return std::get<ReadError>(result).message;
  };
  CHECK(first(R"({"id":1})") == "not a trace: the first line is no header");
  CHECK(first(R"({"eventarium_trace":2})") ==
        "trace format 2 is not 1, the one this program reads");
  CHECK(first(R"({"eventarium_trace":1,"scenario":"s"})") == "field 'title' is missing");
}

TEST_CASE("after an error every later line gives the same error") {
  LineReader reader;
  reader.read(header);
  reader.read("garbage");
  const auto again = reader.read(R"({"id":1,"t":0,"type":"node_stopped","reason":"a"})");
  REQUIRE(std::holds_alternative<ReadError>(again));
  CHECK(std::get<ReadError>(again).line == 2);
}

TEST_CASE("reached moves the time of a trace, and RunEnded completes it") {
  const TraceFile file =
      read_trace(header + "\n" + R"({"reached":7000000})" + "\n" +
                 R"({"id":1,"t":8000000,"type":"run_ended","events":0,"fingerprint":"x"})" + "\n" +
                 R"({"reached":9000000})" + "\n");
  CHECK(!file.warning);
  CHECK(file.complete);
  CHECK(file.reached == sim_time(9ms));
  CHECK(!read_trace(header).complete);
}

TEST_CASE("an empty trace and a file that is not there are warnings") {
  REQUIRE(read_trace("").warning);
  CHECK(read_trace("").warning->line == 1);
  REQUIRE(read_trace_file("/no/such/file").warning);
  CHECK(read_trace_file("/no/such/file").warning->line == 0);
  REQUIRE(read_trace_file("/").warning);
}

}  // namespace
}  // namespace eventarium::trace
