// A broker seen from a client's side of the wire: metadata, produce, list offsets, restarts.
#include "sim/broker/broker.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

TEST_CASE("a leader announces its partitions once, at its first start") {
  Cluster cluster;
  const auto created = cluster.trace.all<trace::PartitionCreated>();
  REQUIRE(created.size() == 2);
  CHECK(created[0].second.partition == 0);
  CHECK(created[0].second.leader == NodeId{0});
  CHECK(created[1].second.leader == NodeId{1});
  CHECK(created[1].first.node == NodeId{1});
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  CHECK(cluster.trace.all<trace::PartitionCreated>().size() == 2);
}

TEST_CASE("metadata names brokers and leaders, and says which topics do not exist") {
  Cluster cluster;
  MetadataRequest request;
  request.header = {3, 99};
  request.topics = {"orders", "nowhere"};
  cluster.client().send(NodeId{1}, request);
  cluster.run(10ms);
  const auto* response = cluster.client().last<MetadataResponse>();
  REQUIRE(response);
  CHECK(response->header.component == 3);
  CHECK(response->header.correlation_id == 99);
  CHECK(response->brokers == std::vector{NodeId{0}, NodeId{1}});
  REQUIRE(response->topics.size() == 2);
  REQUIRE(response->topics[0].partitions.size() == 2);
  CHECK(response->topics[0].partitions[1].leader == NodeId{1});
  CHECK(response->topics[1].error == Error::unknown_topic_or_partition);
}

TEST_CASE("ApiVersions is answered, under the number and to the part that asked") {
  Cluster cluster;
  ApiVersionsRequest request;
  request.header = {3, 99};
  cluster.client().send(NodeId{1}, request);
  cluster.run(10ms);
  const auto* response = cluster.client().last<ApiVersionsResponse>();
  REQUIRE(response);
  CHECK(response->header.component == 3);
  CHECK(response->header.correlation_id == 99);
  CHECK(response->size_bytes() > 5 * request.size_bytes());
}

TEST_CASE("a produced batch gets the next offsets and is readable at once with one replica") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 3));
  cluster.produce(0, make_batch(4, 2), -1);
  cluster.run(10ms);
  const auto* response = cluster.client().last<ProduceResponse>();
  REQUIRE(response);
  CHECK(response->partitions[0].error == Error::none);
  CHECK(response->partitions[0].base_offset == 3);
  CHECK(cluster.partition(0).high_watermark() == 5);
  const auto appended = cluster.trace.all<trace::BatchAppended>();
  REQUIRE(appended.size() == 2);
  CHECK(appended[1].second.base_offset == 3);
  CHECK(appended[1].second.records == std::vector{RecordId{4}, RecordId{5}});
  // Why may consumers read it? Because it was appended.
  const auto advanced = cluster.trace.all<trace::HighWatermarkAdvanced>();
  REQUIRE(advanced.size() == 2);
  CHECK(advanced[1].first.cause == appended[1].first.id);
  CHECK(advanced[1].second.high_watermark == 5);
}

TEST_CASE("refusals: unknown topic, acks, leader, size, each with nothing written") {
  Cluster cluster(Config{{"max.message.bytes", "200"}});
  const auto error_of = [&](std::int32_t partition, std::size_t records, std::int16_t acks) {
    cluster.produce(partition, make_batch(1, records), acks);
    cluster.run(10ms);
    return cluster.client().last<ProduceResponse>()->partitions[0].error;
  };
  CHECK(error_of(9, 1, 1) == Error::unknown_topic_or_partition);
  CHECK(error_of(9, 1, 5) == Error::unknown_topic_or_partition);
  CHECK(error_of(0, 1, 5) == Error::invalid_required_acks);
  CHECK(error_of(1, 1, 1) == Error::not_leader_or_follower);
  CHECK(error_of(1, 2, 1) == Error::not_leader_or_follower);  // checked before the size
  CHECK(error_of(0, 2, 1) == Error::message_too_large);
  CHECK(cluster.trace.all<trace::ProduceRefused>().size() == 6);
  CHECK(cluster.partition(0).log().log_end_offset() == 0);
  CHECK(error_of(0, 1, 1) == Error::none);
}

