#include "sim/client/murmur2.h"

namespace eventarium::kafka {
namespace {

constexpr std::uint32_t seed = 0x9747b28c;
constexpr std::uint32_t multiplier = 0x5bd1e995;

std::uint32_t byte_at(std::string_view bytes, std::size_t i) {
  return static_cast<unsigned char>(bytes[i]);
}

}  // namespace

std::int32_t murmur2(std::string_view bytes) {
  std::uint32_t hash = seed ^ static_cast<std::uint32_t>(bytes.size());
  std::size_t i = 0;
  for (; i + 4 <= bytes.size(); i += 4) {
    std::uint32_t word = byte_at(bytes, i) | byte_at(bytes, i + 1) << 8 |
                         byte_at(bytes, i + 2) << 16 | byte_at(bytes, i + 3) << 24;
    word *= multiplier;
    word ^= word >> 24;
    word *= multiplier;
    hash = (hash * multiplier) ^ word;
  }
  if (i < bytes.size()) {
    for (std::size_t k = bytes.size(); k > i; --k)
      hash ^= byte_at(bytes, k - 1) << (8 * (k - 1 - i));
    hash *= multiplier;
  }
  hash = (hash ^ hash >> 13) * multiplier;
  return static_cast<std::int32_t>(hash ^ hash >> 15);
}

std::int32_t partition_for_key(std::string_view key, std::int32_t partitions) {
  return (murmur2(key) & 0x7fffffff) % partitions;
}

}  // namespace eventarium::kafka
