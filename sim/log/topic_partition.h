// The name of a partition, as in Kafka's TopicPartition.
#pragma once

#include <compare>
#include <cstdint>
#include <string>

namespace eventarium::kafka {

struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  auto operator<=>(const TopicPartition&) const = default;
};

/// "orders-3"
inline std::string to_text(const TopicPartition& tp) {
  return tp.topic + "-" + std::to_string(tp.partition);
}

}  // namespace eventarium::kafka
