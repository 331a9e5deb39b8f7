// Sizes of Kafka's message format v2, byte for byte.
#include "sim/log/record_batch.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

Record make_record(std::optional<std::string> key, std::uint32_t value_bytes) {
  auto event = std::make_shared<CloudEvent>();
  event->partitionkey = key;
  const auto key_bytes = static_cast<std::uint32_t>(key ? key->size() : 0);
  return {RecordId{1}, event, key_bytes + value_bytes};
}

}  // namespace

TEST_CASE("variable-length integers are zig-zag coded") {
  CHECK(varint_size_bytes(0) == 1);
  CHECK(varint_size_bytes(-1) == 1);
  CHECK(varint_size_bytes(63) == 1);
  CHECK(varint_size_bytes(64) == 2);
  CHECK(varint_size_bytes(-64) == 1);
  CHECK(varint_size_bytes(-65) == 2);
  CHECK(varint_size_bytes(8191) == 2);
  CHECK(varint_size_bytes(8192) == 3);
  CHECK(varint_size_bytes(INT64_MAX) == 10);
  CHECK(varint_size_bytes(INT64_MIN) == 10);
}

TEST_CASE("a record of 100 bytes without a key takes 109 bytes, 110 from the 65th on") {
  const Record record = make_record(std::nullopt, 100);
  CHECK(record_size_bytes(record, 0, 0) == 109);
  CHECK(record_size_bytes(record, 63, 0) == 109);
  CHECK(record_size_bytes(record, 64, 0) == 110);
  CHECK(record_size_bytes(record, 0, 64) == 110);
}

TEST_CASE("row 4's sums: 97 batches of one record, and two full batches of 148 records") {
  const Record record = make_record(std::nullopt, 100);
  CHECK(97 * (batch_header_size_bytes + record_size_bytes(record, 0, 0)) == 16490);
  std::uint64_t size = batch_header_size_bytes;
  std::int64_t count = 0;
  while (size + record_size_bytes(record, count, 0) <= 16384)
    size += record_size_bytes(record, count++, 0);
  CHECK(count == 148);
  CHECK(2 * size == 32554);
}

TEST_CASE("an empty key is a key: it takes a length prefix of 0, no key takes one of -1") {
  CHECK(record_size_bytes(make_record("", 10), 0, 0) ==
        record_size_bytes(make_record(std::nullopt, 10), 0, 0));
  CHECK(record_size_bytes(make_record("k", 10), 0, 0) ==
        record_size_bytes(make_record(std::nullopt, 10), 0, 0) + 1);
}

TEST_CASE("the upper bound is never below the real size") {
  for (std::uint32_t bytes : {0u, 1u, 63u, 64u, 1000u, 100000u}) {
    const Record record = make_record("key", bytes);
    CHECK(batch_size_upper_bound_bytes(record) >=
          batch_header_size_bytes + record_size_bytes(record, 1'000'000, 1'000'000'000));
  }
}

TEST_CASE("a cleaned batch keeps its first and last offset, and its records theirs") {
  RecordBatch batch;
  batch.base_offset = 10;
  batch.records = std::make_shared<const std::vector<Record>>(
      std::vector<Record>{make_record("a", 10), make_record("b", 10)});
  CHECK(batch.last_offset() == 11);
  CHECK(batch.index_of(11) == 1);
  CHECK(batch.index_of(99) == 2);
  auto cleaned = std::make_shared<CleanedBatch>();
  cleaned->offset_deltas = {1, 4};
  cleaned->last_offset_delta = 6;
  batch.cleaned = cleaned;
  CHECK(batch.last_offset() == 16);
  CHECK(batch.next_offset() == 17);
  CHECK(batch.offset_of(1) == 14);
  CHECK(batch.index_of(10) == 0);
  CHECK(batch.index_of(12) == 1);
  CHECK(batch.index_of(14) == 1);
  CHECK(batch.index_of(15) == 2);
}
