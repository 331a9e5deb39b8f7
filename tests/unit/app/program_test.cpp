// The program as a user meets it: exit codes, what goes where, and what happens when it is killed.
#include <doctest/doctest.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include <nlohmann/json.hpp>

#include "sim/trace/reader.h"
#include "tests/unit/app/process.h"

namespace eventarium::app {
namespace {

using Json = nlohmann::json;

/// A file that is gone after the test.
struct TempFile {
  std::string path;
  explicit TempFile(const std::string& text = "") {
    char name[] = "/tmp/eventarium-test-XXXXXX.yaml";
    close(mkstemps(name, 5));
    path = name;
    std::ofstream(path) << text;
  }
  ~TempFile() { unlink(path.c_str()); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
};

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("a run that goes well: narration and report on stdout, nothing on stderr, exit 0") {
  const Finished run_by_name = run({"run", "newsletter"});
  CHECK(run_by_name.code == 0);
  CHECK(run_by_name.err.empty());
  CHECK(run_by_name.out.starts_with("The newsletter  seed 42, simgrid engine, 30 s\n"));
  CHECK(contains(run_by_name.out, "website published NewSubscriber sub-1"));
  CHECK(contains(run({"run", "newsletter-direct"}).out,
                 "00:12.000  planned: crm loses power for 8 s"));
  CHECK(contains(run_by_name.out, "expectations met"));
  CHECK(!contains(run_by_name.out, "\x1b"));
  const Finished by_path = run({"run", "scenarios/newsletter.yaml", "--quiet"});
  CHECK(by_path.code == 0);
  CHECK(!contains(by_path.out, "published"));
  CHECK(contains(by_path.out, "fingerprint"));
}

TEST_CASE("an expectation that isn't met: exit 1, and the report says which") {
  const Finished finished = run({"run", "newsletter", "-q", "--set", "producers.website.count=3"});
  CHECK(finished.code == 1);
  CHECK(contains(finished.out, "NOT MET"));
}

TEST_CASE("a broken file: exit 2, each mistake with file, line and column") {
  const TempFile broken("version: 1\nproducers:\n  - nam: website\n    topic: [1\n");
  const Finished unbalanced = run({"run", broken.path});
  CHECK(unbalanced.code == 2);
  CHECK(contains(unbalanced.err, broken.path + ":"));
  CHECK(unbalanced.out.empty());
  const TempFile mistyped("version: 1\nproducer:\n  - name: a\n");
  const Finished unknown_key = run({"check", mistyped.path});
  CHECK(unknown_key.code == 2);
  CHECK(contains(unknown_key.err, mistyped.path + ":2:1: "));
  CHECK(contains(unknown_key.err, "did you mean 'producers'"));
  CHECK(run({"run", "/no/such/file.yaml"}).code == 2);
}

TEST_CASE("a wrong command line: exit 2 with a hint on stderr") {
  const std::vector<std::vector<std::string>> wrong{
      {"frob"},
      {"run"},
      {"run", "newsletter", "--until", "soon"},
      {"run", "newsletter", "--engine", "steam"},
      {"run", "newsletter", "--set", "nonsense"},
      {"run", "newsletter", "--set", "producers.nobody.count=1"},
      {"run", "newsletter", "--json", "--events"},
      {"run", "newsletter", "radio", "--trace", "x"},
      {"run", "newsletter", "--trace", "/no/such/folder/x"},
      {"run", "newsletter", "--trace", "-", "--json"},
      {"describe", "planets", "newsletter"},
      {"replay", "/no/such/file"}};
  for (const auto& arguments : wrong) {
    CAPTURE(arguments.back());
    const Finished finished = run(arguments);
    CHECK(finished.code == 2);
    CHECK(!finished.err.empty());
    CHECK(finished.out.empty());
  }
  CHECK(contains(run({"runn", "newsletter"}).err, "did you mean 'run'?"));
  CHECK(contains(run({"run", "newslettr"}).err, "did you mean 'newsletter'?"));
}

TEST_CASE("help leads with examples; version") {
  const Finished help = run({"--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("Examples:") < help.out.find("Usage:"));
  CHECK(run({"run", "--help"}).out.find("Examples:") != std::string::npos);
  CHECK(run({"--version"}).out.starts_with("eventarium "));
}

TEST_CASE("--json is one object with everything that is promised") {
  const Finished finished = run({"run", "newsletter", "--json", "--seed", "7"});
  const Json object = Json::parse(finished.out);
  for (const char* key :
       {"scenario", "seed", "engine", "simulated_s", "wall_s", "cpu_s", "events", "fingerprint",
        "expectations", "ledger", "side_effects", "latency_ms", "topics"})
    CHECK_MESSAGE(object.contains(key), key);
  CHECK(object["scenario"] == "newsletter");
  CHECK(object["seed"] == 7);
  CHECK(object["engine"] == "simgrid");
  CHECK(object["simulated_s"] == 30.0);
  for (const char* key : {"produced", "acknowledged", "delivered", "lost_acknowledged",
                          "duplicated", "out_of_order", "undelivered"})
    CHECK_MESSAGE(object["ledger"][key].is_number_unsigned(), key);
  for (const char* key : {"p50", "p95", "p99"}) CHECK(object["latency_ms"][key].is_number());
  for (const auto& expectation : object["expectations"]) {
    CHECK(expectation["expect"].is_string());
    CHECK(expectation["met"].is_boolean());
    CHECK(expectation["actual"].is_string());
  }
  const Json& topic = object["topics"][0];
  for (const char* key : {"topic", "partition", "leader", "replicas", "isr", "log_start_offset",
                          "high_watermark", "log_end_offset"})
    CHECK_MESSAGE(topic.contains(key), key);
  CHECK(topic["log_end_offset"] == 20);
  CHECK(object["side_effects"]["welcome-email"]["done"] == 20);
}

TEST_CASE("--events is the narration as JSON Lines") {
  const Finished finished = run({"run", "radio", "--events"});
  CHECK(finished.code == 0);
  std::size_t lines = 0;
  for (std::size_t begin = 0; begin < finished.out.size(); ++lines) {
    const std::size_t end = finished.out.find('\n', begin);
    const Json line = Json::parse(finished.out.substr(begin, end - begin));
    CHECK(line["t"].is_number());
    CHECK(line["text"].is_string());
    begin = end + 1;
  }
  CHECK(lines > 20);
}

TEST_CASE("several scenarios, each in a process of its own; the worst exit code counts") {
  const Finished finished =
      run({"run", "newsletter", "letter", "radio", "--json", "--engine", "simgrid"});
  CHECK(finished.code == 0);
  CHECK(std::count(finished.out.begin(), finished.out.end(), '\n') == 3);
  CHECK(run({"run", "newsletter", "nonsense", "-q"}).code == 2);
}

TEST_CASE("a trace replays to the same report and fingerprint; a changed one is found out") {
  const TempFile trace;
  const Finished original = run({"run", "letter", "--json", "--trace", trace.path});
  const Finished replayed = run({"replay", trace.path, "--json"});
  CHECK(replayed.code == 0);
  Json a = Json::parse(original.out), b = Json::parse(replayed.out);
  for (const char* key : {"wall_s", "cpu_s"}) {
    a.erase(key);
    b.erase(key);
  }
  CHECK(a == b);
  std::ifstream in(trace.path);
  std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  CHECK(run({"run", "letter", "--trace", "-"}).out == text);
  text.replace(text.find("\"speed_flops\":1e+09"), 19, "\"speed_flops\":2e+09");
  const TempFile changed(text);
  const Finished found_out = run({"replay", changed.path, "-q"});
  CHECK(found_out.code == 1);
  CHECK(contains(found_out.err, "this is not the run it says"));
  const TempFile cut(text.substr(0, text.size() / 2));
  const Finished short_one = run({"replay", cut.path, "-q"});
  CHECK(short_one.code == 2);  // a script must notice
  CHECK(contains(short_one.err, "cut off"));
  CHECK(contains(short_one.out, "fingerprint"));
}

TEST_CASE("a full disk is our exit 3, a reader that goes away is nobody's") {
  Process full({"run", "newsletter"}, "/dev/full");
  const Finished finished = full.finish();
  CHECK(finished.code == 3);
  CHECK(contains(finished.err, "can't write to stdout"));
  Process full_trace({"run", "newsletter", "--trace", "-"}, "/dev/full");
  CHECK(full_trace.finish().code == 3);
  CHECK(run({"run", "newsletter", "-q", "--trace", "/dev/full"}).code == 3);
  Process full_child({"run", "newsletter", "--serve"}, "/dev/full");
  CHECK(full_child.finish().code == 3);
  const std::string command =
      "cd " EVENTARIUM_SOURCE_DIR " && (" EVENTARIUM_BINARY_DIR
      "/eventarium run activity-tracking; echo $? >&2) 2>/tmp/eventarium-pipe-test | head -1";
  std::FILE* pipe = popen(command.c_str(), "r");
  while (std::fgetc(pipe) != EOF) {
  }
  pclose(pipe);
  std::ifstream code("/tmp/eventarium-pipe-test");
  std::string text;
  std::getline(code, text);
  CHECK(text == "0");
  unlink("/tmp/eventarium-pipe-test");
}

TEST_CASE("the tables have Kafka's own columns") {
  const Finished topics = run({"describe", "topics", "logs", "--at", "5s"});
  CHECK(topics.code == 0);
  CHECK(contains(topics.out, "Topic: website-logs\tPartitionCount: 3\tReplicationFactor: 1\t"));
  CHECK(contains(topics.out, "\tTopic: website-logs\tPartition: 0\tLeader: "));
  const Finished groups = run({"describe", "groups", "newsletter"});
  CHECK(contains(groups.out,
                 "GROUP  TOPIC  PARTITION  CURRENT-OFFSET  LOG-END-OFFSET  LAG  "
                 "CONSUMER-ID  HOST  CLIENT-ID"));
  const Finished services = run({"describe", "services", "letter", "--at", "5s"});
  CHECK(contains(services.out, "not started"));
  const std::string none = "services.crm.consumer_config.auto.offset.reset=none";
  CHECK(contains(run({"describe", "services", "newsletter", "--set", none}).out,
                 "crm        failed"));
  CHECK(contains(run({"list"}).out, "newsletter-direct"));
  CHECK(Json::parse(run({"list", "--json"}).out).size() >= 8);
}

TEST_CASE("served: advances, takes faults, and a kill -9 leaves a readable trace") {
  Process child({"run", "newsletter", "--serve"});
  child.write("{\"command\":\"advance\",\"until\":5000000000}\n");
  trace::TraceFile trace;
  for (int i = 0; i < 400 && trace.reached < sim_time(5s); ++i) {
    std::this_thread::sleep_for(25ms);
    trace = trace::read_trace(child.output());
  }
  CHECK(trace.reached == sim_time(5s));
  CHECK(!trace.warning);
  child.write("{\"command\":\"advance\",\"until\":20000000000}\n");
  child.kill_hard();
  const Finished killed = child.finish();
  CHECK(killed.signal == SIGKILL);
  const trace::TraceFile rest = trace::read_trace(killed.out);
  REQUIRE(rest.header);
  CHECK(rest.events.size() >= trace.events.size());
  CHECK(!rest.complete);
}

TEST_CASE("served: the end of stdin ends the child; same commands, same fingerprint") {
  const std::string commands =
      "{\"command\":\"fault\",\"do\":\"crash\",\"target\":\"crm\",\"for_ns\":2000000000,"
      "\"at\":4000000000}\nnonsense\n{\"command\":\"advance\",\"until\":60000000000}\n";
  const Finished first = run({"run", "newsletter", "--serve"}, commands);
  CHECK(first.code == 0);
  CHECK(first.err.empty());
  CHECK(run({"run", "newsletter", "--serve"}, commands).out == first.out);
  const trace::TraceFile trace = trace::read_trace(first.out);
  CHECK(trace.complete);
  CHECK(trace.reached == sim_time(30s));
  CHECK(run({"run", "nonsense", "--serve"}).code == 2);
}

}  // namespace

TEST_CASE("a run ends exactly when it is told to, between two steps of the engine too") {
  for (const char* engine : {"simgrid", "lean"}) {
    CAPTURE(engine);
    const Finished finished =
        run({"run", "newsletter", "--until", "2005300us", "--engine", engine, "--json"});
    CHECK(Json::parse(finished.out)["simulated_s"] == 2.0053);
    const Finished traced =
        run({"run", "newsletter", "--until", "2005300us", "--engine", engine, "--trace", "-"});
    CHECK(contains(traced.out, "\"t\":2005300000,\"type\":\"run_ended\""));
    CHECK_FALSE(contains(traced.out, "\"t\":20055"));
  }
}

TEST_CASE("a seed is a whole number of 64 bits, nothing else") {
  for (const char* seed : {"-1", "18446744073709551616", "1.5", "x", ""})
    CHECK(run({"run", "letter", "-q", "--seed", seed}).code == 2);
  CHECK(run({"run", "letter", "-q", "--seed", "18446744073709551615"}).code == 0);
}

TEST_CASE("the narration as data and no narration can't be asked for at once") {
  CHECK(run({"run", "letter", "--quiet", "--events"}).code == 2);
}

}  // namespace eventarium::app
