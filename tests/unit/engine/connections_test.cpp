// The small TCP: order, coalescing, stalls, resets, and faults at every moment.
#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/engine/storm.h"

using namespace eventarium;
using namespace eventarium::engine;

namespace {

/// a sends "0", "1", ... to b, one every `every`.
void send_steadily(Pair& pair, Duration every, std::uint64_t size_bytes = 1000) {
  pair.a->start = [every](Runtime& runtime) { runtime.set_timer(every, Token{}); };
  pair.a->timer = [&pair, every, size_bytes](Runtime& runtime, Token token) {
    say(runtime, pair.id_b, std::to_string(token.value), size_bytes);
    runtime.set_timer(every, Token{0, 0, token.value + 1});
  };
}

}  // namespace

TEST_CASE("messages that wait for the connection travel together and stay in order") {
  Pair pair;
  pair.a->start = [&](Runtime& runtime) {
    for (int i = 0; i < 5; ++i) say(runtime, pair.id_b, std::to_string(i), 12'500);
  };
  pair.run(20ms);
  CHECK(pair.b->heard == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(pair.b->heard_at[0] < pair.b->heard_at[1]);
  CHECK(pair.b->heard_at[1] == pair.b->heard_at[4]);
}

TEST_CASE("a process that is killed resets its peers' connections at once") {
  Pair pair;
  send_steadily(pair, 1ms);
  pair.at(10500us, [&] { pair.engine.stop(pair.id_b, StopReason::crash); });
  pair.run(15ms);
  CHECK(pair.b->heard.size() == 10);
  REQUIRE_FALSE(pair.a->disconnected.empty());
  CHECK(pair.a->disconnected[0] == pair.id_b);
  CHECK(pair.trace.all<trace::MessageLost>().size() >= 4);  // refused, each with a reset
  const auto closed = pair.trace.all<trace::ConnectionClosed>();
  REQUIRE(closed.size() >= 2);
  CHECK(closed[0].reason == "reset by peer");
  CHECK(closed.back().reason == "connection refused");  // there was none to be reset
}

TEST_CASE("a machine without power says nothing; what is sent to it waits, then is reset") {
  Pair pair;
  send_steadily(pair, 1ms);
  pair.at(10500us, [&] { pair.engine.stop(pair.id_b, StopReason::power_loss); });
  pair.run(150ms);
  CHECK(pair.a->disconnected.empty());
  CHECK(pair.trace.all<trace::MessageLost>().empty());
  CHECK_FALSE(pair.trace.all<trace::ConnectionStalled>().empty());
  pair.at(151ms, [&] { pair.engine.start(pair.id_b); });
  pair.run(1s);
  CHECK_FALSE(pair.a->disconnected.empty());  // the new process does not know the connection
  CHECK(pair.b->heard.back() == "998");       // and a later one works
}

TEST_CASE("a peer that comes back unnoticed after a power loss resets the way back, once") {
  Pair p;
  p.a->start = [&](Runtime& r) { say(r, p.id_b, p.a->starts == 1 ? "a1" : "a2"); };
  p.b->message = [&](Runtime& r, const Message& m, const std::string& text) {
    say(r, m.source, "answer to " + text);
  };
  p.at(1s, [&] { p.engine.stop(p.id_a, StopReason::power_loss); });
  p.at(2s, [&] { p.engine.start(p.id_a); });
  p.run(10s);
  CHECK(p.b->heard == std::vector<std::string>{"a1", "a2"});
  CHECK(p.b->disconnected == std::vector{p.id_a});
  CHECK(p.a->heard == std::vector<std::string>{"answer to a1", "answer to a2"});
  CHECK(p.a->disconnected.empty());
  CHECK(p.trace.all<trace::MessageLost>().empty());
}

TEST_CASE("a link that is down delays, and loses nothing") {
  Pair pair;
  send_steadily(pair, 10ms);
  pair.at(105ms, [&] { pair.engine.set_link_up(pair.id_b, false); });
  pair.at(505ms, [&] { pair.engine.set_link_up(pair.id_b, true); });
  pair.run(2s);
  CHECK(pair.trace.all<trace::MessageLost>().empty());
  REQUIRE(pair.b->heard.size() > 150);
  for (std::size_t i = 0; i < pair.b->heard.size(); ++i)
    CHECK(pair.b->heard[i] == std::to_string(i));
  const auto stalls = pair.trace.all<trace::ConnectionStalled>();
  REQUIRE(stalls.size() >= 2);
  CHECK(stalls[1].retry_in == 2 * stalls[0].retry_in);  // the time-out doubles
}

TEST_CASE("a one-way cut stops one direction only") {
  Pair pair;
  send_steadily(pair, 10ms);
  pair.b->start = [&](Runtime& runtime) { runtime.set_timer(200ms, Token{}); };
  pair.b->timer = [&](Runtime& runtime, Token) { say(runtime, pair.id_a, "still here"); };
  pair.at(100500us, [&] { pair.engine.set_cut(pair.id_a, pair.id_b, true); });
  pair.run(300ms);
  CHECK(pair.b->heard.size() == 10);
  CHECK(pair.a->heard == std::vector<std::string>{"still here"});
  pair.at(301ms, [&] { pair.engine.set_cut(pair.id_a, pair.id_b, false); });
  pair.run(1s);
  CHECK(pair.b->heard.size() > 60);
}

TEST_CASE("packet loss delays messages but neither loses nor reorders them") {
  Pair pair;
  send_steadily(pair, 5ms, 20'000);
  pair.at(0ms, [&] { pair.engine.set_loss(pair.id_b, 0.05); });
  pair.run(3s);
  pair.engine.set_loss(pair.id_b, 0);
  pair.run(4s);
  CHECK(pair.trace.all<trace::MessageLost>().empty());
  CHECK_FALSE(pair.trace.all<trace::ConnectionStalled>().empty());
  REQUIRE(pair.b->heard.size() > 500);
  for (std::size_t i = 0; i < pair.b->heard.size(); ++i)
    CHECK(pair.b->heard[i] == std::to_string(i));
}

TEST_CASE("latency and bandwidth can change while it runs") {
  Pair pair;
  send_steadily(pair, 100ms, 12'500);  // 0.1 ms at 1 Gbit/s
  pair.at(150ms, [&] { pair.engine.set_latency(pair.id_b, 20ms); });
  pair.at(250ms, [&] { pair.engine.set_bandwidth(pair.id_b, 1.25e6); });  // 10 ms
  pair.run(399ms);
  REQUIRE(pair.b->heard_at.size() == 3);
  CHECK(pair.b->heard_at[0] == sim_time(100ms + 300us));
  CHECK(pair.b->heard_at[1] == sim_time(200ms + 200us + 20ms + 50us));
  CHECK(pair.b->heard_at[2] == sim_time(300ms + 100us + 50us + 10ms + 20ms));
}

TEST_CASE("what a cleanly stopped process still said arrives before its close") {
  Pair pair;
  pair.a->stopped = [&](Runtime& runtime, StopReason) { say(runtime, pair.id_b, "bye", 125'000); };
  pair.a->start = [&](Runtime& runtime) { say(runtime, pair.id_b, "hello"); };
  pair.at(5ms, [&] { pair.engine.stop(pair.id_a, StopReason::clean); });
  pair.run(20ms);
  CHECK(pair.b->heard == std::vector<std::string>{"hello", "bye"});
  CHECK(pair.b->disconnected == std::vector<NodeId>{pair.id_a});
}

TEST_CASE("closing a connection loses what is on it and tells the other side") {
  Pair pair;
  pair.a->start = [&](Runtime& runtime) {
    say(runtime, pair.id_b, "first");
    runtime.set_timer(5ms, Token{});
  };
  pair.a->timer = [&](Runtime& runtime, Token) {
    say(runtime, pair.id_b, "doomed");
    runtime.disconnect(pair.id_b);
    say(runtime, pair.id_b, "on a new connection");
  };
  pair.run(20ms);
  CHECK(pair.b->heard == std::vector<std::string>{"first", "on a new connection"});
  CHECK(pair.b->disconnected == std::vector<NodeId>{pair.id_a});
  CHECK(pair.trace.all<trace::MessageLost>().size() == 1);
}

TEST_CASE("sending to a process that never started is refused, not silent") {
  LeanEngine engine(1);
  Recorder trace;
  engine.add_sink(trace);
  auto first = std::make_unique<Probe>();
  Probe* a = first.get();
  a->start = [](Runtime& runtime) { say(runtime, NodeId{1}, "hello?"); };
  engine.add_node({"a", "probe", "", {}, {}}, std::move(first));
  engine.add_node({"b", "probe", "", {}, sim_time(1s)}, std::make_unique<Probe>());
  engine.run_until(sim_time(10ms));
  CHECK(a->disconnected == std::vector<NodeId>{NodeId{1}});
  CHECK(trace.all<trace::MessageLost>().size() == 1);
  REQUIRE(trace.all<trace::ConnectionClosed>().size() == 1);
  CHECK(trace.all<trace::ConnectionClosed>()[0].reason == "connection refused");
}

TEST_CASE("under random faults each message arrives, is lost with a word, or still waits") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    CAPTURE(seed);
    Pair pair;
    Storm storm(pair, seed);
    storm.blow(20);
    pair.run(3s);
    const std::size_t before = pair.b->heard.size();
    pair.run(20s);
    CHECK(storm.judge(before) == "");
  }
}

TEST_CASE("lanes between two nodes are connections of their own") {
  Pair pair;
  const Lane first{pair.id_a, 1}, second{pair.id_a, 2};
  const auto on = [&](Runtime& runtime, std::string text, std::uint64_t size_bytes, Lane lane) {
    runtime.send(pair.id_b, std::make_unique<Text>(std::move(text)), size_bytes, lane);
  };
  std::vector<Lane> answered_on;
  pair.a->start = [&](Runtime& runtime) {
    on(runtime, "on the way", 12'500'000, first);
    on(runtime, "queues behind it", 100, first);
    on(runtime, "has its own way", 100, second);
    runtime.set_timer(1s, Token{});
  };
  pair.b->message = [](Runtime& runtime, const Message& m, const std::string& text) {
    runtime.send(m.source, std::make_unique<Text>("answer to " + text), 100, m.lane);
  };
  pair.a->message = [&](Runtime&, const Message& m, const std::string&) {
    answered_on.push_back(m.lane);
  };
  pair.a->timer = [&](Runtime& runtime, Token) {
    runtime.disconnect(pair.id_b, first);
    on(runtime, "goes on", 100, second);
  };
  pair.run(2s);
  CHECK(pair.b->heard ==
        std::vector<std::string>{"on the way", "has its own way", "queues behind it", "goes on"});
  CHECK(answered_on == std::vector{first, second, first, second});
  CHECK(pair.b->disconnected_lanes == std::vector{first});
  CHECK(pair.a->disconnected.empty());
}

TEST_CASE("a process that ends resets each of its lanes once") {
  Pair pair;
  const Lane lanes[] = {{pair.id_a, 1}, {pair.id_a, 2}, {pair.id_b, 1}};
  pair.a->start = [&](Runtime& runtime) {
    for (const Lane& lane : lanes)
      runtime.send(pair.id_b, std::make_unique<Text>("hello"), 100, lane);
  };
  pair.b->message = [](Runtime& runtime, const Message& m, const std::string&) {
    if (m.lane.purpose == 1) runtime.send(m.source, std::make_unique<Text>("answer"), 100, m.lane);
  };
  pair.at(1s, [&] { pair.engine.stop(pair.id_b, StopReason::crash); });
  pair.run(2s);
  std::sort(pair.a->disconnected_lanes.begin(), pair.a->disconnected_lanes.end());
  CHECK(pair.a->disconnected_lanes == std::vector(std::begin(lanes), std::end(lanes)));
}

TEST_CASE("after an unnoticed restart each lane is reset when it is used, and no other") {
  Pair pair;
  const Lane first{pair.id_a, 1}, second{pair.id_a, 2};
  pair.a->start = [&](Runtime& runtime) {
    runtime.send(pair.id_b, std::make_unique<Text>("hello"), 100, first);
    if (pair.a->starts == 1) runtime.send(pair.id_b, std::make_unique<Text>("hello"), 100, second);
  };
  pair.b->message = [](Runtime& runtime, const Message& m, const std::string&) {
    runtime.send(m.source, std::make_unique<Text>("answer"), 100, m.lane);
  };
  pair.b->start = [](Runtime& runtime) { runtime.set_timer(5s, Token{}); };
  pair.b->timer = [&](Runtime& runtime, Token) {
    runtime.send(pair.id_a, std::make_unique<Text>("late answer"), 100, second);
  };
  pair.at(1s, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
  pair.at(2s, [&] { pair.engine.start(pair.id_a); });
  pair.run(4s);
  CHECK(pair.b->disconnected_lanes == std::vector{first});
  pair.run(10s);
  CHECK(pair.b->disconnected_lanes == std::vector{first, second});
}

TEST_CASE("a process that asks to end hands over first, and ends when it says so") {
  Pair pair;
  pair.a->stop_requested = [](Runtime& runtime) {
    runtime.set_timer(50ms, Token{});
    return false;
  };
  pair.a->timer = [](Runtime& runtime, Token) {
    runtime.exit(StopReason::clean);
    runtime.exit(StopReason::crash);  // it has ended already
  };
  pair.at(100ms, [&] {
    pair.engine.request_stop(pair.id_a);
    pair.engine.request_stop(pair.id_b);
  });
  pair.run(120ms);
  CHECK(pair.engine.is_running(pair.id_a));
  CHECK_FALSE(pair.engine.is_running(pair.id_b));
  pair.run(200ms);
  const auto stopped = pair.trace.all<trace::NodeStopped>();
  REQUIRE(stopped.size() == 2);
  CHECK(stopped[1].reason == "clean");
}
