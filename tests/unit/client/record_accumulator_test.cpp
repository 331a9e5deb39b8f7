// The producer's queues without a network: placement, readiness, draining, memory, splitting.
#include "sim/client/record_accumulator.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_record;

namespace {

struct Fixture {
  explicit Fixture(Config config = {}, std::int32_t partitions = 3)
      : options(make_producer_options(config)),
        accumulator(options),
        metadata(options.client, {NodeId{0}, NodeId{1}}) {
    metadata.add_topic("t");
    MetadataResponse response;
    response.brokers = {NodeId{0}, NodeId{1}};
    auto& topic = response.topics.emplace_back();
    topic.name = "t";
    for (std::int32_t p = 0; p < partitions; ++p)
      topic.partitions.push_back(
          {Error::none, p, NodeId{static_cast<std::uint32_t>(p) % 2}, 0, {}, {}});
    metadata.apply(response, SimTime{}, random);
  }

  RecordAccumulator::Appended append(std::optional<std::int32_t> partition, SimTime now = {},
                                     std::uint32_t value_bytes = 100) {
    return accumulator.append(make_record(++last_id, value_bytes), "t", partition,
                              *metadata.topic("t"), now, random);
  }

  ProducerOptions options;
  RecordAccumulator accumulator;
  MetadataCache metadata;
  RandomStream random{11, "partitioner"};
  std::uint64_t last_id = 0;
};

/// Appends records without a partition until the sticky choice first changes; returns how many
/// went to the first one.
int records_before_switch(Fixture& f, bool drain) {
  int count = 0;
  std::int32_t first = -1;
  for (;;) {
    const auto appended = f.append(std::nullopt);
    if (first < 0) first = appended.batch->tp.partition;
    if (appended.batch->tp.partition != first) return count;
    ++count;
    if (drain)
      for (std::uint32_t node = 0; node < 2; ++node)
        f.accumulator.drain(f.metadata, NodeId{node}, SimTime{});
  }
}

}  // namespace

TEST_CASE("row 4: null keys, drained after each record: the partition changes after 97 records") {
  Fixture f({}, 50);
  CHECK(records_before_switch(f, true) == 97);
}

TEST_CASE("row 4: null keys, never drained: after 296 records, two full batches") {
  Fixture f({}, 50);
  CHECK(records_before_switch(f, false) == 296);
}

TEST_CASE("row 6: linger.ms=5 sends a lonely batch 5 ms after its creation") {
  Fixture f;
  f.append(0, sim_time(10ms));
  f.append(0, sim_time(12ms));
  auto ready = f.accumulator.ready(f.metadata, sim_time(12ms), false);
  CHECK(ready.nodes.empty());
  CHECK(ready.next_check == sim_time(15ms));
  ready = f.accumulator.ready(f.metadata, sim_time(15ms), false);
  CHECK(ready.nodes == std::set{NodeId{0}});
}

TEST_CASE("row 6: a ready partition takes the others of its broker along, linger or not") {
  Fixture f(Config{{"linger.ms", "1000"}});
  f.append(0);  // partitions 0 and 2 are led by node 0, partition 1 by node 1
  f.append(1);
  for (int i = 0; i < 200; ++i) f.append(2);  // more than a batch
  const auto ready = f.accumulator.ready(f.metadata, SimTime{}, false);
  CHECK(ready.nodes == std::set{NodeId{0}});
  const auto drained = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  REQUIRE(drained.size() == 2);
  CHECK(drained[0]->tp.partition + drained[1]->tp.partition == 2);
  CHECK(drained[0]->closed);
}

TEST_CASE("a full batch, or one with another behind it, is ready at once") {
  Fixture f(Config{{"linger.ms", "1000"}});
  bool woken = false;
  int records = 0;
  while (f.accumulator.ready(f.metadata, SimTime{}, false).nodes.empty()) {
    woken = f.append(0).wake_sender;
    ++records;
  }
  CHECK(records == 149);  // the 149th record begins the second batch
  CHECK(woken);
}

TEST_CASE("flush makes everything ready") {
  Fixture f(Config{{"linger.ms", "1000"}});
  f.append(0);
  CHECK(f.accumulator.ready(f.metadata, SimTime{}, false).nodes.empty());
  CHECK(f.accumulator.ready(f.metadata, SimTime{}, true).nodes.size() == 1);
}

TEST_CASE("a batch without a known leader waits and says so") {
  Fixture f(Config{{"linger.ms", "0"}});
  f.accumulator.append(make_record(1), "unknown", 0, {1, {}}, SimTime{}, f.random);
  const auto ready = f.accumulator.ready(f.metadata, sim_time(1s), false);
  CHECK(ready.leader_unknown);
  CHECK(ready.nodes.empty());
}

TEST_CASE("max.request.size bounds a request; the partition left out comes first next time") {
  Fixture f(Config{{"linger.ms", "0"}, {"max.request.size", "400"}}, 6);
  for (std::int32_t p = 0; p < 6; p += 2) f.append(p);  // all led by node 0; 170 bytes each
  auto drained = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  REQUIRE(drained.size() == 2);
  const std::int32_t left_out = 6 - drained[0]->tp.partition - drained[1]->tp.partition;
  for (const auto& batch : drained) f.append(batch->tp.partition);
  drained = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  REQUIRE(drained.size() == 2);
  CHECK(drained[0]->tp.partition == left_out);
}

