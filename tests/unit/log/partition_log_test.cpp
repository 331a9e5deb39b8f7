// The log of a partition, by example and by property.
#include "sim/log/partition_log.h"

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::base_offsets_of;
using test::make_batch;

namespace {

struct Filled {
  PartitionLog log;
  std::vector<std::uint64_t> ids;        // record id at each offset
  std::vector<std::int64_t> boundaries;  // offsets at which a batch may end
};

Filled arbitrary_log() {
  Filled filled;
  filled.boundaries.push_back(0);
  const auto sizes = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(1, 6), rc::gen::inRange(61, 400)));
  std::uint64_t next_id = 1;
  for (const auto& [records, bytes] : sizes) {
    filled.log.append_as_leader(make_batch(static_cast<std::size_t>(records),
                                           static_cast<std::uint64_t>(bytes), SimTime{}, next_id),
                                0, SimTime{});
    for (int i = 0; i < records; ++i) filled.ids.push_back(next_id++);
    filled.boundaries.push_back(filled.log.log_end_offset());
  }
  return filled;
}

}  // namespace

TEST_CASE("an empty log starts and ends at 0 and can be read at 0 only") {
  PartitionLog log;
  CHECK(log.log_start_offset() == 0);
  CHECK(log.log_end_offset() == 0);
  REQUIRE(log.read(0, 1000, 10, true).has_value());
  CHECK(log.read(0, 1000, 10, true)->batches.empty());
  CHECK_FALSE(log.read(1, 1000, 10, true).has_value());
  CHECK_FALSE(log.read(-1, 1000, 10, true).has_value());
}

TEST_CASE("a read begins with the whole batch that holds the offset") {
  PartitionLog log;
  log.append_as_leader(make_batch(3, 100), 0, SimTime{});
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  const auto read = log.read(1, 1000, 5, true);
  REQUIRE(read->batches.size() == 2);
  CHECK(read->batches[0].base_offset == 0);
  CHECK(read->batches[1].base_offset == 3);
  CHECK(read->size_bytes == 200);
}

TEST_CASE("the first batch is returned even when it is larger than the limit") {
  PartitionLog log;
  log.append_as_leader(make_batch(1, 5000), 0, SimTime{});
  log.append_as_leader(make_batch(1, 100), 0, SimTime{});
  CHECK(log.read(0, 1000, 2, true)->batches.size() == 1);
  CHECK(log.read(0, 1000, 2, false)->batches.empty());
}

TEST_CASE("a batch that reaches the limit offset is not readable") {
  PartitionLog log;
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  CHECK(log.read(0, 1000, 3, true)->batches.size() == 1);
  CHECK(log.readable_bytes(0, 3) == 100);
  CHECK(log.readable_bytes(0, 4) == 200);
  CHECK(log.readable_bytes(4, 4) == 0);
}

TEST_CASE("a timestamp finds the first record that is not older") {
  PartitionLog log;
  log.append_as_leader(make_batch(3, 100, sim_time(10ms)), 0, SimTime{});  // 10, 11, 12 ms
  // out of order: CreateTime is the client's
  log.append_as_leader(make_batch(1, 100, sim_time(5ms)), 0, SimTime{});
  log.append_as_leader(make_batch(2, 100, sim_time(20ms)), 0, SimTime{});  // 20, 21 ms
  CHECK(log.find_timestamp(sim_time(11ms), 6)->offset == 1);
  CHECK(log.find_timestamp(sim_time(13ms), 6)->offset == 4);
  CHECK(log.find_timestamp(sim_time(21ms), 6)->offset == 5);
  CHECK_FALSE(log.find_timestamp(sim_time(22ms), 6).has_value());
  CHECK_FALSE(log.find_timestamp(sim_time(13ms), 4).has_value());
}

TEST_CASE("with LogAppendTime all records of a batch carry the broker's time") {
  PartitionLog log;
  RecordBatch batch = make_batch(3, 100, sim_time(10ms));
  batch.log_append_time = true;
  batch.max_timestamp = sim_time(50ms);
  log.append_as_leader(batch, 0, SimTime{});
  CHECK(log.find_timestamp(sim_time(40ms), 3)->offset == 0);
}

