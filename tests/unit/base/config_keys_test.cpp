// Kafka's keys are honoured or rejected, never ignored.
#include "sim/base/config_keys.h"

#include <set>
#include <utility>

#include <doctest/doctest.h>

using namespace eventarium;

namespace {

std::string check(ConfigScope scope, std::string_view name, std::string_view value) {
  const ConfigKey* key = find_config_key(scope, name);
  REQUIRE(key != nullptr);
  return check_config_value(*key, value);
}

}  // namespace

TEST_CASE("every key is there once per scope and its default is a legal value") {
  std::set<std::pair<ConfigScope, std::string_view>> seen;
  for (const ConfigKey& key : config_keys()) {
    CAPTURE(key.name);
    CHECK(seen.insert({key.scope, key.name}).second);
    CHECK_FALSE(key.doc.empty());
    if (key.honoured) CHECK(check_config_value(key, key.default_value).empty());
    if (!key.inert_value.empty()) CHECK(check_config_value(key, key.inert_value).empty());
  }
}

TEST_CASE("a key of another scope is unknown") {
  CHECK(find_config_key(ConfigScope::consumer, "linger.ms") == nullptr);
  CHECK(find_config_key(ConfigScope::producer, "linger.ms") != nullptr);
}

TEST_CASE("values of the wrong type or out of bounds are named") {
  CHECK(check(ConfigScope::producer, "linger.ms", "5ms").find("whole number") != std::string::npos);
  CHECK(check(ConfigScope::producer, "linger.ms", "-1").find("at least 0") != std::string::npos);
  CHECK(check(ConfigScope::producer, "linger.ms", "").find("whole number") != std::string::npos);
  CHECK(check(ConfigScope::producer, "acks", "2").find("one of all, -1, 0, 1") !=
        std::string::npos);
  CHECK(check(ConfigScope::consumer, "max.poll.records", "0").find("between 1") !=
        std::string::npos);
  CHECK(check(ConfigScope::producer, "partitioner.ignore.keys", "yes").find("true or false") !=
        std::string::npos);
  CHECK(check(ConfigScope::producer, "acks", "0").empty());
}

TEST_CASE("what is not simulated is rejected unless it is set to what happens anyway") {
  CHECK(check(ConfigScope::producer, "compression.type", "lz4").find("not simulated") !=
        std::string::npos);
  CHECK(check(ConfigScope::producer, "compression.type", "none").empty());
  CHECK(check(ConfigScope::consumer, "group.id", "billing").find("consumer groups") !=
        std::string::npos);
  CHECK(check(ConfigScope::topic, "compression.type", "lz4").find("compression") !=
        std::string::npos);
  CHECK(check(ConfigScope::topic, "compression.type", "producer").empty());
}

TEST_CASE("a topic's records can't be due for compaction before they may be compacted") {
  const Config both{{"min.compaction.lag.ms", "2000"}, {"max.compaction.lag.ms", "1000"}};
  CHECK(check_config(ConfigScope::topic, both).find("min.compaction.lag.ms") != std::string::npos);
  CHECK(check_config(ConfigScope::topic, {{"min.compaction.lag.ms", "2000"}}).empty());
}

TEST_CASE("followers that wait for longer than they may be silent are refused") {
  const auto check = [](const char* wait, const char* lag) {
    return check_config(ConfigScope::broker,
                        {{"replica.fetch.wait.max.ms", wait}, {"replica.lag.time.max.ms", lag}});
  };
  CHECK(check("500", "500").empty());
  CHECK(check("501", "500")
            .starts_with("ConfigException: replica.fetch.wait.max.ms (501) must be at most "
                         "replica.lag.time.max.ms"));
  CHECK(check("30001", "60000").find("replica.socket.timeout.ms (30000)") != std::string::npos);
  CHECK_FALSE(check_config(ConfigScope::broker, {{"log.cleaner.min.compaction.lag.ms", "2"},
                                                 {"log.cleaner.max.compaction.lag.ms", "1"}})
                  .empty());
}

TEST_CASE("a change of a topic's configuration is judged with what the topic has already") {
  const Config has{{"max.compaction.lag.ms", "1000"}};
  CHECK(check_topic_change(has, "min.compaction.lag.ms", "1000").empty());
  CHECK_FALSE(check_topic_change(has, "min.compaction.lag.ms", "1001").empty());
  CHECK(check_topic_change({{"min.compaction.lag.ms", "5"}}, "max.compaction.lag.ms", "").empty());
  CHECK_FALSE(check_topic_change({}, "min.insync.replicas", "none").empty());
  CHECK(check_topic_change({}, "nonsense", "1") == "Kafka's topics have no key 'nonsense'");
}

TEST_CASE("bounds are told exactly") {
  CHECK(check_config_value(*find_config_key(ConfigScope::topic, "segment.bytes"), "1000")
            .starts_with("segment.bytes must be between 1048576 and 2147483647 (now 1000)"));
  CHECK(check_config_value(*find_config_key(ConfigScope::topic, "min.cleanable.dirty.ratio"), "2")
            .starts_with("min.cleanable.dirty.ratio must be between 0 and 1 (now 2)"));
}

