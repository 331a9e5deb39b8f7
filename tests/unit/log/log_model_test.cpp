// Property: whatever is done to a log, it says the same as a naive model of it: a list of batches.
#include <algorithm>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "sim/log/log_retention.h"
#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_batch;

namespace {

struct NaiveLog {
  struct Batch {
    std::int64_t base_offset = 0;
    std::size_t count = 0;
    std::uint64_t size_bytes = 0;
    std::uint64_t first_id = 0;
    std::int32_t epoch = 0;
    std::int64_t next_offset() const { return base_offset + static_cast<std::int64_t>(count); }
  };
  std::vector<Batch> batches;
  std::int64_t start = 0, end = 0;

  std::uint64_t bytes(std::int64_t from, std::int64_t up_to) const {
    std::uint64_t sum = 0;
    for (const Batch& batch : batches)
      if (batch.next_offset() > from && batch.next_offset() <= up_to) sum += batch.size_bytes;
    return sum;
  }
  void truncate(std::int64_t offset) {
    if (offset >= end) return;
    end = offset;
    while (!batches.empty() && batches.back().next_offset() > offset) {
      end = std::min(end, batches.back().base_offset);
      batches.pop_back();
    }
    end = std::max(end, std::min(offset, start));  // when the log starts inside of that batch
    start = std::min(start, end);
  }
  EpochEnd epoch_end(std::int32_t epoch) const {
    EpochEnd result;
    for (const Batch& batch : batches)
      if (batch.epoch <= epoch && batch.next_offset() > start)
        result = {batch.epoch, batch.next_offset()};
    return result;
  }
};

struct Both {
  PartitionLog log;
  NaiveLog naive;
  std::uint64_t next_id = 1;
  std::int32_t epoch = 0;
  SimTime now{};

  static LogConfig config() {
    LogConfig config;
    config.segment_bytes = 300;
    config.retention_bytes = 700;
    config.retention_ms = 20s;
    return config;
  }
  Both() : log(config()) {}

  void append(int size) {
    const auto count = static_cast<std::size_t>(size % 4 + 1);
    const auto size_bytes = static_cast<std::uint64_t>(61 + size * 10);
    log.append_as_leader(make_batch(count, size_bytes, now, next_id), epoch, now);
    naive.batches.push_back({naive.end, count, size_bytes, next_id, epoch});
    naive.end = naive.batches.back().next_offset();
    next_id += count;
  }
  void truncate(int fraction) {
    // Between batches, as followers do.
    std::int64_t offset = naive.start + (naive.end - naive.start) * fraction / 16;
    for (const NaiveLog::Batch& batch : naive.batches)
      if (batch.base_offset < offset && offset < batch.next_offset()) offset = batch.base_offset;
    offset = std::max(offset, naive.start);
    const std::int64_t before = naive.end;
    log.truncate_to(offset, now);
    naive.truncate(offset);
    if (naive.end < before) ++epoch;  // another leader writes from here on
  }
  void retain() {
    log.set_high_watermark(log.log_end_offset());
    bool rolled = false;
    log.delete_oldest_segments(segments_over_size(log), now, rolled);
    log.delete_oldest_segments(segments_expired(log, now), now, rolled);
    naive.start = log.log_start_offset();
    std::erase_if(naive.batches,
                  [&](const auto& batch) { return batch.next_offset() <= naive.start; });
  }
  void advance_start(int fraction) {
    const std::int64_t offset = naive.start + (naive.end - naive.start) * fraction / 16;
    log.advance_log_start(offset);
    naive.start = offset;
  }
  void check() const {
    RC_ASSERT(log.log_start_offset() == naive.start);
    RC_ASSERT(log.log_end_offset() == naive.end);
    RC_ASSERT(log.high_watermark() >= naive.start && log.high_watermark() <= naive.end);
    RC_ASSERT(log.recovery_point() <= naive.end);
    std::uint64_t bytes = 0;
    std::int64_t previous = -1;
    for (const LogSegment& segment : log.segments()) {
      RC_ASSERT(segment.base_offset() > previous);
      previous = segment.base_offset();
      bytes += segment.size_bytes();
    }
    RC_ASSERT(bytes == log.size_bytes());
    for (std::int64_t offset = naive.start; offset <= naive.end; ++offset) check_read(offset);
    for (std::int32_t e = 0; e <= epoch; ++e) check_epoch(e);
  }
  void check_read(std::int64_t offset) const {
    const auto read = log.read(offset, UINT64_MAX, naive.end, true);
    RC_ASSERT(read.has_value());
    RC_ASSERT(read->size_bytes == naive.bytes(offset, naive.end));
    RC_ASSERT(log.readable_bytes(offset, naive.end) == read->size_bytes);
    if (read->batches.empty()) return;
    const auto expected =
        std::find_if(naive.batches.begin(), naive.batches.end(),
                     [&](const auto& batch) { return batch.next_offset() > offset; });
    RC_ASSERT(read->batches.front().base_offset == expected->base_offset);
    RC_ASSERT(read->batches.front().records->front().id.value == expected->first_id);
    RC_ASSERT(read->batches.front().leader_epoch == expected->epoch);
  }
  void check_epoch(std::int32_t e) const {
    // The cache knows where each epoch of the log ends, and what its latest record has.
    const EpochEnd expected = naive.epoch_end(e);
    if (expected.epoch != e) return;
    const EpochEnd end = log.end_offset_for_epoch(e);
    RC_ASSERT(end.epoch == e);
    RC_ASSERT(end.end_offset == expected.end_offset);
  }
};

}  // namespace

