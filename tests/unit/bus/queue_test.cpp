// The queue and its clients: one receiver per message, leases, dead letters, and that nothing is
// lost whatever crashes when.
#include "sim/bus/queue.h"

#include <doctest/doctest.h>

#include <set>

#include "sim/bus/queue_client.h"
#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::bus;
using engine::StopReason;

namespace {

/// A queue (node 0), a publisher (node 1) and receivers (nodes 2...).
struct Line : World {
  QueueNode* queue = nullptr;
  Source* source = nullptr;
  std::vector<Sink*> sinks;
  static constexpr NodeId queue_id{0}, source_id{1};

  explicit Line(std::vector<Duration> times, QueueOptions options = {}, std::uint64_t seed = 1)
      : World(seed) {
    queue = &add("queue", std::make_unique<QueueNode>(options));
    source = &add_source("source", std::make_unique<QueuePublisher>(test_component, queue_id),
                         std::move(times));
  }
  Sink& receiver(Duration work = 10ms, SimTime start_at = SimTime{}) {
    sinks.push_back(&add_sink(
        "sink-" + std::to_string(sinks.size()),
        std::make_unique<QueueReceiver>(test_component, queue_id, std::vector<std::string>{"news"}),
        start_at));
    sinks.back()->work = work;
    return *sinks.back();
  }
  NodeId sink_id(std::size_t i) const { return NodeId{static_cast<NodeId::rep>(2 + i)}; }
  std::size_t times_done(RecordId record) const {
    std::size_t n = 0;
    for (const Sink* sink : sinks) n += times_in(sink->done, record);
    return n;
  }
};

/// The life of each message as the trace tells it: only lawful changes, one place at a time.
void check_lives(const Recorder& trace) {
  enum class Place { nowhere, waiting, leased, gone, dead };
  std::map<RecordId, Place> places;
  std::map<RecordId, std::uint64_t> attempts;
  std::uint64_t waiting = 0;
  const auto place = [&](RecordId record) {
    const auto found = places.find(record);
    return found == places.end() ? Place::nowhere : found->second;
  };
  for (const auto& event : trace.events) {
    if (const auto* stored = event.as<trace::QueueStored>()) {
      CHECK(place(stored->record) == Place::nowhere);
      places[stored->record] = Place::waiting;
      CHECK(stored->depth == ++waiting);
    } else if (const auto* leased = event.as<trace::QueueLeased>()) {
      CHECK(place(leased->record) == Place::waiting);
      places[leased->record] = Place::leased;
      CHECK(leased->attempt >= 1);
      CHECK(leased->attempt <= attempts[leased->record] + 1);
      attempts[leased->record] = leased->attempt;
      --waiting;
    } else if (const auto* returned = event.as<trace::QueueReturned>()) {
      CHECK(place(returned->record) == Place::leased);
      places[returned->record] = Place::waiting;
      ++waiting;
    } else if (const auto* deleted = event.as<trace::QueueDeleted>()) {
      const Place before = place(deleted->record);
      CHECK((before == Place::leased || before == Place::waiting));
      if (before == Place::waiting) --waiting;
      places[deleted->record] = Place::gone;
    } else if (const auto* dead = event.as<trace::QueueDeadLettered>()) {
      CHECK(place(dead->record) == Place::leased);
      places[dead->record] = Place::dead;
    }
  }
}

}  // namespace

