// Consumers of logs whose records go: by retention, by compaction.
#include <doctest/doctest.h>

#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

/// Retention passes begin 20 s after the start, and come every 20 s.
const Config passes_every_20s{{"log.initial.task.delay.ms", "20000"},
                              {"log.retention.check.interval.ms", "20000"},
                              {"min.insync.replicas", "1"}};

/// 40 of these are a segment.
constexpr std::uint32_t value_bytes = 26'000;

void publish(ProducerHost& producer, int count) {
  for (int i = 0; i < count; ++i) producer.publish("orders", "k", value_bytes);
}

}  // namespace

TEST_CASE("check 46: a consumer at 50 whose log starts at 80 now goes to the end, or to 80") {
  for (const char* reset : {"latest", "earliest"}) {
    INFO(reset);
    const Config topic{{"segment.bytes", "1048576"}, {"retention.bytes", "1050000"}};
    ClientCluster cluster(1, {{"orders", 1, 1, topic}}, passes_every_20s);
    // Each record alone in a batch, so that segments hold 40.
    ProducerHost& producer = cluster.add_producer({{"batch.size", "0"}, {"linger.ms", "0"}});
    ConsumerHost& consumer =
        cluster.add_consumer({{"auto.offset.reset", reset}}, {{{"orders", 0}}, {}});
    cluster.at(1s, [&] { publish(producer, 50); });
    cluster.run(5s);
    REQUIRE(consumer.consumer.position({"orders", 0}) == 50);
    cluster.engine.set_link_up(cluster.consumer_id, false);
    cluster.at(6s, [&] { publish(producer, 71); });
    cluster.run(16s);
    REQUIRE(cluster.partition("orders", 0).log().log_start_offset() == 80);
    REQUIRE(consumer.consumer.position({"orders", 0}) == 50);
    cluster.engine.set_link_up(cluster.consumer_id, true);
    cluster.run(60s);

    bool out_of_range = false;
    for (const auto& [event, warning] : cluster.trace.all<trace::ClientWarning>())
      out_of_range =
          out_of_range || (event.node == cluster.consumer_id &&
                           warning.text.find("OFFSET_OUT_OF_RANGE") != std::string::npos);
    CHECK(out_of_range);
    const auto resets = cluster.trace.all<trace::PositionReset>();
    REQUIRE(resets.size() == 2);
    const bool is_latest = std::string_view(reset) == "latest";
    CHECK(resets[1].second.offset == (is_latest ? 121 : 80));
    CHECK(consumer.deliveries.size() == (is_latest ? 50 : 50 + 41));
    CHECK(consumer.consumer.position({"orders", 0}) == 121);
  }
}

TEST_CASE("a late reader of a compacted topic gets the latest of each key, with gaps between") {
  const Config topic{{"cleanup.policy", "compact"}, {"segment.ms", "1000"}};
  ClientCluster cluster(1, {{"orders", 1, 1, topic}}, passes_every_20s);
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& early = cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}});
  ConsumerHost& late =
      cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}}, sim_time(40s));
  cluster.at(1s, [&] {
    for (const char* key : {"a", "b", "a", "c", "a", "b"}) producer.publish("orders", key);
  });
  cluster.at(5s, [&] { producer.publish("orders", "c"); });
  cluster.run(50s);
  CHECK(early.deliveries.size() == 7);
  std::vector<std::int64_t> offsets;
  for (const bus::Delivery& delivery : late.deliveries) offsets.push_back(delivery.offset);
  // The last c is in the active segment, so the c before it is still there.
  CHECK(offsets == std::vector<std::int64_t>{3, 4, 5, 6});
  std::vector<std::size_t> event_sizes;
  for (const auto& [event, delivered] : cluster.trace.all<trace::RecordsDelivered>())
    if (event.node == cluster.consumer_id) event_sizes.push_back(delivered.records.size());
  CHECK(event_sizes == std::vector<std::size_t>{4});
}

TEST_CASE("a record without a key is refused by a compacted topic, for good") {
  ClientCluster cluster(1, {{"orders", 1, 1, {{"cleanup.policy", "compact"}}}});
  ProducerHost& producer = cluster.add_producer();
  cluster.at(1s, [&] { producer.publish("orders"); });
  cluster.run(3s);
  const auto refused = cluster.trace.all<trace::ProduceRefused>();
  REQUIRE(refused.size() == 1);
  CHECK(refused[0].second.error == "INVALID_RECORD");
  CHECK(cluster.trace.all<trace::SendFailed>().size() == 1);
  CHECK(cluster.partition("orders", 0).log().log_end_offset() == 0);
}
