// The station: everybody who is connected hears it, nobody else ever will.
#include "sim/bus/broadcast.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::bus;
using engine::StopReason;

namespace {

/// A station (node 0), a publisher (node 1) and listeners (nodes 2...).
struct Radio : World {
  StationNode* station = nullptr;
  Source* source = nullptr;
  std::vector<Sink*> sinks;
  static constexpr NodeId station_id{0}, source_id{1};

  explicit Radio(std::vector<Duration> times, std::uint64_t seed = 1) : World(seed) {
    station = &add("station", std::make_unique<StationNode>());
    source = &add_source("source", std::make_unique<BroadcastPublisher>(test_component, station_id),
                         std::move(times));
  }
  Sink& listener(SimTime start_at = SimTime{}, const std::string& topic = "news") {
    sinks.push_back(&add_sink("sink-" + std::to_string(sinks.size()),
                              std::make_unique<BroadcastSubscriber>(
                                  test_component, station_id, std::vector<std::string>{topic}),
                              start_at));
    return *sinks.back();
  }
  NodeId sink_id(std::size_t i) const { return NodeId{static_cast<NodeId::rep>(2 + i)}; }
};

}  // namespace

TEST_CASE("all who are tuned in hear it; who tunes in late has missed it") {
  Radio w(every(1s, 10, 500ms));
  Sink& early = w.listener();
  Sink& late = w.listener(sim_time(5s));
  Sink& other = w.listener(SimTime{}, "sport");
  w.run(20s);
  CHECK(early.done == w.source->published);
  CHECK(late.done ==
        std::vector<RecordId>(w.source->published.begin() + 5, w.source->published.end()));
  CHECK(other.done.empty());
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  const auto sent = w.trace.all<trace::BroadcastSent>();
  REQUIRE(sent.size() == 10);
  CHECK(sent[0].subscribers == std::vector{w.sink_id(0)});
  CHECK(sent[9].subscribers == std::vector{w.sink_id(0), w.sink_id(1)});
  CHECK(w.trace.count<trace::SubscriberJoined>() == 3);  // keep-alives are no joins
}

