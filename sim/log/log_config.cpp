#include "sim/log/log_config.h"

#include <algorithm>

namespace eventarium::kafka {
namespace {

/// A topic's key and what brokers call their default for it.
struct Source {
  const Config& topic;
  const Config& broker;

  std::int64_t integer(const char* topic_key, const char* broker_key) const {
    if (topic.contains(topic_key)) return config_int(topic, ConfigScope::topic, topic_key);
    return config_int(broker, ConfigScope::broker, broker_key);
  }
  Duration ms(const char* topic_key, const char* broker_key) const {
    if (topic.contains(topic_key)) return config_ms(topic, ConfigScope::topic, topic_key);
    return config_ms(broker, ConfigScope::broker, broker_key);
  }
  double real(const char* topic_key, const char* broker_key) const {
    if (topic.contains(topic_key)) return config_real(topic, ConfigScope::topic, topic_key);
    return config_real(broker, ConfigScope::broker, broker_key);
  }
  std::string text(const char* topic_key, const char* broker_key) const {
    if (topic.contains(topic_key)) return config_text(topic, ConfigScope::topic, topic_key);
    return config_text(broker, ConfigScope::broker, broker_key);
  }
};

std::int64_t broker_int(const Config& broker, const char* key) {
  return config_int(broker, ConfigScope::broker, key);
}

/// The finest unit that is set wins; negative: forever.
Duration retention(const Source& source) {
  const Config& broker = source.broker;
  if (source.topic.contains("retention.ms") || broker.contains("log.retention.ms"))
    return source.ms("retention.ms", "log.retention.ms");
  if (broker.contains("log.retention.minutes"))
    return std::chrono::minutes(broker_int(broker, "log.retention.minutes"));
  return std::chrono::hours(broker_int(broker, "log.retention.hours"));
}

Duration roll_age(const Source& source) {
  if (source.topic.contains("segment.ms") || source.broker.contains("log.roll.ms"))
    return source.ms("segment.ms", "log.roll.ms");
  return std::chrono::hours(broker_int(source.broker, "log.roll.hours"));
}

}  // namespace

Duration LogConfig::max_segment_ms() const {
  if (compact_policy && max_compaction_lag_ms > Duration::zero())
    return std::min(max_compaction_lag_ms, segment_ms);
  return segment_ms;
}

LogConfig make_log_config(const Config& topic, const Config& broker) {
  const Source source{topic, broker};
  LogConfig config;
  config.segment_bytes =
      static_cast<std::uint64_t>(source.integer("segment.bytes", "log.segment.bytes"));
  config.segment_ms = roll_age(source);
  config.segment_jitter_ms = source.ms("segment.jitter.ms", "log.roll.jitter.ms");
  config.retention_bytes = source.integer("retention.bytes", "log.retention.bytes");
  config.retention_ms = retention(source);
  config.file_delete_delay_ms = source.ms("file.delete.delay.ms", "log.segment.delete.delay.ms");
  const std::string policy = source.text("cleanup.policy", "log.cleanup.policy");
  config.delete_policy = policy.find("delete") != std::string::npos;
  config.compact_policy = policy.find("compact") != std::string::npos;
  config.min_cleanable_dirty_ratio =
      source.real("min.cleanable.dirty.ratio", "log.cleaner.min.cleanable.ratio");
  config.delete_retention_ms = source.ms("delete.retention.ms", "log.cleaner.delete.retention.ms");
  config.min_compaction_lag_ms =
      source.ms("min.compaction.lag.ms", "log.cleaner.min.compaction.lag.ms");
  config.max_compaction_lag_ms =
      source.ms("max.compaction.lag.ms", "log.cleaner.max.compaction.lag.ms");
  config.flush_messages = source.integer("flush.messages", "log.flush.interval.messages");
  config.flush_ms = source.ms("flush.ms", "log.flush.interval.ms");
  return config;
}

}  // namespace eventarium::kafka
