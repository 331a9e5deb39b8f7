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

namespace {

/// The batch 0 ... 4 of which compaction has left the records at these offsets.
RecordBatch cleaned_batch(std::vector<std::int32_t> offsets_left) {
  const RecordBatch whole = batch_at(0, 5);
  auto left = std::make_shared<std::vector<Record>>();
  for (const std::int32_t offset : offsets_left)
    left->push_back((*whole.records)[static_cast<std::size_t>(offset)]);
  auto cleaned = std::make_shared<CleanedBatch>();
  cleaned->offset_deltas = std::move(offsets_left);
  cleaned->last_offset_delta = 4;
  RecordBatch batch = whole;
  batch.records = std::move(left);
  batch.cleaned = std::move(cleaned);
  return batch;
}

}  // namespace

TEST_CASE("a gap that compaction has left begins another slice, and the position passes over it") {
  FetchBuffer buffer;
  buffer.add(a, 0, {cleaned_batch({0, 1, 3}), batch_at(5, 1)}, EventId{});
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 3);
  CHECK(slices[0].base_offset == 0);
  CHECK(slices[0].records.size() == 2);
  CHECK(slices[0].next_position == 2);
  CHECK(slices[1].base_offset == 3);
  CHECK(slices[1].records[0].id == RecordId{4});
  CHECK(slices[1].next_position == 5);  // offset 4 is gone
  CHECK(slices[2].base_offset == 5);
}

TEST_CASE("a batch with nothing left behind the position only moves the position") {
  FetchBuffer buffer;
  buffer.add(a, 2, {cleaned_batch({0, 1})}, EventId{});
  REQUIRE(buffer.holds(a));
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].records.empty());
  CHECK(slices[0].next_position == 5);
  CHECK(buffer.empty());
}

TEST_CASE("a limit inside a batch with gaps goes on behind the last record handed out") {
  FetchBuffer buffer;
  buffer.add(a, 0, {cleaned_batch({1, 4})}, EventId{});
  CHECK(buffer.take(1)[0].next_position == 2);
  const auto rest = buffer.take(1);
  CHECK(rest[0].base_offset == 4);
  CHECK(rest[0].next_position == 5);
  CHECK(buffer.empty());
}

namespace {

RecordBatch transactional(std::int64_t base_offset, std::size_t count, std::int64_t producer_id,
                          Control control = Control::none) {
  RecordBatch batch = batch_at(base_offset, count);
  batch.producer = {producer_id, 0, 0, true, control};
  return batch;
}

}  // namespace

TEST_CASE("markers are never handed out; the position passes them") {
  FetchBuffer buffer;
  buffer.add(a, 0, {transactional(0, 2, 7), transactional(2, 1, 7, Control::commit)}, EventId{});
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].records.size() == 2);
  CHECK(slices[0].next_position == 3);
  CHECK_FALSE(slices[0].aborted);
  buffer.add(a, 3, {transactional(3, 1, 7, Control::abort)}, EventId{});
  const auto marker = buffer.take(100);
  REQUIRE(marker.size() == 1);
  CHECK(marker[0].records.empty());
  CHECK(marker[0].next_position == 4);
}

TEST_CASE("read_committed: from its first offset to its marker, a producer's records are aborted") {
  FetchBuffer buffer;
  buffer.add(a, 0,
             {transactional(0, 2, 7), transactional(2, 2, 8), transactional(4, 1, 7),
              transactional(5, 1, 7, Control::abort), transactional(6, 1, 8, Control::commit),
              transactional(7, 1, 7), batch_at(8, 1)},
             EventId{}, {{7, 0}});
  const auto slices = buffer.take(100);
  std::vector<std::pair<std::int64_t, bool>> seen;
  for (const RecordSlice& slice : slices)
    for (std::size_t i = 0; i < slice.records.size(); ++i)
      seen.emplace_back(slice.base_offset + static_cast<std::int64_t>(i), slice.aborted);
  CHECK(seen ==
        std::vector<std::pair<std::int64_t, bool>>{
            {0, true}, {1, true}, {2, false}, {3, false}, {4, true}, {7, false}, {8, false}});
  CHECK(slices.back().next_position == 9);
}

TEST_CASE("what is passed over does not count for max.poll.records") {
  FetchBuffer buffer;
  buffer.add(a, 0, {transactional(0, 5, 7), transactional(5, 1, 7, Control::abort), batch_at(6, 3)},
             EventId{}, {{7, 0}});
  const auto slices = buffer.take(2);
  REQUIRE(slices.size() == 2);
  CHECK(slices[0].aborted);
  CHECK(slices[0].records.size() == 5);
  CHECK(slices[1].base_offset == 6);
  CHECK(slices[1].records.size() == 2);
}

TEST_CASE("read_uncommitted is told of no aborted transactions and gets their records") {
  FetchBuffer buffer;
  buffer.add(a, 0, {transactional(0, 2, 7), transactional(2, 1, 7, Control::abort)}, EventId{});
  const auto slices = buffer.take(100);
  REQUIRE(slices.size() == 1);
  CHECK_FALSE(slices[0].aborted);
  CHECK(slices[0].records.size() == 2);
}

TEST_CASE("a paused partition keeps what it has; what is dropped is gone") {
  FetchBuffer buffer;
  buffer.add(a, 0, {batch_at(0, 2)}, EventId{});
  buffer.add(b, 0, {batch_at(0, 2)}, EventId{});
  const auto slices = buffer.take(100, [](const TopicPartition& tp) { return tp == a; });
  REQUIRE(slices.size() == 1);
  CHECK(slices[0].tp == b);
  CHECK(buffer.holds(a));
  buffer.drop(a);
  CHECK(buffer.empty());
}
