// The metadata quorum under random failures: what Raft promises holds in every run, and does not
// when a rule of it is broken on purpose.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <map>

#include "tests/unit/controller/kraft_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

using Entry = std::shared_ptr<const MetadataEntry>;

/// Remembers who led each epoch and what was ever committed; says what contradicts it.
class Watch : public trace::Sink {
 public:
  explicit Watch(KraftCluster& cluster) : cluster_(cluster) {}

  void on_event(const trace::Event& event) override {
    if (const auto* role = event.as<trace::RaftRoleChanged>(); role && role->role == "leader") {
      const auto [found, is_new] = leaders_.emplace(role->epoch, event.node);
      if (!is_new && found->second != event.node) broken = "two leaders in one epoch";
    }
    if (const auto* committed = event.as<trace::MetadataCommitted>()) {
      const MetadataLog& log = log_of(event.node);
      for (std::int64_t o = 0; o < committed->offset; ++o) {
        const auto at = static_cast<std::size_t>(o);
        if (at == committed_.size()) committed_.push_back(log.at(o));
        if (committed_[at] != log.at(o)) broken = "a committed entry was replaced";
      }
    }
  }

  /// At the end, healed: everybody has everything that was committed until a second ago.
  void finish() {
    const std::size_t all = committed_.size();
    cluster_.run(1s);
    for (int c = 1; c <= cluster_.controller_count; ++c) {
      const MetadataLog& log = cluster_.controller(c).raft().log();
      if (static_cast<std::size_t>(log.end_offset()) < all) {
        broken = "a committed entry is missing on " + std::to_string(c);
        continue;
      }
      for (std::size_t o = 0; o < all; ++o)
        if (log.at(static_cast<std::int64_t>(o)) != committed_[o]) broken = "logs differ";
    }
    if (cluster_.active() == 0) broken = "nobody leads";
  }

  std::size_t committed() const { return committed_.size(); }
  std::string broken;

 private:
  const MetadataLog& log_of(NodeId node) {
    return cluster_.controller(static_cast<int>(node.value) + 1).raft().log();
  }
  KraftCluster& cluster_;
  std::map<std::int64_t, NodeId> leaders_;
  std::vector<Entry> committed_;
};

struct Outcome {
  std::string broken;
  std::size_t committed = 0;
};

/// A minute of random failures, then 20 s without.
Outcome chaos(std::uint64_t seed, int voters, PlantedFaults planted = {}) {
  KraftCluster cluster(voters, 0, {}, {}, planted, seed % 2 == 0, seed);
  Watch watch(cluster);
  cluster.engine.add_sink(watch);
  RandomStream random(seed, "chaos");
  const auto any = [&] {
    return KraftCluster::id(static_cast<int>(random.below(static_cast<std::uint64_t>(voters))));
  };
  auto& engine = cluster.engine;
  for (int step = 0; step < 60 && watch.broken.empty(); ++step) {
    cluster.run(std::chrono::milliseconds(random.below(2'000)));
    const NodeId one = any(), other = any();
    switch (random.below(8)) {
      case 0:
        engine.stop(one, engine::StopReason::crash);
        break;
      case 1:
        engine.stop(one, engine::StopReason::power_loss);
        break;
      case 2:
      case 3:
        engine.power_on(one);
        engine.start(one);
        break;
      case 4:
        if (one != other) engine.set_cut(one, other, true);
        break;
      case 5:
        if (one != other) engine.set_cut(one, other, false);
        break;
      case 6:
        engine.set_paused(one, random.chance(0.3));
        break;
      case 7:
        engine.set_loss(one, random.chance(0.5) ? 0.3 : 0);
        break;
    }
  }
  for (int i = 0; i < voters; ++i) {
    const NodeId one = KraftCluster::id(i);
    engine.set_paused(one, false);
    engine.set_loss(one, 0);
    for (int j = 0; j < voters; ++j)
      if (j != i) engine.set_cut(one, KraftCluster::id(j), false);
    engine.power_on(one);
    engine.start(one);
  }
  cluster.run(20s);
  if (watch.broken.empty()) watch.finish();
  return {watch.broken, watch.committed()};
}

int caught(PlantedFault fault, int seeds) {
  int count = 0;
  for (int seed = 1; seed <= seeds; ++seed)
    count +=
        chaos(static_cast<std::uint64_t>(seed), 3, PlantedFaults(fault)).broken.empty() ? 0 : 1;
  return count;
}

}  // namespace

TEST_CASE("Raft keeps its promises under random crashes, power losses, cuts, losses and pauses") {
  for (const int voters : {3, 5}) {
    CHECK(
        rc::check("one leader per epoch, nothing committed is lost, the quorum is back", [voters] {
          const auto seed = *rc::gen::arbitrary<std::uint32_t>();
          const Outcome outcome = chaos(seed, voters);
          RC_ASSERT(outcome.broken == std::string());
          RC_CLASSIFY(outcome.committed > 50, "much was committed");
        }));
  }
}

TEST_CASE("a broken rule of Raft shows: planted faults are caught") {
  for (const PlantedFault fault :
       {PlantedFault::double_vote, PlantedFault::vote_for_short_log,
        PlantedFault::commit_without_majority, PlantedFault::fsync_skipped_by_voters}) {
    INFO(static_cast<int>(fault));
    CHECK(caught(fault, 40) > 0);
  }
}