TEST_CASE("power loss takes what was not flushed, and nothing else") {
  PartitionLog log;
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  log.mark_flushed(log.log_end_offset(), SimTime{});
  log.append_as_leader(make_batch(3, 100), 0, SimTime{});
  log.tear_unwritten(SimTime::min());
  CHECK(log.recover(0, SimTime{}).records.size() == 3);
  CHECK(log.log_end_offset() == 2);
  CHECK(log.size_bytes() == 100);
  CHECK(log.append_as_leader(make_batch(1, 50), 0, SimTime{}).batch->base_offset == 2);
  CHECK(log.readable_bytes(0, 3) == 150);
}

TEST_CASE("power loss spares what the system has written back by itself") {
  PartitionLog log;
  log.append_as_leader(make_batch(2, 100), 0, sim_time(1s));
  log.append_as_leader(make_batch(2, 100, SimTime{}, 3), 0, sim_time(5s));
  log.tear_unwritten(sim_time(5s));  // what was appended before that is on the disk
  CHECK(log.log_end_offset() == 4);  // nobody has looked yet
  const LogCut cut = log.recover(0, sim_time(60s));
  CHECK(cut.records == std::vector<RecordId>{RecordId{3}, RecordId{4}});
  CHECK(cut.freed_bytes == 100);
  CHECK(log.log_end_offset() == 2);
  log.tear_unwritten(SimTime::min());  // what is left has been on the disk all the time
  CHECK(log.recover(0, sim_time(61s)).records.empty());
}

TEST_CASE("a crash of the process alone loses nothing; the recovery point is the saved one") {
  PartitionLog log;
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  log.mark_flushed(2, SimTime{});
  log.append_as_leader(make_batch(2, 100), 0, SimTime{});
  CHECK(log.bytes_to_recover(0) == 200);
  CHECK(log.recover(0, sim_time(1s)).records.empty());
  CHECK(log.log_end_offset() == 4);
  CHECK(log.recovery_point() == 0);
  log.tear_unwritten(SimTime::min());
  CHECK(log.recover(0, sim_time(2s)).records.size() == 2);  // the fsync was real all the same
}

TEST_CASE("the active segment is closed when a batch would make it larger than segment.bytes") {
  LogConfig config;
  config.segment_bytes = 250;
  PartitionLog log(config);
  CHECK(log.append_as_leader(make_batch(1, 100), 0, SimTime{}).roll_reason.empty());
  CHECK(log.append_as_leader(make_batch(1, 150), 0, SimTime{}).roll_reason.empty());
  CHECK(log.append_as_leader(make_batch(2, 1), 0, SimTime{}).roll_reason == "segment.bytes");
  CHECK(base_offsets_of(log) == std::vector<std::int64_t>{0, 2});
  CHECK(log.size_bytes() == 251);
}

TEST_CASE("segment.ms counts from the first record to the new one, not by the clock") {
  LogConfig config;
  config.segment_ms = 10s;
  PartitionLog log(config);
  log.append_as_leader(make_batch(1, 100, sim_time(1s)), 0, sim_time(1s));
  CHECK(log.append_as_leader(make_batch(1, 100, sim_time(11s)), 0, sim_time(60s))
            .roll_reason.empty());
  CHECK(log.append_as_leader(make_batch(1, 100, sim_time(11001ms)), 0, sim_time(60s)).roll_reason ==
        "segment.ms");
  log.set_roll_jitter(4s);
  CHECK(log.append_as_leader(make_batch(1, 100, sim_time(18s)), 0, sim_time(60s)).roll_reason ==
        "segment.ms");
}

TEST_CASE("reads go on over the end of a segment") {
  LogConfig config;
  config.segment_bytes = 100;
  PartitionLog log(config);
  for (int i = 0; i < 4; ++i) log.append_as_leader(make_batch(2, 60), 0, SimTime{});
  REQUIRE(log.segments().size() == 4);
  CHECK(log.read(1, 1000, 8, true)->batches.size() == 4);
  CHECK(log.read(3, 130, 8, true)->batches.size() == 2);
  CHECK(log.readable_bytes(2, 8) == 180);
  CHECK(log.readable_bytes(3, 7) == 120);
}

