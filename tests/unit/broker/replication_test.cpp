// Replicated partitions on real brokers: when a record is committed, acknowledged and visible.
#include <doctest/doctest.h>

#include "tests/unit/broker/replicated_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const std::vector<NodeId> all{NodeId{0}, NodeId{1}, NodeId{2}};

}  // namespace

TEST_CASE("an acks=all record is acknowledged when every in-sync replica has fetched past it") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 3), -1);
  cluster.run(100ms);
  CHECK(cluster.produced(1) == Error::none);
  for (const std::uint32_t i : {0u, 1u, 2u}) {
    CHECK(cluster.records_on(i) == std::vector{RecordId{1}, RecordId{2}, RecordId{3}});
    CHECK(cluster.on(i).log().latest_epoch() == 0);
  }
  CHECK(cluster.on(0).high_watermark() == 3);
  // A parked fetch is not released by the high watermark alone: followers learn with the next one.
  CHECK(cluster.on(1).high_watermark() == 0);
  cluster.run(500ms);
  CHECK(cluster.on(1).high_watermark() == 3);
  std::size_t copies = 0;
  for (const auto& [event, appended] : cluster.trace.all<trace::BatchAppended>())
    copies += appended.as_follower;
  CHECK(copies == 2);
}

TEST_CASE("roles are told once, at the start") {
  ReplicatedCluster cluster;
  cluster.run(2s);
  CHECK(cluster.trace.all<trace::PartitionCreated>().size() == 1);
  CHECK(cluster.trace.all<trace::PartitionCreated>()[0].second.min_isr == 1);
  CHECK(cluster.trace.all<trace::LeadershipTaken>().size() == 1);
  CHECK(cluster.trace.all<trace::FollowingStarted>().size() == 2);
}

TEST_CASE("an idle follower asks twice a second, no more") {
  ReplicatedCluster cluster;
  cluster.run(10s);
  std::size_t fetches = 0;
  for (const auto& [event, sent] : cluster.trace.all<trace::MessageSent>())
    fetches += sent.label == "ReplicaFetch";
  CHECK(fetches > 2 * 18);
  CHECK(fetches < 2 * 22);
}

TEST_CASE(
    "check 12: acks=all waits for a stuck follower until it leaves the in-sync set, 30 to "
    "45 s later, else REQUEST_TIMED_OUT") {
  ReplicatedCluster cluster(3, Config{{"min.insync.replicas", "2"}});
  cluster.run(1s);
  cluster.engine.set_paused(NodeId{2}, true);
  const SimTime paused = cluster.engine.now();
  cluster.run(1s);
  cluster.produce(0, make_batch(1, 1), -1, 30s);
  cluster.produce(0, make_batch(2, 1), -1, 60s);
  cluster.run(29s);
  CHECK_FALSE(cluster.produced(1));
  cluster.run(2s);
  CHECK(cluster.produced(1) == Error::request_timed_out);
  CHECK(cluster.trace.all<trace::ProduceTimedOut>().size() == 1);
  CHECK(cluster.on(0).log().log_end_offset() == 2);  // the data stay
  cluster.run(20s);
  CHECK(cluster.produced(2) == Error::none);
  const auto proposed = cluster.trace.all<trace::IsrChangeProposed>();
  REQUIRE(proposed.size() == 1);
  CHECK(proposed[0].second.isr == std::vector{NodeId{0}, NodeId{1}});
  CHECK(proposed[0].first.t >= paused + 30s);
  CHECK(proposed[0].first.t <= paused + 46s);
  // It wakes up, catches up and comes back.
  cluster.engine.set_paused(NodeId{2}, false);
  cluster.run(3s);
  CHECK(cluster.state().isr.size() == 3);
  CHECK(cluster.records_on(2) == cluster.records_on(0));
}

