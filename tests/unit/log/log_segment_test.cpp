// One file of a log.
#include "sim/log/log_segment.h"

#include <doctest/doctest.h>

#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

RecordBatch batch_at(std::int64_t base_offset, SimTime time, std::uint64_t size_bytes = 100) {
  RecordBatch batch = test::make_batch(1, size_bytes, time);
  batch.base_offset = base_offset;
  return batch;
}

}  // namespace

TEST_CASE("an empty segment takes any batch and is as old as its last change") {
  const LogSegment segment(7, sim_time(3s));
  CHECK(segment.base_offset() == 7);
  CHECK(segment.largest_timestamp() == sim_time(3s));
  CHECK_FALSE(segment.first_timestamp().has_value());
  LogConfig config;
  config.segment_bytes = 10;
  config.segment_ms = 1ms;
  CHECK(segment.should_roll(config, Duration::zero(), 100, sim_time(1h), sim_time(1h)).empty());
}

TEST_CASE("a segment knows its largest timestamp, also after its end has been cut off") {
  LogSegment segment(0, SimTime{});
  for (int i = 0; i < 130; ++i)
    segment.append(batch_at(i, sim_time(i == 100 ? 500s : std::chrono::seconds(i))), SimTime{});
  CHECK(segment.largest_timestamp() == sim_time(500s));
  CHECK(segment.first_timestamp() == sim_time(0s));
  CHECK(segment.size_bytes() == 13'000);
  segment.truncate(100, sim_time(700s));
  CHECK(segment.largest_timestamp() == sim_time(99s));
  CHECK(segment.size_bytes() == 10'000);
  CHECK(segment.last_modified() == sim_time(700s));
  CHECK(segment.index_of_timestamp(sim_time(70s)) == 70);
  CHECK(segment.index_of_timestamp(sim_time(100s)) == 100);
  segment.truncate(0, sim_time(701s));
  CHECK(segment.empty());
  CHECK(segment.largest_timestamp() == sim_time(701s));
}

TEST_CASE("batches are found by offset, over gaps too") {
  LogSegment segment(0, SimTime{});
  segment.append(batch_at(0, SimTime{}), SimTime{});
  segment.append(batch_at(5, SimTime{}, 50), SimTime{});
  CHECK(segment.index_of(0) == 0);
  CHECK(segment.index_of(1) == 1);
  CHECK(segment.index_of(5) == 1);
  CHECK(segment.index_of(6) == 2);
  CHECK(segment.position_of(1) == 100);
  CHECK(segment.position_of(2) == 150);
}
