// Compaction: who stays, who goes, when.
#include "sim/log/log_cleaner.h"

#include <map>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::base_offsets_of;
using test::keyed_batch;
using test::KeyedRecord;
using test::offsets_of;

namespace {

using Offsets = std::vector<std::int64_t>;

/// A compacted log; each call of write() is one batch, roll() closes the segment.
struct Compacted {
  explicit Compacted(LogConfig config = {}) : log(with_policy(config)) {}
  static LogConfig with_policy(LogConfig config) {
    config.compact_policy = true;
    config.delete_policy = false;
    return config;
  }
  void write(const std::vector<KeyedRecord>& records, SimTime now = SimTime{}) {
    log.append_as_leader(keyed_batch(records, now, next_id), 0, now);
    next_id += records.size();
    log.set_high_watermark(log.log_end_offset());
  }
  bool eligible(SimTime now) const { return assess(log, clean_offset, now).eligible(log.config()); }
  std::vector<RecordId> run_cleaner(SimTime now) {
    Cleaning plan = clean(log, assess(log, clean_offset, now), now);
    clean_offset = plan.clean_offset;
    log.replace_segments(plan.first_segment, plan.last_segment, std::move(plan.segments));
    return plan.removed;
  }

  PartitionLog log;
  std::optional<std::int64_t> clean_offset;
  std::uint64_t next_id = 1;
};

}  // namespace

TEST_CASE("check 49: the latest record of each key stays with its offset; a tombstone goes later") {
  Compacted topic;
  topic.write({{"k1"}, {"k2"}, {"k1"}, {"k2", true}});
  topic.log.roll(sim_time(1s));
  REQUIRE(topic.eligible(sim_time(15s)));
  const auto removed = topic.run_cleaner(sim_time(15s));
  CHECK(offsets_of(topic.log) == Offsets{2, 3});
  CHECK(removed == std::vector<RecordId>{RecordId{1}, RecordId{2}});
  CHECK(topic.log.log_end_offset() == 4);
  CHECK(topic.log.log_start_offset() == 0);

  // A day later the tombstone may go, but nothing is dirty: no cleaning.
  CHECK_FALSE(topic.eligible(sim_time(15s + 25h)));
  topic.write({{"k3"}, {"k3"}, {"k3"}, {"k4"}}, sim_time(26h));
  CHECK_FALSE(topic.eligible(sim_time(26h)));  // the active segment is not touched
  topic.log.roll(sim_time(26h));
  REQUIRE(topic.eligible(sim_time(26h)));
  topic.run_cleaner(sim_time(26h));
  CHECK(offsets_of(topic.log) == Offsets{2, 6, 7});
}

TEST_CASE("a tombstone stays until delete.retention.ms after the cleaning that met it first") {
  LogConfig config;
  config.delete_retention_ms = 100s;
  Compacted topic(config);
  topic.write({{"a", true}});
  topic.log.roll(SimTime{});
  topic.run_cleaner(sim_time(50s));
  for (const auto at : {149s, 150s}) {
    topic.write({{"b"}}, sim_time(at));
    topic.log.roll(sim_time(at));
    topic.run_cleaner(sim_time(at));
    CHECK(offsets_of(topic.log).front() == (at == 149s ? 0 : 2));
  }
}

TEST_CASE("more than half must be dirty, and the active segment does not count") {
  Compacted topic;
  topic.write({{"a"}, {"b"}});
  topic.log.roll(SimTime{});
  topic.run_cleaner(SimTime{});
  topic.write({{"a"}, {"b"}});  // as many bytes again: half, which is not more than half
  CHECK_FALSE(topic.eligible(SimTime{}));
  topic.log.roll(SimTime{});
  CHECK(assess(topic.log, topic.clean_offset, SimTime{}).dirty_ratio() == doctest::Approx(0.5));
  CHECK_FALSE(topic.eligible(SimTime{}));
  topic.write({{"c"}});
  topic.log.roll(SimTime{});
  CHECK(topic.eligible(SimTime{}));
}

TEST_CASE("min.compaction.lag.ms: young records are left alone") {
  LogConfig config;
  config.min_compaction_lag_ms = 60s;
  Compacted topic(config);
  topic.write({{"a"}, {"a"}}, sim_time(10s));
  topic.log.roll(sim_time(10s));
  topic.write({{"a"}, {"a"}}, sim_time(50s));
  topic.log.roll(sim_time(50s));
  CHECK_FALSE(topic.eligible(sim_time(69s)));
  REQUIRE(topic.eligible(sim_time(75s)));
  topic.run_cleaner(sim_time(75s));
  CHECK(offsets_of(topic.log) == Offsets{1, 2, 3});
}

