// Slices of what was fetched.
#include "sim/client/fetch_buffer.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

RecordBatch batch_at(std::int64_t base_offset, std::size_t count) {
  RecordBatch batch = test::make_batch(static_cast<std::uint64_t>(base_offset) + 1, count);
  batch.base_offset = base_offset;
  return batch;
}

const TopicPartition a{"t", 0}, b{"t", 1};

}  // namespace

TEST_CASE("records below the position are left out") {
  FetchBuffer buffer;
  buffer.add(a, 2, {batch_at(0, 3), batch_at(3, 2)}, EventId{9});
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 1);  // consecutive batches are one slice
  CHECK(slices[0].base_offset == 2);
  CHECK(slices[0].records.size() == 3);
  CHECK(slices[0].next_offset() == 5);
  CHECK(slices[0].cause == EventId{9});
  CHECK(buffer.empty());
}

TEST_CASE("what lies below the position altogether is not kept") {
  FetchBuffer buffer;
  buffer.add(a, 3, {batch_at(0, 3)}, EventId{});
  CHECK(buffer.empty());
}

TEST_CASE("a limit cuts in the middle of a batch, and the next slice goes on there") {
  FetchBuffer buffer;
  buffer.add(a, 0, {batch_at(0, 5)}, EventId{});
  CHECK(buffer.take(2)[0].next_offset() == 2);
  CHECK(buffer.holds(a));
  const auto rest = buffer.take(100);
  CHECK(rest[0].base_offset == 2);
  CHECK(rest[0].records.size() == 3);
  CHECK(rest[0].records[0].id == RecordId{3});
  CHECK_FALSE(buffer.holds(a));
}

TEST_CASE("partitions are drained one after the other, in order of arrival") {
  FetchBuffer buffer;
  buffer.add(b, 0, {batch_at(0, 2)}, EventId{});
  buffer.add(a, 0, {batch_at(0, 2)}, EventId{});
  const auto slices = buffer.take(3);
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].tp == b);
  CHECK(slices[1].tp == a);
  CHECK(slices[1].records.size() == 1);
}

TEST_CASE("a gap in the offsets begins a new slice") {
  FetchBuffer buffer;
  buffer.add(a, 0, {batch_at(0, 2), batch_at(5, 1)}, EventId{});
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 2);
  CHECK(slices[1].base_offset == 5);
}
