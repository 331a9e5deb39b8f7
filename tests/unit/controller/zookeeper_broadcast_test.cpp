// The atomic broadcast under random crashes, losses of power and cuts: what a client was told is
// done stays done, and all servers have the same transactions in the same order.
#include <doctest/doctest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

#include "tests/unit/controller/zookeeper_world.h"

using namespace eventarium;
using namespace eventarium::zookeeper;
using namespace eventarium::zookeeper::test;

namespace {

struct Chaos {
  explicit Chaos(std::uint32_t servers, std::uint64_t seed)
      : e(servers, 1, true, seed), random(seed, "chaos") {}

  void break_or_mend() {
    const auto victim = static_cast<std::uint32_t>(random.below(e.size));
    const auto other = static_cast<std::uint32_t>(random.below(e.size));
    switch (random.below(6)) {
      case 0:
        return e.engine.stop(e.id(victim), engine::StopReason::crash);
      case 1:
        return e.engine.stop(e.id(victim), engine::StopReason::power_loss);
      case 2:
      case 3:
        return e.engine.start(e.id(victim));
      default:
        if (victim != other) e.engine.set_cut(e.id(victim), e.id(other), random.chance(0.5));
    }
  }

  /// The client goes on with any server that takes it; a lost answer is not sent again.
  void talk() {
    RawClient& client = e.client();
    if (!client.connected) {
      server = static_cast<std::uint32_t>(random.below(e.size));
      client.connect(e.id(server), client.session);
      return;
    }
    const std::string path = "/k" + std::to_string(++written);
    paths[client.write(e.id(server), {create(path)})] = path;
  }

  void heal() {
    for (std::uint32_t a = 0; a < e.size; ++a) {
      for (std::uint32_t b = 0; b < e.size; ++b)
        if (a != b) e.engine.set_cut(e.id(a), e.id(b), false);
      e.engine.start(e.id(a));
    }
  }

  std::vector<std::string> acknowledged() {
    std::vector<std::string> done;
    for (const Reply& reply : e.client().replies)
      if (reply.code == Code::ok) done.push_back(paths.at(reply.number));
    return done;
  }

  Ensemble e;
  RandomStream random;
  std::uint32_t server = 0;
  int written = 0;
  std::map<std::uint64_t, std::string> paths;
};

std::vector<Zxid> zxids(const ZookeeperServer& server) {
  std::vector<Zxid> ids;
  for (const TransactionPtr& transaction : server.on_disk().log()) ids.push_back(transaction->zxid);
  return ids;
}

void check_chaos(std::uint32_t servers, std::uint64_t seed) {
  Chaos chaos(servers, seed);
  Ensemble& e = chaos.e;
  e.run(200ms);
  for (int step = 0; step < 120; ++step) {
    if (chaos.random.chance(0.35)) chaos.break_or_mend();
    chaos.talk();
    e.run(Duration(static_cast<std::int64_t>(chaos.random.below(1'500'000'000))));
    // No two of them lead at once with a quorum behind each: at most one per epoch is elected.
    std::map<std::uint64_t, int> leaders;
    for (const auto& [event, elected] : e.trace.all<trace::ZookeeperLeaderElected>())
      RC_ASSERT(++leaders[elected.epoch] == 1);
  }
  const std::size_t before = chaos.acknowledged().size();
  chaos.heal();
  e.run(200s);
  RC_ASSERT(e.leader() < e.size);
  for (std::uint32_t i = 0; i < e.size; ++i) {
    RC_ASSERT(e.server(i).serving());
    RC_ASSERT(zxids(e.server(i)) == zxids(e.server(0)));
    RC_ASSERT(e.server(i).tree().last_zxid() == e.server(0).tree().last_zxid());
    for (const std::string& path : chaos.acknowledged())
      RC_ASSERT(bool(e.server(i).tree().find(path)));
  }
  RC_CLASSIFY(before > 0, "something was written during the chaos");
}

}  // namespace

TEST_CASE("3 servers: what was acknowledged survives anything, everywhere in the same order") {
  CHECK(rc::check([] { check_chaos(3, *rc::gen::arbitrary<std::uint32_t>()); }));
}

TEST_CASE("5 servers: what was acknowledged survives anything, everywhere in the same order") {
  CHECK(rc::check([] { check_chaos(5, *rc::gen::arbitrary<std::uint32_t>()); }));
}
