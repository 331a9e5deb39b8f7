// The SimGrid engine: its physics, its agreement with the lean engine, and that no fault aborts
// or hangs it. SimGrid allows one run per process, so each run is made in a child of its own.
#include "sim/engine/simgrid_engine.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <numeric>
#include <string>

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sim/trace/fingerprint.h"
#include "tests/unit/engine/storm.h"

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
      Storm storm(pair, 3);
      storm.blow(12);
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
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    const std::string text = in_own_process([seed] {
      SimgridPair pair;
      Storm storm(pair, seed);
      storm.blow(20);
      pair.run(3s);
      const std::size_t before = pair.b->heard.size();
      pair.run(20s);
      return storm.judge(before);
    });
    CHECK(text == "");
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

TEST_CASE("a node that is added while the run goes on has the machine that it asks for") {
  const std::string text = in_own_process([] {
    SimgridPair pair;
    std::string log;
    pair.at(1s, [&] {
      HostSpec host{.speed_flops = 2e9, .disk_write_bytes_per_s = 50e6, .latency = 10ms};
      host.bandwidth_bytes_per_s = 1e6;
      auto probe = std::make_unique<Probe>();
      probe->start = [&](Runtime& runtime) {
        runtime.compute(2e9, Token{0, 1, 0});
        runtime.append_to_disk(100'000'000);
        runtime.fsync(Token{0, 2, 0});
        say(runtime, pair.id_a, "I am new", 1'000'000);
      };
      probe->done = [&](Runtime& runtime, Token token) {
        log += std::to_string(token.kind) + "@" + std::to_string(to_seconds(runtime.now())) + " ";
      };
      pair.engine.add_node({"late", "probe", "", host, {}}, std::move(probe));
    });
    const std::size_t spare = pair.engine.spare_nodes();
    pair.run(5s);
    log += std::to_string(spare - pair.engine.spare_nodes()) + " " + pair.a->heard.at(0) + "@" +
           std::to_string(to_ns(pair.a->heard_at.at(0) - sim_time(2s)) / 1'000'000);
    return log;
  });
  CHECK(text == "1@2.000000 2@3.000000 1 I am new@10");
}

TEST_CASE("a slow CPU and a slow disk on SimGrid, and back again") {
  const std::string text = in_own_process([] {
    SimgridPair pair;
    std::string log;
    pair.a->start = [](Runtime& runtime) {
      runtime.append_to_disk(200'000'000);
      runtime.fsync(Token{0, 1, 0});
      for (int i = 0; i < 4; ++i) runtime.compute(0.1e9, Token{0, 2, 0});
    };
    pair.a->done = [&](Runtime& runtime, Token token) {
      log += std::to_string(token.kind) + "@" +
             std::to_string((to_ns(runtime.now()) + 500) / 1'000'000) + " ";
    };
    pair.at(150ms, [&] { pair.engine.set_speed(pair.id_a, 0.5e9); });
    pair.at(500ms, [&] { pair.engine.set_disk_bandwidth(pair.id_a, 1); });
    pair.at(2s, [&] { pair.engine.set_disk_bandwidth(pair.id_a, 200e6); });
    pair.run(5s);
    return log;
  });
  CHECK(text == "2@100 2@200 2@400 2@600 1@2500 ");
}

TEST_CASE("a long transfer and many short computations that end at one instant are all reported") {
  const std::string text = in_own_process([] {
    SimgridPair pair;
    std::vector<std::uint64_t> done;
    std::vector<std::vector<std::uint64_t>> used;
    for (std::uint64_t i = 0; i < 50; ++i) {
      auto worker = std::make_unique<Probe>();
      worker->start = [](Runtime& runtime) { runtime.set_timer(5'100us, Token{}); };
      worker->timer = [i](Runtime& runtime, Token) { runtime.compute(5e6, Token{0, 0, i}); };
      worker->done = [&](Runtime&, Token token) {
        done.push_back(token.value);
        // What was freed too early is used again at once, for something else.
        for (std::size_t words = 4; words < 128; words += 2) {
          used.emplace_back(words);
          std::iota(used.back().begin(), used.back().end(), 1);
        }
      };
      pair.engine.add_node({"worker-" + std::to_string(i), "probe", "", {}, {}}, std::move(worker));
    }
    pair.a->start = [&](Runtime& runtime) { say(runtime, pair.id_b, "long", 1'250'000); };
    pair.run(1s);
    return fmt::format("heard at {} us, {} computations{}", to_ns(pair.b->heard_at.at(0)) / 1000,
                       done.size(), std::is_sorted(done.begin(), done.end()) ? " in order" : "");
  });
  CHECK(text == "heard at 10100 us, 50 computations in order");
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
