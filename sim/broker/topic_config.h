// The configuration that a partition obeys: the topic's own value, else the broker's default for
// it under the broker's name of the key, else Kafka's default (Kafka's LogConfig, 4.1).
#pragma once

#include <cstdint>

#include "sim/base/config_keys.h"

namespace eventarium::kafka {

struct TopicConfig {
  std::uint64_t max_message_bytes = 0;  // largest batch
  std::size_t min_insync_replicas = 1;
  bool log_append_time = false;
  std::int64_t flush_messages = 0;  // fsync once this many records are not on the disk
};

/// Both configs must have been checked.
TopicConfig make_topic_config(const Config& topic, const Config& broker);

}  // namespace eventarium::kafka
