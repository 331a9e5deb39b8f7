#include <doctest/doctest.h>

#include <algorithm>

#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

World at(const TraceBuilder& t, Position moment, SimTime time) {
  World world = t.world_at(moment);
  world.t = time;
  return world;
}

}  // namespace

TEST_CASE("world: a node is declared, runs, stops and forgets what was in memory") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop", false);
  CHECK_FALSE(t.world().node(shop)->running);
  CHECK_FALSE(t.world().node(shop)->down());  // not yet started is not down
  t.add(shop, trace::NodeStarted{1});
  t.produce(shop, "orders");
  CHECK(t.world().node(shop)->running);
  CHECK(t.world().node(shop)->publisher.pending.size() == 1);
  t.at(3s).add(shop, trace::NodeStopped{"crash"});
  const World stopped = t.world();
  CHECK(stopped.node(shop)->down());
  CHECK(stopped.node(shop)->stop_reason == "crash");
  CHECK(stopped.node(shop)->changed_at == sim_time(3s));
  CHECK(stopped.node(shop)->publisher.pending.empty());
  CHECK(stopped.node(shop)->publisher.produced == 1);
  t.add(shop, trace::NodeStarted{2});
  CHECK_FALSE(t.world().node(shop)->down());
  CHECK(t.world().node(shop)->incarnation == 2);
  CHECK(t.world().node(NodeId{40}) == nullptr);
}

TEST_CASE("world: faults last until they are healed; the same again replaces the earlier") {
  TraceBuilder t;
  const NodeId a = t.declare("service", "a"), b = t.declare("service", "b");
  t.add(a, trace::FaultInjected{"latency", NodeId{}, "200 ms"});
  t.add(a, trace::FaultInjected{"latency", NodeId{}, "500 ms"});
  t.add(a, trace::FaultInjected{"cut", b, ""});
  t.add(a, trace::FaultInjected{"crash", NodeId{}, ""});
  REQUIRE(t.world().node(a)->faults.size() == 2);
  CHECK(t.world().node(a)->faults[0].detail == "500 ms");
  CHECK(t.world().way_blocked(a, b));
  CHECK_FALSE(t.world().way_blocked(b, a));
  t.add(a, trace::FaultHealed{"cut", b, ""});
  CHECK_FALSE(t.world().way_blocked(a, b));
  t.add(a, trace::FaultHealed{"latency", NodeId{}, ""});
  CHECK(t.world().node(a)->faults.empty());
}

TEST_CASE("world: batches fill, leave, fail, and go when all their records are settled") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), broker = t.declare("broker", "broker-1");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.add(shop, trace::RecordBatched{a, "orders", 0, "key", 1});
  t.add(shop, trace::RecordBatched{b, "orders", 0, "key", 1});
  auto batches = t.world().node(shop)->publisher.batches;
  REQUIRE(batches.size() == 1);
  CHECK(batches[0].records == std::vector<RecordId>{a, b});
  CHECK_FALSE(batches[0].sent);
  t.send(shop, broker, "Produce", {a, b});
  CHECK(t.world().node(shop)->publisher.batches[0].sent);
  t.add(shop, trace::SendRetried{{a, b}, "NETWORK_EXCEPTION", 1, 100ms});
  CHECK_FALSE(t.world().node(shop)->publisher.batches[0].sent);
  t.acknowledge(shop, "orders", 0, 0, {a});
  CHECK(t.world().node(shop)->publisher.batches[0].records == std::vector<RecordId>{b});
  t.add(shop, trace::SendFailed{{b}, "TimeoutException"});
  CHECK(t.world().node(shop)->publisher.batches.empty());
  CHECK(t.world().node(shop)->publisher.pending.empty());
  CHECK(t.world().node(shop)->publisher.acknowledged == 1);
  CHECK(t.world().node(shop)->publisher.failed == 1);
}