TEST_CASE(
    "check 13: one replica in sync of two wanted: acks=all is refused and writes nothing; "
    "acks=1 is stored but invisible until two are in sync again") {
  ReplicatedCluster cluster(3, Config{{"min.insync.replicas", "2"}});
  cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  cluster.engine.stop(NodeId{2}, engine::StopReason::crash);
  cluster.fence(1);
  cluster.fence(2);
  cluster.elect(0, {NodeId{0}});
  cluster.produce(0, make_batch(1, 1), -1);
  cluster.run(100ms);
  CHECK(cluster.produced(1) == Error::not_enough_replicas);
  CHECK(cluster.on(0).log().log_end_offset() == 0);
  cluster.produce(0, make_batch(2, 1), 1);
  cluster.run(100ms);
  CHECK(cluster.produced(2) == Error::none);
  CHECK(cluster.on(0).log().log_end_offset() == 1);
  CHECK(cluster.on(0).high_watermark() == 0);
  cluster.fetch(0, 0);
  cluster.run(10ms);
  CHECK(cluster.answer<FetchResponse>(3)->partitions[0].batches.empty());
  cluster.settled->hold_proposals(true);
  cluster.restart(1);
  cluster.run(3s);
  CHECK(cluster.records_on(1) == std::vector{RecordId{2}});
  CHECK(cluster.on(0).high_watermark() == 0);  // asked for is not committed
  REQUIRE(cluster.settled->held().size() == 1);
  cluster.settled->answer();
  cluster.run(10ms);
  CHECK(cluster.on(0).high_watermark() == 1);
}

TEST_CASE(
    "check 14: the in-sync set falls to one while acks=all waits: it stays parked, and is "
    "acknowledged if the set regrows in time, else timed out; a retry is refused") {
  for (const bool regrows : {true, false}) {
    ReplicatedCluster cluster(3, Config{{"min.insync.replicas", "2"}});
    cluster.run(1s);
    cluster.engine.set_paused(NodeId{1}, true);
    cluster.engine.set_paused(NodeId{2}, true);
    cluster.produce(0, make_batch(1, 1), -1, 30s);
    cluster.run(1s);
    cluster.fence(1);
    cluster.fence(2);
    cluster.elect(0, {NodeId{0}});
    cluster.run(1s);
    CHECK_FALSE(cluster.produced(1));
    cluster.produce(0, make_batch(2, 1), -1, 30s);
    cluster.run(1s);
    CHECK(cluster.produced(2) == Error::not_enough_replicas);
    if (regrows) {
      cluster.fence(1, false);
      cluster.engine.set_paused(NodeId{1}, false);
    }
    cluster.run(30s);
    CHECK(cluster.produced(1) == (regrows ? Error::none : Error::request_timed_out));
    CHECK(cluster.records_on(0) == std::vector{RecordId{1}});
  }
}

TEST_CASE(
    "check 17: a follower that fetches no more leaves the in-sync set after 30 s; the high "
    "watermark moves only with the controller's answer") {
  ReplicatedCluster cluster;
  cluster.run(1s);
  cluster.settled->hold_proposals(true);
  cluster.engine.set_paused(NodeId{2}, true);
  cluster.produce(0, make_batch(1, 1), 1);
  cluster.run(47s);
  REQUIRE(cluster.settled->held().size() == 1);
  CHECK(cluster.settled->held()[0].wish.new_isr == std::vector{NodeId{0}, NodeId{1}});
  CHECK(cluster.on(0).high_watermark() == 0);
  cluster.settled->answer();
  cluster.run(1ms);
  CHECK(cluster.on(0).high_watermark() == 1);
}

TEST_CASE(
    "check 19: followers have two of five records: consumers read two, and the latest "
    "offset is two") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  cluster.engine.set_paused(NodeId{1}, true);
  cluster.engine.set_paused(NodeId{2}, true);
  cluster.produce(0, make_batch(3, 3), 1);
  cluster.run(100ms);
  CHECK(cluster.produced(2) == Error::none);
  CHECK(cluster.on(0).log().log_end_offset() == 5);
  CHECK(cluster.on(0).high_watermark() == 2);
  cluster.fetch(0, 0);
  cluster.run(10ms);
  const auto& fetched = cluster.answer<FetchResponse>(3)->partitions[0];
  REQUIRE(fetched.batches.size() == 1);
  CHECK(fetched.batches[0].next_offset() == 2);
  CHECK(cluster.latest(0).offset == 2);
}