TEST_CASE("max.compaction.lag.ms: old records are cleaned however few they are") {
  LogConfig config;
  config.max_compaction_lag_ms = 100s;
  config.min_cleanable_dirty_ratio = 1;
  Compacted topic(config);
  topic.write({{"a"}, {"a"}}, sim_time(10s));
  CHECK(topic.log.config().max_segment_ms() == 100s);
  topic.log.roll(sim_time(10s));
  CHECK_FALSE(topic.eligible(sim_time(110s)));
  CHECK(topic.eligible(sim_time(111s)));
}

TEST_CASE("what is not committed is not cleaned") {
  Compacted topic;
  topic.write({{"a"}, {"a"}});
  topic.log.roll(SimTime{});
  topic.log.set_high_watermark(1);
  CHECK_FALSE(topic.eligible(SimTime{}));
}

TEST_CASE("small neighbours become one segment, up to segment.bytes") {
  LogConfig config;
  config.segment_bytes = 250;
  Compacted topic(config);
  for (const char* key : {"a", "b", "c", "d", "e"}) {
    topic.write({{key}});  // 91 bytes
    topic.log.roll(SimTime{});
  }
  const std::uint64_t size_bytes = topic.log.size_bytes();
  topic.run_cleaner(SimTime{});
  CHECK(base_offsets_of(topic.log) == Offsets{0, 2, 4, 5});
  CHECK(topic.log.size_bytes() == size_bytes);  // nothing was out of date
  CHECK(offsets_of(topic.log) == Offsets{0, 1, 2, 3, 4});
}

TEST_CASE("a batch that is empty after cleaning is gone; a reader passes over the gap") {
  Compacted topic;
  topic.write({{"a"}, {"b"}});
  topic.write({{"a"}, {"b"}, {"c"}});
  topic.log.roll(SimTime{});
  topic.run_cleaner(SimTime{});
  const auto read = topic.log.read(0, 1000, 5, true);
  REQUIRE(read->batches.size() == 1);
  CHECK(read->batches[0].base_offset == 2);
  CHECK(topic.log.readable_bytes(0, 5) == read->size_bytes);
}

TEST_CASE("a cut below the cleaned part counts as dirty again") {
  Compacted topic;
  topic.write({{"a"}});
  topic.log.roll(SimTime{});
  topic.run_cleaner(SimTime{});
  CHECK(topic.clean_offset == 1);
  topic.log.truncate_fully_and_start_at(7, SimTime{});
  CHECK(assess(topic.log, topic.clean_offset, SimTime{}).first_dirty_offset == 7);
}

TEST_CASE("property: a compacted log tells the same latest value of every key") {
  CHECK(rc::check([] {
    LogConfig config;
    config.segment_bytes = 300;
    config.min_cleanable_dirty_ratio = 0;
    Compacted topic(config);
    std::map<std::string, std::int64_t> latest;  // key -> offset
    std::map<std::int64_t, bool> tombstone_at;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(0, 6)));
    SimTime now{};
    for (const auto& [what, key] : steps) {
      now += 1s;
      if (what == 0) {
        topic.log.roll(now);
      } else if (what == 1) {
        if (topic.eligible(now)) topic.run_cleaner(now);
      } else {
        const std::string name(1, static_cast<char>('a' + key));
        const std::int64_t first = topic.log.log_end_offset();
        topic.write({{name}, {name, what == 2}}, now);
        latest[name] = first + 1;
        tombstone_at[first + 1] = what == 2;
      }
    }
    const Offsets offsets = offsets_of(topic.log);
    RC_ASSERT(std::is_sorted(offsets.begin(), offsets.end()));
    for (const auto& [key, offset] : latest)
      RC_ASSERT(std::binary_search(offsets.begin(), offsets.end(), offset));
    // Below the clean offset, nothing but latest records as of that offset.
    std::map<std::string, int> clean_records;
    topic.log.for_each_batch(0, [&](const RecordBatch& batch) {
      for (std::size_t i = 0; i < batch.records->size(); ++i)
        if (batch.offset_of(i) < topic.clean_offset.value_or(0))
          ++clean_records[*(*batch.records)[i].event->partitionkey];
    });
    for (const auto& [key, count] : clean_records) RC_ASSERT(count == 1);
    std::uint64_t bytes = 0;
    for (const LogSegment& segment : topic.log.segments()) bytes += segment.size_bytes();
    RC_ASSERT(bytes == topic.log.size_bytes());
  }));
}
