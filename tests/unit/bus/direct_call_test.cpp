// Direct calls: the caller feels everything that its receivers suffer.
#include "sim/bus/direct_call.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::bus;
using engine::StopReason;

namespace {

/// A source calling `receivers` sinks; sinks are nodes 0..n-1, the source is node n.
struct Calls : World {
  std::vector<Sink*> sinks;
  Source* source = nullptr;
  NodeId caller;

  Calls(int receivers, std::vector<Duration> times, DirectCallOptions options = {},
        std::uint64_t seed = 1)
      : World(seed) {
    std::vector<NodeId> ids;
    for (int i = 0; i < receivers; ++i) {
      ids.push_back(next_id());
      sinks.push_back(&add_sink("sink-" + std::to_string(i), std::make_unique<DirectReceiver>()));
    }
    caller = next_id();
    source = &add_source(
        "source",
        std::make_unique<DirectCaller>(
            test_component, std::map<std::string, std::vector<NodeId>>{{"news", ids}}, options),
        std::move(times));
  }
  NodeId sink_id(int i) const { return NodeId{static_cast<NodeId::rep>(i)}; }
};

}  // namespace

TEST_CASE("receivers are called one after the other, and each event waits for the one before") {
  Calls w(2, {100ms, 101ms});
  for (Sink* sink : w.sinks) sink->work = 50ms;
  w.run(149ms);
  CHECK(w.sinks[0]->begun.size() == 1);
  CHECK(w.sinks[1]->begun.empty());
  w.run(199ms);
  CHECK(w.sinks[1]->begun.size() == 1);
  CHECK(w.sinks[0]->begun.size() == 1);  // the second event still waits in the caller
  CHECK(w.source->publisher->pending() == 2);
  w.run(1s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  CHECK(w.source->publisher->pending() == 0);
  CHECK(w.trace.count<trace::SendFailed>() == 0);
  for (const auto& event : w.trace.events)
    if (event.as<trace::RecordsAcknowledged>()) CHECK(event.t > sim_time(200ms));
}

TEST_CASE("a dead process costs nothing but the event: its system resets the connection at once") {
  Calls w(3, {100ms});
  w.at(50ms, [&] { w.engine.stop(w.sink_id(1), StopReason::crash); });
  w.run(1s);
  const auto failed = w.trace.all<trace::CallFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].receiver == w.sink_id(1));
  CHECK(failed[0].reason == "connection reset");
  REQUIRE(w.trace.count<trace::SendFailed>() == 1);
  CHECK(w.trace.all<trace::SendFailed>()[0].error == "not received by sink-1");
  CHECK(w.trace.count<trace::RecordsAcknowledged>() == 0);
  CHECK(w.sinks[2]->done.size() == 1);  // later receivers are called all the same
}

TEST_CASE("a machine without power costs the time-out for every event") {
  Calls w(2, {100ms, 200ms}, {.call_timeout = 1s});
  w.at(50ms, [&] { w.engine.stop(w.sink_id(0), StopReason::power_loss); });
  w.run(1050ms);
  CHECK(w.sinks[1]->begun.empty());
  w.run(1500ms);
  CHECK(w.sinks[1]->done.size() == 1);
  w.run(5s);
  CHECK(w.sinks[1]->done.size() == 2);
  const auto failed = w.trace.all<trace::CallFailed>();
  REQUIRE(failed.size() == 2);
  CHECK(failed[0].reason == "time-out");
  CHECK(w.trace.count<trace::SendFailed>() == 2);
}

TEST_CASE("attempts: a receiver that comes back in time is reached") {
  Calls w(1, {100ms}, {.call_timeout = 1s, .call_attempts = 3, .retry_backoff = 100ms});
  w.stop(w.sink_id(0), 50ms, StopReason::crash, 200ms);
  w.run(3s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == w.source->published);
  CHECK(w.trace.count<trace::SendRetried>() == 2);
  CHECK(w.sinks[0]->attempts == std::vector<std::uint32_t>{3});
}

TEST_CASE("a call that timed out while the receiver worked is carried out twice") {
  Calls w(1, {100ms}, {.call_timeout = 200ms, .call_attempts = 2, .retry_backoff = 10ms});
  w.sinks[0]->work = 300ms;
  w.run(3s);
  // The first reply is late and lost; the second call waited for the receiver, and was late, too.
  CHECK(w.sinks[0]->done.size() == 2);
  CHECK(w.trace.count<trace::SendFailed>() == 1);
  CHECK(w.trace.count<trace::RecordsAcknowledged>() == 0);
  CHECK(w.trace.sent("CallReply") == 0);  // nobody is there any more to be answered
}

