// Fetching as a long poll: when the broker answers at once, when it waits, and with how much.
#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

TEST_CASE("a fetch that finds data is answered at once") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 3));
  cluster.run(10ms);
  cluster.fetch(1);
  cluster.run(10ms);
  const auto* response = cluster.client().last<FetchResponse>();
  REQUIRE(response);
  REQUIRE(response->partitions.size() == 1);
  REQUIRE(response->partitions[0].batches.size() == 1);
  CHECK(response->partitions[0].batches[0].base_offset == 0);  // whole batches only
  CHECK(response->partitions[0].high_watermark == 3);
  CHECK(cluster.broker(0).parked_fetches() == 0);
}

TEST_CASE("a fetch at the high watermark parks until a batch comes, which is its cause") {
  Cluster cluster;
  cluster.fetch(0);
  cluster.run(100ms);
  CHECK(cluster.broker(0).parked_fetches() == 1);
  CHECK(cluster.client().received.empty());
  cluster.produce(0, make_batch(1, 1));
  cluster.run(10ms);
  CHECK(cluster.broker(0).parked_fetches() == 0);
  REQUIRE(cluster.client().last<FetchResponse>());
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches.size() == 1);
  const auto advanced = cluster.trace.all<trace::HighWatermarkAdvanced>();
  bool caused = false;
  for (const auto& [event, sent] : cluster.trace.all<trace::MessageSent>())
    caused = caused || (sent.label == "FetchResponse" && event.cause == advanced[0].first.id);
  CHECK(caused);
}

TEST_CASE("a parked fetch is answered empty after fetch.max.wait.ms, and only once") {
  Cluster cluster;
  cluster.fetch(0, 500ms);
  cluster.run(499ms);
  CHECK(cluster.client().received.empty());
  cluster.run(3ms);
  REQUIRE(cluster.client().received.size() == 1);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches.empty());
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].error == Error::none);
  cluster.run(2s);
  CHECK(cluster.client().received.size() == 1);
}

TEST_CASE("fetch.min.bytes: waits until that much is there") {
  Cluster cluster;
  cluster.fetch(0, 10s, 400);
  cluster.produce(0, make_batch(1, 1));  // 170 bytes
  cluster.produce(0, make_batch(2, 1));
  cluster.run(50ms);
  CHECK(cluster.broker(0).parked_fetches() == 1);
  cluster.produce(0, make_batch(3, 1));
  cluster.run(50ms);
  CHECK(cluster.broker(0).parked_fetches() == 0);
  CHECK(cluster.client().last<ProduceResponse>() == nullptr);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches.size() == 3);
}

TEST_CASE("a wait of zero is no wait") {
  Cluster cluster;
  cluster.fetch(0, 0ms);
  cluster.run(5ms);
  REQUIRE(cluster.client().last<FetchResponse>());
}

TEST_CASE("an offset outside the log is answered at once with OFFSET_OUT_OF_RANGE") {
  Cluster cluster;
  cluster.produce(0, make_batch(1, 2));
  cluster.run(10ms);
  cluster.fetch(3);
  cluster.run(5ms);
  REQUIRE(cluster.client().last<FetchResponse>());
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].error == Error::offset_out_of_range);
  cluster.fetch(-1);
  cluster.run(5ms);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].error == Error::offset_out_of_range);
}

TEST_CASE("limits: whole batches up to max bytes, the first one even if it is larger") {
  Cluster cluster;
  for (int i = 0; i < 4; ++i) cluster.produce(0, make_batch(static_cast<std::uint64_t>(i) + 1, 1));
  cluster.run(10ms);
  cluster.fetch(0, 0ms, 1, 400);
  cluster.run(5ms);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches.size() == 2);
  cluster.fetch(2, 0ms, 1, 10);
  cluster.run(5ms);
  REQUIRE(cluster.client().last<FetchResponse>()->partitions[0].batches.size() == 1);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches[0].base_offset == 2);
}

TEST_CASE("the broker's own fetch.max.bytes caps any fetch") {
  Cluster cluster(Config{}, Config{{"fetch.max.bytes", "1024"}});
  for (int i = 0; i < 9; ++i) cluster.produce(0, make_batch(static_cast<std::uint64_t>(i) + 1, 1));
  cluster.run(10ms);
  cluster.fetch(0);
  cluster.run(5ms);
  CHECK(cluster.client().last<FetchResponse>()->partitions[0].batches.size() == 6);
}

TEST_CASE("the fetch of a client that has gone is forgotten") {
  Cluster cluster;
  cluster.fetch(0, 10s);
  cluster.run(10ms);
  CHECK(cluster.broker(0).parked_fetches() == 1);
  cluster.engine.stop(NodeId{2}, engine::StopReason::crash);
  cluster.run(10ms);
  CHECK(cluster.broker(0).parked_fetches() == 0);
}

TEST_CASE("a crash forgets parked fetches; a restarted broker does not answer them") {
  Cluster cluster;
  cluster.fetch(0, 10s);
  cluster.run(10ms);
  cluster.engine.stop(NodeId{0}, engine::StopReason::crash);
  cluster.engine.start(NodeId{0});
  cluster.run(20s);
  CHECK(cluster.client().received.empty());
  CHECK(cluster.client().disconnects == 1);
}
