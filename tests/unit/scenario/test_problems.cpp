// What is said about a wrong file: each kind of problem with its exact place.
#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

TEST_CASE("keys: unknown, repeated, missing, without value") {
  CHECK(problems("version: 1\ntopcis: [a]\n") ==
        "2:1: unknown key 'topcis' in a scenario (did you mean 'topics'?)");
  CHECK(problems("version: 1\ntopics:\n  - name: a\n    replication_factor: 1\n") ==
        "4:5: unknown key 'replication_factor' in a topic (did you mean 'replicas'?)");
  CHECK(problems("version: 1\nview: {zebra: 1}\n") ==
        "2:8: unknown key 'zebra' in view (known: speed)");
  CHECK(problems("version: 1\nseed: 1\nseed: 2\n") == "3:1: 'seed' stands twice in a scenario");
  CHECK(problems("version: 1\nproducers:\n  - topic: t\n") == "3:5: a producer lacks 'name'");
  CHECK(problems("version: 1\ntopics: [t]\nproducers:\n  - {name: p, topic: t, count: 1}\n"
                 "consumers:\n  - {reads: t, group: g}\n") == "6:5: a consumer lacks 'name'");
  CHECK(problems("version: 1\nseed:\n") == "2:1: 'seed' has no value");
  CHECK(problems("version: 1\nseed: ~\n") == "2:1: 'seed' has no value");
  CHECK(problems("seed: 1\n") == "1:1: a scenario lacks 'version'");
  CHECK(problems("version: 2\n") == "1:10: version: 2 is not known here; use 1");
}

TEST_CASE("values of the wrong kind") {
  CHECK(problems("") == "1:1: a scenario: a map is expected ('key: value'), not nothing");
  CHECK(problems("hello\n") == "1:1: a scenario: a map is expected ('key: value'), not 'hello'");
  CHECK(problems("version: 1\ntopics: {name: a}\n") ==
        "2:9: topics: a list is expected (each item after '- '), not a map");
  CHECK(problems("version: 1\nduration: [5s]\n") ==
        "2:11: duration: a length of time like 5ms, 10s or 2min is expected, not a list");
  CHECK(problems("version: 1\nduration: 5\n") ==
        "2:11: duration: '5': a length of time needs a unit, e.g. 5ms, 10s, 2min");
  CHECK(problems("version: 1\nseed: many\n") ==
        "2:7: seed: a whole number from 0 to 2^64-1 is expected");
  CHECK(problems("version: 1\ncluster: {brokers: three}\n") ==
        "2:20: brokers: 'three': a whole number is expected");
  CHECK(problems("version: 1\ncluster: {brokers: 0}\n") ==
        "2:20: brokers: 0 is out of range (1 to 100)");
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t, key: {email}}]\n") ==
        "2:38: key: a text is expected, not a map; put quotes around a text that begins with a "
        "brace: \"{email}\"");
  CHECK(problems("version: 1\nbus: {kind: queu}\n") ==
        "2:13: kind: 'queu' is not known (did you mean 'queue'?)");
  CHECK(problems("version: 1\nview: {speed: fast}\n") ==
        "2:15: speed: a number from 0.001 to 1000 is expected, simulated seconds in a second of "
        "the viewer");
  CHECK(problems("version: 1\nnetwork: {loss: 3}\n") ==
        "2:17: loss: '3': a probability is expected: 0 to 1, or a percentage like 1%");
}

TEST_CASE("columns count characters, not bytes") {
  CHECK(problems("version: 1\ninfo: {title: Ärger über Äpfel, minutes: viele}\n") ==
        "2:42: minutes: 'viele': a whole number is expected");
}

TEST_CASE("names: illegal, taken, a broker's") {
  CHECK(problems("version: 1\nproducers: [{name: my site, topic: t}]\n") ==
        "2:20: name: 'my site' is not a name: 1 to 60 letters, digits, '-' or '_'");
  CHECK(problems("version: 1\ntopics: [a b]\n") ==
        "2:10: a topic: 'a b' is not a name: 1 to 249 letters, digits, '-', '_' or '.'");
  CHECK(problems("version: 1\ntopics: [a, b, a]\n") == "2:16: topic 'a' is declared twice");
  CHECK(problems("version: 1\nproducers:\n  - {name: a, topic: t}\n  - {name: a, topic: t}\n") ==
        "4:12: the name 'a' is taken already (line 3)");
  CHECK(problems("version: 1\nproducers: [{name: broker-1, topic: t}]\n") ==
        "2:20: the name 'broker-1' belongs to a broker");
}

