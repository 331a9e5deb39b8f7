#include <doctest/doctest.h>

#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

TEST_CASE("timeline: a crash lasts until the node is up again") {
  TraceBuilder t;
  const NodeId broker = t.declare("broker", "broker-1");
  t.at(2s).add(broker, trace::FaultInjected{"crash", NodeId{}, ""});
  t.add(broker, trace::NodeStopped{"crash"});
  const Lane& faults = t.timeline.lane(LaneKind::faults);
  REQUIRE(faults.rows.size() == 1);
  CHECK(faults.rows[0][0].from == sim_time(2s));
  CHECK_FALSE(faults.rows[0][0].to.has_value());
  CHECK(faults.rows[0][0].text == "broker-1: crash");
  CHECK(faults.rows[0][0].tone == Tone::trouble);
  t.at(5s).add(broker, trace::NodeStarted{2});
  CHECK(faults.rows[0][0].to == sim_time(5s));
  CHECK(t.timeline.lane(LaneKind::stopped).rows.empty());  // told once
  CHECK(t.timeline.lanes().size() == 1);
}

TEST_CASE("timeline: a split of the network is one bar, whatever it cuts") {
  TraceBuilder t;
  const NodeId one = t.declare("broker", "broker-1"), two = t.declare("broker", "broker-2");
  t.at(2s).add(testing::world_node, trace::FaultInjected{"split", NodeId{}, "broker-1 | broker-2"});
  t.add(one, trace::FaultInjected{"cut", two, "split"});
  t.add(two, trace::FaultInjected{"cut", one, "split"});
  const Lane& faults = t.timeline.lane(LaneKind::faults);
  REQUIRE(faults.rows.size() == 1);
  CHECK(faults.rows[0][0].text == "split network");
  t.at(4s).add(one, trace::FaultHealed{"cut", two, "split"});
  CHECK_FALSE(faults.rows[0][0].to);
  t.add(testing::world_node, trace::FaultHealed{"split", NodeId{}, ""});
  CHECK(faults.rows[0][0].to == sim_time(4s));
  t.add(one, trace::FaultInjected{"cut", two, ""});  // one way alone is one
  CHECK(faults.rows[0].size() == 2);
}

TEST_CASE("timeline: a clean stop is no fault") {
  TraceBuilder t;
  const NodeId reader = t.declare("service", "reader");
  t.at(1s).add(reader, trace::NodeStopped{"clean"});
  t.at(3s).add(reader, trace::NodeStarted{2});
  const Lane& stopped = t.timeline.lane(LaneKind::stopped);
  REQUIRE(stopped.rows.size() == 1);
  CHECK(stopped.rows[0][0].text == "reader away");
  CHECK(stopped.rows[0][0].to == sim_time(3s));
  CHECK(t.timeline.lane(LaneKind::faults).rows.empty());
}

TEST_CASE("timeline: intervals of a row never overlap; free rows are used again") {
  TraceBuilder t;
  const NodeId a = t.declare("service", "a"), b = t.declare("service", "b");
  t.at(1s).add(a, trace::FaultInjected{"latency", NodeId{}, "200 ms"});
  t.at(2s).add(a, trace::FaultInjected{"cut", b, ""});
  t.at(2500ms).add(b, trace::FaultInjected{"power_loss", NodeId{}, ""});
  t.at(2600ms).add(b, trace::NodeStarted{2});
  t.at(3s).add(a, trace::FaultHealed{"latency", NodeId{}, ""});
  t.at(4s).add(b, trace::FaultInjected{"loss", NodeId{}, "10 %"});
  t.at(5s).add(a, trace::FaultHealed{"cut", b, ""});
  const Lane& faults = t.timeline.lane(LaneKind::faults);
  REQUIRE(faults.rows.size() == 3);
  CHECK(faults.rows[2][0].text == "b: power loss");
  CHECK(faults.rows[0].size() == 2);
  CHECK(faults.rows[1][0].text == "a – b: cut");
  CHECK(faults.rows[1][0].to == sim_time(5s));
  for (const auto& row : faults.rows)
    for (std::size_t i = 1; i < row.size(); ++i) CHECK(*row[i - 1].to <= row[i].from);
}

