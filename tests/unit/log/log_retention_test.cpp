// What retention gives up: by size, by time, never by who has read it.
#include "sim/log/log_retention.h"

#include <doctest/doctest.h>

#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::base_offsets_of;
using test::make_batch;

namespace {

/// A log of segments with one record of these sizes each; the last one is active. Record n has the
/// time of n s.
PartitionLog make_log(LogConfig config, const std::vector<std::uint64_t>& sizes) {
  config.segment_bytes = 1;  // every batch is too large to share a segment
  PartitionLog log(config);
  for (std::size_t i = 0; i < sizes.size(); ++i)
    log.append_as_leader(make_batch(1, sizes[i], sim_time(std::chrono::seconds(i)), i + 1), 0,
                         sim_time(std::chrono::seconds(i)));
  log.set_high_watermark(log.log_end_offset());
  return log;
}

}  // namespace

TEST_CASE(
    "check 48: retention.bytes 20 with segments of 10, 10, 10 and 5: only the first one goes") {
  LogConfig config;
  config.retention_bytes = 20;
  PartitionLog log = make_log(config, {10, 10, 10, 5});
  REQUIRE(segments_over_size(log) == 1);
  bool rolled = false;
  const LogCut cut = log.delete_oldest_segments(1, sim_time(9s), rolled);
  CHECK_FALSE(rolled);
  CHECK(log.log_start_offset() == 1);
  CHECK(log.size_bytes() == 25);  // a topic keeps at least its limit
  CHECK(cut.records == std::vector<RecordId>{RecordId{1}});
  REQUIRE(cut.segments.size() == 1);
  CHECK(cut.segments[0].size_bytes == 10);
  CHECK(segments_over_size(log) == 0);
}

TEST_CASE("a partition that is exactly one segment over its limit loses that segment") {
  LogConfig config;
  config.retention_bytes = 20;
  CHECK(segments_over_size(make_log(config, {10, 10, 10})) == 1);
  CHECK(segments_over_size(make_log(config, {10, 10, 9})) == 0);
  config.retention_bytes = -1;
  CHECK(segments_over_size(make_log(config, {10, 10, 10})) == 0);
}

TEST_CASE("a segment expires by its youngest record, oldest segments first") {
  LogConfig config;
  config.retention_ms = 5s;
  const PartitionLog log = make_log(config, {10, 10, 10, 10});
  CHECK(segments_expired(log, sim_time(5s)) == 0);
  CHECK(segments_expired(log, sim_time(5001ms)) == 1);
  CHECK(segments_expired(log, sim_time(7500ms)) == 3);
  config.retention_ms = -1ms;
  CHECK(segments_expired(make_log(config, {10}), sim_time(1h)) == 0);
}

TEST_CASE("a record from the future keeps its segment and all after it") {
  LogConfig config;
  config.segment_bytes = 1;
  config.retention_ms = 5s;
  PartitionLog log(config);
  log.append_as_leader(make_batch(1, 10, sim_time(1h)), 0, SimTime{});
  log.append_as_leader(make_batch(1, 10, sim_time(1s)), 0, SimTime{});
  log.set_high_watermark(2);
  CHECK(segments_expired(log, sim_time(60s)) == 0);
}

TEST_CASE("the active segment expires too: an empty one takes its place") {
  LogConfig config;
  config.retention_ms = 5s;
  PartitionLog log = make_log(config, {10, 10});
  REQUIRE(segments_expired(log, sim_time(60s)) == 2);
  bool rolled = false;
  log.delete_oldest_segments(2, sim_time(60s), rolled);
  CHECK(rolled);
  CHECK(log.log_start_offset() == 2);
  CHECK(log.log_end_offset() == 2);
  CHECK(base_offsets_of(log) == std::vector<std::int64_t>{2});
  CHECK(log.size_bytes() == 0);
  CHECK(segments_expired(log, sim_time(600s)) == 0);  // an empty active segment stays
}

TEST_CASE("nothing above the high watermark is deleted, however old or large") {
  LogConfig config;
  config.retention_ms = 5s;
  config.retention_bytes = 0;
  PartitionLog log = make_log(config, {10, 10, 10});
  log.set_high_watermark(1);
  CHECK(segments_expired(log, sim_time(60s)) == 1);
  CHECK(segments_over_size(log) == 1);
  log.set_high_watermark(0);
  CHECK(segments_expired(log, sim_time(60s)) == 0);
}

TEST_CASE("a log start that has been moved frees segments that lie below it wholly") {
  PartitionLog log = make_log({}, {10, 10, 10});
  log.advance_log_start(1);
  CHECK(segments_below_log_start(log) == 1);
  log.advance_log_start(3);
  CHECK(segments_below_log_start(log) == 2);  // never the active one
}
