// What a right file means: every value, every default, overrides.
#include "sim/scenario/loader.h"

#include "tests/unit/scenario/testing.h"

using namespace eventarium;
using namespace eventarium::scenario;

TEST_CASE("ten lines make a scenario") {
  const Scenario s = load(R"(version: 1
producers:
  - {name: alice, topic: greetings, event: Hello, rate: 2/s, count: 10}
consumers:
  - {name: bob, reads: greetings}
expect:
  - {delivered: 10, to: bob}
  - lost: 0
)");
  CHECK(s.name == "test");
  CHECK(s.path == "test.yaml");
  CHECK(s.info.title == "test");
  CHECK(s.seed == 42);
  CHECK(s.duration == 30s);
  CHECK(s.channel == Channel::kafka);
  CHECK(s.cluster.brokers == 1);
  REQUIRE(s.topics.size() == 1);
  CHECK(s.topics[0].name == "greetings");
  CHECK(s.topics[0].partitions == 1);
  REQUIRE(s.producers.size() == 1);
  const Producer& alice = s.producers[0];
  CHECK(alice.event == "Hello");
  CHECK(alice.id == "alice-{n}");
  CHECK(!alice.key.has_value());
  CHECK(alice.start == 1s);
  CHECK(alice.every.kind == Distribution::Kind::fixed);
  CHECK(alice.every.a == 500ms);
  CHECK(alice.count == 10);
  CHECK(!alice.until.has_value());
  REQUIRE(s.services.size() == 1);
  CHECK(s.services[0].is_consumer);
  CHECK(s.services[0].topics == std::vector<std::string>{"greetings"});
  CHECK(s.services[0].partitions.empty());
  REQUIRE(s.expectations.size() == 2);
  CHECK(s.expectations[0].what == Expectation::What::delivered);
  CHECK(s.expectations[0].to == "bob");
  CHECK(s.expectations[0].value == 10);
  CHECK(s.expectations[0].text == "delivered to bob: 10");
  CHECK(s.expectations[0].line == 7);
  CHECK(s.expectations[1].text == "lost: 0");
}

TEST_CASE("the smallest scenario is an empty cluster") {
  const Scenario s = load("version: 1");
  CHECK(s.topics.empty());
  CHECK(s.cluster.brokers == 1);
  CHECK(s.network.latency == 50us);
}

TEST_CASE("info, network, cluster, view") {
  const Scenario s = load(R"(version: 1
info:
  title: Ångström and sons
  promise: "One line: with a colon"
  minutes: 12
  what: |
    First line.
    Second line.
  how: why
  use: so
  notice: [a, "b, c"]
  try:
    - do this
  extend: more
seed: 18446744073709551615
duration: 2min
network: {bandwidth: 100 Mbit/s, latency: 2ms, loss: 1%}
cluster: {brokers: 3, config: {num.partitions: 1}}
view: {speed: 0.02}
)");
  CHECK(s.info.title == "Ångström and sons");
  CHECK(s.info.promise == "One line: with a colon");
  CHECK(s.info.minutes == 12);
  CHECK(s.info.what == "First line.\nSecond line.\n");
  CHECK(s.info.notice == std::vector<std::string>{"a", "b, c"});
  CHECK(s.info.attempt == std::vector<std::string>{"do this"});
  CHECK(s.info.extend == "more");
  CHECK(s.seed == 18446744073709551615ULL);
  CHECK(s.duration == 120s);
  CHECK(s.network.bandwidth_bytes_per_s == doctest::Approx(12.5e6));
  CHECK(s.network.latency == 2ms);
  CHECK(s.network.loss == doctest::Approx(0.01));
  CHECK(s.cluster.brokers == 3);
  CHECK(s.view.speed == doctest::Approx(0.02));
}