TEST_CASE("each message goes to one receiver, and is gone when that one has acknowledged it") {
  Line w(every(5ms, 40));
  w.receiver(20ms);
  w.receiver(20ms);
  w.run(2s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  for (const RecordId record : w.source->published) CHECK(w.times_done(record) == 1);
  CHECK(w.sinks[0]->done.size() >= 15);  // the work is shared
  CHECK(w.sinks[1]->done.size() >= 15);
  CHECK(w.sinks[0]->busiest == 1);
  CHECK(w.trace.count<trace::QueueDeleted>() == 40);
  CHECK(w.queue->waiting() == 0);
  CHECK(w.queue->leased() == 0);
  check_lives(w.trace);
}

TEST_CASE("a letter waits for a receiver that is away") {
  Line w(every(100ms, 5));
  w.receiver(10ms, sim_time(10s));
  w.run(9s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>().size() == 5);
  CHECK(w.queue->waiting() == 5);
  w.run(12s);
  CHECK(w.sinks[0]->done == w.source->published);
  CHECK(w.queue->waiting() == 0);
}

TEST_CASE("a receiver asks only for its own topics") {
  Line w(every(10ms, 3));
  w.add_sink("other", std::make_unique<QueueReceiver>(test_component, Line::queue_id,
                                                      std::vector<std::string>{"sport"}));
  w.run(20s);
  CHECK(w.queue->waiting() == 3);
  CHECK(w.trace.count<trace::QueueLeased>() == 0);
}

TEST_CASE("an idle receiver costs one parked request per long poll, not a stream of them") {
  Line w({9s});
  w.receiver();
  w.run(8s);
  std::size_t requests = 0;
  for (const auto& sent : w.trace.all<trace::MessageSent>()) requests += sent.label == "Receive";
  CHECK(requests == 2);
  w.run(10s);
  REQUIRE(w.sinks[0]->done.size() == 1);
  for (const auto& event : w.trace.events)
    if (event.as<trace::RecordsDelivered>()) CHECK(event.t < sim_time(9s + 2ms));
}

TEST_CASE("not acknowledged in time: visible again, and somebody else gets it") {
  Line w({100ms}, {.visibility_timeout = 1s});
  w.receiver(1500ms);  // too slow
  w.receiver(10ms, sim_time(500ms));
  w.run(5s);
  const RecordId record = w.source->published[0];
  CHECK(w.sinks[0]->done == std::vector{record});
  CHECK(w.sinks[1]->done == std::vector{record});
  CHECK(w.sinks[1]->attempts == std::vector<std::uint32_t>{2});
  REQUIRE(w.trace.count<trace::QueueReturned>() == 1);
  CHECK(w.trace.all<trace::QueueReturned>()[0].reason == "visibility time-out");
  CHECK(w.trace.count<trace::QueueDeleted>() == 1);
  check_lives(w.trace);
}

TEST_CASE("a late acknowledgement can't end the lease of somebody else") {
  Line w({100ms}, {.visibility_timeout = 1s});
  w.receiver(1200ms);                  // acknowledges at 1.3 s: 0.2 s too late
  w.receiver(800ms, sim_time(500ms));  // has it from 1.1 s to 1.9 s
  w.run(1700ms);
  CHECK(w.sinks[0]->done.size() == 1);
  CHECK(w.queue->leased() == 1);
  CHECK(w.trace.count<trace::QueueDeleted>() == 0);
  w.run(5s);
  CHECK(w.trace.count<trace::QueueDeleted>() == 1);
  for (const auto& event : w.trace.events)
    if (event.as<trace::QueueDeleted>()) CHECK(event.t >= sim_time(1900ms));
  check_lives(w.trace);
}

TEST_CASE("a late acknowledgement counts while nobody else has got the message") {
  Line w({100ms}, {.visibility_timeout = 1s});
  w.receiver(1500ms);
  w.run(10s);
  CHECK(w.sinks[0]->done.size() == 1);
  CHECK(w.trace.count<trace::QueueReturned>() == 1);
  CHECK(w.trace.count<trace::QueueDeleted>() == 1);
  CHECK(w.queue->waiting() == 0);
  check_lives(w.trace);
}

TEST_CASE("delivered too often: dead-lettered, kept, and out of the way of the others") {
  Line w(every(50ms, 3), {.max_deliveries = 3});
  Sink& sink = w.receiver(10ms);
  sink.accepts = [&](RecordId record) { return record != w.source->published[0]; };
  w.run(3s);
  const RecordId poison = w.source->published[0];
  CHECK(times_in(sink.done, poison) == 3);
  CHECK(sink.attempts[0] == 1);
  REQUIRE(w.trace.count<trace::QueueDeadLettered>() == 1);
  CHECK(w.trace.all<trace::QueueDeadLettered>()[0].record == poison);
  CHECK(w.trace.all<trace::QueueDeadLettered>()[0].attempts == 3);
  REQUIRE(w.queue->dead_letters().size() == 1);
  CHECK(w.queue->dead_letters().begin()->second.record.id == poison);
  CHECK(w.trace.count<trace::QueueDeleted>() == 2);
  CHECK(w.queue->waiting() == 0);
  check_lives(w.trace);
}

TEST_CASE("a returned message keeps its place in front of later ones") {
  Line w(every(10ms, 4), {}, 3);
  Sink& sink = w.receiver(100ms);
  w.stop(w.sink_id(0), 150ms, StopReason::crash, 100ms);
  w.run(3s);
  CHECK(sink.done == w.source->published);
  CHECK(sink.begun[1] == w.source->published[0]);
}

TEST_CASE("a crashed receiver's message is free at once, a powerless one's after the time-out") {
  for (const bool power_loss : {false, true}) {
    CAPTURE(power_loss);
    Line w({100ms}, {.visibility_timeout = 2s});
    w.receiver(500ms);
    w.receiver(10ms, sim_time(200ms));
    w.at(300ms, [&] {
      w.engine.stop(w.sink_id(0), power_loss ? StopReason::power_loss : StopReason::crash);
    });
    w.run(1s);
    CHECK(w.sinks[1]->done.size() == (power_loss ? 0 : 1));
    w.run(3s);
    CHECK(w.sinks[1]->done.size() == 1);
    check_lives(w.trace);
  }
}

TEST_CASE("a receiver whose machine was restarted gets its own message again without delay") {
  Line w({100ms}, {.visibility_timeout = 30s});
  Sink& sink = w.receiver(500ms);
  w.stop(w.sink_id(0), 300ms, StopReason::power_loss, 1s);
  w.run(4s);
  CHECK(sink.done.size() == 1);
  CHECK(sink.attempts.back() >= 2);
  check_lives(w.trace);
}

TEST_CASE("a receiver that stops cleanly hands its message back at once") {
  Line w({100ms});
  w.receiver(5s);
  w.receiver(10ms, sim_time(200ms));
  w.at(300ms, [&] { w.engine.stop(w.sink_id(0), StopReason::clean); });
  w.run(1s);
  CHECK(w.sinks[1]->done.size() == 1);
}

TEST_CASE("a retried publish is stored once") {
  // The acknowledgement is on its way when the publisher's cable is cut; it asks again later.
  for (Duration cut_at = 99'900us; cut_at < 101ms; cut_at += 50us) {
    Line w({100ms});
    w.cut(Line::source_id, cut_at, 7s);
    w.run(30s);
    CHECK(w.trace.count<trace::QueueStored>() == 1);
    CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
    CHECK(w.queue->waiting() == 1);
  }
}

TEST_CASE("a publisher gives up on a queue that stays away, and says so") {
  Line w(every(1s, 3));
  w.at(50ms, [&] { w.engine.stop(Line::queue_id, StopReason::power_loss); });
  w.run(59s);
  CHECK(w.source->publisher->pending() == 3);
  w.run(64s);
  CHECK(w.trace.records<trace::SendFailed>() == w.source->published);
  CHECK(w.source->publisher->pending() == 0);
}

TEST_CASE("the queue crashes at any moment of a message's life: nothing acknowledged is lost") {
  for (const auto reason : {StopReason::crash, StopReason::power_loss, StopReason::clean}) {
    for (Duration t = 100ms; t < 102ms; t += 13us) {
      CAPTURE(t.count());
      Line w({100ms, 101ms});
      w.receiver(500us);
      w.stop(Line::queue_id, t, reason, 1s);
      w.run(100s);
      CHECK(w.trace.records<trace::RecordsAcknowledged>().size() == 2);
      for (const RecordId record : w.source->published) {
        CHECK(w.times_done(record) >= 1);
        CHECK(w.times_done(record) <= 2);
      }
      CHECK(w.queue->waiting() + w.queue->leased() == 0);
      CHECK(w.trace.count<trace::QueueStored>() == 2);
      CHECK(w.trace.count<trace::QueueDeleted>() == 2);
      check_lives(w.trace);
    }
  }
}

TEST_CASE("a message is not leased to a receiver that is known to be gone") {
  Line w({1s});
  w.receiver();
  w.receiver();
  w.at(500ms, [&] { w.engine.stop(w.sink_id(0), StopReason::crash); });
  w.run(3s);
  CHECK(w.sinks[1]->attempts == std::vector<std::uint32_t>{1});
  CHECK(w.trace.count<trace::QueueReturned>() == 0);
}

TEST_CASE("a receiver that asks in a new session has given up its leases of the old one") {
  Line w({100ms});
  auto raw = std::make_unique<Raw>();
  const auto ask = [](engine::Runtime& runtime, std::uint64_t session) {
    runtime.send(Line::queue_id,
                 std::make_unique<Receive>(session, 1, std::vector<std::string>{"news"}), 100);
  };
  raw->start = [=](engine::Runtime& runtime) {
    ask(runtime, 1);
    runtime.set_timer(1s, {});
  };
  raw->timer = [=](engine::Runtime& runtime) { ask(runtime, 2); };
  Raw& client = w.add("client", std::move(raw));
  w.run(2s);
  CHECK(client.labels == std::vector<std::string>{"Delivery", "Delivery"});
  CHECK(w.trace.count<trace::QueueReturned>() == 1);
  CHECK(w.queue->leased() == 1);
  check_lives(w.trace);
}

TEST_CASE("a receiver refuses what was meant for its former life") {
  World w;
  auto raw = std::make_unique<Raw>();
  raw->message = [](engine::Runtime& runtime, const engine::Message& m) {
    if (const auto* receive = m.as<Receive>())
      runtime.send(m.source,
                   std::make_unique<QueueDelivery>(make_record(RecordId{9}), "news",
                                                   receive->session ^ 2, 1, 77, 1),
                   200);
    if (const auto* answer = m.as<Acknowledge>()) {
      CHECK(answer->receipt == 77);
      CHECK_FALSE(answer->ok);
    }
  };
  Raw& queue = w.add("queue", std::move(raw));
  Sink& sink = w.add_sink("sink", std::make_unique<QueueReceiver>(
                                      test_component, NodeId{0}, std::vector<std::string>{"news"}));
  w.run(1s);
  CHECK(sink.begun.empty());
  CHECK(queue.labels == std::vector<std::string>{"Receive", "Refuse"});
}

TEST_CASE("a receiver of several topics gets the oldest message of all of them") {
  World w;
  w.add("queue", std::make_unique<QueueNode>());
  for (const char* topic : {"b", "a"}) {
    const Duration first = *topic == 'b' ? 100ms : 105ms;
    w.add_source(topic, std::make_unique<QueuePublisher>(test_component, NodeId{0}),
                 every(10ms, 5, first))
        .topic = topic;
  }
  Sink& sink = w.add_sink("sink",
                          std::make_unique<QueueReceiver>(test_component, NodeId{0},
                                                          std::vector<std::string>{"a", "b"}),
                          sim_time(1s));
  w.run(3s);
  REQUIRE(sink.done.size() == 10);
  CHECK(std::is_sorted(sink.done.begin(), sink.done.end()));
}

TEST_CASE("a reset publisher asks again soon, and keeps its records in order") {
  Line w(every(10ms, 100));
  w.stop(Line::queue_id, 300ms, StopReason::crash, 400ms);
  w.run(2200ms);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  std::vector<RecordId> stored;
  for (const auto& event : w.trace.all<trace::QueueStored>()) stored.push_back(event.record);
  CHECK(stored == w.source->published);
  CHECK(w.trace.sent("Publish") < 200);  // it does not hammer a queue that is away
}

TEST_CASE("what a restarted queue finds unflushed is neither delivered nor acknowledged yet") {
  World w;
  auto node = std::make_unique<QueueNode>();
  engine::NodeSpec spec{"queue", "queue", "", {}, {}};
  spec.host.disk_write_bytes_per_s = 132;  // one record a second
  w.engine.add_node(spec, std::move(node));
  auto& source = w.add_source("source", std::make_unique<QueuePublisher>(test_component, NodeId{0}),
                              {100ms, 150ms});
  w.stop(NodeId{0}, 200ms, StopReason::crash, 50ms);  // the second record still to be flushed
  Sink& sink = w.add_sink(
      "sink",
      std::make_unique<QueueReceiver>(test_component, NodeId{0}, std::vector<std::string>{"news"}),
      sim_time(260ms));
  w.run(1200ms);
  CHECK(sink.begun.empty());
  CHECK(w.trace.records<trace::RecordsAcknowledged>().empty());
  w.run(2300ms);  // its own flush begins when that of its former life has ended
  CHECK(sink.begun == source.published);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == source.published);
  check_lives(w.trace);
}