TEST_CASE("on air is on air, also when nobody listens") {
  Radio w({1s});
  w.run(3s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  CHECK(w.trace.all<trace::BroadcastSent>()[0].subscribers.empty());
}

TEST_CASE("a slow listener gets everything in order, one at a time") {
  Radio w(every(1ms, 100));
  Sink& slow = w.listener();
  slow.work = 20ms;
  w.run(5s);
  CHECK(slow.done == w.source->published);
  CHECK(slow.busiest == 1);
}

TEST_CASE("a listener that finishes inside its handler is fed without recursion") {
  Radio w(every(0ms, 3000));
  Sink& quick = w.listener();
  quick.work = -1ms;
  w.run(5s);
  CHECK(quick.done == w.source->published);
}

TEST_CASE("who leaves is off the list at once: cleanly, by a crash, or by silence") {
  Radio w(every(1s, 40, 500ms));
  for (int i = 0; i < 3; ++i) w.listener();
  w.at(2s, [&] { w.engine.stop(w.sink_id(0), StopReason::clean); });
  w.at(3s, [&] { w.engine.stop(w.sink_id(1), StopReason::crash); });
  w.at(4s, [&] { w.engine.stop(w.sink_id(2), StopReason::power_loss); });
  w.run(2100ms);
  CHECK(w.station->subscribers() == 2);
  w.run(3100ms);
  CHECK(w.station->subscribers() == 1);
  w.run(10s);
  CHECK(w.station->subscribers() == 1);  // nobody knows yet
  w.run(20s);
  CHECK(w.station->subscribers() == 0);
  const auto left = w.trace.all<trace::SubscriberLeft>();
  REQUIRE(left.size() == 3);
  CHECK(left[0].reason == "left");
  CHECK(left[1].reason == "connection reset");
  CHECK(left[2].reason == "silent for too long");
}

TEST_CASE("after a station's crash the listeners tune in again; what was on air is gone") {
  for (const auto reason : {StopReason::crash, StopReason::power_loss}) {
    Radio w(every(100ms, 300));
    Sink& sink = w.listener();
    w.stop(Radio::station_id, 5050ms, reason, 2s);
    w.run(60s);
    CHECK(w.station->subscribers() == 1);
    CHECK(sink.done.back() == w.source->published.back());
    CHECK(sink.done.size() < 300);
    const auto outcomes = w.trace.records<trace::RecordsAcknowledged>().size() +
                          w.trace.records<trace::SendFailed>().size();
    CHECK(outcomes == 300);
  }
}

TEST_CASE("a restarted listener does not hear what its former life had tuned in to") {
  for (const auto reason : {StopReason::crash, StopReason::power_loss, StopReason::clean}) {
    for (Duration down = 10us; down < 2ms; down += 70us) {
      Radio w(every(30us, 200, 1s));
      Sink& sink = w.listener();
      sink.work = -1ms;
      w.stop(w.sink_id(0), 1002ms, reason, down);
      w.run(30s);
      // A second SubscriberJoined comes before anything heard by the second life.
      std::size_t joined = 0, started = 0;
      for (const auto& event : w.trace.events) {
        joined += event.as<trace::SubscriberJoined>() != nullptr;
        started += event.as<trace::NodeStarted>() != nullptr && event.node == w.sink_id(0);
        if (event.as<trace::RecordsDelivered>() && started == 2) CHECK(joined == 2);
      }
      CHECK(joined == 2);
    }
  }
}

TEST_CASE("a publisher whose station is dead fails at once, or after the time-out") {
  Radio crashed({1s}), dark({1s});
  crashed.at(500ms, [&] { crashed.engine.stop(Radio::station_id, StopReason::crash); });
  dark.at(500ms, [&] { dark.engine.stop(Radio::station_id, StopReason::power_loss); });
  crashed.run(2s);
  dark.run(2s);
  REQUIRE(crashed.trace.count<trace::SendFailed>() == 1);
  CHECK(crashed.trace.all<trace::SendFailed>()[0].error == "connection reset");
  CHECK(dark.trace.count<trace::SendFailed>() == 0);
  dark.run(7s);
  REQUIRE(dark.trace.count<trace::SendFailed>() == 1);
  CHECK(dark.trace.all<trace::SendFailed>()[0].error == "time-out");
}

TEST_CASE("whatever breaks: heard at most once, in order, and only when it was on air for them") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Radio w(every(23ms, 600), seed);
    for (int i = 0; i < 3; ++i) w.listener().work = 5ms;
    w.storm({Radio::station_id, w.sink_id(0), w.sink_id(1), w.sink_id(2)}, 0s, 6s, 14);
    w.run(140s);
    std::map<RecordId, std::vector<NodeId>> audience;
    for (const auto& sent : w.trace.all<trace::BroadcastSent>()) {
      CHECK(audience.emplace(sent.record, sent.subscribers).second);
    }
    for (std::size_t i = 0; i < w.sinks.size(); ++i) {
      const Sink& sink = *w.sinks[i];
      CHECK(std::is_sorted(sink.begun.begin(), sink.begun.end()));
      CHECK(std::set<RecordId>(sink.begun.begin(), sink.begun.end()).size() == sink.begun.size());
      for (const RecordId record : sink.begun)
        CHECK(times_in(audience.at(record), w.sink_id(i)) == 1);
    }
    CHECK(w.station->subscribers() == 3);
    for (const RecordId record : w.trace.records<trace::RecordsAcknowledged>())
      CHECK(audience.contains(record));
    const auto outcomes = w.trace.records<trace::RecordsAcknowledged>().size() +
                          w.trace.records<trace::SendFailed>().size();
    CHECK(outcomes == w.source->published.size());
  }
}
