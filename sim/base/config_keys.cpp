// The rules over the table of Kafka's configuration keys (config_key_table.cpp): is a value legal,
// does this version honour it, do the keys of one client agree with each other.
#include "sim/base/config_keys.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>
#include <optional>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sim/base/check.h"
#include "sim/base/iso_duration.h"

namespace eventarium {
namespace {

constexpr std::int64_t long_max = std::numeric_limits<std::int64_t>::max();

std::optional<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  return value;
}

std::optional<double> parse_real(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || text.empty()) return {};
  if (!std::isfinite(value)) return {};
  return value;
}

std::string bounds_text(const ConfigKey& key) {
  if (key.high >= 9e18) return fmt::format("at least {:.0f}", key.low);
  if (key.type == ConfigKey::Type::integer)
    return fmt::format("between {:.0f} and {:.0f}", key.low, key.high);
  return fmt::format("between {:g} and {:g}", key.low, key.high);
}

std::string check_number(const ConfigKey& key, std::string_view value) {
  const bool whole = key.type == ConfigKey::Type::integer;
  std::optional<double> number;
  if (!whole) {
    number = parse_real(value);
  } else if (const auto integer = parse_integer(value)) {
    number = static_cast<double>(*integer);
  }
  if (!number)
    return fmt::format("{} must be {} (now '{}'); {}", key.name,
                       whole ? "a whole number without a unit" : "a number", value, key.doc);
  if (*number < key.low || *number > key.high)
    return fmt::format("{} must be {} (now {}); {}", key.name, bounds_text(key), value, key.doc);
  return {};
}

std::string check_legal(const ConfigKey& key, std::string_view value) {
  switch (key.type) {
    case ConfigKey::Type::boolean:
      if (value != "true" && value != "false")
        return fmt::format("{} must be true or false (now '{}')", key.name, value);
      return {};
    case ConfigKey::Type::integer:
    case ConfigKey::Type::real:
      return check_number(key, value);
    case ConfigKey::Type::choice:
      if (std::find(key.choices.begin(), key.choices.end(), value) == key.choices.end())
        return fmt::format("{} must be one of {} (now '{}')", key.name,
                           fmt::join(key.choices, ", "), value);
      return {};
    case ConfigKey::Type::text:
      return {};
  }
  return {};
}

bool is_set(const Config& config, std::string_view name) {
  return config.contains(std::string(name));
}

bool acks_are_all(const Config& config) {
  const std::string acks = config_text(config, ConfigScope::producer, "acks");
  return acks == "all" || acks == "-1";
}

// ProducerConfig.postProcessAndValidateIdempotenceConfigs (4.1).
std::string check_idempotence(const Config& config) {
  constexpr auto scope = ConfigScope::producer;
  const bool wanted = config_bool(config, scope, "enable.idempotence");
  const bool asked_for = wanted && is_set(config, "enable.idempotence");
  const bool switched_off = is_set(config, "enable.idempotence") && !wanted;
  constexpr std::string_view in_flight = "max.in.flight.requests.per.connection";
  if (!switched_off && config_int(config, scope, in_flight) > 5)
    return fmt::format(
        "ConfigException: {} above 5 needs enable.idempotence set to false explicitly (Kafka 4.0 "
        "and later)",
        in_flight);
  if (asked_for && !acks_are_all(config))
    return fmt::format("ConfigException: enable.idempotence=true needs acks=all (now acks={})",
                       config_text(config, scope, "acks"));
  if (asked_for && config_int(config, scope, "retries") == 0)
    return "ConfigException: enable.idempotence=true needs retries above 0";
  if (!is_set(config, "transactional.id")) return {};
  if (config_text(config, scope, "transactional.id").empty())
    return "ConfigException: transactional.id must not be empty";
  if (is_idempotent(config)) return {};
  return "ConfigException: a transactional.id needs idempotence: acks=all, retries above 0, and "
         "enable.idempotence not set to false";
}