TEST_CASE("references to what is not there") {
  CHECK(problems("version: 1\ntopics: [orders]\nproducers: [{name: p, topic: ordres}]\n") ==
        "3:30: topic: there is no topic 'ordres' (did you mean 'orders'?)");
  CHECK(problems(
            "version: 1\nproducers: [{name: p, topic: a}]\nconsumers: [{name: c, reads: b}]\n") ==
        "3:30: reads: there is no topic 'b' (did you mean 'a'?)");
  CHECK(problems("version: 1\nfaults: [{at: 1s, do: crash, target: broker-2}]\n") ==
        "2:38: target: there is no node 'broker-2' (did you mean 'broker-1'?)");
  CHECK(
      problems("version: 1\nproducers: [{name: p, topic: a}]\nexpect: [{delivered: 1, to: p}]\n") ==
      "3:29: to: there is no consumer or service 'p'");
  CHECK(problems("version: 1\nexpect: [{produced: 1, from: web}]\n") ==
        "2:30: from: there is no producer 'web'");
  CHECK(problems("version: 1\nexpect: [{side_effects: 1, effect: mail}]\n") ==
        "2:36: effect: there is no side effect 'mail'");
  CHECK(problems("version: 1\ntopics: [{name: t, partitions: 2}]\n"
                 "consumers: [{name: c, reads: {topic: t, partitions: [0, 2]}}]\n"
                 "expect: [{log_end_offset: 1, topic: t, partition: 2}]\n") ==
        "3:57: topic 't' has 2 partitions, numbered from 0; there is no 2\n"
        "4:51: topic 't' has 2 partitions, numbered from 0; there is no 2");
}

TEST_CASE("events that nobody publishes, placeholders that nothing fills") {
  const std::string start =
      "version: 1\n"
      "producers: [{name: p, topic: t, event: Placed, data: {email: x}}]\n";
  CHECK(problems(start + "services: [{name: s, reads: t, on: [{event: Palced}]}]\n") ==
        "3:45: event: nothing publishes 'Palced' to what 's' reads (did you mean 'Placed'?)");
  CHECK(problems(start +
                 "services: [{name: s, reads: t, on: [{event: Placed, does: [{effect: e, text: "
                 "'to {emial}'}]}]}]\n") ==
        "3:78: text: nothing fills {emial} (did you mean 'email'?)");
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t, key: '{user}'}]\n") ==
        "2:38: key: nothing fills {user} (known: id, n, source, time, type)");
}

TEST_CASE("reactions that are never reached") {
  const std::string start =
      "version: 1\nproducers: [{name: p, topic: t, event: E}]\nservices:\n"
      "  - name: s\n    reads: t\n    on:\n";
  CHECK(problems(start + "    - {event: E}\n    - {event: E}\n") ==
        "8:15: 's' reacts twice to 'E'; put both under one 'on'");
  CHECK(problems(start + "    - {event: '*'}\n    - {event: E}\n") ==
        "8:15: event: the \"*\" above takes every event, 'E' never comes here; put \"*\" last");
  CHECK(problems(start + "    - {event: E}\n    - {event: '*'}\n") == "");
}

TEST_CASE("a template can name what is made before it") {
  const auto producer = [](const std::string& rest) {
    return problems("version: 1\nproducers: [{name: p, topic: t, " + rest + "}]\n");
  };
  CHECK(producer("data: {a: x, b: '{a} {n} {id}'}, key: '{b}'") == "");
  CHECK(producer("data: {b: '{a}', a: x}").find("nothing fills {a}") != std::string::npos);
  CHECK(producer("data: {a: x}, id: '{a}'").find("nothing fills {a}") != std::string::npos);
  CHECK(producer("key: '{key}'").find("nothing fills {key}") != std::string::npos);
  CHECK(producer("data: {a: ['{n}', '{m}']}").find("nothing fills {m}") != std::string::npos);
  CHECK(producer("key: '{{literal}} {n}'") == "");
  CHECK(producer("key: '{n'") == "");
}

