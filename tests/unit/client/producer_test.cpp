// The producer against real brokers on a virtual network: outcomes, retries, order, limits.
#include "sim/client/producer.h"

#include <algorithm>
#include <map>
#include <set>

#include <doctest/doctest.h>

#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

constexpr NodeId broker{0};

bool failed_with(const Trace& trace, std::string_view text) {
  for (const auto& [event, failed] : trace.all<trace::SendFailed>())
    if (failed.error.find(text) != std::string::npos) return true;
  return false;
}

/// Times that each record was acknowledged or failed.
std::map<RecordId, int> outcomes(const Trace& trace) {
  std::map<RecordId, int> count;
  for (const auto& [event, acknowledged] : trace.all<trace::RecordsAcknowledged>())
    for (const RecordId id : acknowledged.records) ++count[id];
  for (const auto& [event, failed] : trace.all<trace::SendFailed>())
    for (const RecordId id : failed.records) ++count[id];
  return count;
}

}  // namespace

TEST_CASE("a record is batched, sent after linger.ms, appended and acknowledged with its offset") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  cluster.at(100ms, [&] { producer.publish("orders"); });
  cluster.at(102ms, [&] { producer.publish("orders"); });
  cluster.run(1s);
  const auto batched = cluster.trace.all<trace::RecordBatched>();
  REQUIRE(batched.size() == 2);
  CHECK(batched[0].second.by == "sticky");
  CHECK(batched[0].second.batch == batched[1].second.batch);
  const auto acknowledged = cluster.trace.all<trace::RecordsAcknowledged>();
  REQUIRE(acknowledged.size() == 1);
  CHECK(acknowledged[0].second.base_offset == 0);
  CHECK(acknowledged[0].second.records.size() == 2);
  for (const auto& [event, sent] : cluster.trace.all<trace::MessageSent>()) {
    if (sent.label != "Produce") continue;
    CHECK(event.t == batched[0].first.t + 5ms);
    CHECK(event.cause == batched[1].first.id);
  }
  CHECK(producer.producer.pending() == 0);
}

TEST_CASE("row 2: the same key 1000 times: one partition, strictly increasing offsets") {
  ClientCluster cluster(2, {{"orders", 6, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  std::vector<RecordId> published;
  for (int i = 0; i < 1000; ++i)
    cluster.at(10ms + i * 1ms, [&] { published.push_back(producer.publish("orders", "abc")); });
  cluster.run(3s);
  CHECK(cluster.log_of("orders", 3) == published);
  for (const auto& [event, batched] : cluster.trace.all<trace::RecordBatched>())
    CHECK(batched.by == "key");
}

TEST_CASE("records without a key, of the same moment, share batches") {
  ClientCluster cluster(1, {{"orders", 3, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"linger.ms", "0"}});
  cluster.at(100ms, [&] {
    for (int i = 0; i < 20; ++i) producer.publish("orders");
  });
  cluster.run(1s);
  CHECK(cluster.trace.all<trace::RecordsAcknowledged>().size() == 1);
}

TEST_CASE("round robin, ignored keys, explicit partitions") {
  ClientCluster cluster(1, {{"orders", 3, 1, {}}});
  ProducerHost& round_robin = cluster.add_producer(
      {{"partitioner.class", "org.apache.kafka.clients.producer.RoundRobinPartitioner"}});
  cluster.at(10ms, [&] {
    for (int i = 0; i < 6; ++i) round_robin.publish("orders", "same-key");
  });
  cluster.at(200ms, [&] { round_robin.publish("orders", "same-key", 100, 2); });
  cluster.run(1s);
  CHECK(cluster.log_of("orders", 0).size() == 2);
  CHECK(cluster.log_of("orders", 1).size() == 2);
  CHECK(cluster.log_of("orders", 2).size() == 3);
  CHECK(cluster.trace.all<trace::RecordBatched>().back().second.by == "explicit");
  ClientCluster other(1, {{"orders", 3, 1, {}}});
  ProducerHost& ignoring = other.add_producer({{"partitioner.ignore.keys", "true"}});
  other.at(10ms, [&] { ignoring.publish("orders", "key"); });
  other.run(1s);
  CHECK(other.trace.all<trace::RecordBatched>().front().second.by == "sticky");
}

TEST_CASE("an unknown topic or partition fails the record after max.block.ms, not the next one") {
  ClientCluster cluster(1, {{"orders", 2, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"max.block.ms", "2000"}});
  cluster.at(10ms, [&] {
    producer.publish("nowhere");
    producer.publish("orders", {}, 100, 5);
    producer.publish("orders");
  });
  cluster.run(1s);
  CHECK(producer.producer.pending() == 3);
  cluster.run(4s);
  CHECK(producer.producer.pending() == 0);
  CHECK(failed_with(cluster.trace, "TimeoutException: topic nowhere"));
  CHECK(failed_with(cluster.trace, "TimeoutException: partition 5 of topic orders"));
  CHECK(cluster.trace.all<trace::RecordsAcknowledged>().size() == 1);
}

TEST_CASE("a record above max.request.size never leaves the client") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"max.request.size", "1000"}});
  cluster.at(10ms, [&] { producer.publish("orders", {}, 1001); });
  cluster.run(1s);
  CHECK(failed_with(cluster.trace, "RecordTooLargeException"));
  CHECK(cluster.requests("Produce") == 0);
}