// KafkaProducer.configureDeliveryTimeout (4.1).
std::string check_producer(const Config& config) {
  constexpr auto scope = ConfigScope::producer;
  if (is_set(config, "delivery.timeout.ms")) {
    const std::int64_t delivery = config_int(config, scope, "delivery.timeout.ms");
    const std::int64_t linger = config_int(config, scope, "linger.ms");
    const std::int64_t request = config_int(config, scope, "request.timeout.ms");
    if (delivery < linger + request)
      return fmt::format(
          "ConfigException: delivery.timeout.ms ({}) must be at least linger.ms ({}) + "
          "request.timeout.ms ({})",
          delivery, linger, request);
  }
  return check_idempotence(config);
}

/// Of AutoOffsetResetStrategy.fromString (4.1).
std::string check_offset_reset(const std::string& value) {
  if (value == "earliest" || value == "latest" || value == "none") return {};
  constexpr std::string_view by_duration = "by_duration:";
  if (value.starts_with(by_duration) &&
      parse_iso_duration(std::string_view(value).substr(by_duration.size())))
    return {};
  return fmt::format(
      "ConfigException: auto.offset.reset must be earliest, latest, none or by_duration: and an "
      "ISO 8601 length of time, like by_duration:PT1H (now '{}')",
      value);
}

std::string check_assignors(const std::string& list) {
  constexpr std::string_view package = "org.apache.kafka.clients.consumer.";
  for (std::string_view rest = list;;) {
    const auto comma = rest.find(',');
    std::string_view name = rest.substr(0, comma);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    std::string_view plain = name;
    if (plain.starts_with(package)) plain.remove_prefix(package.size());
    if (plain != "RangeAssignor" && plain != "RoundRobinAssignor" && plain != "StickyAssignor" &&
        plain != "CooperativeStickyAssignor" && plain != "range" && plain != "roundrobin" &&
        plain != "sticky" && plain != "cooperative-sticky")
      return fmt::format(
          "ConfigException: partition.assignment.strategy names '{}'; there are RangeAssignor, "
          "RoundRobinAssignor, StickyAssignor and CooperativeStickyAssignor",
          name);
    if (comma == std::string_view::npos) return {};
    rest.remove_prefix(comma + 1);
  }
}

// ConsumerConfig.maybeOverrideEnableAutoCommit, checkUnsupportedConfigsPostProcess, Heartbeat
// (4.1).
std::string check_consumer(const Config& config) {
  constexpr auto scope = ConfigScope::consumer;
  if (is_set(config, "enable.auto.commit") && !is_set(config, "group.id") &&
      config_bool(config, scope, "enable.auto.commit"))
    return "InvalidConfigurationException: enable.auto.commit cannot be set to true when no "
           "group.id is given";
  std::string problem = check_offset_reset(config_text(config, scope, "auto.offset.reset"));
  if (!problem.empty()) return problem;
  if (config_text(config, scope, "group.protocol") == "consumer") {
    for (const std::string_view key :
         {"partition.assignment.strategy", "session.timeout.ms", "heartbeat.interval.ms"})
      if (is_set(config, key))
        return fmt::format("ConfigException: {} cannot be set when group.protocol=consumer: {}",
                           key, "the brokers decide it");
    return {};
  }
  if (is_set(config, "group.remote.assignor"))
    return "ConfigException: group.remote.assignor cannot be set when group.protocol=classic: the "
           "members decide with partition.assignment.strategy";
  const std::int64_t heartbeat = config_int(config, scope, "heartbeat.interval.ms");
  const std::int64_t session = config_int(config, scope, "session.timeout.ms");
  if (heartbeat >= session)
    return fmt::format(
        "IllegalArgumentException: heartbeat.interval.ms ({}) must be below session.timeout.ms "
        "({})",
        heartbeat, session);
  return check_assignors(config_text(config, scope, "partition.assignment.strategy"));
}

// KafkaConfig.validateValues, and LogConfig.validateValues for what topics inherit (4.1).
std::string check_broker(const Config& config) {
  const auto ms = [&](std::string_view key) {
    return config_int(config, ConfigScope::broker, key);
  };
  const std::int64_t wait = ms("replica.fetch.wait.max.ms");
  for (const std::string_view limit : {"replica.socket.timeout.ms", "replica.lag.time.max.ms"})
    if (wait > ms(limit))
      return fmt::format(
          "ConfigException: replica.fetch.wait.max.ms ({}) must be at most {} ({}), or followers "
          "that have nothing to fetch seem to be gone",
          wait, limit, ms(limit));
  const std::int64_t low = ms("log.cleaner.min.compaction.lag.ms");
  const std::int64_t high = ms("log.cleaner.max.compaction.lag.ms");
  if (low <= high) return {};
  return fmt::format(
      "InvalidConfigurationException: log.cleaner.min.compaction.lag.ms ({}) is above "
      "log.cleaner.max.compaction.lag.ms ({})",
      low, high);
}