TEST_CASE("a follower keeps the leader's offsets and epochs, over gaps of compaction as well") {
  PartitionLog log;
  RecordBatch batch = make_batch(2, 100);
  batch.base_offset = 5;
  batch.leader_epoch = 3;
  log.append_as_follower(batch, SimTime{});
  CHECK(log.log_end_offset() == 7);
  CHECK(log.latest_epoch() == 3);
  CHECK(log.epochs().entries() == std::vector<LeaderEpochCache::Entry>{{3, 5}});
  CHECK(log.read(0, 1000, 7, true)->batches[0].base_offset == 5);
}

TEST_CASE("an offset inside a batch cuts the whole batch off") {
  PartitionLog log;
  log.append_as_leader(make_batch(3, 100), 0, SimTime{});
  log.append_as_leader(make_batch(3, 100, SimTime{}, 4), 1, SimTime{});
  log.set_high_watermark(5);
  const LogCut cut = log.truncate_to(4, SimTime{});
  CHECK(log.log_end_offset() == 3);
  CHECK(cut.records.size() == 3);
  CHECK(cut.freed_bytes == 100);
  CHECK(log.high_watermark() == 3);
  CHECK(log.latest_epoch() == 0);  // epoch 1 had begun at 3
}

TEST_CASE("segments behind a cut lose their files, the one it hits becomes active again") {
  LogConfig config;
  config.segment_bytes = 100;
  PartitionLog log(config);
  for (int i = 0; i < 4; ++i)
    log.append_as_leader(make_batch(2, 60, SimTime{}, 1 + 2 * static_cast<std::uint64_t>(i)), 0,
                         SimTime{});
  const LogCut cut = log.truncate_to(4, SimTime{});
  CHECK(base_offsets_of(log) == std::vector<std::int64_t>{0, 2, 4});
  CHECK(log.active_segment().empty());
  REQUIRE(cut.segments.size() == 1);
  CHECK(cut.segments[0].base_offset == 6);
  CHECK(cut.freed_bytes == 60);
  CHECK(cut.records.front() == RecordId{5});
  CHECK(log.size_bytes() == 120);
}

TEST_CASE("a log that begins anew elsewhere has forgotten everything") {
  PartitionLog log;
  log.append_as_leader(make_batch(3, 100), 2, SimTime{});
  const LogCut cut = log.truncate_fully_and_start_at(40, SimTime{});
  CHECK(cut.records.size() == 3);
  CHECK(log.log_start_offset() == 40);
  CHECK(log.log_end_offset() == 40);
  CHECK(log.high_watermark() == 40);
  CHECK_FALSE(log.latest_epoch().has_value());
  CHECK_FALSE(log.read(2, 100, 40, true).has_value());
  CHECK(log.append_as_leader(make_batch(1, 10), 3, SimTime{}).batch->base_offset == 40);
}

TEST_CASE("a log start inside a batch hides its first records, and the epoch starts there") {
  PartitionLog log;
  log.append_as_leader(make_batch(4, 100, sim_time(10ms)), 1, SimTime{});
  log.set_high_watermark(4);
  const LogCut cut = log.advance_log_start(2);
  CHECK(cut.records == std::vector<RecordId>{RecordId{1}, RecordId{2}});
  CHECK_FALSE(log.read(1, 100, 4, true).has_value());
  CHECK(log.read(2, 100, 4, true)->batches[0].base_offset == 0);
  CHECK(log.find_timestamp(sim_time(0ms), 4)->offset == 2);
  CHECK(log.epochs().entries() == std::vector<LeaderEpochCache::Entry>{{1, 2}});
  CHECK(log.advance_log_start(2).records.empty());
}

