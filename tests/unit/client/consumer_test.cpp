// The consumer against real brokers: where it begins, what it fetches when, how it hands out.
#include "sim/client/consumer.h"

#include <algorithm>

#include <doctest/doctest.h>

#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

constexpr NodeId broker{0};
const Config earliest{{"auto.offset.reset", "earliest"}};

Config with(Config config, const std::string& key, const std::string& value) {
  config[key] = value;
  return config;
}

/// Publishes `count` records at `when`.
void publish_at(ClientCluster& cluster, ProducerHost& producer, Duration when, int count) {
  cluster.at(when, [&producer, count] {
    for (int i = 0; i < count; ++i) producer.publish("orders", "k");
  });
}

bool warned(const Trace& trace, std::string_view text) {
  for (const auto& [event, warning] : trace.all<trace::ClientWarning>())
    if (warning.text.find(text) != std::string::npos) return true;
  return false;
}

}  // namespace

TEST_CASE("row 45: latest begins at the end and sees none of the 100 records, earliest all") {
  for (const char* reset : {"latest", "earliest"}) {
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer();
    ConsumerHost& consumer =
        cluster.add_consumer({{"auto.offset.reset", reset}}, {{{"orders", 0}}, {}}, sim_time(1s));
    publish_at(cluster, producer, 10ms, 100);
    publish_at(cluster, producer, 2s, 1);
    cluster.run(4s);
    const bool is_latest = std::string_view(reset) == "latest";
    CHECK(consumer.deliveries.size() == (is_latest ? 1 : 101));
    CHECK(consumer.deliveries.front().offset == (is_latest ? 100 : 0));
    const auto resets = cluster.trace.all<trace::PositionReset>();
    REQUIRE(resets.size() == 1);
    CHECK(resets[0].second.policy == reset);
    CHECK(resets[0].second.offset == (is_latest ? 100 : 0));
    CHECK(consumer.consumer.position({"orders", 0}) == 101);
  }
}

TEST_CASE("none: without a position there is nothing to do but to fail") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ConsumerHost& consumer =
      cluster.add_consumer({{"auto.offset.reset", "none"}}, {{{"orders", 0}}, {}});
  cluster.run(5s);
  CHECK(consumer.consumer.has_failed());
  const auto failed = cluster.trace.all<trace::ConsumerFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].second.error.starts_with("NoOffsetForPartitionException"));
  CHECK(cluster.requests("Fetch") == 0);
}

TEST_CASE("only assigned partitions are read") {
  ClientCluster cluster(2, {{"orders", 4, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 1}, {"orders", 2}}, {}});
  cluster.at(10ms, [&] {
    for (std::int32_t p = 0; p < 4; ++p) producer.publish("orders", {}, 100, p);
  });
  cluster.run(2s);
  REQUIRE(consumer.deliveries.size() == 2);
  CHECK(consumer.deliveries[0].partition + consumer.deliveries[1].partition == 3);
  CHECK_FALSE(consumer.consumer.position({"orders", 0}).has_value());
}

TEST_CASE("a topic that is not there yet is warned of once and asked for again") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  cluster.add_consumer(earliest, {{}, {"nowhere"}});
  cluster.run(10s);
  CHECK(cluster.trace.all<trace::ClientWarning>().size() == 1);
  CHECK(cluster.requests("Metadata") > 5);
  CHECK(cluster.requests("Metadata") < 25);  // at growing distances
}

TEST_CASE("long poll: an idle consumer asks every fetch.max.wait.ms, and hears at once") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"linger.ms", "0"}});
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 0}}, {}});
  cluster.run(10s);
  CHECK(cluster.requests("Fetch") >= 19);
  CHECK(cluster.requests("Fetch") <= 21);
  cluster.at(10200ms, [&] { producer.publish("orders"); });
  cluster.run(215ms);
  CHECK(consumer.deliveries.size() == 1);
}

TEST_CASE("max.poll.records slices what was fetched; one event per slice and partition") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(with(earliest, "max.poll.records", "10"),
                                                {{{"orders", 0}}, {}}, sim_time(1s));
  publish_at(cluster, producer, 10ms, 25);
  cluster.run(3s);
  const auto delivered = cluster.trace.all<trace::RecordsDelivered>();
  REQUIRE(delivered.size() == 3);
  CHECK(delivered[0].second.records.size() == 10);
  CHECK(delivered[1].second.base_offset == 10);
  CHECK(delivered[2].second.records.size() == 5);
  CHECK(consumer.deliveries.size() == 25);
  for (std::size_t i = 0; i < 25; ++i)
    CHECK(consumer.deliveries[i].offset == static_cast<std::int64_t>(i));
}

TEST_CASE("one delivery at a time; nothing is sent while the listener is busy") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 0}}, {}});
  consumer.service_time = 300ms;
  publish_at(cluster, producer, 1s, 10);
  cluster.run(1100ms);
  CHECK(consumer.deliveries.size() == 1);
  const std::size_t fetches = cluster.requests("Fetch");
  cluster.run(2500ms);  // the fetch sent by poll() has long been answered
  CHECK(consumer.deliveries.size() == 9);
  CHECK(cluster.requests("Fetch") == fetches);
  CHECK(consumer.consumer.position({"orders", 0}) == 10);  // positions run ahead of processing
  cluster.run(2s);
  CHECK(consumer.deliveries.size() == 10);
  CHECK(cluster.requests("Fetch") > fetches);
}

