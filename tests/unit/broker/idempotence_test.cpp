// Idempotent producers as the leader of a partition sees them: batches that come twice, batches
// that are missing, and what a new leader knows of them.
#include <doctest/doctest.h>

#include "sim/broker/transaction_protocol.h"
#include "tests/unit/broker/replicated_cluster.h"
#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

RecordBatch from_producer(std::int64_t producer, std::int32_t sequence, std::uint64_t first_id,
                          std::size_t count = 1, std::int16_t epoch = 0) {
  RecordBatch batch = make_batch(first_id, count);
  batch.producer.producer_id = producer;
  batch.producer.base_sequence = sequence;
  batch.producer.producer_epoch = epoch;
  return batch;
}

/// Sends the batch and waits for the answer.
ProduceResponse::Partition send(ReplicatedCluster& cluster, RecordBatch batch, std::uint32_t to = 0,
                                std::int16_t acks = -1) {
  cluster.produce(to, std::move(batch), acks);
  cluster.run(1s);
  const auto* response = cluster.answer<ProduceResponse>(cluster.correlation_id);
  REQUIRE(response);
  return response->partitions.front();
}

}  // namespace

TEST_CASE("row 33: a resent batch gets its first offset, written once, up to five batches back") {
  ReplicatedCluster cluster(2);
  for (std::int32_t sequence = 0; sequence < 6; ++sequence)
    REQUIRE(send(cluster, from_producer(5, sequence, 1 + static_cast<std::uint64_t>(sequence)))
                .base_offset == sequence);
  CHECK(send(cluster, from_producer(5, 6, 7, 3)).base_offset == 6);
  CHECK(send(cluster, from_producer(5, 6, 7, 3)).base_offset == 6);
  CHECK(send(cluster, from_producer(5, 2, 3)).base_offset == 2);
  CHECK(send(cluster, from_producer(5, 1, 2)).error == Error::out_of_order_sequence_number);
  CHECK(send(cluster, from_producer(5, 7, 8, 2)).error == Error::out_of_order_sequence_number);
  CHECK(cluster.on(0).log().log_end_offset() == 9);
  const auto recognised = cluster.trace.all<trace::BatchRecognised>();
  REQUIRE(recognised.size() == 2);
  CHECK(recognised[0].second.base_offset == 6);
  CHECK(recognised[0].second.records == std::vector{RecordId{7}, RecordId{8}, RecordId{9}});
  CHECK(recognised[1].second.producer_id == 5);
}

TEST_CASE("leader and followers say whose batch they have written") {
  ReplicatedCluster cluster(2);
  send(cluster, from_producer(5, 0, 1, 2, 3));
  send(cluster, make_batch(9, 1));
  const auto appended = cluster.trace.all<trace::BatchAppended>();
  REQUIRE(appended.size() == 4);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(appended[i].second.producer_id == 5);
    CHECK(appended[i].second.producer_epoch == 3);
    CHECK(appended[i].second.base_sequence == 0);
    CHECK_FALSE(appended[i].second.transactional);
    CHECK(appended[i].second.control.empty());
  }
  CHECK(appended[1].second.as_follower);
  CHECK(appended[2].second.producer_id == 0);
}

TEST_CASE("a resent batch under acks=all waits until the in-sync replicas have the first one") {
  ReplicatedCluster cluster(2);
  cluster.settled->hold_proposals(true);
  cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  cluster.produce(0, from_producer(5, 0, 1), -1, 30s);
  const std::uint32_t first = cluster.correlation_id;
  cluster.run(100ms);
  cluster.produce(0, from_producer(5, 0, 1), -1, 30s);
  const std::uint32_t again = cluster.correlation_id;
  cluster.run(100ms);
  CHECK(cluster.trace.all<trace::BatchRecognised>().size() == 1);
  CHECK_FALSE(cluster.produced(first));
  CHECK_FALSE(cluster.produced(again));
  cluster.engine.start(NodeId{1});
  cluster.run(3s);
  CHECK(cluster.produced(again) == Error::none);
  CHECK(cluster.answer<ProduceResponse>(again)->partitions[0].base_offset == 0);
}

TEST_CASE("too few in-sync replicas come before everything that a producer's state says") {
  ReplicatedCluster cluster(2, Config{{"min.insync.replicas", "2"}});
  REQUIRE(send(cluster, from_producer(5, 0, 1)).error == Error::none);
  cluster.elect(0, {NodeId{0}});
  CHECK(send(cluster, from_producer(5, 0, 1)).error == Error::not_enough_replicas);
  CHECK(send(cluster, from_producer(5, 0, 1), 0, 1).error == Error::none);
}

