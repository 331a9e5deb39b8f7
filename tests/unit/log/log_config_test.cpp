// Whose value of a key a log obeys.
#include "sim/log/log_config.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("without any setting the defaults are Kafka's") {
  CHECK(make_log_config({}, {}) == LogConfig{});
}

TEST_CASE("the topic's own value wins over the broker's default, under another name") {
  const Config broker{{"log.segment.bytes", "2000000"},
                      {"log.retention.ms", "5000"},
                      {"log.cleanup.policy", "compact"},
                      {"log.cleaner.min.cleanable.ratio", "0.1"},
                      {"log.roll.ms", "1000"}};
  const Config topic{{"segment.bytes", "3000000"}, {"cleanup.policy", "compact,delete"}};
  const LogConfig config = make_log_config(topic, broker);
  CHECK(config.segment_bytes == 3'000'000);
  CHECK(config.retention_ms == 5s);
  CHECK(config.compact_policy);
  CHECK(config.delete_policy);
  CHECK(config.min_cleanable_dirty_ratio == doctest::Approx(0.1));
  CHECK(config.segment_ms == 1s);
  CHECK_FALSE(make_log_config({}, broker).delete_policy);
}

TEST_CASE("of a broker's units the finest that is set wins") {
  const Config hours{{"log.retention.hours", "2"}, {"log.roll.hours", "3"}};
  CHECK(make_log_config({}, hours).retention_ms == 2h);
  CHECK(make_log_config({}, hours).segment_ms == 3h);
  const Config minutes{{"log.retention.hours", "2"}, {"log.retention.minutes", "15"}};
  CHECK(make_log_config({}, minutes).retention_ms == 15min);
  const Config ms{{"log.retention.minutes", "15"},
                  {"log.retention.ms", "7000"},
                  {"log.roll.hours", "3"},
                  {"log.roll.ms", "8000"}};
  CHECK(make_log_config({}, ms).retention_ms == 7s);
  CHECK(make_log_config({}, ms).segment_ms == 8s);
  CHECK(make_log_config({}, {{"log.retention.hours", "-1"}}).retention_ms < Duration::zero());
}

TEST_CASE("retention.ms=-1 is forever") {
  CHECK(make_log_config({{"retention.ms", "-1"}}, {}).retention_ms < Duration::zero());
}

TEST_CASE("max.compaction.lag.ms closes the segments of compacted topics in time") {
  LogConfig config;
  config.max_compaction_lag_ms = 1s;
  CHECK(config.max_segment_ms() == config.segment_ms);
  config.compact_policy = true;
  CHECK(config.max_segment_ms() == 1s);
  config.segment_ms = 500ms;
  CHECK(config.max_segment_ms() == 500ms);
}
