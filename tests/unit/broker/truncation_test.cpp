// Leaders that change: epochs, truncation on return, the isolated leader.
#include <doctest/doctest.h>

#include "tests/unit/broker/replicated_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

/// Nothing passes between the broker and the other brokers.
void isolate(ReplicatedCluster& cluster, std::uint32_t broker, bool cut) {
  for (std::uint32_t other = 0; other < 3; ++other) {
    if (other == broker) continue;
    cluster.engine.set_cut(NodeId{broker}, NodeId{other}, cut);
    cluster.engine.set_cut(NodeId{other}, NodeId{broker}, cut);
  }
}

std::vector<RecordId> ids(std::initializer_list<std::uint64_t> numbers) {
  std::vector<RecordId> records;
  for (const std::uint64_t number : numbers) records.push_back(RecordId{number});
  return records;
}

}  // namespace

TEST_CASE(
    "check 11: acks=1: the leader acknowledges offset 5 and dies before it is fetched; the "
    "next leader gives offset 5 away again, and the old one cuts its own off on return") {
  ReplicatedCluster cluster;
  for (std::uint64_t i = 1; i <= 5; ++i) cluster.produce(0, make_batch(i, 1), -1, 30s, 9);
  cluster.run(1s);
  isolate(cluster, 0, true);
  cluster.produce(0, make_batch(6, 1), 1);
  cluster.run(100ms);
  REQUIRE(cluster.produced(6) == Error::none);
  CHECK(cluster.answer<ProduceResponse>(6)->partitions[0].base_offset == 5);
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  isolate(cluster, 0, false);
  cluster.elect(1, {NodeId{1}, NodeId{2}});
  cluster.run(100ms);
  CHECK(cluster.on(1).log().log_end_offset() == 5);
  cluster.produce(1, make_batch(7, 1), -1);
  cluster.run(3s);
  REQUIRE(cluster.produced(7) == Error::none);
  CHECK(cluster.answer<ProduceResponse>(7)->partitions[0].base_offset == 5);
  cluster.engine.start(NodeId{0});
  cluster.run(3s);
  CHECK(cluster.records_on(0) == ids({1, 2, 3, 4, 5, 7}));
  CHECK(cluster.records_on(1) == cluster.records_on(0));
  const auto cut = cluster.trace.all<trace::LogTruncated>();
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].first.node == NodeId{0});
  CHECK(cut[0].second.records == ids({6}));
  CHECK(cut[0].second.log_end_offset == 5);
  CHECK(cluster.state().isr.size() == 3);  // and is in sync again
}

TEST_CASE(
    "an isolated leader goes on taking acks=1 writes, commits nothing, and gives them up "
    "when it comes back") {
  ReplicatedCluster cluster(3, Config{{"min.insync.replicas", "2"}});
  cluster.produce(0, make_batch(1, 1), -1);
  cluster.run(1s);
  isolate(cluster, 0, true);
  cluster.settled->cut_off(NodeId{0});
  cluster.produce(0, make_batch(2, 1), 1);   // doomed
  cluster.produce(0, make_batch(3, 1), -1);  // hangs
  cluster.run(9s);
  CHECK(cluster.produced(2) == Error::none);
  CHECK_FALSE(cluster.produced(3));
  // The others get a leader, after the time that a controller takes to notice.
  cluster.elect(1, {NodeId{1}, NodeId{2}});
  cluster.run(3s);
  cluster.produce(1, make_batch(4, 1), -1);
  cluster.run(1s);
  CHECK(cluster.produced(4) == Error::none);
  CHECK(cluster.on(0).is_leader());  // it believes so
  CHECK(cluster.on(1).is_leader());
  CHECK(cluster.on(0).high_watermark() == 1);
  cluster.run(36s);
  CHECK(cluster.produced(3) == Error::request_timed_out);
  CHECK(cluster.on(0).isr().committed().size() == 3);  // it may ask, nobody answers
  cluster.produce(0, make_batch(5, 1), -1, 60s);
  cluster.run(1s);
  isolate(cluster, 0, false);
  cluster.settled->reconnect(NodeId{0});
  cluster.run(200ms);
  CHECK(cluster.produced(5) == Error::not_leader_or_follower);
  const auto* refused = cluster.answer<ProduceResponse>(5);
  REQUIRE(refused);
  CHECK(refused->partitions[0].current_leader.leader == NodeId{1});
  CHECK(refused->partitions[0].current_leader.leader_epoch == 1);
  cluster.run(5s);
  CHECK(cluster.records_on(0) == ids({1, 4}));
  CHECK(cluster.records_on(2) == ids({1, 4}));
  CHECK(cluster.state().isr.size() == 3);
  const auto cut = cluster.trace.all<trace::LogTruncated>();
  REQUIRE(cut.size() == 1);
  CHECK(cut[0].second.records == ids({2, 3, 5}));
}

