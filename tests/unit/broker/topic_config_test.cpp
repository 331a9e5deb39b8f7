// Topic, broker, Kafka's default: who decides.
#include "sim/broker/topic_config.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("a topic's own value wins over the broker's, which wins over Kafka's default") {
  CHECK(make_topic_config({}, {}).max_message_bytes == 1048588);
  CHECK(make_topic_config({}, {{"message.max.bytes", "500"}}).max_message_bytes == 500);
  CHECK(make_topic_config({{"max.message.bytes", "300"}}, {{"message.max.bytes", "500"}})
            .max_message_bytes == 300);
  CHECK(make_topic_config({}, {{"log.message.timestamp.type", "LogAppendTime"}}).log_append_time);
}