TEST_CASE("MESSAGE_TOO_LARGE: a batch is split until it fits, a single record fails") {
  ClientCluster cluster(1, {{"orders", 1, 1, {{"max.message.bytes", "400"}}}});
  ProducerHost& producer = cluster.add_producer({{"max.in.flight.requests.per.connection", "1"}});
  std::vector<RecordId> small;
  cluster.at(10ms, [&] {
    for (int i = 0; i < 10; ++i) small.push_back(producer.publish("orders"));
    producer.publish("orders", {}, 1000);
  });
  cluster.run(3s);
  CHECK(cluster.log_of("orders", 0) == small);
  CHECK(failed_with(cluster.trace, "MESSAGE_TOO_LARGE"));
  CHECK(cluster.trace.all<trace::SendFailed>().size() == 1);
  CHECK(producer.producer.pending() == 0);
}

TEST_CASE("a lost connection: a batch in flight is retried, once the broker is back") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"linger.ms", "0"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(1s, [&] { producer.publish("orders"); });
  cluster.at(1s + 20us, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
  cluster.at(3s, [&] { cluster.engine.start(broker); });
  cluster.run(10s);
  CHECK(cluster.log_of("orders", 0).size() == 2);
  const auto retried = cluster.trace.all<trace::SendRetried>();
  REQUIRE(retried.size() == 1);  // attempts to connect are none of the batch's
  CHECK(retried[0].second.error == "NETWORK_EXCEPTION");
  CHECK(retried[0].second.attempt == 1);
  CHECK(retried[0].second.backoff >= 80ms);
  CHECK(retried[0].second.backoff <= 120ms);
  CHECK(producer.producer.pending() == 0);
}