TEST_CASE("check 15: min.insync.replicas=2 with one replica: acks=all succeeds, and is readable") {
  Cluster cluster(Config{{"min.insync.replicas", "2"}});
  cluster.produce(0, make_batch(1, 1), -1);
  cluster.run(10ms);
  CHECK(cluster.client().last<ProduceResponse>()->partitions[0].error == Error::none);
  CHECK(cluster.partition(0).high_watermark() == 1);
}

TEST_CASE("check 10: acks=0 is never answered; an error only closes the connection") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 1), 0);
  cluster.run(10ms);
  CHECK(cluster.client().received.empty());
  CHECK(cluster.partition(0).log().log_end_offset() == 1);
  CHECK(cluster.client().disconnects == 0);
  cluster.produce(1, make_batch(2, 1), 0);  // broker 1 does not lead partition 1
  cluster.run(10ms);
  CHECK(cluster.client().received.empty());
  CHECK(cluster.client().disconnects == 1);
}

TEST_CASE("list offsets: earliest, latest, by timestamp, and the errors") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 2, 100, sim_time(10ms)));
  cluster.produce(0, make_batch(3, 1, 100, sim_time(20ms)));
  cluster.run(10ms);
  using Target = ListOffsetsRequest::Target;
  ListOffsetsRequest request;
  request.partitions = {{{"orders", 0}, 0, Target::earliest, {}},
                        {{"orders", 0}, 0, Target::latest, {}},
                        {{"orders", 0}, 0, Target::timestamp, sim_time(11ms)},
                        {{"orders", 0}, 0, Target::timestamp, sim_time(21ms)},
                        {{"orders", 0}, 1, Target::latest, {}},
                        {{"orders", 1}, 0, Target::latest, {}},
                        {{"orders", 2}, 0, Target::latest, {}}};
  cluster.client().send(NodeId{0}, request);
  cluster.run(10ms);
  const auto* response = cluster.client().last<ListOffsetsResponse>();
  REQUIRE(response);
  CHECK(response->partitions[0].offset == 0);
  CHECK(response->partitions[1].offset == 3);
  CHECK(response->partitions[2].offset == 2);
  CHECK(response->partitions[2].timestamp == sim_time(20ms));
  CHECK(response->partitions[3].offset == -1);
  CHECK(response->partitions[3].error == Error::none);
  CHECK(response->partitions[4].error == Error::unknown_leader_epoch);
  CHECK(response->partitions[5].error == Error::not_leader_or_follower);
  CHECK(response->partitions[6].error == Error::unknown_topic_or_partition);
}

TEST_CASE("kill -9 keeps the log: the page cache is the system's") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 3));
  cluster.run(10ms);
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.run(10ms);
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  CHECK(cluster.partition(0).log().log_end_offset() == 3);
  CHECK(cluster.partition(0).high_watermark() == 3);
  cluster.produce(0, make_batch(4, 1));
  cluster.run(10ms);
  CHECK(cluster.client().last<ProduceResponse>()->partitions[0].base_offset == 3);
}

TEST_CASE("power loss takes what was never fsynced and says which records") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 2));
  cluster.run(10ms);
  cluster.engine.stop(NodeId{0}, engine::StopReason::clean);  // flushes
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  cluster.produce(0, make_batch(3, 2));
  cluster.run(1s);
  REQUIRE(cluster.partition(0).log().log_end_offset() == 4);
  cluster.engine.stop(NodeId{0}, engine::StopReason::power_loss);
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  CHECK(cluster.partition(0).log().log_end_offset() == 2);
  CHECK(cluster.partition(0).high_watermark() == 2);
  const auto truncated = cluster.trace.all<trace::LogTruncated>();
  REQUIRE(truncated.size() == 1);
  CHECK(truncated[0].second.log_end_offset == 2);
  CHECK(truncated[0].second.records == std::vector{RecordId{3}, RecordId{4}});
}