TEST_CASE("the answer to an earlier attempt is not the answer to this one") {
  World w;
  auto raw = std::make_unique<Raw>();
  raw->message = [](engine::Runtime& runtime, const engine::Message& m) {
    const auto* call = m.as<Call>();
    if (call->attempt == 2)
      runtime.send(m.source, std::make_unique<CallReply>(call->record.id, 1, true), 100);
  };
  w.add("receiver", std::move(raw));
  w.add_source(
      "source",
      std::make_unique<DirectCaller>(
          test_component, std::map<std::string, std::vector<NodeId>>{{"news", {NodeId{0}}}},
          DirectCallOptions{.call_timeout = 200ms, .call_attempts = 2}),
      {100ms});
  w.run(2s);
  CHECK(w.trace.count<trace::RecordsAcknowledged>() == 0);
  CHECK(w.trace.count<trace::SendFailed>() == 1);
}

TEST_CASE("a receiver that fails is named") {
  Calls w(2, {100ms});
  w.sinks[0]->accepts = [](RecordId) { return false; };
  w.run(1s);
  REQUIRE(w.trace.count<trace::CallFailed>() == 1);
  CHECK(w.trace.all<trace::CallFailed>()[0].reason == "receiver failed");
  CHECK(w.trace.all<trace::SendFailed>()[0].error == "not received by sink-0");
}

TEST_CASE("a topic without receivers is acknowledged at once, however many wait") {
  World w;
  auto& source = w.add_source(
      "source",
      std::make_unique<DirectCaller>(test_component, std::map<std::string, std::vector<NodeId>>{}),
      every(1ms, 50));
  w.run(1s);
  CHECK(w.trace.records<trace::RecordsAcknowledged>() == source.published);
}

TEST_CASE("calls that TCP held back do not arrive after the caller gave up") {
  Calls w(1, {100ms}, {.call_timeout = 500ms});
  w.cut(w.sink_id(0), 50ms, 2s);
  w.run(10s);
  CHECK(w.sinks[0]->begun.empty());
  CHECK(w.trace.count<trace::SendFailed>() == 1);
}

TEST_CASE("a caller that stops cleanly says what it did not get done") {
  Calls w(1, {100ms, 110ms});
  w.sinks[0]->work = 500ms;
  w.at(200ms, [&] { w.engine.stop(w.caller, StopReason::clean); });
  w.run(2s);
  CHECK(w.trace.records<trace::SendFailed>() == w.source->published);
}

TEST_CASE("a reply for the caller's former life is not taken for one of its new life") {
  // The caller crashes while the receiver works, comes back and publishes again.
  for (const auto reason : {StopReason::crash, StopReason::power_loss}) {
    Calls w(1, {100ms, 260ms}, {.call_timeout = 5s});
    w.sinks[0]->work = 200ms;  // busy with the first call until 300 ms
    w.stop(w.caller, 150ms, reason, 50ms);
    w.run(5s);
    REQUIRE(w.source->published.size() == 2);
    CHECK(w.trace.records<trace::RecordsAcknowledged>() ==
          std::vector<RecordId>{w.source->published[1]});
    for (const auto& event : w.trace.events)
      if (event.as<trace::RecordsAcknowledged>()) CHECK(event.t > sim_time(500ms));
    CHECK(w.sinks[0]->done == w.source->published);
  }
}

TEST_CASE("whatever breaks: an acknowledged event was carried out by every receiver") {
  for (std::uint64_t seed = 1; seed <= 150; ++seed) {
    CAPTURE(seed);
    Calls w(3, every(37ms, 200), {.call_timeout = 300ms, .call_attempts = 2}, seed);
    for (Sink* sink : w.sinks) sink->work = 5ms;
    w.storm({w.sink_id(0), w.sink_id(1), w.sink_id(2)}, 0s, 8s, 12);
    w.run(400s);
    const auto acknowledged = w.trace.records<trace::RecordsAcknowledged>();
    const auto failed = w.trace.records<trace::SendFailed>();
    CHECK(acknowledged.size() + failed.size() == w.source->published.size());
    const std::set<RecordId> unique(acknowledged.begin(), acknowledged.end());
    CHECK(unique.size() == acknowledged.size());
    CHECK(w.source->publisher->pending() == 0);
    for (const Sink* sink : w.sinks) {
      CHECK(sink->busiest == 1);
      const std::set<RecordId> done(sink->done.begin(), sink->done.end());
      for (const RecordId record : acknowledged) CHECK(done.contains(record));
      for (const RecordId record : done) CHECK(times_in(sink->done, record) <= 2);
    }
    CHECK(acknowledged.size() >= 20);  // it was worth something
  }
}

TEST_CASE("whatever happens to the caller: at most one outcome per event, and it goes on") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    CAPTURE(seed);
    Calls w(2, every(37ms, 300), {.call_timeout = 300ms}, seed);
    w.storm({w.caller}, 0s, 6s, 8);
    w.run(60s);
    auto outcomes = w.trace.records<trace::RecordsAcknowledged>();
    const auto failed = w.trace.records<trace::SendFailed>();
    outcomes.insert(outcomes.end(), failed.begin(), failed.end());
    const std::set<RecordId> unique(outcomes.begin(), outcomes.end());
    CHECK(unique.size() == outcomes.size());
    CHECK(unique.contains(w.source->published.back()));
    CHECK(w.source->publisher->pending() == 0);
  }
}
