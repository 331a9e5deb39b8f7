// Kafka's metrics from a told trace: gauges at the end of each second, rates over it.
#include "sim/trace/metrics.h"

#include <doctest/doctest.h>

#include <set>

namespace eventarium::trace {
namespace {

constexpr NodeId one{0}, two{1}, three{2}, shop{3};

struct Told {
  Metrics metrics;
  SimTime now{};
  std::uint64_t last = 0;
  void tell(NodeId node, EventBody body) {
    metrics.on_event({EventId{++last}, now, node, EventId{}, std::move(body)});
  }
  void change(NodeId leader, Int epoch, NodeList isr, bool unclean = false) {
    tell(shop, PartitionChanged{.topic = "orders",
                                .leader = leader,
                                .leader_epoch = epoch,
                                .replicas = {one, two, three},
                                .isr = std::move(isr),
                                .unclean = unclean});
  }
  double at(Metric metric, std::size_t second) const { return metrics.series(metric).at(second); }
};

TEST_CASE("every metric has a name of its own, a unit and an explanation") {
  std::set<std::string_view> names;
  REQUIRE(metric_table().size() == static_cast<std::size_t>(Metric::count));
  for (std::size_t i = 0; i < metric_table().size(); ++i) {
    const MetricInfo& info = metric_table()[i];
    CHECK(static_cast<std::size_t>(info.metric) == i);
    CHECK(names.insert(info.name).second);
    CHECK(info.mbean.starts_with("kafka."));
    CHECK(!info.unit.empty());
    CHECK(!info.doc.empty());
    CHECK(find_metric(info.name) == &info);
  }
  CHECK(find_metric("Nonsense") == nullptr);
}

TEST_CASE("a broker is lost and comes back") {
  Told told;
  told.tell(one, PartitionCreated{"orders", 0, one, 0, {one, two, three}, {one, two, three}, 2});
  told.tell(shop, ControllerElected{1});
  told.now = sim_time(1500ms);
  told.tell(one, NodeStopped{"crash"});
  told.change({}, 1, {two, three});
  told.tell(shop, BrokerFenced{one, "no heartbeat"});
  told.now = sim_time(3500ms);
  told.change(two, 2, {two});
  told.tell(two, LeadershipTaken{"orders", 0, 2, 0});
  told.now = sim_time(4200ms);
  told.change(two, 2, {two, three});
  told.tell(shop, BrokerUnfenced{one});
  told.metrics.advance(sim_time(6s));
  REQUIRE(told.metrics.size() == 6);
  CHECK(told.at(Metric::offline_partitions, 0) == 0);
  CHECK(told.at(Metric::offline_partitions, 1) == 1);
  CHECK(told.at(Metric::offline_partitions, 2) == 1);
  CHECK(told.at(Metric::offline_partitions, 3) == 0);
  CHECK(told.at(Metric::under_replicated_partitions, 2) == 0);  // nobody leads: nobody says so
  CHECK(told.at(Metric::under_replicated_partitions, 3) == 1);
  CHECK(told.at(Metric::under_min_isr_partitions, 3) == 1);
  CHECK(told.at(Metric::under_min_isr_partitions, 4) == 0);
  CHECK(told.at(Metric::isr_shrinks, 1) == 1);
  CHECK(told.at(Metric::isr_shrinks, 2) == 0);
  CHECK(told.at(Metric::isr_expands, 4) == 1);
  CHECK(told.at(Metric::leader_elections, 3) == 1);
  CHECK(told.at(Metric::unclean_leader_elections, 3) == 0);
  CHECK(told.at(Metric::leader_election_time, 3) == 2000);
  CHECK(told.at(Metric::preferred_replica_imbalance, 0) == 0);
  CHECK(told.at(Metric::preferred_replica_imbalance, 4) == 1);
  CHECK(told.at(Metric::active_brokers, 0) == 3);
  CHECK(told.at(Metric::fenced_brokers, 1) == 1);
  CHECK(told.at(Metric::active_brokers, 4) == 3);
  CHECK(told.at(Metric::active_controllers, 5) == 1);
}

TEST_CASE("min.insync.replicas: as it is now, and never more than there are replicas") {
  Told told;
  told.tell(one, PartitionCreated{"orders", 0, one, 0, {one, two, three}, {one, two}, 2});
  told.tell(one, PartitionCreated{"single", 0, one, 0, {one}, {one}, 2});
  told.metrics.advance(sim_time(1s));
  CHECK(told.at(Metric::under_min_isr_partitions, 0) == 0);
  told.now = sim_time(1500ms);
  told.tell(one, TopicConfigChanged{"orders", "min.insync.replicas", "3", 3});
  told.metrics.advance(sim_time(2s));
  CHECK(told.at(Metric::under_min_isr_partitions, 1) == 1);
}

TEST_CASE("traffic and lag") {
  Told told;
  told.tell(one, PartitionCreated{"orders", 0, one, 0, {one, two}, {one, two}, 1});
  const RecordList four{RecordId{1}, RecordId{2}, RecordId{3}, RecordId{4}};
  told.tell(one, BatchAppended{"orders", 0, 0, four, 0, 400, false});
  told.tell(two, BatchAppended{"orders", 0, 0, {RecordId{1}}, 0, 100, true});
  told.tell(shop, RecordsDelivered{{RecordId{1}, RecordId{2}}, "orders", 0, 0, 1});
  told.tell(one, MessageSent{MessageId{1}, shop, "FetchResponse", 250, {}});
  told.tell(one, MessageSent{MessageId{2}, two, "ReplicaFetchResponse", 999, {}});
  told.tell(one, ProduceRefused{"orders", 0, {RecordId{5}}, "NOT_ENOUGH_REPLICAS"});
  told.now = sim_time(2s);
  told.tell(two, LogTruncated{"orders", 0, 0, {RecordId{1}}, ""});
  told.metrics.advance(sim_time(3s));
  CHECK(told.at(Metric::messages_in, 0) == 4);
  CHECK(told.at(Metric::bytes_in, 0) == 400);
  CHECK(told.at(Metric::replication_bytes_in, 0) == 100);
  CHECK(told.at(Metric::bytes_out, 0) == 250);
  CHECK(told.at(Metric::failed_produce_requests, 0) == 1);
  CHECK(told.at(Metric::messages_in, 1) == 0);
  CHECK(told.at(Metric::replica_max_lag, 1) == 3);
  CHECK(told.at(Metric::replica_max_lag, 2) == 4);
  CHECK(told.at(Metric::consumer_max_lag, 2) == 2);
  told.tell(shop, TopicDeleted{"orders"});
  told.metrics.advance(sim_time(4s));
  CHECK(told.at(Metric::replica_max_lag, 3) == 0);
}

TEST_CASE("groups rebalance, commit and are counted") {
  Told told;
  told.now = sim_time(500ms);
  const auto state = [&](const char* name, Int generation) {
    told.tell(one, GroupStateChanged{"billing", "classic", name, generation, "range", 1, ""});
  };
  state("PreparingRebalance", 0);
  state("Stable", 1);
  told.tell(shop, RebalanceEnded{"billing", "shop-1", 1, 2});
  told.now = sim_time(1500ms);
  told.tell(one, OffsetCommitted{"billing", "orders", 0, 5, "shop-1", 1});
  state("Stable", 1);
  told.now = sim_time(2500ms);
  state("Dead", 2);
  told.metrics.advance(sim_time(3s));
  CHECK(told.at(Metric::groups, 0) == 1);
  CHECK(told.at(Metric::groups, 2) == 0);
  CHECK(told.at(Metric::group_rebalances, 0) == 1);
  CHECK(told.at(Metric::group_rebalances, 1) == 0);
  CHECK(told.at(Metric::offset_commits, 1) == 1);
  CHECK(told.at(Metric::rebalance_total, 2) == 1);
}

TEST_CASE("a partition that was given up makes nobody lag") {
  Told told;
  told.now = sim_time(100ms);
  told.tell(one, PartitionCreated{"orders", 0, one, 0, {one}, {one}, 1});
  told.tell(one, BatchAppended{.topic = "orders", .records = {RecordId{1}, RecordId{2}}});
  told.tell(shop, PartitionAssigned{"billing", "orders", 0, 1});
  told.tell(shop, RecordsDelivered{{RecordId{1}}, "orders", 0, 0, 1});
  told.now = sim_time(1500ms);
  told.tell(shop, PartitionRevoked{"billing", "orders", 0, "revoked"});
  told.metrics.advance(sim_time(2s));
  CHECK(told.at(Metric::consumer_max_lag, 0) == 1);
  CHECK(told.at(Metric::consumer_max_lag, 1) == 0);
}

}  // namespace
}  // namespace eventarium::trace
