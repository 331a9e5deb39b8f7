// A batch that a producer fills for one partition, from its first record to its outcome. Follows
// Kafka's ProducerBatch and MemoryRecordsBuilder (4.1).
//
//   filling --full, linger.ms over, or drained--> closed --sent--> acknowledged | failed
//   closed --retriable error--> waits for its back-off --sent--> ...
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/base/ids.h"
#include "sim/log/record_batch.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

struct ProducerBatch {
  std::uint64_t number = 0;  // within the producer
  TopicPartition tp;
  std::shared_ptr<std::vector<Record>> records = std::make_shared<std::vector<Record>>();
  std::uint64_t size_bytes = batch_header_size_bytes;
  std::uint64_t capacity_bytes = 0;  // a first record may be larger
  std::uint64_t pool_bytes = 0;      // taken from buffer.memory
  SimTime created{};
  SimTime queued_since{};      // created, or put back
  Duration backoff{};          // after queued_since, before the next attempt
  std::uint32_t attempts = 0;  // that have failed
  bool closed = false;         // takes no more records
  bool done = false;           // acknowledged or failed
  bool from_split = false;
  bool renumbered = false;         // its first sequence was another one
  ProducerStamp stamp;             // idempotence: from the first attempt on
  std::int32_t leader_epoch = -1;  // known at the last attempt
  SimTime max_timestamp{};
  EventId cause;  // the last event about it, for what happens to it next

  /// False when it has no room for the record.
  bool try_append(const Record& record) {
    const std::uint64_t bytes = size_with(record);
    if (closed || (!records->empty() && size_bytes + bytes > capacity_bytes)) return false;
    if (records->empty() || record.event->time > max_timestamp) max_timestamp = record.event->time;
    size_bytes += bytes;
    records->push_back(record);
    return true;
  }
  bool is_full() const { return closed || size_bytes >= capacity_bytes; }
  bool has_expired(SimTime now, Duration delivery_timeout) const {
    return now - created >= delivery_timeout;
  }

  std::int32_t last_sequence() const {
    return stamp.base_sequence + static_cast<std::int32_t>(records->size()) - 1;
  }

  RecordBatch to_record_batch() const {
    RecordBatch batch;
    batch.max_timestamp = max_timestamp;
    batch.size_bytes = size_bytes;
    batch.records = records;
    batch.producer = stamp;
    return batch;
  }
  std::vector<RecordId> record_ids() const {
    std::vector<RecordId> ids;
    ids.reserve(records->size());
    for (const Record& record : *records) ids.push_back(record.id);
    return ids;
  }

 private:
  std::uint64_t size_with(const Record& record) const {
    const Duration delta =
        records->empty() ? Duration{} : record.event->time - records->front().event->time;
    return record_size_bytes(record, static_cast<std::int64_t>(records->size()),
                             delta / std::chrono::milliseconds(1));
  }
};

using BatchPtr = std::shared_ptr<ProducerBatch>;

}  // namespace eventarium::kafka