TEST_CASE("fields are followed through services that copy the data") {
  const std::string chain = R"(version: 1
producers: [{name: p, topic: a, event: A, data: {email: x}}]
services:
  - {name: s, reads: a, on: [{event: A, emits: [{topic: b, event: B}]}]}
  - {name: t, reads: b, on: [{event: B, does: [{effect: e, text: "{email} {id}"}]}]}
)";
  CHECK(problems(chain) == "");
}

TEST_CASE("each replica needs a broker of its own") {
  CHECK(
      problems("version: 1\ncluster: {brokers: 3}\ntopics:\n  - {name: t, replicas: 3}\n").empty());
  CHECK(problems("version: 1\ntopics:\n  - {name: t, replicas: 2}\n") ==
        "3:25: replicas: 2 replicas need 2 brokers, the cluster has 1; each replica is on a "
        "broker of its own");
}

TEST_CASE("what belongs to Kafka, what to a bus") {
  CHECK(problems("version: 1\ncluster: {}\nbus: {kind: queue}\n") ==
        "3:6: bus: a scenario has a 'cluster' (Kafka) or a 'bus', not both");
  CHECK(problems("version: 1\nbus: {kind: queue, call_timeout: 1s}\n") ==
        "2:34: call_timeout: has no meaning with kind: queue, only with kind: direct");
  CHECK(problems("version: 1\nbus: {kind: direct, name: x}\n") ==
        "2:27: name: direct calls have no node in the middle that could bear a name");
  CHECK(problems("version: 1\nbus: {kind: queue}\ntopics: [{name: t, partitions: 2}]\n") ==
        "3:32: partitions: only Kafka's topics have that, not a bus");
  CHECK(problems("version: 1\nbus: {kind: queue}\nproducers: [{name: p, topic: t, config: {acks: "
                 "1}}]\n") == "3:41: config: holds Kafka's keys; there is no Kafka here");
  CHECK(problems("version: 1\nbus: {kind: queue}\ntopics: [t]\nexpect: [{log_end_offset: 1, topic: "
                 "t}]\n") == "4:27: log_end_offset: only Kafka keeps a log; there is none here");
  CHECK(problems("version: 1\nbus: {kind: direct}\nexpect: [{dead_lettered: 0}]\n") ==
        "3:26: dead_lettered: a queue gives records up, and on Kafka share groups and services "
        "may; there is no such thing here");
}

TEST_CASE("Kafka's configuration keys are checked") {
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t, config: {liner.ms: 5}}]\n") ==
        "2:42: config: Kafka has no key 'liner.ms' here (did you mean 'linger.ms'?)");
  CHECK(
      problems("version: 1\nproducers: [{name: p, topic: t, config: {acks: 7}}]\n").substr(0, 11) ==
      "2:48: acks:");
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t, config: [acks]}]\n") ==
        "2:41: config: a map of Kafka's keys is expected, not a list");
}

TEST_CASE("schedules that contradict themselves") {
  const auto producer = [](const std::string& rest) {
    return problems("version: 1\nproducers: [{name: p, topic: t, " + rest + "}]\n");
  };
  CHECK(producer("every: 1s, rate: 1/s") ==
        "2:50: rate: 'every' says it already; use one or the other");
  CHECK(producer("at: [1s], count: 3") ==
        "2:50: count: 'at' gives the times already; use one or the other");
  CHECK(producer("at: [2s, 1s]") == "2:42: at: times must not go back");
  CHECK(producer("at: [40s]") == "2:38: at: 40 s lies after the end of the run (30 s)");
  CHECK(producer("every: 0s") == "2:40: a producer can't publish more often than every 1us");
  CHECK(producer("start: 5s, until: 4s") == "2:51: until: lies before the start");
  CHECK(producer("every: 1s, count: 40") ==
        "2:51: count: the last of 40 events would come at 40 s, after the end of the run (30 s)");
  CHECK(producer("every: {uniform: [20ms, 10ms]}") ==
        "2:50: uniform: the first end (20 ms) is the later one (10 ms)");
  CHECK(producer("every: {uniform: [1s, 2s], exponential: 1s}") ==
        "2:40: every: exactly one of fixed, uniform, exponential, log_normal is expected");
  CHECK(producer("every: {log_normal: {median: 1s}}") == "2:53: log_normal lacks 'sigma'");
  CHECK(producer("data: {x: {between: [6, 1]}}") ==
        "2:53: x: two numbers are expected, the smaller first: {between: [1, 6]}");
  CHECK(producer("data: {x: []}") == "2:43: x: a list of choices can't be empty");
}