TEST_CASE("a queue that lost power forgets only what it had not acknowledged") {
  // A slow disk: the flush takes 10 ms, the power fails in the middle of it.
  World w;
  auto queue = std::make_unique<QueueNode>();
  QueueNode& node = *queue;
  engine::NodeSpec spec{"queue", "queue", "", {}, {}};
  spec.host.disk_write_bytes_per_s = 13200;
  w.engine.add_node(spec, std::move(queue));
  auto& source = w.add_source("source", std::make_unique<QueuePublisher>(test_component, NodeId{0}),
                              {100ms, 200ms});
  w.at(206ms, [&] { w.engine.stop(NodeId{0}, StopReason::power_loss); });
  w.at(300ms, [&] {
    w.engine.stop(NodeId{1}, StopReason::power_loss);  // nobody will ask again
    w.engine.start(NodeId{0});
  });
  w.run(2s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == std::vector{source.published[0]});
  CHECK(node.waiting() == 1);
  // A killed process, in contrast, finds what it had written.
  World k;
  auto killed = std::make_unique<QueueNode>();
  QueueNode& killed_node = *killed;
  k.engine.add_node(spec, std::move(killed));
  k.add_source("source", std::make_unique<QueuePublisher>(test_component, NodeId{0}),
               {100ms, 200ms});
  k.at(206ms, [&] { k.engine.stop(NodeId{0}, StopReason::crash); });
  k.at(300ms, [&] {
    k.engine.stop(NodeId{1}, StopReason::power_loss);
    k.engine.start(NodeId{0});
  });
  k.run(2s);
  CHECK(killed_node.waiting() == 2);
}