TEST_CASE("property: a log and a naive list of batches agree after any sequence of changes") {
  CHECK(rc::check([] {
    Both both;
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        rc::gen::pair(rc::gen::inRange(0, 12), rc::gen::inRange(0, 16)));
    for (const auto& [what, value] : steps) {
      both.now += std::chrono::seconds(1);
      switch (what) {
        case 0:
          both.truncate(value);
          break;
        case 1:
          both.retain();
          break;
        case 2:
          both.advance_start(value);
          break;
        case 3:
          both.log.roll(both.now);
          break;
        case 4:
          ++both.epoch;
          break;
        case 5:
          both.log.mark_flushed(both.naive.end * value / 16, both.now);
          break;
        default:
          both.append(value);
      }
      both.check();
    }
  }));
}

TEST_CASE(
    "property: a power loss keeps a prefix that holds all that was written, and reads go on") {
  CHECK(rc::check([] {
    Both both;
    const auto sizes = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 16));
    std::vector<SimTime> appended_at;
    for (const int size : sizes) {
      both.now += std::chrono::seconds(size % 3);
      both.append(size);
      appended_at.push_back(both.now);
    }
    const std::int64_t flushed = both.naive.end * *rc::gen::inRange(0, 17) / 16;
    both.log.mark_flushed(flushed, both.now);
    const SimTime written_before = sim_time(std::chrono::seconds(*rc::gen::inRange(0, 30)));
    std::int64_t kept = 0;
    for (std::size_t i = 0; i < appended_at.size(); ++i) {
      const bool safe =
          both.naive.batches[i].next_offset() <= flushed || appended_at[i] < written_before;
      if (!safe) break;
      kept = both.naive.batches[i].next_offset();
    }
    both.log.tear_unwritten(written_before);
    const LogCut cut = both.log.recover(*rc::gen::inRange<std::int64_t>(0, flushed + 1), both.now);
    RC_ASSERT(both.log.log_end_offset() == kept);
    RC_ASSERT(static_cast<std::int64_t>(cut.records.size()) == both.naive.end - kept);
    both.naive.truncate(kept);
    both.check();
    ++both.epoch;
    both.append(3);
    both.check();
  }));
}