TEST_CASE("a follower cuts back through several epochs that its leader never had") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  // Broker 2 leads alone twice, unseen by the others.
  isolate(cluster, 2, true);
  cluster.elect(2, {NodeId{2}});
  cluster.produce(2, make_batch(3, 2), 1);
  cluster.run(100ms);
  cluster.change(0, [](PartitionImage& next) { ++next.leader_epoch; });
  cluster.produce(2, make_batch(5, 2), 1);
  cluster.run(100ms);
  REQUIRE(cluster.on(2).log().log_end_offset() == 6);
  cluster.elect(0, {NodeId{0}});  // unclean
  cluster.run(100ms);
  cluster.produce(0, make_batch(7, 1), 1);
  isolate(cluster, 2, false);
  cluster.run(5s);
  CHECK(cluster.records_on(2) == ids({1, 2, 7}));
  CHECK(cluster.on(2).log().epochs().entries() == cluster.on(0).log().epochs().entries());
  const auto lowered = cluster.trace.all<trace::HighWatermarkLowered>();
  bool told = false;
  for (const auto& [event, low] : lowered) told = told || event.node == NodeId{2};
  CHECK(told);  // it had committed what it cut off: the election was unclean
}

TEST_CASE("a follower that ends before the leader's log begins starts anew there") {
  ReplicatedCluster cluster(3, Config{{"segment.bytes", "1048576"}, {"retention.ms", "1000"}});
  cluster.produce(0, make_batch(1, 1), -1);
  cluster.run(1s);
  cluster.crash(2);
  for (std::uint64_t i = 2; i < 12; ++i)
    cluster.produce(0, make_batch(i, 1, 500'000, cluster.engine.now()), -1, 30s, 9);
  cluster.run(40s);  // the first retention pass is after 30 s
  REQUIRE(cluster.on(0).log().log_start_offset() > 1);
  cluster.restart(2);
  cluster.run(5s);
  CHECK(cluster.on(2).log().log_start_offset() == cluster.on(0).log().log_start_offset());
  CHECK(cluster.records_on(2) == cluster.records_on(0));
  CHECK(cluster.state().isr.size() == 3);
}

TEST_CASE("a follower ahead of a leader that lost its end to a power cut is cut to it") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  // The leader is back in the same epoch before anybody has noticed. Its followers, who wait for
  // an answer, find out when replica.socket.timeout.ms has passed.
  cluster.engine.stop(NodeId{0}, engine::StopReason::power_loss);
  cluster.engine.start(NodeId{0});
  cluster.run(35s);
  CHECK(cluster.on(0).log().log_end_offset() == 0);
  CHECK(cluster.on(1).log().log_end_offset() == 0);
  CHECK(cluster.on(1).high_watermark() == 0);
  cluster.produce(0, make_batch(3, 1), -1);
  cluster.run(1s);
  CHECK(cluster.records_on(2) == ids({3}));
}

TEST_CASE("a fetch in an epoch that the leader has not heard of is refused, and retried in 1 s") {
  ReplicatedCluster cluster;
  cluster.run(1s);
  cluster.settled->cut_off(NodeId{1});
  cluster.elect(1, {NodeId{1}, NodeId{2}});
  cluster.run(10ms);
  CHECK_FALSE(cluster.on(1).is_leader());
  cluster.settled->reconnect(NodeId{1});
  cluster.produce(1, make_batch(1, 1), -1);
  cluster.run(500ms);
  CHECK_FALSE(cluster.produced(1));
  cluster.run(700ms);
  CHECK(cluster.produced(1) == Error::none);
}

TEST_CASE("replicas that are moved away are dropped with their logs") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 1), -1);
  cluster.run(1s);
  cluster.change(0, [](PartitionImage& next) {
    next.replicas = {NodeId{0}, NodeId{1}};
    next.isr = {NodeId{0}, NodeId{1}};
  });
  cluster.run(1s);
  CHECK(cluster.broker(2).replicas().find({"orders", 0}) == nullptr);
  CHECK(cluster.broker(2).logs().logs().empty());
  cluster.produce(0, make_batch(2, 1), -1);
  cluster.run(1s);
  CHECK(cluster.produced(2) == Error::none);
}

TEST_CASE("where an epoch ends is told to consumers") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 3), -1);
  cluster.run(1s);
  cluster.elect(1, {NodeId{0}, NodeId{1}, NodeId{2}});
  cluster.run(2s);
  OffsetForLeaderEpochRequest request;
  request.header = {7, 99};
  request.partitions = {{{"orders", 0}, 1, 0}, {{"orders", 0}, 0, 0}, {{"orders", 0}, 1, 7}};
  cluster.client().send(NodeId{1}, request, {cluster.client_id, 99});
  cluster.run(10ms);
  const auto* response = cluster.answer<OffsetForLeaderEpochResponse>(99);
  REQUIRE(response);
  CHECK(response->partitions[0].end == EpochEnd{0, 3});
  CHECK(response->partitions[1].error == Error::fenced_leader_epoch);
  CHECK(response->partitions[2].end == EpochEnd{});
}

TEST_CASE("a leader that is followed by another before it wrote anything forgets its epoch") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  isolate(cluster, 2, true);
  cluster.elect(2, {NodeId{0}, NodeId{1}, NodeId{2}});
  cluster.elect(0, {NodeId{0}, NodeId{1}, NodeId{2}});
  cluster.run(1s);
  isolate(cluster, 2, false);
  cluster.run(5s);
  cluster.produce(0, make_batch(3, 1), -1);
  cluster.run(2s);
  CHECK(cluster.records_on(2) == ids({1, 2, 3}));
  CHECK(cluster.on(2).log().epochs().entries() == cluster.on(0).log().epochs().entries());
}