TEST_CASE("a put-back batch waits for its back-off only, and a new leader ends that too") {
  Fixture f(Config{{"linger.ms", "1000"}});
  f.append(0);
  auto drained = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  f.accumulator.put_back(drained[0], sim_time(50ms), 100ms);
  CHECK(drained[0]->attempts == 1);
  auto ready = f.accumulator.ready(f.metadata, sim_time(149ms), true);
  CHECK(ready.nodes.empty());
  CHECK(ready.next_check == sim_time(150ms));
  CHECK(f.accumulator.drain(f.metadata, NodeId{0}, sim_time(149ms)).empty());
  CHECK(f.accumulator.ready(f.metadata, sim_time(150ms), false).nodes.size() == 1);

  MetadataResponse response;
  auto& topic = response.topics.emplace_back();
  topic.name = "t";
  topic.partitions.push_back({Error::none, 0, NodeId{1}, 1, {}, {}});
  f.metadata.apply(response, sim_time(60ms), f.random);
  CHECK(f.accumulator.ready(f.metadata, sim_time(60ms), false).nodes == std::set{NodeId{1}});
}

TEST_CASE("a muted partition is neither ready nor drained") {
  Fixture f(Config{{"linger.ms", "0"}});
  f.append(0);
  f.accumulator.mute({"t", 0});
  CHECK(f.accumulator.ready(f.metadata, sim_time(1s), true).nodes.empty());
  CHECK(f.accumulator.drain(f.metadata, NodeId{0}, sim_time(1s)).empty());
  f.accumulator.unmute({"t", 0});
  CHECK(f.accumulator.ready(f.metadata, sim_time(1s), false).nodes.size() == 1);
}

TEST_CASE("buffer.memory: batch.size is taken per batch and comes back when it is done") {
  Fixture f(Config{{"buffer.memory", "40000"}});
  const auto first = f.append(0);
  f.append(1);
  CHECK(f.accumulator.available_bytes() == 40000 - 2 * 16384);
  CHECK(f.append(2).batch == nullptr);
  CHECK(f.append(0).batch == first.batch);  // fits into what is there
  f.accumulator.release(*first.batch);
  f.accumulator.release(*first.batch);  // once only
  CHECK(f.accumulator.available_bytes() == 40000 - 16384);
  CHECK(f.append(2).batch != nullptr);
}

TEST_CASE("a record larger than batch.size gets a batch of its own") {
  Fixture f(Config{{"linger.ms", "1000"}});
  const auto large = f.append(0, SimTime{}, 50'000);
  CHECK(large.batch->records->size() == 1);
  CHECK(large.batch->pool_bytes > 50'000);
  f.append(0);
  CHECK(f.accumulator.ready(f.metadata, SimTime{}, false).nodes.size() == 1);
}

TEST_CASE("delivery.timeout.ms counts from the batch's creation") {
  Fixture f(Config{{"delivery.timeout.ms", "31000"}});
  f.append(0, sim_time(1s));
  CHECK(f.accumulator.next_expiry() == sim_time(32s));
  CHECK(f.accumulator.take_expired(sim_time(32s) - 1ns).empty());
  CHECK(f.accumulator.take_expired(sim_time(32s)).size() == 1);
  CHECK(f.accumulator.next_expiry() == SimTime::max());
}

TEST_CASE("splitting ends: into batch.size first, then in halves, down to single records") {
  Fixture f(Config{{"batch.size", "100000"}});
  for (int i = 0; i < 8; ++i) f.append(0, SimTime{}, 1);
  std::vector<BatchPtr> work = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  REQUIRE(work.size() == 1);
  REQUIRE(work[0]->records->size() == 8);
  std::vector<std::uint64_t> order;
  int rounds = 0;
  while (!work.empty() && rounds < 100) {
    ++rounds;
    const BatchPtr batch = work.front();
    if (batch->records->size() == 1) {
      order.push_back(batch->records->front().id.value);
    } else {
      f.accumulator.split(batch, SimTime{});
    }
    work = f.accumulator.drain(f.metadata, NodeId{0}, SimTime{});
  }
  CHECK(order == std::vector<std::uint64_t>{1, 2, 3, 4, 5, 6, 7, 8});
  CHECK(f.accumulator.available_bytes() == f.options.buffer_memory_bytes);
}

TEST_CASE("adaptive partitioning waits until every partition has had a queue") {
  Fixture f({}, 2);
  // Partition 1 never had a record: its queue length says nothing yet, both are drawn.
  for (int i = 0; i < 600; ++i) f.append(0);
  f.accumulator.ready(f.metadata, SimTime{}, false);
  // Now both have queues, and partition 0's is longer: partition 1 is preferred.
  f.append(1);
  f.accumulator.ready(f.metadata, SimTime{}, false);
  int to_1 = 0;
  for (int i = 0; i < 40; ++i) {
    for (;;) {
      const auto appended = f.append(std::nullopt, SimTime{}, 40'000);  // switches each time
      to_1 += appended.batch->tp.partition == 1;
      f.accumulator.release(*appended.batch);
      break;
    }
  }
  CHECK(to_1 > 25);
}

TEST_CASE("partitioner.availability.timeout.ms: a broker that can't be sent to is avoided") {
  Fixture f(Config{{"partitioner.availability.timeout.ms", "100"}}, 2);
  f.append(0);
  f.append(1);
  f.accumulator.note_node(NodeId{1}, sim_time(0ms), true);
  f.accumulator.note_node(NodeId{1}, sim_time(50ms), false);
  f.accumulator.note_node(NodeId{1}, sim_time(200ms), false);
  f.accumulator.ready(f.metadata, sim_time(200ms), false);
  f.append(std::nullopt, sim_time(200ms), 40'000);  // the first choice was made now
  for (int i = 0; i < 20; ++i)
    CHECK(f.append(std::nullopt, sim_time(200ms), 40'000).batch->tp.partition == 0);
}