TEST_CASE("LogAppendTime: the broker's clock stamps the batch") {
  Cluster cluster(Config{{"message.timestamp.type", "LogAppendTime"}});
  cluster.run(100ms);
  cluster.produce(0, make_batch(1, 1, 100, sim_time(0ms)));
  cluster.run(10ms);
  const RecordBatch& batch = cluster.partition(0).log().active_segment().batches().front().batch;
  CHECK(batch.log_append_time);
  CHECK(batch.max_timestamp > sim_time(100ms));
}

TEST_CASE("flush.messages=1: answered and readable only once it is on the disk") {
  Cluster cluster(Config{{"flush.messages", "1"}});
  cluster.produce(0, make_batch(1, 1, 400'000));  // 3.2 ms to the switch and on, 2 ms to the disk
  cluster.run(8ms);
  CHECK(cluster.partition(0).log().log_end_offset() == 1);
  CHECK(cluster.partition(0).high_watermark() == 0);
  CHECK(cluster.client().received.empty());
  cluster.run(5ms);
  CHECK(cluster.partition(0).high_watermark() == 1);
  CHECK(cluster.partition(0).log().recovery_point() == 1);
  REQUIRE(cluster.client().last<ProduceResponse>());
  CHECK(cluster.client().last<ProduceResponse>()->partitions[0].base_offset == 0);
  cluster.engine.stop(NodeId{0}, engine::StopReason::power_loss);
  cluster.engine.start(NodeId{0});
  cluster.run(10ms);
  CHECK(cluster.partition(0).log().log_end_offset() == 1);
  CHECK(cluster.trace.all<trace::LogTruncated>().empty());
}

TEST_CASE("storm 30:10: what waits behind a request is dropped with its connection, and told") {
  Cluster cluster(Config{{"flush.messages", "1"}});
  cluster.produce(0, make_batch(1, 1, 400'000));  // 2 ms to the disk
  cluster.produce(0, make_batch(2, 2));
  cluster.run(8ms);
  REQUIRE(cluster.partition(0).log().log_end_offset() == 1);
  REQUIRE(cluster.partition(0).high_watermark() == 0);
  cluster.engine.stop(NodeId{2}, engine::StopReason::crash);
  cluster.run(20ms);
  CHECK(cluster.partition(0).log().log_end_offset() == 1);
  CHECK(cluster.partition(0).high_watermark() == 1);  // what was in hand is finished
  const auto dropped = cluster.trace.all<trace::ProduceDropped>();
  REQUIRE(dropped.size() == 1);
  CHECK(dropped[0].first.node == NodeId{0});
  CHECK(dropped[0].second.records == trace::RecordList{RecordId{2}, RecordId{3}});
}

TEST_CASE("flush.messages=3 waits for the third record") {
  Cluster cluster(Config{}, Config{{"log.flush.interval.messages", "3"}});
  cluster.produce(0, make_batch(1, 2));
  cluster.run(10ms);
  CHECK(cluster.partition(0).log().recovery_point() == 0);
  CHECK(cluster.partition(0).high_watermark() == 2);
  cluster.produce(0, make_batch(3, 1));
  cluster.run(10ms);
  CHECK(cluster.partition(0).log().recovery_point() == 3);
}

TEST_CASE("a process that dies while it waits for the disk finds its batch in the log") {
  Cluster cluster(Config{{"flush.messages", "1"}, {"max.message.bytes", "3000000"}});
  cluster.produce(0, make_batch(1, 1, 2'000'000));  // 10 ms to the disk
  cluster.run(38ms);
  REQUIRE(cluster.partition(0).log().log_end_offset() == 1);
  REQUIRE(cluster.partition(0).high_watermark() == 0);
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.engine.start(NodeId{0});
  cluster.run(1s);
  CHECK(cluster.partition(0).high_watermark() == 1);
  CHECK(cluster.client().received.empty());
}
