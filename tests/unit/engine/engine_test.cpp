// Nodes, time, timers, CPU, disk and causes on the lean engine.
#include "sim/engine/engine.h"

#include <doctest/doctest.h>

#include "sim/trace/fingerprint.h"
#include "tests/unit/engine/probe.h"

using namespace eventarium;
using namespace eventarium::engine;

TEST_CASE("a message takes two cable latencies and two times its bytes") {
  Pair pair;
  pair.a->start = [&](Runtime& runtime) { say(runtime, pair.id_b, "hello", 125'000); };
  pair.run(10ms);
  REQUIRE(pair.b->heard == std::vector<std::string>{"hello"});
  CHECK(pair.b->heard_at[0] == sim_time(2 * 1ms + 2 * 50us));  // 125 kB at 125 MB/s, twice
}

TEST_CASE("timers of equal time fire in the order in which they were set") {
  Pair pair;
  std::vector<std::uint64_t> fired;
  pair.a->start = [](Runtime& runtime) {
    for (std::uint64_t i = 0; i < 10; ++i) runtime.set_timer(5ms, Token{0, 0, i});
  };
  pair.a->timer = [&](Runtime&, Token token) { fired.push_back(token.value); };
  pair.run(10ms);
  CHECK(fired == std::vector<std::uint64_t>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9});
}

TEST_CASE("a cancelled timer does not fire, and cancelling twice is harmless") {
  Pair pair;
  int fired = 0;
  TimerId kept, cancelled;
  pair.a->start = [&](Runtime& runtime) {
    cancelled = runtime.set_timer(1ms, Token{});
    const TimerId copy = cancelled;
    kept = runtime.set_timer(2ms, Token{});
    runtime.cancel_timer(cancelled);
    CHECK_FALSE(cancelled.valid());
    cancelled = copy;
    runtime.cancel_timer(cancelled);  // its slot may be somebody else's by now
    runtime.set_timer(3ms, Token{});
  };
  pair.a->timer = [&](Runtime&, Token) { ++fired; };
  pair.run(10ms);
  CHECK(fired == 2);
}

TEST_CASE("timers die with the incarnation that set them") {
  Pair pair;
  int fired = 0;
  pair.a->start = [&](Runtime& runtime) {
    if (pair.a->starts == 1) runtime.set_timer(5ms, Token{});
  };
  pair.a->timer = [&](Runtime&, Token) { ++fired; };
  pair.at(1ms, [&] { pair.engine.stop(pair.id_a, StopReason::crash); });
  pair.at(2ms, [&] { pair.engine.start(pair.id_a); });
  pair.run(10ms);
  CHECK(pair.a->starts == 2);
  CHECK(fired == 0);
}

TEST_CASE("messages are handled one after the other, each costing its work") {
  Pair pair;
  pair.b->work_flops = 1e6;  // 1 ms at 1 Gflop/s
  pair.a->start = [&](Runtime& runtime) {
    say(runtime, pair.id_b, "one", 0);
    say(runtime, pair.id_b, "two", 0);
  };
  pair.run(10ms);
  REQUIRE(pair.b->heard == std::vector<std::string>{"one", "two"});
  CHECK(pair.b->heard_at[0] == sim_time(1100us));
  CHECK(pair.b->heard_at[1] == sim_time(2100us));
}

TEST_CASE("compute() and messages share one CPU in order") {
  Pair pair;
  SimTime computed{};
  pair.b->start = [](Runtime& runtime) { runtime.compute(3e6, Token{0, 1, 9}); };
  pair.b->done = [&](Runtime& runtime, Token token) {
    CHECK(token == Token{0, 1, 9});
    computed = runtime.now();
  };
  pair.a->start = [&](Runtime& runtime) { say(runtime, pair.id_b, "late", 0); };
  pair.run(10ms);
  CHECK(computed == sim_time(3ms));
  REQUIRE(pair.b->heard_at.size() == 1);
  CHECK(pair.b->heard_at[0] == sim_time(3ms));  // costs nothing itself, but waits its turn
}

TEST_CASE("an fsync writes what was appended before it; the next finds nothing left") {
  Pair pair;
  std::vector<SimTime> done;
  pair.a->start = [](Runtime& runtime) {
    runtime.append_to_disk(2'000'000);  // 10 ms at 200 MB/s
    runtime.fsync(Token{});
    runtime.fsync(Token{});
  };
  pair.a->done = [&](Runtime& runtime, Token) { done.push_back(runtime.now()); };
  pair.run(20ms);
  CHECK(done == std::vector<SimTime>{sim_time(10ms), sim_time(10ms)});
}

TEST_CASE("a power loss ends an fsync without a word") {
  Pair pair;
  int done = 0;
  pair.a->start = [&](Runtime& runtime) {
    if (pair.a->starts > 1) return;
    runtime.append_to_disk(2'000'000);
    runtime.fsync(Token{});
  };
  pair.a->done = [&](Runtime&, Token) { ++done; };
  pair.at(5ms, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
  pair.at(6ms, [&] { pair.engine.start(pair.id_a); });
  pair.run(30ms);
  CHECK(done == 0);
}

TEST_CASE("every event names its cause back to the start of a node") {
  Pair pair;
  pair.a->start = [&](Runtime& runtime) { runtime.set_timer(1ms, Token{}); };
  pair.a->timer = [&](Runtime& runtime, Token) { say(runtime, pair.id_b, "x"); };
  pair.b->message = [](Runtime& runtime, const Message&, const std::string&) {
    runtime.emit(trace::ClientWarning{"seen"});
  };
  pair.run(5ms);
  const trace::Event* event = nullptr;
  for (const auto& e : pair.trace.events)
    if (e.as<trace::ClientWarning>()) event = &e;
  std::vector<std::string> chain;
  while (event) {
    chain.emplace_back(trace::wire_name(event->body));
    event = event->cause.valid() ? &pair.trace.events[event->cause.value - 1] : nullptr;
  }
  CHECK(chain == std::vector<std::string>{"client_warning", "message_arrived", "message_sent",
                                          "node_started"});
}

TEST_CASE("random streams depend on seed, node and purpose alone") {
  const auto draw = [](std::uint64_t seed, bool other_draws_first) {
    LeanEngine engine(seed);
    std::uint64_t value = 0;
    auto probe = std::make_unique<Probe>();
    probe->start = [&](Runtime& runtime) {
      if (other_draws_first) runtime.random("other").next();
      value = runtime.random("backoff").next();
    };
    engine.add_node({"a", "probe", "", {}, {}}, std::move(probe));
    engine.run_until(sim_time(1ms));
    return value;
  };
  CHECK(draw(1, false) == draw(1, true));
  CHECK(draw(1, false) != draw(2, false));
}

TEST_CASE("the run does not depend on how far it is advanced at a time") {
  const auto run = [](Duration step) {
    Pair pair;
    trace::Fingerprint fingerprint;
    pair.engine.add_sink(fingerprint);
    pair.a->start = [&](Runtime& runtime) { runtime.set_timer(700us, Token{}); };
    pair.a->timer = [&](Runtime& runtime, Token token) {
      say(runtime, pair.id_b, "x", 300 * (token.value % 7));
      if (token.value < 100) runtime.set_timer(700us, Token{0, 0, token.value + 1});
    };
    for (Duration t = step; t <= 100ms; t += step) pair.run(t);
    return fingerprint.text();
  };
  CHECK(run(1ms) == run(100ms));
  CHECK(run(1ms) == run(300us * 10));
}

TEST_CASE("a machine can lose power after its process was killed, and the node hears of it once") {
  Pair pair;
  std::vector<StopReason> reasons;
  pair.a->stopped = [&](Runtime&, StopReason reason) { reasons.push_back(reason); };
  pair.at(1ms, [&] { pair.engine.stop(pair.id_a, StopReason::crash); });
  pair.at(2ms, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
  pair.at(3ms, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
  pair.at(4ms, [&] { pair.engine.start(pair.id_a); });
  pair.run(10ms);
  CHECK(reasons == std::vector<StopReason>{StopReason::crash, StopReason::power_loss});
  CHECK(pair.trace.all<trace::NodeStopped>().size() == 2);
  CHECK(pair.engine.is_running(pair.id_a));
}

TEST_CASE("a run can end between two steps, and nothing after that moment has happened") {
  Pair pair;
  std::vector<std::int64_t> fired_us;
  pair.a->start = [](Runtime& runtime) { runtime.set_timer(100us, Token{}); };
  pair.a->timer = [&](Runtime& runtime, Token) {
    fired_us.push_back(to_ns(runtime.now()) / 1000);
    runtime.set_timer(100us, Token{});
  };
  pair.engine.finish_at(sim_time(2345us));
  CHECK(pair.engine.now() == sim_time(2345us));
  CHECK(fired_us.back() == 2300);
  pair.engine.finish_at(sim_time(2ms));  // never goes back
  CHECK(pair.engine.now() == sim_time(2345us));
}

TEST_CASE("what is scheduled last runs after all else of its instant, whenever it was asked for") {
  const auto run = [](bool early) {
    Pair pair;
    std::string order;
    const auto last = [&] { order += "last "; };
    if (early) pair.engine.schedule_last(sim_time(5ms), last);
    pair.a->start = [](Runtime& runtime) { runtime.set_timer(5ms, Token{}); };
    pair.a->timer = [&](Runtime& runtime, Token token) {
      order += "timer ";
      if (token.value == 0) runtime.set_timer(0ms, Token{0, 0, 1});
    };
    pair.run(4ms);
    if (!early) pair.engine.schedule_last(sim_time(5ms), last);
    pair.run(6ms);
    return order;
  };
  CHECK(run(true) == "timer timer last ");
  CHECK(run(false) == run(true));
}

TEST_CASE("a node that is added while the run goes on is declared, starts and can be talked to") {
  Pair pair;
  Probe* late = nullptr;
  Probe* later = nullptr;
  pair.at(100ms, [&] {
    auto one = std::make_unique<Probe>(), two = std::make_unique<Probe>();
    late = one.get();
    later = two.get();
    late->start = [&](Runtime& runtime) { say(runtime, pair.id_a, "I am new"); };
    const NodeId id = pair.engine.add_node({"late", "probe", "", {}, {}}, std::move(one));
    CHECK(id == NodeId{2});
    CHECK_FALSE(pair.engine.is_running(id));  // not before the action that adds it has ended
    pair.engine.add_node({"later", "probe", "", {}, sim_time(300ms)}, std::move(two));
  });
  pair.a->message = [](Runtime& runtime, const Message& m, const std::string&) {
    say(runtime, m.source, "welcome");
  };
  pair.run(200ms);
  CHECK(pair.a->heard == std::vector<std::string>{"I am new"});
  CHECK(late->heard == std::vector<std::string>{"welcome"});
  CHECK(later->starts == 0);
  pair.run(400ms);
  CHECK(later->starts == 1);
  CHECK(pair.trace.all<trace::NodeDeclared>().size() == 4);
}