TEST_CASE("a partition with unread buffered records is not fetched again") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(with(earliest, "max.poll.records", "1"),
                                                {{{"orders", 0}}, {}}, sim_time(1s));
  consumer.service_time = 10ms;
  publish_at(cluster, producer, 10ms, 100);
  cluster.run(1500ms);
  CHECK(consumer.deliveries.size() > 40);
  CHECK(cluster.requests("Fetch") == 1);
}

TEST_CASE("one fetch in flight per broker, whatever the number of partitions") {
  ClientCluster cluster(2, {{"orders", 8, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{}, {"orders"}});
  for (int i = 0; i < 400; ++i)
    cluster.at(10ms + i * 1ms, [&, i] { producer.publish("orders", "user-" + std::to_string(i)); });
  cluster.run(3s);
  CHECK(consumer.deliveries.size() == 400);
  std::map<NodeId, int> in_flight;
  for (const auto& [event, sent] : cluster.trace.all<trace::MessageSent>()) {
    if (sent.label == "Fetch") CHECK(++in_flight[sent.destination] <= 1);
    if (sent.label == "FetchResponse") --in_flight[event.node];
  }
}

TEST_CASE("fetch limits: a small max.partition.fetch.bytes still gets past a large batch") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(with(earliest, "max.partition.fetch.bytes", "100"),
                                                {{{"orders", 0}}, {}}, sim_time(1s));
  publish_at(cluster, producer, 10ms, 500);
  cluster.run(5s);
  CHECK(consumer.deliveries.size() == 500);
  CHECK(cluster.requests("FetchResponse") >= 4);  // one batch each
}

TEST_CASE("fetch.min.bytes makes the consumer wait for more, fetch.max.wait.ms bounds it") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"linger.ms", "0"}});
  ConsumerHost& consumer = cluster.add_consumer(
      with(with(earliest, "fetch.min.bytes", "10000"), "fetch.max.wait.ms", "2000"),
      {{{"orders", 0}}, {}});
  publish_at(cluster, producer, 100ms, 1);
  cluster.run(1900ms);
  CHECK(consumer.deliveries.empty());
  cluster.run(300ms);
  CHECK(consumer.deliveries.size() == 1);
}

TEST_CASE("an offset that is gone: earliest and latest go there, none fails") {
  for (const char* reset : {"earliest", "latest", "none"}) {
    CAPTURE(reset);
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer();
    ConsumerHost& consumer = cluster.add_consumer(
        {{"auto.offset.reset", reset == std::string("none") ? "latest" : reset}},
        {{{"orders", 0}}, {}});
    publish_at(cluster, producer, 1s, 5);
    cluster.at(2s, [&] { cluster.engine.stop(broker, engine::StopReason::power_loss); });
    cluster.at(3s, [&] { cluster.engine.start(broker); });
    cluster.run(60s);
    CHECK(warned(cluster.trace, "OFFSET_OUT_OF_RANGE"));
    CHECK(consumer.consumer.position({"orders", 0}) == 0);
    publish_at(cluster, producer, 61s, 2);
    cluster.run(5s);
    CHECK(consumer.deliveries.size() == 7);
  }
}

TEST_CASE("a crashed consumer begins again by auto.offset.reset: nothing was committed") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 0}}, {}});
  publish_at(cluster, producer, 100ms, 5);
  cluster.at(1s, [&] { cluster.engine.stop(cluster.consumer_id, engine::StopReason::crash); });
  cluster.at(2s, [&] { cluster.engine.start(cluster.consumer_id); });
  cluster.run(4s);
  CHECK(consumer.deliveries.size() == 10);
  CHECK(consumer.deliveries[5].offset == 0);
}

TEST_CASE("a crash in the middle of a record leaves no trace of it in the next life") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 0}}, {}});
  consumer.service_time = 1s;
  publish_at(cluster, producer, 100ms, 2);
  cluster.at(500ms, [&] { cluster.engine.stop(cluster.consumer_id, engine::StopReason::crash); });
  cluster.at(600ms, [&] { cluster.engine.start(cluster.consumer_id); });
  cluster.run(1300ms);
  CHECK(consumer.deliveries.size() == 2);
  cluster.run(5s);
  CHECK(consumer.deliveries.size() == 3);
}

TEST_CASE("finishing something else changes nothing") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer = cluster.add_consumer(earliest, {{{"orders", 0}}, {}});
  consumer.service_time = 1h;
  publish_at(cluster, producer, 100ms, 3);
  cluster.run(1s);
  REQUIRE(consumer.deliveries.size() == 1);
  cluster.at(1100ms, [&] { consumer.consumer.finished(*consumer.lent_runtime, 12345, true); });
  cluster.run(1s);
  CHECK(consumer.deliveries.size() == 1);
}

TEST_CASE("a silent broker: the fetch times out, the connection is closed, reading goes on") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer =
      cluster.add_consumer(with(earliest, "request.timeout.ms", "2000"), {{{"orders", 0}}, {}});
  publish_at(cluster, producer, 100ms, 1);
  cluster.at(1s, [&] { cluster.engine.set_link_up(cluster.consumer_id, false); });
  publish_at(cluster, producer, 2s, 1);
  cluster.at(10s, [&] { cluster.engine.set_link_up(cluster.consumer_id, true); });
  cluster.run(9s);
  CHECK(warned(cluster.trace, "request.timeout.ms"));
  CHECK(consumer.deliveries.size() == 1);
  cluster.run(11s);
  CHECK(consumer.deliveries.size() == 2);
}