TEST_CASE("the three buses and their settings") {
  const Scenario direct =
      load("version: 1\nbus: {kind: direct, call_timeout: 300ms, call_attempts: 3}\n");
  CHECK(direct.channel == Channel::direct);
  CHECK(direct.bus.name.empty());
  CHECK(direct.bus.call_timeout == 300ms);
  CHECK(direct.bus.call_attempts == 3);

  const Scenario queue = load(
      "version: 1\nbus: {kind: queue, name: letterbox, visibility_timeout: 5s, "
      "max_deliveries: 2}\n");
  CHECK(queue.channel == Channel::queue);
  CHECK(queue.bus.name == "letterbox");
  CHECK(queue.bus.visibility_timeout == 5s);
  CHECK(queue.bus.max_deliveries == 2);
  CHECK(load("version: 1\nbus: {kind: queue}\n").bus.name == "queue");
  CHECK(load("version: 1\nbus: {kind: broadcast}\n").bus.name == "station");
  CHECK(load("version: 1\nbus: {kind: broadcast}\n").channel == Channel::broadcast);
}

TEST_CASE("a producer with everything") {
  const Scenario s = load(R"(version: 1
topics: [{name: t, partitions: 3}]
producers:
  - name: shop
    topic: t
    event: OrderPlaced
    id: order-{n}
    key: "{customer}"
    data:
      customer: [ada, "{n} bob"]
      total: {between: [5, 50]}
      weight: {between: [0.5, 2]}
      gift: true
      zip: "01234"
      pieces: 3
      exponent: 1e3
      leading: 007
      note: order {n}
    size: 2 KiB
    start: 2s
    every: {exponential: 200ms}
    until: 20s
    config: {acks: "1", linger.ms: 10}
)");
  const Producer& p = s.producers.at(0);
  CHECK(p.id == "order-{n}");
  CHECK(p.key == "{customer}");
  CHECK(p.size_bytes == 2048);
  CHECK(p.start == 2s);
  CHECK(p.every.kind == Distribution::Kind::exponential);
  CHECK(p.every.a == 200ms);
  CHECK(p.until == 20s);
  CHECK(p.config == Config{{"acks", "1"}, {"linger.ms", "10"}});
  using Kind = DataValue::Kind;
  const std::vector<std::pair<std::string, Kind>> kinds = {
      {"customer", Kind::one_of}, {"total", Kind::integer}, {"weight", Kind::real},
      {"gift", Kind::boolean},    {"zip", Kind::text},      {"pieces", Kind::number},
      {"exponent", Kind::number}, {"leading", Kind::text},  {"note", Kind::text}};
  REQUIRE(p.data.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    CHECK(p.data[i].first == kinds[i].first);
    CHECK_MESSAGE(p.data[i].second.kind == kinds[i].second, kinds[i].first);
  }
  CHECK(p.data[0].second.one_of == std::vector<std::string>{"ada", "{n} bob"});
  CHECK(p.data[1].second.low == 5);
  CHECK(p.data[1].second.high == 50);
  CHECK(p.data[2].second.real_high == doctest::Approx(2));
  CHECK(p.data[4].second.text == "01234");
}

TEST_CASE("schedules: explicit times, and silence before the end") {
  const Scenario s = load(R"(version: 1
duration: 20s
producers:
  - {name: a, topic: t, at: [1s, 1s, 3500ms]}
  - {name: b, topic: t, every: {uniform: [10ms, 20ms]}}
  - {name: c, topic: t, every: {log_normal: {median: 120ms, sigma: 0.5}}}
)");
  CHECK(s.producers[0].at == std::vector<Duration>{1s, 1s, 3500ms});
  CHECK(!s.producers[0].until.has_value());
  CHECK(s.producers[1].every.a == 10ms);
  CHECK(s.producers[1].every.b == 20ms);
  CHECK(s.producers[1].until == 15s);
  CHECK(s.producers[2].every.kind == Distribution::Kind::log_normal);
  CHECK(s.producers[2].every.a == 120ms);
  CHECK(s.producers[2].every.sigma == doctest::Approx(0.5));
}