TEST_CASE("world: logs grow, watermarks follow, positions move") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop");
  const NodeId one = t.declare("broker", "broker-1"), two = t.declare("broker", "broker-2");
  const NodeId crm = t.declare("service", "crm");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.partition("orders", 0, one, {one, two});
  t.append(one, "orders", 0, 0, {a, b});
  t.append(two, "orders", 0, 0, {a});
  t.add(one, trace::HighWatermarkAdvanced{"orders", 0, 1});
  t.add(crm, trace::PositionReset{"orders", 0, "earliest", 0});
  t.deliver(crm, "orders", 0, 0, {a});
  const World world = t.world();
  const PartitionView* view = world.partition({"orders", 0});
  REQUIRE(view != nullptr);
  CHECK(view->log_end_offset() == 2);
  CHECK(view->high_watermark() == 1);
  CHECK(view->replica(two)->log_end_offset == 1);
  CHECK(view->in_sync(two));
  CHECK(readers_of(world, {"orders", 0}) == std::vector<std::pair<NodeId, std::int64_t>>{{crm, 1}});
  // A change of leadership keeps what the replicas hold.
  t.add(two, trace::PartitionCreated{"orders", 0, two, 1, {one, two}, {two}});
  CHECK(t.world().partition({"orders", 0})->log_end_offset() == 1);
  CHECK_FALSE(t.world().partition({"orders", 0})->in_sync(one));
  t.add(one, trace::LogTruncated{"orders", 0, 0, {a, b}, "power loss"});
  CHECK(t.world().partition({"orders", 0})->replica(one)->log_end_offset == 0);
  CHECK(t.world().partition({"orders", 0})->replica(one)->high_watermark == 0);
}

TEST_CASE("world: a receiver takes up, works and does things") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), mailer = t.declare("service", "mailer");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.deliver(mailer, "orders", -1, -1, {a, b});
  CHECK(t.world().node(mailer)->receiver.inbox == std::vector<RecordId>{a, b});
  t.at(2s).add(mailer, trace::ProcessingStarted{a, 300ms});
  const World busy = t.world();
  CHECK(busy.node(mailer)->receiver.inbox == std::vector<RecordId>{b});
  REQUIRE(busy.node(mailer)->receiver.busy.size() == 1);
  CHECK(busy.node(mailer)->receiver.busy[0].until == sim_time(2300ms));
  t.at(2300ms).add(mailer, trace::SideEffectDone{a, "email", "email:1", "email to ada", 1});
  t.add(mailer, trace::ProcessingFinished{a, "ok"});
  t.add(mailer, trace::SideEffectDone{a, "email", "email:1", "email to ada", 2});
  const ReceiverView done = t.world().node(mailer)->receiver;
  CHECK(done.busy.empty());
  CHECK(done.processed == 1);
  REQUIRE(done.effects.size() == 1);
  CHECK(done.effects[0].times == 2);
  CHECK(done.effects[0].repeated == 1);
  CHECK(done.effects[0].latest == "email to ada");
  t.add(mailer, trace::NodeStopped{"crash"});
  CHECK(t.world().node(mailer)->receiver.inbox.empty());
}

TEST_CASE("world: a queue hides, shows again, forgets and buries") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), queue = t.declare("queue", "queue");
  const NodeId reader = t.declare("service", "reader");
  const RecordId a = t.produce(shop, "orders"), b = t.produce(shop, "orders");
  t.add(queue, trace::QueueStored{a, 1});
  t.add(queue, trace::QueueStored{b, 2});
  t.at(1s).add(queue, trace::QueueLeased{a, reader, 1, 30s});
  QueueView view = t.world().node(queue)->queue;
  CHECK(view.visible == std::vector<RecordId>{b});
  REQUIRE(view.leased.size() == 1);
  CHECK(view.leased[0].until == sim_time(31s));
  t.add(queue, trace::QueueReturned{a, "visibility time-out"});
  t.add(queue, trace::QueueLeased{b, reader, 1, 30s});
  t.add(queue, trace::QueueDeleted{b, 1});
  t.add(queue, trace::QueueDeadLettered{a, 5});
  view = t.world().node(queue)->queue;
  CHECK(view.visible.empty());
  CHECK(view.leased.empty());
  CHECK(view.dead_letters == std::vector<RecordId>{a});
  CHECK(view.deleted == 1);
}

