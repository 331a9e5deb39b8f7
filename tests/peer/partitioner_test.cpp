// Against librdkafka, a client of Kafka that is not ours: does a record with a key go to the same
// partition?
#include <librdkafka/rdkafka.h>

#include <cstdint>
#include <memory>
#include <string>

#include <doctest/doctest.h>

#include "sim/base/random.h"
#include "sim/client/murmur2.h"

using namespace eventarium;

namespace {

/// A producer that never connects: librdkafka's partitioners want a topic of one.
class PeerTopic {
 public:
  PeerTopic()
      : producer_(rd_kafka_new(RD_KAFKA_PRODUCER, silent(), nullptr, 0), rd_kafka_destroy),
        topic_(rd_kafka_topic_new(producer_.get(), "orders", nullptr), rd_kafka_topic_destroy) {}

  using Partitioner = std::int32_t (*)(const rd_kafka_topic_t*, const void*, std::size_t,
                                       std::int32_t, void*, void*);
  std::int32_t partition_for(const std::string& key, std::int32_t count, Partitioner by) const {
    return by(topic_.get(), key.data(), key.size(), count, nullptr, nullptr);
  }

 private:
  /// Says nothing about the brokers that it doesn't have. The producer takes it over.
  static rd_kafka_conf_t* silent() {
    rd_kafka_conf_t* const conf = rd_kafka_conf_new();
    rd_kafka_conf_set(conf, "log_level", "0", nullptr, 0);
    return conf;
  }

  std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> producer_;
  std::unique_ptr<rd_kafka_topic_t, void (*)(rd_kafka_topic_t*)> topic_;
};

std::string random_key(RandomStream& random) {
  std::string key(random.below(40), '\0');
  for (char& c : key) c = static_cast<char>(random.below(256));
  return key;
}

}  // namespace

TEST_CASE("200 random keys go to the partitions that librdkafka's murmur2 chooses") {
  const PeerTopic peer;
  RandomStream random(2026, "keys");
  for (int i = 0; i < 200; ++i) {
    const std::string key = random_key(random);
    const auto count = static_cast<std::int32_t>(1 + random.below(1000));
    CAPTURE(key.size());
    CAPTURE(count);
    const std::int32_t ours = kafka::partition_for_key(key, count);
    CHECK(ours == peer.partition_for(key, count, rd_kafka_msg_partitioner_murmur2));
    CHECK(ours == peer.partition_for(key, count, rd_kafka_msg_partitioner_murmur2_random));
  }
}

TEST_CASE("an empty key is a key, for librdkafka too") {
  const PeerTopic peer;
  for (const std::int32_t count : {1, 3, 6, 100})
    CHECK(kafka::partition_for_key("", count) ==
          peer.partition_for("", count, rd_kafka_msg_partitioner_murmur2));
}
