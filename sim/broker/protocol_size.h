// What the parts of Kafka's requests and responses take on the wire, to within a few bytes, for
// size_bytes() of the protocol's structs.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/log/record_batch.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

// length, api key, api version, correlation id, a client id of usual length, tagged fields
constexpr std::uint64_t request_header_bytes = 32;
// length, correlation id, throttle time, tagged fields
constexpr std::uint64_t response_header_bytes = 16;

inline std::uint64_t text_bytes(const std::string& text) { return text.size() + 2; }

inline std::uint64_t tp_bytes(const TopicPartition& tp) { return text_bytes(tp.topic) + 4 + 2; }

inline std::uint64_t list_bytes(const std::vector<TopicPartition>& partitions) {
  std::uint64_t size = 4;
  for (const TopicPartition& tp : partitions) size += tp_bytes(tp);
  return size;
}

inline std::uint64_t list_bytes(const std::vector<std::string>& texts) {
  std::uint64_t size = 4;
  for (const std::string& text : texts) size += text_bytes(text);
  return size;
}

inline void append_ids(const RecordBatch& batch, std::vector<RecordId>& records) {
  for (const Record& record : *batch.records) records.push_back(record.id);
}

}  // namespace eventarium::kafka
