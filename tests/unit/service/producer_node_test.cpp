// Producers: schedules, and what a crash does to them.
#include "sim/service/producer_node.h"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

#include "sim/service/components.h"
#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::service;
using bus::World;
using engine::StopReason;

namespace {

/// Keeps what it is given, with the time and the cause.
struct Notebook : bus::Publisher {
  struct Entry {
    SimTime at;
    Record record;
    std::string topic;
    EventId cause;
  };
  std::vector<Entry>* entries;
  explicit Notebook(std::vector<Entry>& list) : entries(&list) {}
  void start(engine::Runtime&) override {}
  bool handle_message(engine::Runtime&, const engine::Message&) override { return false; }
  bool handle_timer(engine::Runtime&, engine::Token) override { return false; }
  void stop(engine::Runtime&, engine::StopReason) override {}
  void publish(engine::Runtime& runtime, Record record, const std::string& topic) override {
    entries->push_back({runtime.now(), std::move(record), topic, runtime.current_cause()});
  }
  std::uint64_t pending() const override { return 0; }
};

struct Stage : World {
  std::vector<Notebook::Entry> made;
  NodeId id;
  explicit Stage(scenario::Producer producer, std::uint64_t seed = 1) : World(seed) {
    producer.name = std::string("p");  // GCC 12 warns falsely of the plain literal
    producer.topic = std::string("t");
    id = next_id();
    add("p", std::make_unique<ProducerNode>(std::move(producer), std::make_unique<Notebook>(made)));
  }
  std::vector<std::int64_t> times_ms() const {
    std::vector<std::int64_t> times;
    for (const auto& entry : made) times.push_back(to_ns(entry.at) / 1'000'000);
    return times;
  }
};

scenario::Producer steady(Duration start, Duration every) {
  scenario::Producer producer;
  producer.start = start;
  producer.every = {scenario::Distribution::Kind::fixed, every, {}, 0};
  return producer;
}

}  // namespace

TEST_CASE("several events at once, and never more than counted") {
  auto producer = steady(500ms, 1s);
  producer.per_tick = 4;
  producer.count = 6;
  Stage stage(producer);
  stage.run(10s);
  CHECK(stage.times_ms() == std::vector<std::int64_t>{500, 500, 500, 500, 1500, 1500});
}

TEST_CASE("a tombstone is as large as its key") {
  auto producer = steady(500ms, 1s);
  producer.count = 1;
  producer.key = std::string("frank");
  producer.tombstone = true;
  Stage stage(producer);
  stage.run(2s);
  REQUIRE(stage.made.size() == 1);
  CHECK(stage.made[0].record.tombstone);
  CHECK(stage.made[0].record.event->data.empty());
  CHECK(stage.made[0].record.size_bytes == 5);
}

TEST_CASE("one poisoned event, and only that") {
  auto producer = steady(500ms, 1s);
  producer.count = 3;
  producer.name = std::string("p");
  producer.topic = std::string("t");
  World world(1);
  std::vector<Notebook::Entry> made;
  auto node = std::make_unique<ProducerNode>(producer, std::make_unique<Notebook>(made));
  node->poison_next();
  world.add("p", std::move(node));
  world.run(10s);
  REQUIRE(made.size() == 3);
  CHECK(made[0].record.event->malformed);
  CHECK(!made[1].record.event->malformed);
}

TEST_CASE("events come at start, then at each interval, as many as counted") {
  auto producer = steady(500ms, 1s);
  producer.count = 3;
  Stage stage(producer);
  stage.run(10s);
  CHECK(stage.times_ms() == std::vector<std::int64_t>{500, 1500, 2500});
  CHECK(stage.made[2].record.event->id == "p-3");
  CHECK(stage.made[2].topic == "t");
}

TEST_CASE("until is the last moment for an event") {
  auto producer = steady(0s, 1s);
  producer.until = 3s;
  Stage stage(producer);
  stage.run(10s);
  CHECK(stage.times_ms() == std::vector<std::int64_t>{0, 1000, 2000, 3000});
}

TEST_CASE("explicit times are kept, also equal ones and out of order") {
  scenario::Producer producer;
  producer.at = {4s, 1s, 1s};
  Stage stage(producer);
  stage.run(10s);
  CHECK(stage.times_ms() == std::vector<std::int64_t>{1000, 1000, 4000});
}

TEST_CASE("an interval of nothing does not stop the time") {
  auto producer = steady(0s, 0s);
  producer.count = 100;
  Stage stage(producer);
  stage.run(1s);
  CHECK(stage.made.size() == 100);
}

TEST_CASE("RecordProduced says what was made; nothing in the simulation led to it") {
  auto producer = steady(1s, 1s);
  producer.count = 2;
  producer.event = "Ping";
  producer.key = "";
  producer.size_bytes = 500;
  Stage stage(producer);
  stage.run(5s);
  const auto produced = stage.trace.all<trace::RecordProduced>();
  REQUIRE(produced.size() == 2);
  CHECK(produced[1].event_id == "p-2");
  CHECK(produced[1].event_type == "Ping");
  CHECK(produced[1].keyed);
  CHECK(produced[1].partitionkey.empty());
  CHECK(produced[1].topic == "t");
  CHECK(produced[1].data == "{}");
  CHECK(produced[1].size_bytes == 500);
  std::vector<EventId> ids;
  for (const auto& event : stage.trace.events) {
    if (!event.as<trace::RecordProduced>()) continue;
    CHECK_FALSE(event.cause.valid());
    ids.push_back(event.id);
  }
  CHECK(stage.made[0].cause == ids[0]);
  CHECK(stage.made[1].cause == ids[1]);
}

TEST_CASE("the world goes on while the producer is down: those events have not happened") {
  for (const auto reason : {StopReason::crash, StopReason::power_loss, StopReason::clean}) {
    auto producer = steady(500ms, 1s);
    producer.count = 8;
    Stage stage(producer);
    stage.stop(stage.id, 2s, reason, 3s);  // misses 2.5, 3.5, 4.5
    stage.run(20s);
    CHECK(stage.times_ms() == std::vector<std::int64_t>{500, 1500, 5500, 6500, 7500});
    CHECK(stage.made.back().record.event->id == "p-5");  // counted without a gap
  }
  scenario::Producer listed;
  listed.at = {1s, 2s, 3s};
  Stage stage(listed);
  stage.stop(stage.id, 1500ms, StopReason::crash, 1s);
  stage.run(10s);
  CHECK(stage.times_ms() == std::vector<std::int64_t>{1000, 3000});
}

TEST_CASE("random intervals: a crash shifts none of the later events") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    auto producer = steady(0s, 0s);
    producer.every = {scenario::Distribution::Kind::exponential, 200ms, {}, 0};
    producer.until = 20s;
    Stage calm(producer, seed), troubled(producer, seed);
    troubled.stop(troubled.id, 5s, StopReason::crash, 2s);
    calm.run(25s);
    troubled.run(25s);
    std::vector<std::int64_t> expected;
    for (const std::int64_t t : calm.times_ms())
      if (t < 5000 || t >= 7000) expected.push_back(t);
    CHECK(troubled.times_ms() == expected);
    CHECK(calm.made.size() > 60);
  }
}