TEST_CASE("world: a station's listeners come and go") {
  TraceBuilder t;
  const NodeId host = t.declare("producer", "host"), station = t.declare("station", "station");
  const NodeId radio = t.declare("service", "radio");
  const RecordId a = t.produce(host, "news");
  t.add(station, trace::BroadcastSent{a, {}});
  t.add(station, trace::SubscriberJoined{radio, 1});
  t.add(station, trace::SubscriberJoined{radio, 1});
  t.add(station, trace::BroadcastSent{a, {radio}});
  StationView view = t.world().node(station)->station;
  CHECK(view.subscribers == std::vector<NodeId>{radio});
  CHECK(view.sent == 2);
  CHECK(view.unheard == 1);
  t.add(station, trace::SubscriberLeft{radio, "left", 0});
  CHECK(t.world().node(station)->station.subscribers.empty());
}

TEST_CASE("world: messages are in flight until they arrive or are lost; stalls end") {
  TraceBuilder t;
  const NodeId a = t.declare("service", "a"), b = t.declare("service", "b");
  const MessageId one = t.send(a, b, "Call"), two = t.send(a, b, "Call");
  t.add(a, trace::ConnectionStalled{b, "link down", 1, 200ms});
  CHECK(t.world().in_flight == std::vector<MessageId>{one, two});
  CHECK(t.world().way_blocked(a, b));
  t.at(200ms).add(a, trace::ConnectionStalled{b, "link down", 2, 400ms});
  REQUIRE(t.world().stalled.size() == 1);
  CHECK(t.world().stalled[0].since == SimTime{});
  CHECK(t.world().stalled[0].retry_at == sim_time(600ms));
  t.arrive(one);
  CHECK(t.world().stalled.empty());
  t.lose(two, "connection closed");
  CHECK(t.world().in_flight.empty());
}

TEST_CASE("replay: any seek gives exactly what a fold from the start gives") {
  for (const std::uint64_t seed : {1u, 2u, 3u, 4u}) {
    TraceBuilder t;
    testing::append_random_events(t, seed, 1500);
    RandomStream random(seed, "seeks");
    Replay replay(16, 8);  // few keyframes: they are thinned out several times
    for (int i = 0; i < 60; ++i) {
      const auto moment = static_cast<Position>(random.below(t.history.size() + 1));
      const SimTime time = sim_time(Duration{static_cast<std::int64_t>(random.below(1000))});
      const World& found = replay.seek(t.history, moment, time);
      REQUIRE(found == at(t, moment, time));
    }
    CHECK(replay.keyframes() <= 8);
    CHECK(replay.keyframes() > 2);
  }
}

TEST_CASE("replay: growing history, small steps forward and back") {
  TraceBuilder t;
  testing::append_random_events(t, 9, 300);
  Replay replay(10, 4);
  for (Position moment = 0; moment <= t.history.size(); ++moment)
    REQUIRE(replay.seek(t.history, moment, SimTime{}) == at(t, moment, SimTime{}));
  for (Position moment = t.history.size(); moment-- > 0;)
    REQUIRE(replay.seek(t.history, moment, SimTime{}) == at(t, moment, SimTime{}));
  replay.clear();
  CHECK(replay.world() == World{});
  CHECK(replay.keyframes() == 0);
}

TEST_CASE("world: a node that was switched off is down, and no failure") {
  TraceBuilder t;
  const NodeId radio = t.declare("service", "radio");
  CHECK_FALSE(t.world().node(radio)->stopped_cleanly());
  t.add(radio, trace::NodeStopped{"clean"});
  CHECK(t.world().node(radio)->stopped_cleanly());
  t.add(radio, trace::NodeStarted{2});
  t.add(radio, trace::NodeStopped{"crash"});
  CHECK(t.world().node(radio)->down());
  CHECK_FALSE(t.world().node(radio)->stopped_cleanly());
}
