// A process that stands still: its peers see silence, nothing is lost, and it goes on where it was.
#include <doctest/doctest.h>

#include "tests/unit/engine/probe.h"

using namespace eventarium;
using namespace eventarium::engine;

TEST_CASE("what is due during a pause is handled in its order when it ends") {
  Pair pair;
  std::vector<std::string> seen;
  const auto note = [&](Runtime& runtime, const std::string& what) {
    seen.push_back(what + " at " + std::to_string(to_ns(runtime.now()) / 1'000'000));
  };
  pair.a->start = [&](Runtime& runtime) { runtime.set_timer(30ms, Token{}); };
  pair.a->timer = [&](Runtime& runtime, Token) { say(runtime, pair.id_b, "message"); };
  pair.b->start = [](Runtime& runtime) {
    runtime.compute(20e6, Token{0, 0, 1});
    runtime.append_to_disk(10'000'000);  // 50 ms
    runtime.fsync(Token{0, 0, 2});
    runtime.set_timer(40ms, Token{});
  };
  pair.b->done = [&](Runtime& runtime, Token token) {
    note(runtime, token.value == 1 ? "computed" : "written");
  };
  pair.b->timer = [&](Runtime& runtime, Token) { note(runtime, "timer"); };
  pair.b->message = [&](Runtime& runtime, const Message&, const std::string& text) {
    note(runtime, text);
  };
  pair.at(10ms, [&] { pair.engine.set_paused(pair.id_b, true); });
  pair.at(100ms, [&] { pair.engine.set_paused(pair.id_b, false); });
  pair.run(1s);
  CHECK(seen == std::vector<std::string>{"computed at 100", "message at 100", "timer at 100",
                                         "written at 100"});
  CHECK(pair.a->disconnected.empty());
  CHECK(pair.trace.all<trace::MessageArrived>().size() == 1);
}

TEST_CASE("a timer that is cancelled by what came before it in a pause does not fire") {
  Pair pair;
  TimerId second;
  std::vector<std::uint64_t> fired;
  pair.a->start = [&](Runtime& runtime) {
    runtime.set_timer(10ms, Token{0, 0, 1});
    second = runtime.set_timer(20ms, Token{0, 0, 2});
  };
  pair.a->timer = [&](Runtime& runtime, Token token) {
    fired.push_back(token.value);
    runtime.cancel_timer(second);
  };
  pair.at(5ms, [&] { pair.engine.set_paused(pair.id_a, true); });
  pair.at(50ms, [&] { pair.engine.set_paused(pair.id_a, false); });
  pair.run(1s);
  CHECK(fired == std::vector<std::uint64_t>{1});
}

TEST_CASE("a paused process's system takes what its buffer holds, then the sender waits") {
  Pair pair;
  pair.a->start = [](Runtime& runtime) { runtime.set_timer(10ms, Token{}); };
  pair.a->timer = [&](Runtime& runtime, Token token) {
    say(runtime, pair.id_b, std::to_string(token.value), 50'000);
    if (token.value < 9) runtime.set_timer(10ms, Token{0, 0, token.value + 1});
  };
  pair.at(5ms, [&] { pair.engine.set_paused(pair.id_b, true); });
  pair.run(1s);
  CHECK(pair.b->heard.empty());
  CHECK(pair.trace.all<trace::MessageArrived>().size() == 3);  // 128 KiB and one that overlaps
  pair.at(1500ms, [&] { pair.engine.set_paused(pair.id_b, false); });
  pair.run(2s);
  REQUIRE(pair.b->heard.size() == 10);
  for (std::size_t i = 0; i < 10; ++i) CHECK(pair.b->heard[i] == std::to_string(i));
  CHECK(pair.trace.all<trace::MessageLost>().empty());
}

TEST_CASE("a process can be killed, cut off or asked to end while it is paused") {
  Pair pair;
  pair.a->start = [&](Runtime& runtime) { runtime.set_timer(10ms, Token{}); };
  pair.a->timer = [&](Runtime& runtime, Token) {
    say(runtime, pair.id_b, "x", 200'000);
    runtime.set_timer(10ms, Token{});
  };
  pair.at(100ms, [&] { pair.engine.set_paused(pair.id_b, true); });
  SUBCASE("killed: its connections are reset, what it had not read is lost") {
    pair.at(200ms, [&] { pair.engine.stop(pair.id_b, StopReason::crash); });
    pair.run(1s);
    CHECK_FALSE(pair.a->disconnected.empty());
    CHECK_FALSE(pair.engine.is_paused(pair.id_b));
    pair.at(2s, [&] { pair.engine.start(pair.id_b); });
    const std::size_t before = pair.b->heard.size();
    pair.run(3s);
    CHECK(pair.b->heard.size() > before + 90);
  }
  SUBCASE("its cable is pulled: the bundle at its door has to come again") {
    pair.at(200ms, [&] { pair.engine.set_link_up(pair.id_b, false); });
    pair.at(300ms, [&] { pair.engine.set_paused(pair.id_b, false); });
    pair.at(400ms, [&] { pair.engine.set_link_up(pair.id_b, true); });
    pair.run(1s);
    CHECK(pair.b->heard.size() >= 97);
    CHECK(pair.trace.all<trace::MessageLost>().empty());
  }
  SUBCASE("asked to end: it hears of it when it goes on") {
    pair.at(200ms, [&] { pair.engine.request_stop(pair.id_b); });
    pair.run(300ms);
    CHECK(pair.engine.is_running(pair.id_b));
    pair.at(400ms, [&] { pair.engine.set_paused(pair.id_b, false); });
    pair.run(500ms);
    CHECK_FALSE(pair.engine.is_running(pair.id_b));
    CHECK(pair.trace.all<trace::NodeStopped>().back().reason == "clean");
  }
}

TEST_CASE("a peer that dies during the pause is noticed when it ends") {
  Pair pair;
  pair.b->start = [&](Runtime& runtime) { say(runtime, pair.id_a, "hello"); };
  pair.at(100ms, [&] { pair.engine.set_paused(pair.id_a, true); });
  pair.at(200ms, [&] { pair.engine.stop(pair.id_b, StopReason::crash); });
  pair.run(300ms);
  CHECK(pair.a->disconnected.empty());
  pair.at(400ms, [&] { pair.engine.set_paused(pair.id_a, false); });
  pair.run(1s);
  CHECK(pair.a->disconnected == std::vector{pair.id_b});
}