TEST_CASE("services: reactions, side effects, emissions") {
  const Scenario s = load(R"(version: 1
producers: [{name: shop, topic: orders, event: OrderPlaced, data: {email: "x{n}@y.org"}}]
services:
  - name: billing
    reads: [orders]
    start: 2s
    stop: 25s
    consumer_config: {auto.offset.reset: earliest}
    on:
      - event: OrderPlaced
        service_time: {uniform: [10ms, 20ms]}
        does:
          - invoice
          - {effect: mail, text: "to {email}", key: "mail:{email}"}
        emits:
          - {topic: invoices, event: InvoiceSent}
          - {topic: invoices, event: Paid, id: "paid-{n}", key: "{email}", data: {who: "{email}"}}
  - name: archive
    reads: [invoices]
    on: [{event: "*", does: [store]}]
)");
  CHECK(s.topics.size() == 2);  // none declared: both are in use
  const Service& billing = s.services.at(0);
  CHECK(!billing.is_consumer);
  CHECK(billing.start == 2s);
  CHECK(billing.stop == 25s);
  const Reaction& reaction = billing.reactions.at(0);
  CHECK(reaction.service_time.kind == Distribution::Kind::uniform);
  REQUIRE(reaction.effects.size() == 2);
  CHECK(reaction.effects[0].name == "invoice");
  CHECK(reaction.effects[0].text == "invoice");
  CHECK(reaction.effects[0].key == "invoice:{id}");
  CHECK(reaction.effects[1].key == "mail:{email}");
  REQUIRE(reaction.emits.size() == 2);
  CHECK(reaction.emits[0].copy_data);
  CHECK(reaction.emits[0].id == "billing-{n}");
  CHECK(!reaction.emits[0].key.has_value());
  CHECK(!reaction.emits[1].copy_data);
  CHECK(reaction.emits[1].id == "paid-{n}");
  CHECK(reaction.emits[1].data.at(0).second.text == "{email}");
  CHECK(s.services.at(1).reactions.at(0).event == "*");
}

TEST_CASE("explicit partitions: a topic read whole beside one read in part") {
  const Scenario s = load(R"(version: 1
topics: [{name: a, partitions: 3}, {name: b, partitions: 2}]
consumers:
  - {name: part, reads: [{topic: a, partitions: [2, 0]}, b], service_time: 5ms}
  - {name: whole, reads: [a, b]}
)");
  const std::vector<PartitionRef> expected = {{"a", 2}, {"a", 0}, {"b", 0}, {"b", 1}};
  CHECK(s.services[0].partitions == expected);
  CHECK(s.services[0].topics == std::vector<std::string>{"a", "b"});
  CHECK(s.services[0].service_time.a == 5ms);
  CHECK(s.services[1].partitions.empty());
}

TEST_CASE("consumers come first, then services, whatever the order of the file") {
  const Scenario s = load(R"(version: 1
services: [{name: second, reads: t, on: [{event: E}]}]
consumers: [{name: first, reads: t}]
producers: [{name: p, topic: t, event: E}]
)");
  CHECK(s.services.at(0).name == "first");
  CHECK(s.services.at(1).name == "second");
}

TEST_CASE("every kind of fault") {
  const Scenario s = load(R"(version: 1
cluster: {brokers: 2}
faults:
  - {at: 1s, do: crash, target: broker-1, for: 5s}
  - {at: 1s, do: power_loss, target: broker-1}
  - {at: 1s, do: stop, target: broker-1}
  - {at: 1s, do: start, target: broker-1}
  - {at: 1s, do: link_down, target: broker-1}
  - {at: 1s, do: link_up, target: broker-1}
  - {at: 1s, do: latency, target: broker-1, latency: 200ms}
  - {at: 1s, do: bandwidth, target: broker-1, bandwidth: 1 Mbit/s}
  - {at: 1s, do: cut, target: broker-1, peer: broker-2, both_ways: true}
  - {at: 1s, do: loss, target: broker-1, loss: 20%, for: 1s}
)");
  REQUIRE(s.faults.size() == 10);
  CHECK(s.faults[0].kind == FaultKind::crash);
  CHECK(s.faults[0].lasts == 5s);
  CHECK(s.faults[0].line == 4);
  CHECK(s.faults[1].kind == FaultKind::power_loss);
  CHECK(s.faults[2].kind == FaultKind::stop);
  CHECK(s.faults[3].kind == FaultKind::start);
  CHECK(s.faults[4].kind == FaultKind::link_down);
  CHECK(s.faults[5].kind == FaultKind::link_up);
  CHECK(s.faults[6].latency == 200ms);
  CHECK(s.faults[7].bandwidth_bytes_per_s == doctest::Approx(125e3));
  CHECK(s.faults[8].peer == "broker-2");
  CHECK(s.faults[8].both_ways);
  CHECK(s.faults[9].loss == doctest::Approx(0.2));
}