// LogConfig.validateValues (4.1).
std::string check_topic(const Config& config) {
  const std::int64_t low = config_int(config, ConfigScope::topic, "min.compaction.lag.ms");
  const std::int64_t high = config_int(config, ConfigScope::topic, "max.compaction.lag.ms");
  if (low <= high) return {};
  return fmt::format(
      "InvalidConfigurationException: min.compaction.lag.ms ({}) is above max.compaction.lag.ms "
      "({})",
      low, high);
}

const std::string& value_of(const Config& config, const ConfigKey& key, std::string& buffer) {
  const auto found = config.find(std::string(key.name));
  if (found != config.end()) return found->second;
  return buffer = std::string(key.default_value);
}

const ConfigKey& must_find(ConfigScope scope, std::string_view name) {
  const ConfigKey* key = find_config_key(scope, name);
  EVENTARIUM_CHECK(key != nullptr, fmt::format("no configuration key '{}' in this scope", name));
  return *key;
}

}  // namespace

const ConfigKey* find_config_key(ConfigScope scope, std::string_view name) {
  for (const ConfigKey& key : config_keys())
    if (key.scope == scope && key.name == name) return &key;
  return nullptr;
}

std::string check_config_value(const ConfigKey& key, std::string_view value) {
  std::string problem = check_legal(key, value);
  if (!problem.empty() || key.honoured) return problem;
  if (!key.inert_value.empty()) {
    if (value == key.inert_value) return {};
    return fmt::format("{}={} is not simulated yet: {}. Leave it out or set it to {}", key.name,
                       value, key.doc, key.inert_value);
  }
  return fmt::format("{} is not simulated yet: {}. Leave it out", key.name, key.doc);
}

std::string check_config(ConfigScope scope, const Config& config) {
  if (scope == ConfigScope::producer) return check_producer(config);
  if (scope == ConfigScope::consumer) return check_consumer(config);
  if (scope == ConfigScope::topic) return check_topic(config);
  return check_broker(config);
}

std::string check_topic_change(Config overrides, const std::string& key, const std::string& value) {
  const ConfigKey* const known = find_config_key(ConfigScope::topic, key);
  if (known == nullptr) return fmt::format("Kafka's topics have no key '{}'", key);
  if (value.empty()) {
    overrides.erase(key);
  } else {
    if (std::string problem = check_config_value(*known, value); !problem.empty()) return problem;
    overrides[key] = value;
  }
  return check_topic(overrides);
}

bool is_idempotent(const Config& producer_config) {
  constexpr auto scope = ConfigScope::producer;
  return config_bool(producer_config, scope, "enable.idempotence") &&
         acks_are_all(producer_config) && config_int(producer_config, scope, "retries") > 0;
}

std::int64_t config_int(const Config& config, ConfigScope scope, std::string_view name) {
  std::string buffer;
  const auto value = parse_integer(value_of(config, must_find(scope, name), buffer));
  EVENTARIUM_CHECK(value.has_value(), fmt::format("{} was not checked", name));
  return *value;
}

double config_real(const Config& config, ConfigScope scope, std::string_view name) {
  std::string buffer;
  const auto value = parse_real(value_of(config, must_find(scope, name), buffer));
  EVENTARIUM_CHECK(value.has_value(), fmt::format("{} was not checked", name));
  return *value;
}

bool config_bool(const Config& config, ConfigScope scope, std::string_view name) {
  std::string buffer;
  return value_of(config, must_find(scope, name), buffer) == "true";
}

std::string config_text(const Config& config, ConfigScope scope, std::string_view name) {
  std::string buffer;
  return value_of(config, must_find(scope, name), buffer);
}

Duration config_ms(const Config& config, ConfigScope scope, std::string_view name) {
  const std::int64_t ms = config_int(config, scope, name);
  if (ms >= long_max / 1'000'000) return Duration::max();
  return std::chrono::milliseconds(ms);
}

}  // namespace eventarium
