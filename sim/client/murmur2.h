// The hash that maps a record's key to a partition: 32-bit murmur2 with Kafka's seed, as in
// org.apache.kafka.common.utils.Utils.murmur2 (4.1). Clients in other languages that use another
// hash put the same key elsewhere.
#pragma once

#include <cstdint>
#include <string_view>

namespace eventarium::kafka {

std::int32_t murmur2(std::string_view bytes);

/// (murmur2(key) with the sign bit cleared) mod partitions. partitions > 0. An empty key is a key.
std::int32_t partition_for_key(std::string_view key, std::int32_t partitions);

}  // namespace eventarium::kafka