TEST_CASE("a broker crash leaves the order alone when at most one batch is in flight") {
  for (const char* acks : {"0", "1", "all"}) {
    CAPTURE(acks);
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer({{"acks", acks}});
    std::vector<RecordId> published;
    for (int i = 0; i < 20; ++i)
      cluster.at(10ms + i * 1s, [&] { published.push_back(producer.publish("orders", "key")); });
    cluster.at(5s + 10ms, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
    cluster.at(10s, [&] { cluster.engine.start(broker); });
    cluster.run(30s);
    CHECK(cluster.log_of("orders", 0) == published);
    CHECK(cluster.trace.all<trace::SendRetried>().empty());  // nothing was ever sent in vain
    CHECK(producer.producer.pending() == 0);
    CHECK(cluster.requests("Produce") <= 16);  // what came up meanwhile shares a batch
  }
}

TEST_CASE("nothing is sent to a broker that is not ready, whatever acks; retries=0 loses nothing") {
  for (const char* acks : {"0", "all"}) {
    CAPTURE(acks);
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer({{"acks", acks}, {"retries", "0"}});
    cluster.at(10ms, [&] { producer.publish("orders"); });
    cluster.at(1s, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
    cluster.at(1100ms, [&] { producer.publish("orders"); });
    cluster.run(2900ms);
    CHECK(producer.producer.pending() == 1);
    CHECK(cluster.requests("Produce") == 1);
    const std::size_t attempts = cluster.requests("ApiVersions");
    CHECK(attempts >= 4);  // after about 50, 100, 200, 400, 800 ms
    CHECK(attempts <= 8);
    cluster.at(3s, [&] { cluster.engine.start(broker); });
    cluster.run(3s);
    CHECK(cluster.log_of("orders", 0).size() == 2);
    CHECK(cluster.trace.all<trace::SendFailed>().empty());
  }
}

TEST_CASE("a broker without power: the attempt to connect is given up in time, and made again") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer =
      cluster.add_producer({{"enable.idempotence", "false"},  // it would connect at its start
                            {"socket.connection.setup.timeout.ms", "1000"},
                            {"socket.connection.setup.timeout.max.ms", "1000"}});
  cluster.at(1ms, [&] { cluster.engine.stop(broker, engine::StopReason::power_loss); });
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(5s, [&] { cluster.engine.start(broker); });
  cluster.run(4500ms);
  CHECK(cluster.requests("ApiVersions") >= 3);
  CHECK(cluster.requests("Metadata") == 0);
  bool told = false;
  for (const auto& [event, warning] : cluster.trace.all<trace::ClientWarning>())
    told = told || warning.text.find("no connection to broker-1") != std::string::npos;
  CHECK(told);
  cluster.run(5s);
  CHECK(cluster.log_of("orders", 0).size() == 1);
}

TEST_CASE("retries=0: the first failure is final") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"retries", "0"}, {"linger.ms", "0"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(1s, [&] { producer.publish("orders"); });
  cluster.at(1s + 20us, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
  cluster.run(5s);
  CHECK(failed_with(cluster.trace, "NETWORK_EXCEPTION"));
  CHECK(cluster.trace.all<trace::SendRetried>().empty());
}

TEST_CASE("a broker that stays away: Expiring at delivery.timeout.ms") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer =
      cluster.add_producer({{"request.timeout.ms", "1000"}, {"delivery.timeout.ms", "5000"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(1s, [&] {
    cluster.engine.stop(broker, engine::StopReason::power_loss);
    producer.publish("orders");
    producer.publish("orders");
  });
  cluster.run(5900ms);
  CHECK(producer.producer.pending() == 2);
  cluster.run(200ms);
  CHECK(producer.producer.pending() == 0);
  CHECK(failed_with(cluster.trace, "Expiring 2 record(s) for orders-0"));
  CHECK(producer.producer.accumulator().available_bytes() == 33554432);
}

TEST_CASE("row 7: buffer.memory full and the broker down") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"buffer.memory", "40000"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(1s, [&] { cluster.engine.stop(broker, engine::StopReason::power_loss); });
  cluster.at(2s, [&] {
    for (int i = 0; i < 400; ++i) producer.publish("orders");
  });
  cluster.run(61s);
  CHECK(cluster.trace.all<trace::SendFailed>().empty());
  CHECK(producer.producer.pending() == 400);
  cluster.run(3s);  // 60 s after send(): those that found no memory
  CHECK(failed_with(cluster.trace, "BufferExhaustedException"));
  const auto buffered = producer.producer.pending();
  CHECK(buffered == 2 * 148);  // two batches of batch.size fit into 40000 bytes
  cluster.run(60s);            // 120 s after their creation: the batches
  CHECK(producer.producer.pending() == 0);
  CHECK(failed_with(cluster.trace, "Expiring"));
}

TEST_CASE("waiting for memory ends when a batch is done, in the order of the calls") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"buffer.memory", "40000"}});
  std::vector<RecordId> published;
  cluster.at(10ms, [&] {
    for (int i = 0; i < 1000; ++i) published.push_back(producer.publish("orders"));
  });
  cluster.run(5s);
  CHECK(cluster.log_of("orders", 0) == published);
  CHECK(cluster.trace.all<trace::SendFailed>().empty());
}

