// Random crashes, cuts and pauses under acks=all and acks=1 writes: what was acknowledged with
// acks=all is never lost, and logs are equal below the high watermark. Each seed is one run.
#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/broker/replicated_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

class RandomRun {
 public:
  explicit RandomRun(std::uint64_t seed)
      : random_(seed, "faults"),
        cluster_(3, Config{{"min.insync.replicas", "2"}},
                 Config{{"replica.lag.time.max.ms", "5000"}}) {}

  void run() {
    for (int step = 0; step < 120; ++step) {
      act();
      cluster_.run(std::chrono::milliseconds(random_.below(800)));
      check_equal_below_high_watermarks();
    }
    heal();
    cluster_.run(60s);
    check_equal_below_high_watermarks();
    check_acknowledged();
    CHECK(cluster_.state().isr.size() == 3);
  }
  std::size_t acknowledged = 0;

 private:
  void act() {
    const auto broker = static_cast<std::uint32_t>(random_.below(3));
    const auto other = static_cast<std::uint32_t>((broker + 1 + random_.below(2)) % 3);
    switch (random_.below(16)) {
      case 0:
        if (cluster_.engine.is_running(NodeId{broker})) return crash(broker);
        return;
      case 1:
      case 2:
        if (!cluster_.engine.is_running(NodeId{broker})) return cluster_.restart(broker);
        return;
      case 3:
      case 4: {
        bool& cut = cuts_[{broker, other}];
        cut = !cut;
        return cluster_.engine.set_cut(NodeId{broker}, NodeId{other}, cut);
      }
      case 5: {
        bool& paused = paused_[broker];
        paused = !paused;
        return cluster_.engine.set_paused(NodeId{broker}, paused);
      }
      default:
        return produce(random_.below(3) == 0 ? 1 : -1);
    }
  }

  /// A paused process can be killed as well.
  void crash(std::uint32_t broker) {
    cluster_.crash(broker);
    paused_[broker] = false;
    cluster_.engine.set_paused(NodeId{broker}, false);
  }

  void produce(std::int16_t acks) {
    // Clients may be wrong about who leads.
    const NodeId leader = cluster_.state().leader;
    const bool right = leader.valid() && random_.below(8) > 0;
    const auto to = right ? leader.value : static_cast<std::uint32_t>(random_.below(3));
    const std::size_t count = 1 + random_.below(3);
    cluster_.produce(to, make_batch(next_record_, count), acks, 20s,
                     static_cast<std::uint8_t>(1 + random_.below(100)));
    if (acks == -1) batches_[cluster_.correlation_id] = {next_record_, count};
    next_record_ += count;
  }

  void heal() {
    for (const auto& [pair, cut] : cuts_)
      cluster_.engine.set_cut(NodeId{pair.first}, NodeId{pair.second}, false);
    for (std::uint32_t i = 0; i < 3; ++i) {
      cluster_.engine.set_paused(NodeId{i}, false);
      if (!cluster_.engine.is_running(NodeId{i})) cluster_.restart(i);
    }
  }

  void check_equal_below_high_watermarks() {
    for (std::uint32_t a = 0; a < 3; ++a) {
      for (std::uint32_t b = a + 1; b < 3; ++b) {
        const std::int64_t below = std::min(committed(a), committed(b));
        CHECK(cluster_.records_on(a, 0, below) == cluster_.records_on(b, 0, below));
      }
    }
  }
  std::int64_t committed(std::uint32_t i) {
    return cluster_.broker(i).logs().logs().at({"orders", 0}).log.high_watermark();
  }

  void check_acknowledged() {
    const std::uint32_t leader = cluster_.state().leader.value;
    std::map<RecordId, int> times;
    for (const RecordId id : cluster_.records_on(leader)) ++times[id];
    for (const auto& [number, batch] : batches_) {
      if (cluster_.produced(number) != Error::none) continue;
      acknowledged += batch.second;
      for (std::size_t i = 0; i < batch.second; ++i) CHECK(times[RecordId{batch.first + i}] == 1);
    }
  }

  RandomStream random_;
  ReplicatedCluster cluster_;
  std::map<std::pair<std::uint32_t, std::uint32_t>, bool> cuts_;
  std::map<std::uint32_t, bool> paused_;
  std::map<std::uint32_t, std::pair<std::uint64_t, std::size_t>> batches_;  // acks=all, by request
  std::uint64_t next_record_ = 1;
};

}  // namespace

TEST_CASE("whatever fails, acknowledged records survive and committed logs agree") {
  std::size_t acknowledged = 0;
  for (std::uint64_t seed = 1; seed <= 60; ++seed) {
    CAPTURE(seed);
    RandomRun run(seed);
    run.run();
    acknowledged += run.acknowledged;
  }
  CHECK(acknowledged > 1000);  // there was something to lose
}