TEST_CASE("faults that make no sense") {
  const auto fault = [](const std::string& rest) {
    return problems("version: 1\nfaults: [{at: 1s, target: broker-1, " + rest + "}]\n");
  };
  CHECK(fault("do: explode") ==
        "2:41: do: 'explode' is not known (known: crash, power_loss, stop, start, pause, slow_cpu, "
        "slow_disk, disk_full, disk_failure, link_down, link_up, latency, bandwidth, cut, split, "
        "loss, slow_handler, poison, retry_storm)");
  CHECK(fault("do: latency") == "2:10: do: latency needs 'latency'");
  CHECK(fault("do: crash, loss: 1%") == "2:54: loss: has no meaning with do: crash");
  CHECK(fault("do: loss, loss: 100%") == "2:53: loss: below 1; do: link_down loses everything");
  CHECK(fault("do: start, for: 1s") == "2:53: for: 'start' heals, it does not end");
  CHECK(fault("do: cut, peer: broker-1") == "2:52: peer: the target can't be cut off from itself");
  CHECK(fault("do: crash, for: 0s") == "2:53: for: must be more than 0");
  CHECK(problems("version: 1\nfaults: [{at: 31s, do: crash, target: broker-1}]\n") ==
        "2:15: at: lies after the end of the run (30 s)");
}

TEST_CASE("expectations that can't be judged") {
  CHECK(problems("version: 1\nexpect: [{delivered: many}]\n") ==
        "2:22: delivered: 'many': a whole number is expected (e.g. 20, \"< 5\", \">= 3\", 3..5)");
  CHECK(problems("version: 1\nexpect: [{latency_p99: 500}]\n") ==
        "2:24: latency_p99: '500': a length of time needs a unit, e.g. 5ms, 10s, 2min (e.g. \"< "
        "500ms\")");
  CHECK(problems("version: 1\nexpect: [{lost: 0, delivered: 1}]\n") ==
        "2:17: 'delivered' and 'lost' in one expectation; make two of it");
  CHECK(problems("version: 1\nexpect: [{at: 1s}]\n") ==
        "2:10: an expectation says what is measured: delivered, side_effects, lost, latency_p99, "
        "log_end_offset, ...");
  CHECK(problems("version: 1\nproducers: [{name: p, topic: t}]\nexpect: [{lost: 0, to: t}]\n") ==
        "3:24: to: does not narrow down 'lost'");
  CHECK(problems("version: 1\nexpect: [{high_watermark: 1}]\n") ==
        "2:10: 'high_watermark' needs a 'topic'");
}

TEST_CASE("all problems of a file at once, in its order") {
  CHECK(problems("version: 1\nduration: 5\ntopcis: []\ncluster: {brokers: x}\n") ==
        "2:11: duration: '5': a length of time needs a unit, e.g. 5ms, 10s, 2min\n"
        "3:1: unknown key 'topcis' in a scenario (did you mean 'topics'?)\n"
        "4:20: brokers: 'x': a whole number is expected");
}

TEST_CASE("a flood of problems is cut short") {
  std::string yaml = "version: 1\n";
  for (int i = 0; i < 500; ++i) yaml += "zzz" + std::to_string(i) + ": 1\n";
  const LoadResult result = load_text(yaml, "f.yaml");
  CHECK(result.problems.size() == 101);
  CHECK(result.problems.back().message == "... and 400 more problems");
}

TEST_CASE("overrides: problems name the override") {
  const std::string yaml = "version: 1\nproducers: [{name: website, topic: t}]\n";
  CHECK(problems(yaml, {{"producers.websit.count", "5"}}) ==
        "--set producers.websit.count=5:1:1: there is no 'websit' among 1 items (did you mean "
        "'website'?)");
  CHECK(problems(yaml, {{"seed", "x"}}) ==
        "--set seed=x:1:1: seed: a whole number from 0 to 2^64-1 is expected");
  CHECK(problems(yaml, {{"sed", "1"}}) ==
        "--set sed=1:1:1: unknown key 'sed' in a scenario (did you mean 'seed'?)");
  CHECK(problems(yaml, {{"seed.deeper", "1"}}).find("seed.deeper") != std::string::npos);
  CHECK(!problems(yaml, {{"seed", "{"}}).empty());
  CHECK(!problems(yaml, {{"", "1"}}).empty());
  CHECK(!problems(yaml, {{"producers.7.count", "1"}}).empty());
}