TEST_CASE("whatever breaks: what was acknowledged is done at least once, and the queue drains") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    Line w(every(23ms, 200), {.visibility_timeout = 2s, .max_deliveries = 1000}, seed);
    for (int i = 0; i < 3; ++i) w.receiver(15ms);
    w.storm({Line::queue_id, Line::source_id, w.sink_id(0), w.sink_id(1), w.sink_id(2)}, 0s, 5s,
            14);
    w.run(260s);
    const auto acknowledged = w.trace.records<trace::RecordsAcknowledged>();
    std::set<RecordId> outcomes(acknowledged.begin(), acknowledged.end());
    CHECK(outcomes.size() == acknowledged.size());
    for (const RecordId record : w.trace.records<trace::SendFailed>())
      CHECK(outcomes.insert(record).second);
    for (const RecordId record : acknowledged) CHECK(w.times_done(record) >= 1);
    CHECK(w.queue->waiting() == 0);
    CHECK(w.queue->leased() == 0);
    CHECK(w.queue->dead_letters().empty());
    CHECK(w.trace.count<trace::QueueStored>() == w.trace.count<trace::QueueDeleted>());
    CHECK(w.source->publisher->pending() == 0);
    for (const Sink* sink : w.sinks) CHECK(sink->busiest <= 1);
    check_lives(w.trace);
  }
}

