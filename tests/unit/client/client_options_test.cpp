// From Kafka's keys to plain values.
#include "sim/client/client_options.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("Kafka's defaults") {
  const ProducerOptions producer = make_producer_options({});
  CHECK(producer.acks == -1);
  CHECK(producer.linger == 5ms);
  CHECK(producer.batch_size_bytes == 16384);
  CHECK(producer.client.max_in_flight_requests == 5);
  CHECK(producer.delivery_timeout == 120s);
  CHECK_FALSE(producer.round_robin);
  CHECK(producer.idempotent);
  CHECK(producer.transactional_id.empty());
  CHECK(producer.transaction_timeout == 60s);
  const ConsumerOptions consumer = make_consumer_options({});
  CHECK(consumer.auto_offset_reset == ConsumerOptions::Reset::latest);
  CHECK(consumer.max_poll_records == 500);
  CHECK(consumer.client.request_timeout == 30s);
}

TEST_CASE("values that are set") {
  CHECK(make_producer_options({{"acks", "0"}}).acks == 0);
  CHECK(make_producer_options({{"acks", "all"}}).acks == -1);
  CHECK_FALSE(make_producer_options({{"acks", "1"}}).idempotent);
  CHECK(make_producer_options({{"transactional.id", "shop"}}).transactional_id == "shop");
  CHECK(make_producer_options({{"batch.size", "0"}}).batch_size_bytes == 1);
  CHECK(make_consumer_options({{"auto.offset.reset", "none"}}).auto_offset_reset ==
        ConsumerOptions::Reset::none);
}

TEST_CASE("row 8: an unset delivery.timeout.ms is raised to linger.ms + request.timeout.ms") {
  CHECK(make_producer_options({{"request.timeout.ms", "200000"}, {"linger.ms", "7"}})
            .delivery_timeout == 200007ms);
}

TEST_CASE("Long.MAX_VALUE is far away and can be added to a time") {
  const Duration block = make_producer_options({{"max.block.ms", "9223372036854775807"}}).max_block;
  CHECK(block > 50 * 365 * 24h);
  CHECK(sim_time(1h) + block > sim_time(1h));
}
