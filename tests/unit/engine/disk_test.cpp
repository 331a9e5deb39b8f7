// Disk and page cache: what is safe from a loss of power and since when, space, a disk that fails
// or changes its speed, and a CPU that does.
#include <doctest/doctest.h>

#include "sim/engine/page_cache.h"
#include "tests/unit/engine/probe.h"

using namespace eventarium;
using namespace eventarium::engine;

TEST_CASE("the page cache knows since when something is dirty, also while it is being written") {
  PageCache cache;
  CHECK(cache.written_before(sim_time(7s)) == sim_time(7s));
  cache.append(sim_time(1s), 10);
  cache.append(sim_time(1500ms), 10);
  cache.append(sim_time(4s), 5);
  CHECK(cache.written_before(sim_time(7s)) == sim_time(1s));
  CHECK(cache.begin_write(sim_time(2s)) == 20);
  CHECK(cache.written_before(sim_time(7s)) == sim_time(1s));
  cache.end_write(true);
  CHECK(cache.written_before(sim_time(7s)) == sim_time(4s));
  CHECK(cache.begin_write() == 5);
  cache.end_write(false);
  CHECK(cache.written_before(sim_time(7s)) == sim_time(4s));
  CHECK(cache.begin_write() == 5);
  cache.end_write(true);
  CHECK(cache.written_before(sim_time(7s)) == sim_time(7s));
}

TEST_CASE("the system writes back what is older than 30 s, and looks every 5 s") {
  Pair pair;
  Runtime* runtime = nullptr;
  pair.a->start = [&](Runtime& r) {
    runtime = &r;
    r.set_timer(1s, Token{0, 0, 1});
  };
  pair.a->timer = [&](Runtime& r, Token token) {
    CHECK(r.append_to_disk(1'000'000) == DiskResult::ok);  // 5 ms
    if (token.value < 100) r.set_timer(1s, Token{0, 0, token.value + 1});
  };
  pair.run(34900ms);
  CHECK(runtime->written_before() == sim_time(1s));
  pair.run(35001ms);
  CHECK(runtime->written_before() == sim_time(1s));  // 25 ms of writing
  pair.run(35100ms);
  CHECK(runtime->written_before() == sim_time(6s));
  pair.run(200s);
  CHECK(runtime->written_before() == sim_time(200s));
}

TEST_CASE("a killed process's pages are safe, those of a machine without power are not") {
  Pair pair;
  std::vector<SimTime> safe;
  pair.a->start = [&](Runtime& r) { r.set_timer(10s, Token{}); };
  pair.a->timer = [](Runtime& r, Token) { r.append_to_disk(1000); };
  pair.a->stopped = [&](Runtime& r, StopReason) { safe.push_back(r.written_before()); };
  pair.at(20s, [&] { pair.engine.stop(pair.id_a, StopReason::crash); });
  SUBCASE("power fails before the writeback") {
    pair.at(30s, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
    pair.run(50s);
    CHECK(safe == std::vector{sim_time(10s), sim_time(10s)});
  }
  SUBCASE("power fails after it: nobody runs, and the pages were written all the same") {
    pair.at(60s, [&] { pair.engine.stop(pair.id_a, StopReason::power_loss); });
    pair.run(70s);
    CHECK(safe == std::vector{sim_time(10s), sim_time(60s)});
  }
}

TEST_CASE("a restarted process waits behind the write that its former life had begun") {
  Pair pair;
  std::vector<SimTime> done;
  pair.a->start = [&](Runtime& r) {
    r.append_to_disk(20'000'000);  // 100 ms
    r.fsync(Token{});
    r.fsync(Token{});
  };
  pair.a->done = [&](Runtime& r, Token) { done.push_back(r.now()); };
  pair.at(10ms, [&] { pair.engine.stop(pair.id_a, StopReason::crash); });
  pair.at(20ms, [&] { pair.engine.start(pair.id_a); });
  pair.run(1s);
  CHECK(done == std::vector{sim_time(200ms), sim_time(200ms)});
}

TEST_CASE("a disk has so much space, deleted files give it back, and it can be full by decree") {
  Pair pair;
  LeanEngine engine(1);
  auto probe = std::make_unique<Probe>();
  std::vector<DiskResult> results;
  probe->start = [&](Runtime& r) {
    results.push_back(r.append_to_disk(600));
    results.push_back(r.append_to_disk(600));  // nothing of it is written
    results.push_back(r.append_to_disk(400));
    results.push_back(r.disk());
    r.free_disk(300);
    results.push_back(r.disk());
    results.push_back(r.append_to_disk(300));
    r.free_disk(1'000'000);
    r.set_timer(10ms, Token{});
  };
  probe->timer = [&](Runtime& r, Token) { results.push_back(r.append_to_disk(1)); };
  HostSpec host;
  host.disk_size_bytes = 1000;
  const NodeId id = engine.add_node({"a", "probe", "", host, {}}, std::move(probe));
  engine.schedule(sim_time(5ms), [&] { engine.set_disk(id, DiskCondition::full); });
  engine.run_until(sim_time(20ms));
  using enum DiskResult;
  CHECK(results == std::vector{ok, full, ok, full, ok, ok, full});
}

TEST_CASE("a failed disk takes nothing, answers each fsync, and makes nothing safe") {
  Pair pair;
  std::vector<SimTime> safe;
  pair.a->start = [](Runtime& r) { r.set_timer(1s, Token{}); };
  pair.a->timer = [](Runtime& r, Token token) {
    if (token.value == 0) CHECK(r.append_to_disk(200'000'000) == DiskResult::ok);  // 1 s
    r.fsync(Token{});
    if (token.value == 0) r.set_timer(1s, Token{0, 0, 1});
  };
  pair.a->done = [&](Runtime& r, Token) {
    CHECK(r.disk() == DiskResult::failed);
    CHECK(r.append_to_disk(1) == DiskResult::failed);
    safe.push_back(r.written_before());
  };
  pair.at(1500ms, [&] { pair.engine.set_disk(pair.id_a, DiskCondition::failed); });
  pair.run(60s);
  CHECK(safe == std::vector{sim_time(1s), sim_time(1s)});
  pair.engine.set_disk(pair.id_a, DiskCondition::healthy);
  pair.a->stopped = [&](Runtime& r, StopReason) { safe.push_back(r.written_before()); };
  pair.at(70s, [&] { pair.engine.stop(pair.id_a, StopReason::crash); });
  pair.run(71s);
  CHECK(safe.back() == sim_time(70s));  // the system has tried again
}

TEST_CASE("a disk or a CPU that gets slower or faster does so for what it is doing, too") {
  Pair pair;
  std::vector<SimTime> done;
  pair.a->done = [&](Runtime& r, Token) { done.push_back(r.now()); };
  SUBCASE("disk") {
    pair.a->start = [](Runtime& r) {
      r.append_to_disk(200'000'000);  // 1 s
      r.fsync(Token{});
    };
    pair.at(500ms, [&] { pair.engine.set_disk_bandwidth(pair.id_a, 1); });
    pair.at(10s, [&] { pair.engine.set_disk_bandwidth(pair.id_a, 100e6); });
  }
  SUBCASE("CPU") {
    pair.a->start = [](Runtime& r) { r.compute(1e9, Token{}); };
    pair.at(500ms, [&] { pair.engine.set_speed(pair.id_a, 1); });
    pair.at(10s, [&] { pair.engine.set_speed(pair.id_a, 0.5e9); });
  }
  pair.run(20s);
  REQUIRE(done.size() == 1);
  CHECK(done[0] - sim_time(11s) < 1us);
  CHECK(sim_time(11s) - done[0] < 1us);
}
