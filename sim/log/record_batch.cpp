#include "sim/log/record_batch.h"

#include <algorithm>

namespace eventarium::kafka {
namespace {

// length, attributes, timestamp delta and offset delta at their longest
constexpr std::uint64_t record_overhead_max_bytes = 21;

/// Key and value with their length prefixes, and an empty list of headers.
std::uint64_t content_size_bytes(const Record& record) {
  const auto& key = record.event->partitionkey;
  const std::uint64_t key_bytes = key ? key->size() : 0;
  const std::uint64_t value_bytes =
      record.size_bytes > key_bytes ? record.size_bytes - key_bytes : 0;
  const std::uint64_t key_field =
      key ? varint_size_bytes(static_cast<std::int64_t>(key_bytes)) + key_bytes
          : varint_size_bytes(-1);
  return key_field + varint_size_bytes(static_cast<std::int64_t>(value_bytes)) + value_bytes +
         varint_size_bytes(0);
}

}  // namespace

std::size_t RecordBatch::index_of(std::int64_t offset) const {
  if (offset <= base_offset) return 0;
  if (!cleaned) return std::min(static_cast<std::size_t>(offset - base_offset), records->size());
  const auto& deltas = cleaned->offset_deltas;
  const auto found = std::lower_bound(deltas.begin(), deltas.end(), offset - base_offset);
  return static_cast<std::size_t>(found - deltas.begin());
}

std::uint64_t varint_size_bytes(std::int64_t value) {
  auto zigzag = (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
  std::uint64_t bytes = 1;
  while (zigzag >>= 7) ++bytes;
  return bytes;
}

std::uint64_t record_size_bytes(const Record& record, std::int64_t offset_delta,
                                std::int64_t timestamp_delta_ms) {
  const std::uint64_t body = 1 + varint_size_bytes(timestamp_delta_ms) +
                             varint_size_bytes(offset_delta) + content_size_bytes(record);
  return varint_size_bytes(static_cast<std::int64_t>(body)) + body;
}

std::uint64_t batch_size_upper_bound_bytes(const Record& record) {
  return batch_header_size_bytes + record_overhead_max_bytes + content_size_bytes(record);
}

}  // namespace eventarium::kafka
