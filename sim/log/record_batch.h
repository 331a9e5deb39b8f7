// A batch of records: what a producer fills, a broker appends and a consumer fetches, always
// whole. Sizes are those of Kafka's message format v2 without compression, so that batch.size,
// max.message.bytes and the fetch limits act on the same sums as in Kafka.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "sim/base/cloud_event.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

/// The records of a batch, in offset order. Shared by producer, log and consumers; never changed.
using RecordSet = std::shared_ptr<const std::vector<Record>>;

/// Fixed part of a batch (Kafka's DefaultRecordBatch.RECORD_BATCH_OVERHEAD, 4.1).
constexpr std::uint64_t batch_header_size_bytes = 61;

/// What the log cleaner has done to a batch: the batch keeps its first and its last offset, the
/// records that are left keep theirs (Kafka's MemoryRecords.filterTo, 4.1).
struct CleanedBatch {
  std::vector<std::int32_t> offset_deltas;  // of the records left, from base_offset, ascending
  std::int32_t last_offset_delta = 0;       // of the last record that it was written with
  SimTime delete_horizon = SimTime::max();  // its tombstones go from then on; max: it has none
};

/// Not records but the marker with which a coordinator ends a transaction (Kafka's
/// ControlRecordType, 4.1). A marker takes one offset; consumers are never handed it.
enum class Control : std::uint8_t { none, commit, abort };

/// Who wrote a batch, from its header: -1 everywhere without idempotence (Kafka's RecordBatch
/// NO_PRODUCER_ID, NO_PRODUCER_EPOCH, NO_SEQUENCE, 4.1).
struct ProducerStamp {
  std::int64_t producer_id = -1;
  /// Of the first record; +1 per record, 2^31-1 wraps to 0. A marker has no sequence, but says
  /// here in which leader epoch of its own partition the coordinator wrote it.
  std::int32_t base_sequence = -1;
  std::int16_t producer_epoch = -1;
  bool transactional = false;
  Control control = Control::none;

  bool known() const { return producer_id >= 0; }
  bool is_marker() const { return control != Control::none; }
  std::int32_t coordinator_epoch() const { return base_sequence; }
  bool operator==(const ProducerStamp&) const = default;
};

struct RecordBatch {
  std::int64_t base_offset = 0;
  std::int32_t leader_epoch = 0;  // of the leader that wrote it first
  bool log_append_time = false;   // the broker's clock stamped all records with max_timestamp
  SimTime max_timestamp{};
  std::uint64_t size_bytes = 0;
  RecordSet records;
  std::shared_ptr<const CleanedBatch> cleaned;  // null: as it was written, offsets without gaps
  ProducerStamp producer;

  std::int64_t last_offset() const {
    return base_offset +
           (cleaned ? cleaned->last_offset_delta : static_cast<std::int64_t>(records->size()) - 1);
  }
  std::int64_t next_offset() const { return last_offset() + 1; }
  std::int64_t offset_of(std::size_t index) const {
    return base_offset +
           (cleaned ? cleaned->offset_deltas[index] : static_cast<std::int64_t>(index));
  }
  /// The first record at `offset` or above; the number of records when there is none.
  std::size_t index_of(std::int64_t offset) const;
  SimTime timestamp_of(std::size_t index) const {
    return log_append_time ? max_timestamp : (*records)[index].event->time;
  }
};

/// Bytes of a zig-zag variable-length integer (Kafka's ByteUtils.sizeOfVarlong).
std::uint64_t varint_size_bytes(std::int64_t value);

/// Bytes that the record takes in a batch as its n-th record (offset_delta counts from 0), with
/// a timestamp that many ms after the first one's (Kafka's DefaultRecord.sizeInBytes, 4.1).
std::uint64_t record_size_bytes(const Record& record, std::int64_t offset_delta,
                                std::int64_t timestamp_delta_ms);

/// What the producer reserves and checks against max.request.size before it knows the batch
/// (Kafka's AbstractRecords.estimateSizeInBytesUpperBound, 4.1): the record alone in a batch.
std::uint64_t batch_size_upper_bound_bytes(const Record& record);

}  // namespace eventarium::kafka