TEST_CASE("a timestamp is found among many batches with one out of order") {
  PartitionLog log;
  for (int i = 0; i < 300; ++i)
    log.append_as_leader(make_batch(1, 100, sim_time(i == 70 ? 1ms : i * 10ms)), 0, SimTime{});
  for (const int i : {0, 63, 64, 65, 69, 71, 128, 299})
    CHECK(log.find_timestamp(sim_time(i * 10ms), 300)->offset == i);
  CHECK(log.find_timestamp(sim_time(700ms), 300)->offset == 71);
  log.truncate_to(200, SimTime{});
  CHECK(log.find_timestamp(sim_time(1990ms), 300)->offset == 199);
  CHECK_FALSE(log.find_timestamp(sim_time(2000ms), 300).has_value());
}

TEST_CASE("property: offsets are dense and increasing") {
  CHECK(rc::check([] {
    const Filled filled = arbitrary_log();
    std::int64_t next = 0;
    filled.log.for_each_batch(0, [&](const RecordBatch& batch) {
      RC_ASSERT(batch.base_offset == next);
      next = batch.next_offset();
    });
    RC_ASSERT(filled.log.log_end_offset() == next);
  }));
}

TEST_CASE("property: a read returns what was appended, whole, and never past its limits") {
  CHECK(rc::check([] {
    const Filled filled = arbitrary_log();
    const std::int64_t end = filled.log.log_end_offset();
    const std::int64_t offset = *rc::gen::inRange<std::int64_t>(0, end + 1);
    const std::int64_t up_to = *rc::gen::inRange<std::int64_t>(0, end + 2);
    const auto max_bytes = *rc::gen::inRange<std::uint64_t>(0, 2000);
    const bool at_least_one = *rc::gen::arbitrary<bool>();
    const auto read = filled.log.read(offset, max_bytes, up_to, at_least_one);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->size_bytes <= max_bytes || (at_least_one && read->batches.size() == 1));
    std::uint64_t bytes = 0;
    for (std::size_t b = 0; b < read->batches.size(); ++b) {
      const RecordBatch& batch = read->batches[b];
      RC_ASSERT(batch.next_offset() <= up_to);
      if (b == 0) RC_ASSERT(batch.base_offset <= offset && offset < batch.next_offset());
      if (b > 0) RC_ASSERT(batch.base_offset == read->batches[b - 1].next_offset());
      for (std::size_t i = 0; i < batch.records->size(); ++i)
        RC_ASSERT((*batch.records)[i].id.value ==
                  filled.ids[static_cast<std::size_t>(batch.base_offset) + i]);
      bytes += batch.size_bytes;
    }
    RC_ASSERT(bytes == read->size_bytes);
  }));
}

TEST_CASE("property: without a byte limit, a read gets all that is readable") {
  CHECK(rc::check([] {
    const Filled filled = arbitrary_log();
    const std::int64_t end = filled.log.log_end_offset();
    const std::int64_t offset = *rc::gen::inRange<std::int64_t>(0, end + 1);
    const std::int64_t up_to = *rc::gen::elementOf(filled.boundaries);
    const auto read = filled.log.read(offset, UINT64_MAX, up_to, false);
    RC_ASSERT(read->size_bytes == filled.log.readable_bytes(offset, up_to));
    if (offset < up_to) RC_ASSERT(read->batches.back().next_offset() == up_to);
  }));
}

TEST_CASE("property: truncation keeps whole batches below the offset and appends go on there") {
  CHECK(rc::check([] {
    Filled filled = arbitrary_log();
    const std::int64_t end = filled.log.log_end_offset();
    const std::int64_t cut = *rc::gen::inRange<std::int64_t>(0, end + 2);
    const std::size_t dropped = filled.log.truncate_to(cut, SimTime{}).records.size();
    const std::int64_t new_end = filled.log.log_end_offset();
    RC_ASSERT(new_end <= cut);
    RC_ASSERT(new_end + static_cast<std::int64_t>(dropped) == end);
    RC_ASSERT(std::find(filled.boundaries.begin(), filled.boundaries.end(), new_end) !=
              filled.boundaries.end());
    std::uint64_t bytes = 0;
    filled.log.for_each_batch(0, [&](const RecordBatch& batch) { bytes += batch.size_bytes; });
    RC_ASSERT(filled.log.size_bytes() == bytes);
    RC_ASSERT(filled.log.append_as_leader(make_batch(2, 100), 0, SimTime{}).batch->base_offset ==
              new_end);
  }));
}