TEST_CASE("values: set, default, Long.MAX_VALUE") {
  const Config config{{"linger.ms", "20"}, {"max.block.ms", "9223372036854775807"}};
  CHECK(config_ms(config, ConfigScope::producer, "linger.ms") == 20ms);
  CHECK(config_ms({}, ConfigScope::producer, "linger.ms") == 5ms);
  CHECK(config_ms(config, ConfigScope::producer, "max.block.ms") == Duration::max());
  CHECK(config_int({}, ConfigScope::producer, "batch.size") == 16384);
  CHECK(config_text({}, ConfigScope::consumer, "auto.offset.reset") == "latest");
  CHECK(config_bool({}, ConfigScope::producer, "partitioner.ignore.keys") == false);
  CHECK(config_real({}, ConfigScope::topic, "min.cleanable.dirty.ratio") == 0.5);
}

TEST_CASE("row 8: an explicit delivery.timeout.ms below linger + request timeout is refused") {
  CHECK(check_config(ConfigScope::producer, {{"delivery.timeout.ms", "10000"}})
            .find("ConfigException") == 0);
  CHECK(check_config(ConfigScope::producer,
                     {{"delivery.timeout.ms", "10000"}, {"request.timeout.ms", "9000"}})
            .empty());
  // Not set: the client raises the default itself.
  CHECK(check_config(ConfigScope::producer, {{"request.timeout.ms", "200000"}}).empty());
}

TEST_CASE("row 9: acks=1 is fine without idempotence, a ConfigException with it set explicitly") {
  CHECK(check_config(ConfigScope::producer, {{"acks", "1"}}).empty());
  CHECK(check_config(ConfigScope::producer, {{"acks", "1"}, {"enable.idempotence", "true"}})
            .find("ConfigException") == 0);
}

TEST_CASE("row 9: acks and retries switch idempotence off when nobody asked for it") {
  const Config all{{"acks", "-1"}, {"enable.idempotence", "true"}};
  CHECK(check_config(ConfigScope::producer, all).empty());
  CHECK(is_idempotent(all));
  CHECK_FALSE(is_idempotent({{"enable.idempotence", "false"}}));
  CHECK_FALSE(is_idempotent({{"acks", "0"}}));
  CHECK_FALSE(is_idempotent({{"retries", "0"}}));
  CHECK(check_config(ConfigScope::producer, {{"retries", "0"}}).empty());
  CHECK(check_config(ConfigScope::producer, {{"retries", "0"}, {"enable.idempotence", "true"}})
            .find("retries above 0") != std::string::npos);
}

TEST_CASE("a transactional.id needs idempotence, however that was lost") {
  Config config{{"transactional.id", "shop"}, {"enable.idempotence", "true"}};
  CHECK(check_config(ConfigScope::producer, config).empty());
  config["enable.idempotence"] = "false";
  CHECK(check_config(ConfigScope::producer, config).find("transactional.id") != std::string::npos);
  for (const char* key : {"acks", "retries"}) {
    const Config weak{{"transactional.id", "shop"}, {key, "0"}};
    CHECK(check_config(ConfigScope::producer, weak).find("transactional.id") != std::string::npos);
  }
  config = {{"transactional.id", ""}, {"enable.idempotence", "true"}};
  CHECK(check_config(ConfigScope::producer, config).find("empty") != std::string::npos);
}

TEST_CASE("more than five requests in flight need idempotence switched off explicitly") {
  Config config{{"max.in.flight.requests.per.connection", "6"}};
  CHECK_FALSE(check_config(ConfigScope::producer, config).empty());
  config["enable.idempotence"] = "false";
  CHECK(check_config(ConfigScope::producer, config).empty());
}

TEST_CASE("auto commit needs a group") {
  CHECK_FALSE(check_config(ConfigScope::consumer, {{"enable.auto.commit", "true"}}).empty());
  CHECK(check_config(ConfigScope::consumer, {{"enable.auto.commit", "false"}}).empty());
  const auto wrong = [](const Config& config) {
    return !check_config(ConfigScope::consumer, config).empty();
  };
  CHECK(wrong({{"heartbeat.interval.ms", "45000"}}));
  CHECK_FALSE(wrong({{"heartbeat.interval.ms", "3000"}, {"session.timeout.ms", "6000"}}));
  CHECK(wrong({{"group.protocol", "consumer"}, {"session.timeout.ms", "45000"}}));
  CHECK(wrong({{"group.protocol", "consumer"}, {"partition.assignment.strategy", "range"}}));
  CHECK(wrong({{"group.remote.assignor", "uniform"}}));
  CHECK_FALSE(wrong({{"group.protocol", "consumer"}, {"group.remote.assignor", "uniform"}}));
  CHECK(wrong({{"partition.assignment.strategy", "RangeAssignor,BestAssignor"}}));
  CHECK_FALSE(wrong({{"partition.assignment.strategy",
                      "org.apache.kafka.clients.consumer.CooperativeStickyAssignor, sticky"}}));
  CHECK(wrong({{"auto.offset.reset", "newest"}}));
  CHECK(wrong({{"auto.offset.reset", "by_duration:1h"}}));
  CHECK_FALSE(wrong({{"auto.offset.reset", "by_duration:PT1H"}}));
}