TEST_CASE("whatever breaks but the publisher: every record has exactly one outcome") {
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    Line w(every(23ms, 200), {.visibility_timeout = 1s}, 1000 + seed);
    for (int i = 0; i < 2; ++i) w.receiver(15ms);
    w.storm({Line::queue_id, w.sink_id(0), w.sink_id(1)}, 0s, 5s, 20);
    w.run(200s);
    CHECK(w.trace.records<trace::RecordsAcknowledged>().size() == w.source->published.size());
    CHECK(w.trace.count<trace::SendFailed>() == 0);
    const auto dead = w.trace.count<trace::QueueDeadLettered>();
    CHECK(dead == w.queue->dead_letters().size());
    CHECK(w.trace.count<trace::QueueDeleted>() + dead == w.source->published.size());
    check_lives(w.trace);
  }
}

TEST_CASE("the same seed and the same faults give the same trace") {
  const auto story = [](std::uint64_t seed) {
    Line w(every(23ms, 100), {.visibility_timeout = 1s}, seed);
    for (int i = 0; i < 3; ++i) w.receiver(15ms);
    w.storm({Line::queue_id, Line::source_id, w.sink_id(0), w.sink_id(1)}, 0s, 3s, 10);
    w.run(30s);
    return w.trace.events;
  };
  CHECK(story(5) == story(5));
  CHECK(story(5) != story(6));
}
