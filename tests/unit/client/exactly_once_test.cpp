// What idempotence is for, on a whole cluster: the same accident with it and without it.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

constexpr NodeId broker{0};

Config producer_config(bool idempotent, Config more = {}) {
  more.insert({{"enable.idempotence", idempotent ? "true" : "false"}, {"linger.ms", "0"}});
  return more;
}

}  // namespace

TEST_CASE("a lost acknowledgement: written twice without idempotence, recognised with it") {
  for (const bool idempotent : {false, true}) {
    CAPTURE(idempotent);
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer =
        cluster.add_producer(producer_config(idempotent, {{"request.timeout.ms", "1000"}}));
    cluster.at(100ms, [&] { producer.publish("orders"); });
    cluster.at(1s, [&] {
      cluster.engine.set_cut(broker, cluster.producer_id, true);  // answers don't get through
      producer.publish("orders");
    });
    cluster.at(3s, [&] { cluster.engine.set_cut(broker, cluster.producer_id, false); });
    cluster.run(20s);
    const std::vector<RecordId> log = cluster.log_of("orders", 0);
    const std::set<RecordId> different(log.begin(), log.end());
    CHECK(different.size() == 2);
    if (idempotent) {
      CHECK(log.size() == 2);
    } else {
      CHECK(log.size() > 2);
    }
    const auto acknowledged = cluster.trace.all<trace::RecordsAcknowledged>();
    REQUIRE(acknowledged.size() == 2);
    if (idempotent) CHECK(acknowledged[1].second.base_offset == 1);  // where it was written first
    const auto retried = cluster.trace.all<trace::SendRetried>();
    REQUIRE_FALSE(retried.empty());
    CHECK(retried[0].second.error == "REQUEST_TIMED_OUT");
    CHECK(cluster.trace.all<trace::BatchRecognised>().empty() == !idempotent);
    CHECK(producer.producer.pending() == 0);
  }
}

TEST_CASE("a crash with five requests in flight: order is lost without idempotence, kept with it") {
  for (const bool idempotent : {false, true}) {
    CAPTURE(idempotent);
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer(producer_config(idempotent));
    cluster.at(10ms, [&] { cluster.engine.set_latency(broker, 5ms); });
    std::vector<RecordId> published;
    for (int i = 0; i < 400; ++i)
      cluster.at(100ms + i * 1ms, [&] { published.push_back(producer.publish("orders")); });
    cluster.at(250ms, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
    cluster.at(300ms, [&] { cluster.engine.start(broker); });
    cluster.run(10s);
    const std::vector<RecordId> log = cluster.log_of("orders", 0);
    CHECK(std::set<RecordId>(log.begin(), log.end()).size() == published.size());
    CHECK(std::is_sorted(log.begin(), log.end()) == idempotent);
    if (idempotent) CHECK(log == published);
    CHECK(producer.producer.pending() == 0);
  }
}

TEST_CASE("an idempotent producer through crashes and cuts: each record once, in its order") {
  for (const std::uint64_t seed : {1, 2, 3}) {
    CAPTURE(seed);
    ClientCluster cluster(2, {{"orders", 4, 1, {}}});
    ProducerHost& producer =
        cluster.add_producer(producer_config(true, {{"request.timeout.ms", "500"}}));
    RandomStream random(seed, "accidents");
    std::map<std::int32_t, std::vector<RecordId>> published;
    for (int i = 0; i < 2000; ++i) {
      const auto p = static_cast<std::int32_t>(random.below(4));
      cluster.at(100ms + i * 2ms,
                 [&, p] { published[p].push_back(producer.publish("orders", {}, 100, p)); });
    }
    for (int i = 0; i < 8; ++i) {
      const NodeId target{static_cast<std::uint32_t>(random.below(2))};
      const auto when = 200ms + i * 450ms + std::chrono::milliseconds(random.below(100));
      const bool crash = random.chance(0.5);
      cluster.at(when, [&cluster, target, crash] {
        if (crash) return cluster.engine.stop(target, engine::StopReason::crash);
        cluster.engine.set_cut(target, cluster.producer_id, true);
      });
      cluster.at(when + 250ms, [&cluster, target, crash] {
        if (crash) return cluster.engine.start(target);
        cluster.engine.set_cut(target, cluster.producer_id, false);
      });
    }
    cluster.run(60s);
    CHECK(producer.producer.pending() == 0);
    for (std::int32_t p = 0; p < 4; ++p) CHECK(cluster.log_of("orders", p) == published[p]);
  }
}