TEST_CASE("timeline: leaders change, in-sync sets shrink") {
  TraceBuilder t;
  const NodeId one = t.declare("broker", "broker-1"), two = t.declare("broker", "broker-2");
  t.partition("orders", 0, one, {one, two});
  t.at(2s).partition("orders", 0, one, {one, two}, 1);  // nothing that shows
  t.at(3s).add(two, trace::PartitionCreated{"orders", 0, NodeId{}, 2, {one, two}, {two}});
  const Lane& leaders = t.timeline.lane(LaneKind::leaders);
  REQUIRE(leaders.rows.size() == 1);
  REQUIRE(leaders.rows[0].size() == 2);
  CHECK(leaders.rows[0][0].text == "orders-0: broker-1");
  CHECK(leaders.rows[0][0].to == sim_time(3s));
  CHECK(leaders.rows[0][1].text == "orders-0: no leader");
  CHECK(leaders.rows[0][1].tone == Tone::trouble);
  const Lane& in_sync = t.timeline.lane(LaneKind::in_sync);
  CHECK(in_sync.rows[0][1].tone == Tone::trouble);
  // One replica is no in-sync set to speak of.
  TraceBuilder single;
  single.declare("broker", "broker-1");
  single.partition("orders", 0, NodeId{0}, {NodeId{0}});
  CHECK(single.timeline.lane(LaneKind::in_sync).rows.empty());
}

TEST_CASE("timeline: rates count records per second in buckets that widen") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), crm = t.declare("service", "crm");
  const RecordId a = t.at(50ms).produce(shop, "orders"), b = t.produce(shop, "orders");
  t.at(150ms).deliver(crm, "orders", 0, 0, {a, b});
  const Lane& produced = t.timeline.lane(LaneKind::produced_rate);
  const Lane& delivered = t.timeline.lane(LaneKind::delivered_rate);
  REQUIRE(t.timeline.bucket() == 100ms);
  CHECK(produced.samples[0].value == doctest::Approx(20));  // 2 in 0.1 s
  REQUIRE(delivered.samples.size() == 2);
  CHECK(delivered.samples[1].value == doctest::Approx(20));
  CHECK(produced.value_max == doctest::Approx(20));
  t.at(3000s).produce(shop, "orders");
  CHECK(produced.samples.size() <= Timeline::buckets_max);
  double records = 0;
  for (const Sample& sample : produced.samples)
    records += sample.value * to_seconds(t.timeline.bucket());
  CHECK(records == doctest::Approx(3));
  CHECK(produced.samples.back().t <= sim_time(3000s));
}

TEST_CASE("timeline: queue depth, listeners, side effects") {
  TraceBuilder t;
  const NodeId queue = t.declare("queue", "queue"), reader = t.declare("service", "reader");
  const NodeId station = t.declare("station", "station");
  t.at(1s).add(queue, trace::QueueStored{RecordId{1}, 1});
  t.at(2s).add(queue, trace::QueueLeased{RecordId{1}, reader, 1, 30s});
  t.at(3s).add(queue, trace::QueueReturned{RecordId{1}, "time-out"});
  const Lane& depth = t.timeline.lane(LaneKind::queue_depth);
  CHECK(depth.steps);
  REQUIRE(depth.samples.size() == 3);
  CHECK(depth.samples[0].value == 1);
  CHECK(depth.samples[1].value == 0);
  CHECK(depth.samples[2].value == 1);
  t.at(4s).add(station, trace::SubscriberJoined{reader, 1});
  t.at(5s).add(station, trace::SubscriberLeft{reader, "left", 0});
  CHECK(t.timeline.lane(LaneKind::subscribers).rows[0][0].to == sim_time(5s));
  for (std::uint64_t i = 0; i < Timeline::marks_max + 10; ++i)
    t.add(reader, trace::SideEffectDone{RecordId{1}, "email", "k", "an email", 1 + i % 2});
  const Lane& effects = t.timeline.lane(LaneKind::effects);
  CHECK(effects.marks.size() == Timeline::marks_max);
  CHECK(effects.marks_left_out == 10);
  CHECK(effects.marks[0].tone == Tone::good);
  CHECK(effects.marks[1].tone == Tone::trouble);  // done again
}
