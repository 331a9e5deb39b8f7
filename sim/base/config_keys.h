// Kafka's configuration keys: one table with scope, default, bounds and whether this simulator
// honours them. A key is honoured or rejected, never ignored. Defaults are those of Kafka 4.1
// (ProducerConfig, ConsumerConfig, ServerLogConfigs, LogConfig, ReplicationConfigs).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/time.h"

namespace eventarium {

/// Keys and the text of their values, as a user wrote them.
using Config = std::map<std::string, std::string>;

enum class ConfigScope { producer, consumer, broker, topic };

struct ConfigKey {
  enum class Type { boolean, integer, real, text, choice };

  ConfigScope scope;
  std::string_view name;
  std::string_view default_value;
  Type type;
  bool honoured;             // false: Kafka knows it, this version does not simulate it
  double low = 0, high = 0;  // integer, real: inclusive bounds
  std::vector<std::string_view> choices;  // choice
  std::string_view doc;                   // one line, with the unit
  /// Not honoured: the only value accepted, because it is what happens here anyway; empty: none.
  std::string_view inert_value = {};
};

const std::vector<ConfigKey>& config_keys();

/// Null when Kafka has no such key in this scope.
const ConfigKey* find_config_key(ConfigScope scope, std::string_view name);

/// Empty when `value` is legal and honoured, else what is wrong with it, with a hint.
std::string check_config_value(const ConfigKey& key, std::string_view value);

/// Rules between keys, as the client's constructor checks them (e.g. delivery.timeout.ms >=
/// linger.ms + request.timeout.ms when set explicitly). Empty when consistent.
std::string check_config(ConfigScope scope, const Config& config);

/// The producer numbers its batches: enable.idempotence, unless acks or retries switch it off,
/// which they do when it was not asked for. The config must have been checked.
bool is_idempotent(const Config& producer_config);
/// What is wrong with setting the topic's `key` while it has these `overrides`, which are right; an
/// empty `value` takes the key back. Empty when nothing is.
std::string check_topic_change(Config overrides, const std::string& key, const std::string& value);

/// The value set or the default. The config must have been checked; an unknown key asserts.
std::int64_t config_int(const Config& config, ConfigScope scope, std::string_view name);
double config_real(const Config& config, ConfigScope scope, std::string_view name);
bool config_bool(const Config& config, ConfigScope scope, std::string_view name);
std::string config_text(const Config& config, ConfigScope scope, std::string_view name);
/// For keys in ms. Long.MAX_VALUE becomes Duration::max().
Duration config_ms(const Config& config, ConfigScope scope, std::string_view name);

}  // namespace eventarium
