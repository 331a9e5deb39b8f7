#include "sim/broker/topic_config.h"

namespace eventarium::kafka {
namespace {

std::string text(const Config& topic, const char* topic_key, const Config& broker,
                 const char* broker_key) {
  if (topic.contains(topic_key)) return config_text(topic, ConfigScope::topic, topic_key);
  return config_text(broker, ConfigScope::broker, broker_key);
}

std::int64_t integer(const Config& topic, const char* topic_key, const Config& broker,
                     const char* broker_key) {
  if (topic.contains(topic_key)) return config_int(topic, ConfigScope::topic, topic_key);
  return config_int(broker, ConfigScope::broker, broker_key);
}

}  // namespace

TopicConfig make_topic_config(const Config& topic, const Config& broker) {
  TopicConfig config;
  config.max_message_bytes =
      static_cast<std::uint64_t>(integer(topic, "max.message.bytes", broker, "message.max.bytes"));
  config.min_insync_replicas = static_cast<std::size_t>(
      integer(topic, "min.insync.replicas", broker, "min.insync.replicas"));
  config.flush_messages = integer(topic, "flush.messages", broker, "log.flush.interval.messages");
  config.log_append_time = text(topic, "message.timestamp.type", broker,
                                "log.message.timestamp.type") == "LogAppendTime";
  return config;
}

}  // namespace eventarium::kafka
