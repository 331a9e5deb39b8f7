// Producer, brokers and consumer together: everything arrives, once, in order per partition.
#include <doctest/doctest.h>

#include <map>
#include <set>

#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

TEST_CASE("a small cluster delivers every record once and in order per partition") {
  ClientCluster cluster(3, {{"orders", 6, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer =
      cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}});
  for (int i = 0; i < 2000; ++i)
    cluster.at(10ms + i * 500us,
               [&, i] { producer.publish("orders", "user-" + std::to_string(i % 20)); });
  cluster.run(3s);
  REQUIRE(consumer.deliveries.size() == 2000);
  std::map<std::int64_t, std::int64_t> next_offset;
  std::map<std::string, std::uint64_t> last_of_key;
  std::set<RecordId> seen;
  for (const bus::Delivery& delivery : consumer.deliveries) {
    CHECK(delivery.offset == next_offset[delivery.partition]++);
    CHECK(seen.insert(delivery.record.id).second);
    std::uint64_t& last = last_of_key[*delivery.record.event->partitionkey];
    CHECK(delivery.record.id.value > last);
    last = delivery.record.id.value;
  }
  CHECK(producer.producer.pending() == 0);
  for (std::int32_t p = 0; p < 6; ++p)
    CHECK(cluster.partition("orders", p).log().log_end_offset() == next_offset[p]);
}

TEST_CASE("the same seed gives the same trace, event for event") {
  const auto run = [] {
    ClientCluster cluster(2, {{"orders", 4, 1, {}}});
    ProducerHost& producer = cluster.add_producer();
    cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}});
    for (int i = 0; i < 300; ++i) cluster.at(10ms + i * 2ms, [&] { producer.publish("orders"); });
    cluster.at(200ms, [&] { cluster.engine.stop(NodeId{1}, engine::StopReason::crash); });
    cluster.at(400ms, [&] { cluster.engine.start(NodeId{1}); });
    cluster.run(3s);
    return cluster.trace.events;
  };
  const auto first = run();
  CHECK(first.size() > 1000);
  CHECK(first == run());
}

TEST_CASE("a crash and restart of a broker loses nothing that its log had, and clients go on") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer =
      cluster.add_producer({{"max.in.flight.requests.per.connection", "1"}, {"linger.ms", "0"}});
  ConsumerHost& consumer =
      cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}});
  for (int i = 0; i < 500; ++i) cluster.at(10ms + i * 2ms, [&] { producer.publish("orders"); });
  cluster.at(300ms + 20us, [&] { cluster.engine.stop(NodeId{0}, engine::StopReason::crash); });
  cluster.at(600ms, [&] { cluster.engine.start(NodeId{0}); });
  cluster.run(5s);
  CHECK(cluster.trace.all<trace::SendFailed>().empty());
  CHECK_FALSE(cluster.trace.all<trace::SendRetried>().empty());
  CHECK(producer.producer.pending() == 0);
  std::set<RecordId> seen;
  for (const bus::Delivery& delivery : consumer.deliveries) seen.insert(delivery.record.id);
  CHECK(seen.size() == 500);
}

TEST_CASE("power loss at the only replica loses acknowledged records, and the consumer notices") {
  ClientCluster cluster(1, {{"orders", 1, 1, {}}});
  ProducerHost& producer = cluster.add_producer();
  ConsumerHost& consumer =
      cluster.add_consumer({{"auto.offset.reset", "earliest"}}, {{}, {"orders"}});
  cluster.at(10ms, [&] { producer.publish("orders"); });
  cluster.at(1s, [&] { cluster.engine.stop(NodeId{0}, engine::StopReason::power_loss); });
  cluster.at(2s, [&] { cluster.engine.start(NodeId{0}); });
  cluster.run(40s);
  CHECK(cluster.trace.all<trace::RecordsAcknowledged>().size() == 1);
  CHECK(cluster.partition("orders", 0).log().log_end_offset() == 0);
  CHECK(consumer.consumer.position({"orders", 0}) == 0);
  cluster.at(41s, [&] { producer.publish("orders"); });
  cluster.run(5s);
  CHECK(consumer.deliveries.size() == 2);
}