TEST_CASE(
    "check 20, on the wire: ListOffsets latest of a new leader is OFFSET_NOT_AVAILABLE until "
    "its followers have fetched up to the start of its epoch") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  cluster.engine.set_paused(NodeId{2}, true);
  cluster.produce(0, make_batch(3, 3), 1);
  cluster.run(1s);
  REQUIRE(cluster.on(1).log().log_end_offset() == 5);
  REQUIRE(cluster.on(1).high_watermark() == 2);
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.elect(1, {NodeId{1}, NodeId{2}});
  cluster.run(10ms);
  CHECK(cluster.latest(1).error == Error::offset_not_available);
  cluster.engine.set_paused(NodeId{2}, false);
  cluster.run(2s);
  CHECK(cluster.latest(1).error == Error::none);
  CHECK(cluster.latest(1).offset == 5);
}

TEST_CASE(
    "a replica that was in sync a moment ago holds the high watermark back while it may still "
    "come back, though it is out of the set") {
  ReplicatedCluster cluster;
  cluster.run(1s);
  cluster.engine.stop(NodeId{2}, engine::StopReason::crash);
  cluster.elect(0, {NodeId{0}, NodeId{1}});
  cluster.produce(0, make_batch(1, 1), 1);
  cluster.run(5s);
  CHECK(cluster.on(0).high_watermark() == 0);
  cluster.fence(2);
  cluster.produce(0, make_batch(2, 1), 1);
  cluster.run(1s);
  CHECK(cluster.on(0).high_watermark() == 2);
}

TEST_CASE("a connection's requests are answered in order: one that waits holds back the next") {
  ReplicatedCluster cluster;
  cluster.run(1s);
  cluster.engine.set_paused(NodeId{1}, true);
  cluster.produce(0, make_batch(1, 1), -1, 10s, 9);
  cluster.produce(0, make_batch(2, 1), 1, 10s, 9);
  cluster.produce(0, make_batch(3, 1), 1, 10s, 8);
  cluster.run(9s);
  CHECK_FALSE(cluster.produced(1));
  CHECK_FALSE(cluster.produced(2));
  CHECK(cluster.produced(3) == Error::none);
  CHECK(cluster.records_on(0) == std::vector{RecordId{1}, RecordId{3}});
  cluster.run(2s);
  CHECK(cluster.produced(1) == Error::request_timed_out);
  CHECK(cluster.produced(2) == Error::none);
  CHECK(cluster.records_on(0) == std::vector{RecordId{1}, RecordId{3}, RecordId{2}});
}

TEST_CASE("whoever hangs up is forgotten with what waited; the batch stays") {
  ReplicatedCluster cluster;
  cluster.run(1s);
  cluster.engine.set_paused(NodeId{1}, true);
  cluster.produce(0, make_batch(1, 1), -1, 10s);
  cluster.run(1s);
  CHECK(cluster.broker(0).parked_produces() == 1);
  cluster.engine.stop(cluster.client_id, engine::StopReason::crash);
  cluster.run(100ms);
  CHECK(cluster.broker(0).parked_produces() == 0);
  CHECK(cluster.on(0).log().log_end_offset() == 1);
}

TEST_CASE("a clean stop hands over first and keeps everything") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(1s);
  cluster.engine.request_stop(NodeId{0});
  cluster.run(10ms);
  CHECK_FALSE(cluster.engine.is_running(NodeId{0}));
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  CHECK(cluster.on(0).log().log_end_offset() == 2);
  CHECK(cluster.on(0).high_watermark() == 2);
  CHECK(cluster.trace.all<trace::HighWatermarkLowered>().empty());
}

TEST_CASE("the high watermark comes from its checkpoint after a crash, at most 5 s old") {
  ReplicatedCluster cluster;
  cluster.produce(0, make_batch(1, 2), -1);
  cluster.run(6s);
  cluster.produce(0, make_batch(3, 2), -1);
  cluster.run(1s);
  REQUIRE(cluster.on(2).high_watermark() == 4);
  cluster.engine.stop(NodeId{2}, engine::StopReason::crash);
  cluster.engine.set_cut(NodeId{0}, NodeId{2}, true);
  cluster.engine.start(NodeId{2});
  cluster.run(10ms);
  CHECK(cluster.on(2).high_watermark() == 2);
  const auto lowered = cluster.trace.all<trace::HighWatermarkLowered>();
  REQUIRE(lowered.size() == 1);
  CHECK(lowered[0].second.high_watermark == 2);
}