TEST_CASE("row 10: acks=0: acknowledged without an offset, and lost without a word") {
  ClientCluster cluster(1, {{"orders", 1, 1, {{"max.message.bytes", "500"}}}});
  ProducerHost& producer = cluster.add_producer({{"acks", "0"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(500ms, [&] { producer.publish("orders", {}, 1000); });  // the broker refuses it
  cluster.run(2s);
  const auto acknowledged = cluster.trace.all<trace::RecordsAcknowledged>();
  REQUIRE(acknowledged.size() == 2);
  CHECK(acknowledged[0].second.base_offset == -1);
  CHECK(cluster.log_of("orders", 0).size() == 1);
  CHECK(cluster.trace.all<trace::SendFailed>().empty());
  CHECK(cluster.trace.all<trace::ProduceRefused>().size() == 1);
  CHECK(cluster.requests("ProduceResponse") == 0);
}

TEST_CASE("order with retries: kept with one request in flight, through a crash") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer =
      cluster.add_producer({{"max.in.flight.requests.per.connection", "1"}, {"linger.ms", "0"}});
  for (int i = 0; i < 1000; ++i) cluster.at(10ms + i * 1ms, [&] { producer.publish("orders"); });
  cluster.at(200ms, [&] { cluster.engine.stop(broker, engine::StopReason::crash); });
  cluster.at(500ms, [&] { cluster.engine.start(broker); });
  cluster.run(10s);
  std::vector<RecordId> firsts;
  for (const RecordId id : cluster.log_of("orders", 0))
    if (std::find(firsts.begin(), firsts.end(), id) == firsts.end()) firsts.push_back(id);
  CHECK(firsts.size() == 1000);
  CHECK(std::is_sorted(firsts.begin(), firsts.end()));
}

TEST_CASE("never more unanswered requests than max.in.flight.requests.per.connection") {
  for (const int limit : {1, 3}) {
    ClientCluster cluster(1, {{"orders", 4, 1, {}}});
    ProducerHost& producer = cluster.add_producer(
        {{"max.in.flight.requests.per.connection", std::to_string(limit)}, {"linger.ms", "0"}});
    for (int i = 0; i < 2000; ++i)
      cluster.at(10ms + i * 20us,
                 [&, i] { producer.publish("orders", "key-" + std::to_string(i % 6)); });
    cluster.run(3s);
    CHECK(producer.producer.pending() == 0);
    int in_flight = 0, most = 0;
    for (const auto& [event, sent] : cluster.trace.all<trace::MessageSent>()) {
      if (sent.label == "Produce") most = std::max(most, ++in_flight);
      if (sent.label == "ProduceResponse") --in_flight;
    }
    CHECK(most <= limit);
  }
}

TEST_CASE("a crash forgets what was not sent; a clean stop sends it") {
  for (const auto reason : {engine::StopReason::crash, engine::StopReason::clean}) {
    ClientCluster cluster(1, {{"orders", 1, 1, {}}});
    ProducerHost& producer = cluster.add_producer({{"linger.ms", "1000"}});
    cluster.at(10ms, [&] { producer.publish("orders"); });
    cluster.at(200ms, [&] { cluster.engine.stop(cluster.producer_id, reason); });
    cluster.at(2s, [&] { cluster.engine.start(cluster.producer_id); });
    cluster.at(3s, [&] { producer.publish("orders"); });
    cluster.run(10s);
    const bool clean = reason == engine::StopReason::clean;
    CHECK(cluster.log_of("orders", 0).size() == (clean ? 2 : 1));
    CHECK(producer.producer.pending() == 0);
  }
}

TEST_CASE("a clean stop says of each record what became of it") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer({{"linger.ms", "1000"}, {"batch.size", "300"}});
  const auto failed_with = [&](const char* part) {
    std::size_t count = 0;
    for (const auto& [event, failed] : cluster.trace.all<trace::SendFailed>())
      if (failed.error.find(part) != std::string::npos) count += failed.records.size();
    return count;
  };
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(20ms, [&] { producer.publish("elsewhere"); });  // waits for metadata
  cluster.at(200ms, [&] { cluster.engine.stop(cluster.producer_id, engine::StopReason::clean); });
  cluster.run(1s);
  CHECK(producer.producer.pending() == 0);
  CHECK(failed_with("the producer was closed before the answer") == 1);
  CHECK(failed_with("the producer was closed before it was accepted") == 1);
  CHECK(cluster.log_of("orders", 0).size() == 1);  // sent at the last moment, and stored
  // Without a leader to send to nothing can be sent at all.
  cluster.at(2s, [&] { cluster.engine.start(cluster.producer_id); });
  cluster.at(3s, [&] { producer.publish("orders"); });
  cluster.at(4500ms, [&] { cluster.engine.stop(NodeId{0}, engine::StopReason::crash); });
  cluster.at(5s, [&] { producer.publish("orders"); });
  cluster.at(6030ms, [&] { cluster.engine.stop(cluster.producer_id, engine::StopReason::clean); });
  cluster.run(9s);
  CHECK(failed_with("the producer was closed before") == 3);
  CHECK(cluster.trace.all<trace::RecordsAcknowledged>().size() == 1);
}

TEST_CASE("time goes on whatever is 0") {
  const std::vector<std::string> common = {"request.timeout.ms",       "retry.backoff.ms",
                                           "retry.backoff.max.ms",     "reconnect.backoff.ms",
                                           "reconnect.backoff.max.ms", "metadata.max.age.ms"};
  for (std::uint32_t chosen = 1; chosen < 64; chosen = chosen < 62 ? chosen * 2 + 1 : chosen + 1) {
    Config zero, consumer_zero;
    for (std::size_t i = 0; i < common.size(); ++i)
      if (chosen >> i & 1) zero[common[i]] = consumer_zero[common[i]] = "0";
    for (const char* key : {"linger.ms", "max.block.ms", "delivery.timeout.ms"})
      if (chosen == 63) zero[key] = "0";
    zero["linger.ms"] = consumer_zero["fetch.max.wait.ms"] = "0";
    for (const bool down : {false, true}) {
      CAPTURE(chosen);
      ClientCluster cluster(1, {{"orders", 1, 1, {}}});
      ProducerHost& producer = cluster.add_producer(zero);
      cluster.add_consumer(consumer_zero, {{{"orders", 0}}, {}});
      for (int i = 0; i < 10; ++i) cluster.at(10ms + i * 10ms, [&] { producer.publish("orders"); });
      if (down)
        cluster.at(50ms, [&] { cluster.engine.stop(NodeId{0}, engine::StopReason::power_loss); });
      cluster.run(300ms);
      CHECK(cluster.trace.events.size() < 20'000);
    }
  }
}

TEST_CASE("whatever happens, each record ends acknowledged or failed, exactly once") {
  for (const char* acks : {"0", "1", "all"}) {
    CAPTURE(acks);
    ClientCluster cluster(3, {{"orders", 5, 1, {{"max.message.bytes", "3000"}}}});
    ProducerHost& producer = cluster.add_producer({{"acks", acks},
                                                   {"buffer.memory", "100000"},
                                                   {"max.block.ms", "1500"},
                                                   {"request.timeout.ms", "1000"},
                                                   {"delivery.timeout.ms", "4000"}});
    RandomStream random(5, "faults");
    for (int i = 0; i < 3000; ++i)
      cluster.at(10ms + i * 3ms, [&] {
        producer.publish("orders", {}, static_cast<std::uint32_t>(random.below(4000)));
      });
    for (int i = 0; i < 12; ++i) {
      const NodeId target{static_cast<std::uint32_t>(random.below(3))};
      const auto when = std::chrono::milliseconds(300 + 700 * i);
      const bool power = random.chance(0.5);
      cluster.at(when, [&cluster, target, power] {
        cluster.engine.stop(target,
                            power ? engine::StopReason::power_loss : engine::StopReason::crash);
      });
      cluster.at(when + 600ms, [&cluster, target] { cluster.engine.start(target); });
    }
    cluster.run(60s);
    CHECK(producer.producer.pending() == 0);
    const auto count = outcomes(cluster.trace);
    CHECK(count.size() == 3000);
    CHECK(std::all_of(count.begin(), count.end(), [](const auto& e) { return e.second == 1; }));
    CHECK(producer.producer.accumulator().available_bytes() == 100000);
  }
}