TEST_CASE("expectations with all that narrows them down") {
  const Scenario s = load(R"(version: 1
topics: [{name: t, partitions: 2}]
producers: [{name: p, topic: t, event: E}]
consumers: [{name: c, reads: t}]
services: [{name: s, reads: t, on: [{event: E, does: [mail]}]}]
expect:
  - {log_end_offset: 20, topic: t, partition: 1, at: 10s}
  - {side_effects: ">= 3", effect: mail, to: s}
  - {latency_p99: "< 500ms", to: c}
  - {acknowledged: 3..5, from: p, topic: t}
)");
  const auto& e = s.expectations;
  CHECK(e.at(0).partition == 1);
  CHECK(e.at(0).at == 10s);
  CHECK(e.at(0).text == "log_end_offset of t/1: 20 at 10 s");
  CHECK(e.at(1).comparison == Expectation::Comparison::at_least);
  CHECK(e.at(1).text == "side_effects mail to s: >= 3");
  CHECK(e.at(2).value == doctest::Approx(0.5));
  CHECK(e.at(2).text == "latency_p99 to c: < 500ms");
  CHECK(e.at(3).high == 5);
  CHECK(e.at(3).text == "acknowledged in t from p: 3..5");
}

TEST_CASE("aliases stand for what they name") {
  const Scenario s = load(R"(version: 1
producers:
  - {name: a, topic: t, data: &d {x: 1}}
  - {name: b, topic: t, data: *d}
)");
  CHECK(s.producers.at(1).data.at(0).first == "x");
}

TEST_CASE("overrides go through keys, numbers and names, and make what is missing") {
  const std::string yaml = R"(version: 1
topics: [t]
producers: [{name: website, topic: t, count: 3}]
expect: [{produced: 3}]
)";
  CHECK(load(yaml, {{"seed", "7"}}).seed == 7);
  CHECK(load(yaml, {{"producers.0.count", "5"}}).producers[0].count == 5);
  CHECK(load(yaml, {{"producers.website.every", "{exponential: 1s}"}}).producers[0].every.kind ==
        Distribution::Kind::exponential);
  CHECK(load(yaml, {{"topics.t.partitions", "4"}}).topics[0].partitions == 4);
  CHECK(load(yaml, {{"cluster.brokers", "3"}}).cluster.brokers == 3);
  CHECK(load(yaml, {{"producers.website.config.linger.ms", "0"}}).producers[0].config ==
        Config{{"linger.ms", "0"}});
  CHECK(load(yaml, {{"expect.0.produced", "< 4"}}).expectations[0].text == "produced: < 4");
  CHECK(load(yaml, {{"topics", "[t, u]"}, {"topics.1.partitions", "2"}}).topics[1].partitions == 2);
}

TEST_CASE("a file, its name, and a file that is not there") {
  const LoadResult missing = load_file("/nowhere/at/all.yaml");
  REQUIRE(missing.problems.size() == 1);
  CHECK(to_text(missing.problems[0]) == "/nowhere/at/all.yaml:0:0: the file can't be read");
  CHECK(!load_file("/").problems.empty());
  CHECK(load_text("version: 1", "a/b/letter.yml").scenario->name == "letter");
  CHECK(load_text("version: 1", "letter").scenario->name == "letter");
}
