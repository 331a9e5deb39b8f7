// Compaction of a log with transactions: what was aborted goes, markers go like tombstones, the
// last batch of each producer stays.
#include <doctest/doctest.h>

#include "sim/log/log_cleaner.h"
#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::keyed_batch;
using test::make_batch;
using test::offsets_of;

namespace {

using Offsets = std::vector<std::int64_t>;

struct Compacted {
  Compacted() {
    LogConfig config;
    config.compact_policy = true;
    config.delete_policy = false;
    config.delete_retention_ms = 10s;
    log = PartitionLog(config);
  }
  void write(const std::string& key, std::int64_t producer, std::int32_t sequence,
             bool transactional, std::int16_t epoch = 0) {
    RecordBatch batch = keyed_batch({{key}}, SimTime{}, next_id++);
    batch.producer = {producer, sequence, epoch, transactional, Control::none};
    log.append_as_leader(std::move(batch), 0, SimTime{});
  }
  void end(std::int64_t producer, Control control, std::int16_t epoch = 1) {
    RecordBatch batch = make_batch(1, 78, SimTime{}, next_id++);
    batch.producer = {producer, 0, epoch, true, control};
    log.append_as_leader(std::move(batch), 0, SimTime{});
  }
  void run_cleaner(SimTime now) {
    log.roll(now);
    log.set_high_watermark(log.log_end_offset());
    Cleaning plan = clean(log, assess(log, clean_offset, now), now);
    clean_offset = plan.clean_offset;
    log.replace_segments(plan.first_segment, plan.last_segment, std::move(plan.segments));
  }

  PartitionLog log;
  std::optional<std::int64_t> clean_offset;
  std::uint64_t next_id = 1;
};

}  // namespace

TEST_CASE("records of an aborted transaction go at once and do not replace older ones") {
  Compacted topic;
  topic.write("k", 1, 0, false);     // 0
  topic.write("k", 2, 0, true);      // 1
  topic.end(2, Control::abort);      // 2
  topic.write("l", 2, 0, true, 1);   // 3
  topic.end(2, Control::commit, 2);  // 4
  topic.write("m", 1, 1, false);     // 5
  topic.run_cleaner(sim_time(1s));
  CHECK(offsets_of(topic.log) == Offsets{0, 2, 3, 4, 5});
}

TEST_CASE("a marker goes delete.retention.ms after its transaction's records have gone") {
  Compacted topic;
  topic.write("k", 2, 0, true);      // 0
  topic.end(2, Control::abort);      // 1
  topic.write("k", 2, 0, true, 1);   // 2
  topic.end(2, Control::commit, 2);  // 3
  topic.run_cleaner(sim_time(1s));
  CHECK(offsets_of(topic.log) == Offsets{1, 2, 3});
  topic.write("l", 1, 0, false);
  topic.run_cleaner(sim_time(2s));  // sees a marker without records: its time begins to run
  CHECK(offsets_of(topic.log) == Offsets{1, 2, 3, 4});
  topic.write("m", 1, 1, false);
  topic.run_cleaner(sim_time(13s));
  CHECK(offsets_of(topic.log) == Offsets{2, 3, 4, 5});
}

TEST_CASE("nothing is cleaned above the last stable offset") {
  Compacted topic;
  topic.write("k", 1, 0, false);
  topic.write("k", 1, 1, false);
  topic.log.roll(sim_time(1s));
  topic.write("k", 2, 0, true);
  topic.write("k", 1, 2, false);
  topic.run_cleaner(sim_time(2s));
  CHECK(*topic.clean_offset == 2);
  CHECK(offsets_of(topic.log) == Offsets{1, 2, 3});
}

TEST_CASE("the last batch of a producer stays without its records: its sequence is not forgotten") {
  Compacted topic;
  topic.write("k", 1, 0, false);  // 0
  topic.write("k", 1, 1, false);  // 1
  topic.write("k", 2, 0, false);  // 2
  topic.run_cleaner(sim_time(1s));
  CHECK(offsets_of(topic.log) == Offsets{2});
  std::vector<std::int64_t> batches;
  topic.log.for_each_batch(0,
                           [&](const RecordBatch& batch) { batches.push_back(batch.base_offset); });
  CHECK(batches == Offsets{1, 2});
  // A follower that copies the empty batch knows the same.
  PartitionLog follower;
  topic.log.for_each_batch(
      0, [&](const RecordBatch& batch) { follower.append_as_follower(batch, SimTime{}); });
  REQUIRE(follower.producers());
  CHECK(follower.log_end_offset() == 3);
  CHECK(follower.producers()->find(1)->batches.back().last_sequence == 1);
}