TEST_CASE("a new leader knows what its predecessor had: no duplicate after a failover") {
  ReplicatedCluster cluster(2);
  REQUIRE(send(cluster, from_producer(5, 0, 1, 2)).error == Error::none);
  cluster.crash(0);
  cluster.run(100ms);
  const auto answer = send(cluster, from_producer(5, 0, 1, 2), 1);
  CHECK(answer.error == Error::none);
  CHECK(answer.base_offset == 0);
  CHECK(send(cluster, from_producer(5, 3, 4), 1).error == Error::out_of_order_sequence_number);
  CHECK(send(cluster, from_producer(5, 2, 3), 1).base_offset == 2);
  CHECK(cluster.on(1).log().log_end_offset() == 3);
}

TEST_CASE("a batch that was cut off is not recognised: it is written at its second attempt") {
  ReplicatedCluster cluster(2);
  REQUIRE(send(cluster, from_producer(5, 0, 1)).error == Error::none);
  cluster.settled->cut_off(NodeId{0});
  cluster.engine.stop(NodeId{1}, engine::StopReason::crash);
  cluster.produce(0, from_producer(5, 1, 2), 1);  // only the old leader has it
  cluster.run(100ms);
  CHECK(cluster.on(0).log().log_end_offset() == 2);
  cluster.engine.start(NodeId{1});
  cluster.elect(1, {NodeId{1}});
  cluster.run(10ms);
  cluster.settled->reconnect(NodeId{0});
  cluster.run(3s);
  CHECK(cluster.on(0).log().log_end_offset() == 1);
  CHECK(send(cluster, from_producer(5, 1, 2), 1).base_offset == 1);
  cluster.run(1s);
  CHECK(cluster.on(0).log().producers()->find(5)->batches.size() == 2);
}

TEST_CASE("what a producer sent survives the crash and the power loss of its only replica's disk") {
  ReplicatedCluster cluster(1, Config{{"flush.messages", "1"}});
  REQUIRE(send(cluster, from_producer(5, 0, 1)).error == Error::none);
  for (const auto reason : {engine::StopReason::crash, engine::StopReason::power_loss}) {
    cluster.engine.stop(NodeId{0}, reason);
    cluster.engine.start(NodeId{0});
    cluster.run(1s);
    CHECK(send(cluster, from_producer(5, 0, 1)).base_offset == 0);
    CHECK(send(cluster, from_producer(5, 2, 3)).error == Error::out_of_order_sequence_number);
  }
}

TEST_CASE("an older epoch of a producer is fenced") {
  ReplicatedCluster cluster(2);
  REQUIRE(send(cluster, from_producer(5, 0, 1, 1, 2)).error == Error::none);
  CHECK(send(cluster, from_producer(5, 1, 2, 1, 1)).error == Error::invalid_producer_epoch);
  CHECK(send(cluster, from_producer(5, 1, 2, 1, 3)).error == Error::out_of_order_sequence_number);
  CHECK(send(cluster, from_producer(5, 0, 2, 1, 3)).error == Error::none);
}

TEST_CASE("any broker gives producer ids, each one once") {
  ReplicatedCluster cluster(2);
  std::vector<std::int64_t> ids;
  for (const std::uint32_t broker : {0u, 1u, 0u, 1u}) {
    if (ids.size() == 2) {
      cluster.crash(0);
      cluster.restart(0);
      cluster.run(10ms);
    }
    InitProducerIdRequest request;
    request.header = {7, ++cluster.correlation_id};
    const std::uint32_t number = cluster.correlation_id;
    cluster.client().send(NodeId{broker}, std::move(request), {cluster.client_id, 77});
    cluster.run(10ms);
    const auto* response = cluster.answer<InitProducerIdResponse>(number);
    REQUIRE(response);
    CHECK(response->error == Error::none);
    CHECK(response->producer.epoch == 0);
    CHECK(response->producer.producer_id > 0);
    ids.push_back(response->producer.producer_id);
  }
  std::sort(ids.begin(), ids.end());
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());
}

TEST_CASE("a producer that has been silent for producer.id.expiration.ms is forgotten") {
  ReplicatedCluster cluster(1, {},
                            Config{{"producer.id.expiration.ms", "5000"},
                                   {"producer.id.expiration.check.interval.ms", "1000"}});
  REQUIRE(send(cluster, from_producer(5, 0, 1)).error == Error::none);
  cluster.run(3s);
  CHECK(cluster.on(0).log().producers()->find(5) != nullptr);
  cluster.run(3s);
  CHECK(cluster.on(0).log().producers()->find(5) == nullptr);
}
