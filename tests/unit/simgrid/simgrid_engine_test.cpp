// The SimGrid engine: its physics, its agreement with the lean engine, and that no fault aborts
// or hangs it. SimGrid allows one run per process, so each run is made in a child of its own.
#include "sim/engine/simgrid_engine.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <functional>
#include <string>

#include <sys/wait.h>
#include <unistd.h>

#include "sim/base/random.h"
#include "sim/trace/fingerprint.h"
#include "tests/unit/engine/probe.h"

using namespace eventarium;
using namespace eventarium::engine;

namespace {

/// What `body` returns, computed in a child process; "died: ..." when the child did.
std::string in_own_process(const std::function<std::string()>& body) {
  int ends[2];
  REQUIRE(pipe(ends) == 0);
  std::fflush(nullptr);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    close(ends[0]);
    const std::string text = body();
    const bool written =
        write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    _exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(ends[0], buffer, sizeof buffer)) > 0;)
    text.append(buffer, static_cast<std::size_t>(n));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  if (WIFSIGNALED(status)) return "died: signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) != 0) return "died: exit " + std::to_string(WEXITSTATUS(status));
  return text;
}

using SimgridPair = PairOn<SimgridEngine>;

template <class SomePair>
void send_steadily(SomePair& pair, Duration every, std::uint64_t size_bytes) {
  pair.a->start = [every](Runtime& runtime) { runtime.set_timer(every, Token{}); };
  pair.a->timer = [&pair, every, size_bytes](Runtime& runtime, Token token) {
    say(runtime, pair.id_b, std::to_string(token.value), size_bytes);
    runtime.set_timer(every, Token{0, 0, token.value + 1});
  };
}

template <class SomePair>
void break_at_random(SomePair& pair, std::uint64_t seed) {
  RandomStream random(seed, "storm");
  for (int i = 0; i < 12; ++i) {
    const bool first = random.chance(0.5);
    const NodeId target = first ? pair.id_a : pair.id_b, other = first ? pair.id_b : pair.id_a;
    const Duration t{static_cast<std::int64_t>(random.below(2'000'000'000))};
    const std::uint64_t what = random.below(7);
    pair.at(t, [&pair, target, other, what] {
      Engine& engine = pair.engine;
      switch (what) {
        case 0:
          return engine.stop(target, StopReason::crash);
        case 1:
          return engine.stop(target, StopReason::power_loss);
        case 2:
          return engine.stop(target, StopReason::clean);
        case 3:
          return engine.set_link_up(target, false);
        case 4:
          return engine.set_cut(target, other, true);
        case 5:
          return engine.set_bandwidth(target, 1e6);
        default:
          return engine.set_latency(target, 10ms);
      }
    });
    pair.at(t + Duration{static_cast<std::int64_t>(random.below(300'000'000))},
            [&pair, target, other] {
              pair.engine.start(target);
              pair.engine.set_link_up(target, true);
              pair.engine.set_cut(target, other, false);
              pair.engine.set_bandwidth(target, 125e6);
              pair.engine.set_latency(target, 50us);
            });
  }
}

}  // namespace

TEST_CASE("two transfers into one host share its link fluidly") {
  const std::string text = in_own_process([] {
    SimgridEngine engine(1);
    std::vector<Probe*> probes;
    for (const char* name : {"a", "b", "c"}) {
      auto probe = std::make_unique<Probe>();
      probes.push_back(probe.get());
      engine.add_node({name, "probe", "", {}, {}}, std::move(probe));
    }
    for (int i : {0, 1})
      probes[i]->start = [](Runtime& runtime) { say(runtime, NodeId{2}, "x", 1'250'000); };
    engine.run_until(sim_time(100ms));
    std::string times;
    for (const SimTime t : probes[2]->heard_at) times += std::to_string(to_ns(t) / 100'000) + " ";
    return times;
  });
  CHECK(text == "201 201 ");  // 10 ms each alone, 20 ms when shared, and two latencies
}

TEST_CASE("CPU and disk take their time on SimGrid's hosts") {
  const std::string text = in_own_process([] {
    SimgridPair pair;
    std::string log;
    pair.a->start = [](Runtime& runtime) {
      runtime.compute(5e6, Token{0, 1, 0});
      runtime.compute(5e6, Token{0, 2, 0});
      runtime.append_to_disk(2'000'000);
      runtime.fsync(Token{0, 3, 0});
    };
    pair.a->done = [&](Runtime& runtime, Token token) {
      log += std::to_string(token.kind) + "@" +
             std::to_string((to_ns(runtime.now()) + 500) / 1000) + "us ";
    };
    pair.run(50ms);
    return log;
  });
  CHECK((text == "1@5000us 2@10000us 3@10000us " || text == "1@5000us 3@10000us 2@10000us "));
}

TEST_CASE("the same run twice gives the same fingerprint, stepped in any way") {
  const auto run = [](Duration step) {
    return in_own_process([step] {
      SimgridPair pair;
      trace::Fingerprint fingerprint;
      pair.engine.add_sink(fingerprint);
      send_steadily(pair, 700us, 40'000);
      break_at_random(pair, 3);
      for (Duration t = step; t <= 3s; t += step) pair.run(t);
      return fingerprint.text() + " " + std::to_string(fingerprint.events());
    });
  };
  const std::string once = run(1s);
  CHECK(once == run(1s));
  CHECK(once == run(100ms));
  CHECK(once == run(1ms));
}

TEST_CASE("no sequence of faults aborts, hangs or loses a message without a word") {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    CAPTURE(seed);
    const std::string text = in_own_process([seed]() -> std::string {
      SimgridPair pair;
      send_steadily(pair, 3ms, 30'000);
      break_at_random(pair, seed);
      pair.run(3s);
      const std::size_t before = pair.b->heard.size();
      pair.run(20s);
      const std::size_t open = pair.trace.all<trace::MessageSent>().size() -
                               pair.trace.all<trace::MessageArrived>().size() -
                               pair.trace.all<trace::MessageLost>().size();
      if (pair.b->heard.size() < before + 1000) return "stuck after healing";
      return open <= 2 ? "fine" : std::to_string(open) + " messages unaccounted for";
    });
    CHECK(text == "fine");
  }
}

TEST_CASE("on an uncontended network both engines deliver the same messages in the same order") {
  const auto run = [](auto& pair) {
    send_steadily(pair, 2ms, 1000);
    pair.b->message = [](Runtime& runtime, const Message& m, const std::string& text) {
      say(runtime, m.source, "re:" + text, 200);
    };
    pair.run(500ms);
    std::string all;
    for (const auto& text : pair.a->heard) all += text + " ";
    return all;
  };
  const std::string fluid = in_own_process([&] {
    SimgridPair pair;
    return run(pair);
  });
  Pair pair;
  CHECK(fluid == run(pair));
}

TEST_CASE("the engine can be destroyed in the middle of a transfer") {
  CHECK(in_own_process([] {
          {
            SimgridPair pair;
            pair.a->start = [&](Runtime& runtime) { say(runtime, pair.id_b, "x", 1'000'000'000); };
            pair.run(10ms);
          }
          return std::string("alive");
        }) == "alive");
}
