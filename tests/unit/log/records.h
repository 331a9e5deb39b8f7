// Batches for the tests of logs.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/log/partition_log.h"

namespace eventarium::kafka::test {

inline RecordBatch make_batch(std::size_t records, std::uint64_t size_bytes,
                              SimTime time = SimTime{}, std::uint64_t first_id = 1) {
  auto set = std::make_shared<std::vector<Record>>();
  for (std::size_t i = 0; i < records; ++i) {
    auto event = std::make_shared<CloudEvent>();
    event->time = time + std::chrono::milliseconds(i);
    set->push_back({RecordId{first_id + i}, event, 10});
  }
  RecordBatch batch;
  batch.max_timestamp = set->back().event->time;
  batch.size_bytes = size_bytes;
  batch.records = std::move(set);
  return batch;
}

struct KeyedRecord {
  std::string key;
  bool tombstone = false;
};

/// One batch of keyed records, numbered from `first_id`; as large as Kafka would make it.
inline RecordBatch keyed_batch(const std::vector<KeyedRecord>& records, SimTime time,
                               std::uint64_t first_id) {
  auto set = std::make_shared<std::vector<Record>>();
  RecordBatch batch;
  batch.size_bytes = batch_header_size_bytes;
  for (const KeyedRecord& keyed : records) {
    auto event = std::make_shared<CloudEvent>();
    event->time = time;
    event->partitionkey = keyed.key;
    const auto size = static_cast<std::uint32_t>(keyed.key.size() + (keyed.tombstone ? 0 : 20));
    set->push_back({RecordId{first_id + set->size()}, event, size, keyed.tombstone});
    batch.size_bytes +=
        record_size_bytes(set->back(), static_cast<std::int64_t>(set->size()) - 1, 0);
  }
  batch.max_timestamp = time;
  batch.records = std::move(set);
  return batch;
}

/// The offsets that still have a record.
inline std::vector<std::int64_t> offsets_of(const PartitionLog& log) {
  std::vector<std::int64_t> offsets;
  log.for_each_batch(log.log_start_offset(), [&](const RecordBatch& batch) {
    for (std::size_t i = batch.index_of(log.log_start_offset()); i < batch.records->size(); ++i)
      offsets.push_back(batch.offset_of(i));
  });
  return offsets;
}

inline std::vector<std::int64_t> base_offsets_of(const PartitionLog& log) {
  std::vector<std::int64_t> offsets;
  for (const LogSegment& segment : log.segments()) offsets.push_back(segment.base_offset());
  return offsets;
}

}  // namespace eventarium::kafka::test
