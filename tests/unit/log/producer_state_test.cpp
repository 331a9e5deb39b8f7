// What a log knows of its producers: sequences, epochs, open and aborted transactions.
#include "sim/log/producer_state.h"

#include <limits>

#include <doctest/doctest.h>
#include <rapidcheck.h>

#include "tests/unit/log/records.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_batch;

namespace {

constexpr std::int32_t last_possible = std::numeric_limits<std::int32_t>::max();

RecordBatch data(std::int64_t producer, std::int32_t sequence, std::size_t records = 1,
                 std::int16_t epoch = 0, bool transactional = false, SimTime time = {}) {
  RecordBatch batch = make_batch(records, 100, time);
  batch.producer = {producer, sequence, epoch, transactional, Control::none};
  return batch;
}

RecordBatch marker(std::int64_t producer, std::int16_t epoch, Control control,
                   std::int32_t coordinator_epoch = 0) {
  RecordBatch batch = make_batch(1, 78);
  batch.producer = {producer, coordinator_epoch, epoch, true, control};
  return batch;
}

/// A log whose batches are checked before they are appended, as a leader does.
struct Leader {
  explicit Leader(std::uint64_t segment_bytes = 1'000'000) {
    LogConfig config;
    config.segment_bytes = segment_bytes;
    log = PartitionLog(config);
  }
  ProducerCheck send(const RecordBatch& batch) {
    const ProducerCheck check = log.check_producer(batch);
    if (check == ProducerCheck::ok) log.append_as_leader(batch, 0, batch.max_timestamp);
    return check;
  }
  std::int64_t original_offset(const RecordBatch& batch) const {
    const ProducerState::Batch* found = log.producers()->find_duplicate(batch);
    return found ? found->base_offset : -1;
  }
  void replicate() { log.set_high_watermark(log.log_end_offset()); }

  PartitionLog log;
};

}  // namespace

TEST_CASE("row 33: a batch sent again is answered with its offsets while it is one of the last 5") {
  Leader leader;
  for (std::int32_t sequence = 0; sequence < 6; ++sequence)
    REQUIRE(leader.send(data(1, sequence)) == ProducerCheck::ok);
  REQUIRE(leader.send(data(1, 6, 3)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 6, 3)) == ProducerCheck::duplicate);
  CHECK(leader.original_offset(data(1, 6, 3)) == 6);
  CHECK(leader.send(data(1, 2)) == ProducerCheck::duplicate);
  CHECK(leader.original_offset(data(1, 2)) == 2);
  CHECK(leader.send(data(1, 1)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 7, 2)) == ProducerCheck::out_of_order);
  CHECK(leader.log.log_end_offset() == 9);
}

TEST_CASE(
    "what a coordinator writes for a producer has no sequence: it is in order, and no duplicate") {
  Leader leader;
  REQUIRE(leader.send(data(1, -1, 2, 0, true)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, -1, 2, 0, true)) == ProducerCheck::ok);
  CHECK(leader.log.log_end_offset() == 4);
  CHECK(leader.log.producers()->has_open_transaction(1, 0));
  CHECK(leader.send(data(1, -1, 2, -1, true)) == ProducerCheck::invalid_epoch);
}

TEST_CASE("a gap is out of order; the next sequence is the last one of the batch before plus one") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0, 4)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 5)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 3)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 4)) == ProducerCheck::ok);
  CHECK(leader.send(data(2, 0)) == ProducerCheck::ok);  // another producer has its own
}

TEST_CASE("after sequence 2^31-1 comes 0") {
  Leader leader;
  REQUIRE(leader.send(data(1, last_possible - 1, 3)) == ProducerCheck::ok);  // ends with 0
  CHECK(leader.send(data(1, last_possible - 1, 3)) == ProducerCheck::duplicate);
  CHECK(leader.send(data(1, 2)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 1)) == ProducerCheck::ok);
  CHECK(sequence_after(last_possible, 1) == 0);
}

TEST_CASE("a newer epoch begins with sequence 0, an older one is fenced") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0, 3, 4)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 3, 1, 5)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 0, 1, 5)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 3, 1, 4)) == ProducerCheck::invalid_epoch);
  // Even what it had sent before: only batches of the present epoch are known.
  CHECK(leader.send(data(1, 0, 3, 4)) == ProducerCheck::invalid_epoch);
}

TEST_CASE("an unknown producer may begin anywhere, in a transaction only with 0") {
  Leader leader;
  CHECK(leader.send(data(1, 77)) == ProducerCheck::ok);
  CHECK(leader.send(data(2, 77, 1, 0, true)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(2, 0, 1, 0, true)) == ProducerCheck::ok);
}

TEST_CASE(
    "a transaction holds the last stable offset until the high watermark is past its marker") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0)) == ProducerCheck::ok);
  REQUIRE(leader.send(data(2, 0, 3, 0, true)) == ProducerCheck::ok);
  leader.replicate();
  CHECK(leader.log.last_stable_offset() == 1);
  REQUIRE(leader.send(data(1, 1, 2)) == ProducerCheck::ok);
  REQUIRE(leader.send(marker(2, 1, Control::commit)) == ProducerCheck::ok);
  CHECK(leader.log.log_end_offset() == 7);
  leader.log.set_high_watermark(6);
  CHECK(leader.log.last_stable_offset() == 1);
  leader.log.set_high_watermark(7);
  CHECK(leader.log.last_stable_offset() == 7);
  CHECK(leader.log.producers()->all_aborted().empty());
}

TEST_CASE("a marker carries the next epoch, with which sequences begin anew at 0") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0, 2, 0, true)) == ProducerCheck::ok);
  CHECK(leader.log.producers()->has_open_transaction(1, 0));
  CHECK_FALSE(leader.log.producers()->has_open_transaction(1, 1));
  REQUIRE(leader.send(marker(1, 1, Control::commit)) == ProducerCheck::ok);
  CHECK_FALSE(leader.log.producers()->has_open_transaction(1, 0));
  CHECK(leader.send(data(1, 2, 1, 0, true)) == ProducerCheck::invalid_epoch);
  CHECK(leader.send(data(1, 2, 1, 1, true)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(1, 0, 1, 1, true)) == ProducerCheck::ok);
}

TEST_CASE("markers of an older epoch and of a replaced coordinator are refused") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0, 1, 3, true)) == ProducerCheck::ok);
  CHECK(leader.send(marker(1, 2, Control::abort)) == ProducerCheck::invalid_epoch);
  REQUIRE(leader.send(marker(1, 4, Control::abort, 7)) == ProducerCheck::ok);
  CHECK(leader.send(marker(1, 4, Control::abort, 6)) == ProducerCheck::coordinator_fenced);
  CHECK(leader.send(marker(1, 4, Control::abort, 7)) == ProducerCheck::ok);
}

TEST_CASE("outside of its transaction a producer may not write while that is open") {
  Leader leader;
  REQUIRE(leader.send(data(1, 0, 1, 0, true)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 1, 1, 0, false)) == ProducerCheck::invalid_transaction_state);
}

TEST_CASE("the list of aborted transactions names those that reach into what is read") {
  Leader leader;
  leader.send(data(1, 0, 2, 0, true));         // 0, 1
  leader.send(data(2, 0, 2, 0, true));         // 2, 3
  leader.send(marker(1, 1, Control::abort));   // 4
  leader.send(data(3, 0, 1));                  // 5
  leader.send(marker(2, 1, Control::commit));  // 6
  leader.send(data(1, 0, 1, 1, true));         // 7
  leader.send(marker(1, 2, Control::abort));   // 8
  leader.send(marker(9, 0, Control::abort));   // 9: of a producer that wrote nothing here
  leader.replicate();
  const ProducerState& producers = *leader.log.producers();
  const auto firsts = [&](std::int64_t from, std::int64_t up_to) {
    std::vector<std::int64_t> offsets;
    for (const auto& aborted : producers.aborted(from, up_to))
      offsets.push_back(aborted.first_offset);
    return offsets;
  };
  using Offsets = std::vector<std::int64_t>;
  CHECK(firsts(0, 10) == Offsets{0, 7});
  CHECK(firsts(0, 2) == Offsets{0});
  CHECK(firsts(4, 6) == Offsets{0});
  CHECK(firsts(5, 7) == Offsets{});
  CHECK(firsts(5, 8) == Offsets{7});
  CHECK(firsts(9, 10) == Offsets{});
}

TEST_CASE("a cut takes back what it cuts off: sequences, transactions, aborted ones") {
  Leader leader;
  leader.send(data(1, 0, 2, 0, true));        // 0, 1
  leader.send(data(1, 2, 1, 0, true));        // 2
  leader.send(marker(1, 1, Control::abort));  // 3
  leader.send(data(1, 0, 1, 1, true));        // 4
  leader.replicate();
  CHECK(leader.log.last_stable_offset() == 4);
  leader.log.truncate_to(3, SimTime{});
  CHECK(leader.log.last_stable_offset() == 0);
  CHECK(leader.log.producers()->all_aborted().empty());
  CHECK(leader.send(data(1, 2, 1, 0, true)) == ProducerCheck::duplicate);
  leader.log.truncate_to(2, SimTime{});
  CHECK(leader.send(data(1, 2, 1, 0, true)) == ProducerCheck::ok);
  leader.log.truncate_to(0, SimTime{});
  CHECK(leader.log.last_stable_offset() == 0);
  CHECK(leader.log.producers()->entries().empty());
}

TEST_CASE(
    "what retention deletes does not take a producer's sequence with it, nor does a later cut") {
  Leader leader(150);          // every batch begins a segment
  leader.send(data(1, 0, 5));  // 0 ... 4
  leader.send(data(2, 0));     // 5
  leader.send(data(2, 1));     // 6
  leader.replicate();
  bool rolled = false;
  leader.log.delete_oldest_segments(2, SimTime{}, rolled);
  CHECK(leader.log.log_start_offset() == 6);
  CHECK(leader.send(data(1, 7)) == ProducerCheck::out_of_order);
  leader.log.truncate_to(6, SimTime{});
  CHECK(leader.send(data(1, 7)) == ProducerCheck::out_of_order);
  CHECK(leader.send(data(2, 1)) == ProducerCheck::ok);
  CHECK(leader.send(data(1, 5)) == ProducerCheck::ok);
  leader.log.truncate_fully_and_start_at(100, SimTime{});
  CHECK(leader.log.producers() == nullptr);
}

TEST_CASE("a producer idle for a day is forgotten, unless its transaction is open") {
  Leader leader;
  leader.send(data(1, 0, 1, 0, false, sim_time(1h)));
  leader.send(data(2, 0, 1, 0, true, sim_time(1h)));
  leader.send(data(3, 0, 1, 0, false, sim_time(2h)));
  leader.log.expire_producers(sim_time(25h), 24h);
  CHECK(leader.log.producers()->find(1) == nullptr);
  CHECK(leader.log.producers()->find(2) != nullptr);
  CHECK(leader.log.producers()->find(3) != nullptr);
  CHECK(leader.send(data(1, 42)) == ProducerCheck::ok);
}

TEST_CASE("without idempotent producers a log keeps nothing of all this") {
  Leader leader;
  leader.log.append_as_leader(make_batch(3, 100), 0, SimTime{});
  leader.replicate();
  CHECK(leader.log.producers() == nullptr);
  CHECK(leader.log.last_stable_offset() == 3);
}

// ---- property -----------------------------------------------------------------------------------

namespace {

/// The whole history as a list, asked by going through all of it.
struct NaiveProducers {
  std::vector<RecordBatch> batches;
  std::int64_t end = 0, high_watermark = 0;

  std::int16_t epoch_of(std::int64_t producer) const {
    std::int16_t epoch = -1;
    for (const RecordBatch& batch : batches)
      if (batch.producer.producer_id == producer) epoch = batch.producer.producer_epoch;
    return epoch;
  }
  std::vector<RecordBatch> last_five(std::int64_t producer) const {
    std::vector<RecordBatch> kept;
    for (const RecordBatch& batch : batches) {
      if (batch.producer.producer_id != producer) continue;
      if (!kept.empty() && kept.back().producer.producer_epoch != batch.producer.producer_epoch)
        kept.clear();
      if (!batch.producer.is_marker()) kept.push_back(batch);
    }
    if (kept.size() > 5) kept.erase(kept.begin(), kept.end() - 5);
    return kept;
  }
  std::optional<std::int64_t> open_since(std::int64_t producer) const {
    std::optional<std::int64_t> since;
    for (const RecordBatch& batch : batches) {
      if (batch.producer.producer_id != producer) continue;
      if (batch.producer.is_marker())
        since.reset();
      else if (batch.producer.transactional && !since)
        since = batch.base_offset;
    }
    return since;
  }
  std::int64_t last_stable_offset() const {
    std::int64_t stable = high_watermark;
    for (std::size_t i = 0; i < batches.size(); ++i) {
      if (!batches[i].producer.transactional || batches[i].producer.is_marker()) continue;
      bool ended = false;
      for (std::size_t j = i; j < batches.size() && !ended; ++j)
        ended = batches[j].producer.is_marker() &&
                batches[j].producer.producer_id == batches[i].producer.producer_id &&
                batches[j].base_offset < high_watermark;
      if (!ended) stable = std::min(stable, batches[i].base_offset);
    }
    return stable;
  }
  bool is_aborted(std::size_t index) const {
    const ProducerStamp& stamp = batches[index].producer;
    if (!stamp.transactional || stamp.is_marker()) return false;
    for (std::size_t j = index; j < batches.size(); ++j)
      if (batches[j].producer.is_marker() && batches[j].producer.producer_id == stamp.producer_id)
        return batches[j].producer.control == Control::abort;
    return false;
  }
};

void write_something(PartitionLog& log, NaiveProducers& naive) {
  const std::int64_t producer = *rc::gen::inRange<std::int64_t>(1, 4);
  const std::int16_t known = std::max<std::int16_t>(naive.epoch_of(producer), 0);
  const auto five = naive.last_five(producer);
  std::int32_t next = 0;
  if (!five.empty()) {
    next =
        five.back().producer.base_sequence + static_cast<std::int32_t>(five.back().records->size());
  }
  const bool open = naive.open_since(producer).has_value();
  RecordBatch batch;
  if (open && *rc::gen::inRange(0, 3) == 0) {
    batch = marker(producer, static_cast<std::int16_t>(known + 1),
                   *rc::gen::arbitrary<bool>() ? Control::commit : Control::abort);
  } else {
    batch = data(producer, next, *rc::gen::inRange<std::size_t>(1, 4), known,
                 open || *rc::gen::arbitrary<bool>());
  }
  RC_ASSERT(log.check_producer(batch) == ProducerCheck::ok);
  log.append_as_leader(batch, 0, SimTime{});
  batch.base_offset = naive.end;
  naive.end = batch.next_offset();
  naive.batches.push_back(batch);
}

void agree(const PartitionLog& log, const NaiveProducers& naive) {
  RC_ASSERT(log.last_stable_offset() == naive.last_stable_offset());
  if (!log.producers()) return;
  const ProducerState& producers = *log.producers();
  for (std::int64_t producer = 1; producer < 4; ++producer) {
    const ProducerState::Entry* entry = producers.find(producer);
    RC_ASSERT((entry ? entry->epoch : -1) == naive.epoch_of(producer));
    if (!entry) continue;
    RC_ASSERT(entry->open_since == naive.open_since(producer));
    const auto five = naive.last_five(producer);
    RC_ASSERT(entry->batches.size() == five.size());
    for (std::size_t i = 0; i < five.size(); ++i) {
      RC_ASSERT(entry->batches[i].base_offset == five[i].base_offset);
      RC_ASSERT(entry->batches[i].base_sequence == five[i].producer.base_sequence);
    }
  }
  const std::int64_t from = *rc::gen::inRange<std::int64_t>(0, log.last_stable_offset() + 1);
  const auto listed = producers.aborted(from, log.last_stable_offset());
  for (std::size_t i = 0; i < naive.batches.size(); ++i) {
    const RecordBatch& batch = naive.batches[i];
    if (batch.base_offset < from || batch.base_offset >= log.last_stable_offset()) continue;
    if (!batch.producer.transactional || batch.producer.is_marker()) continue;
    const bool dropped = std::any_of(listed.begin(), listed.end(), [&](const auto& aborted) {
      return aborted.producer_id == batch.producer.producer_id &&
             aborted.first_offset <= batch.base_offset && batch.base_offset < aborted.last_offset;
    });
    RC_ASSERT(dropped == naive.is_aborted(i));
  }
}

}  // namespace

TEST_CASE("property: whatever is written and cut, the state is that of the batches that are left") {
  CHECK(rc::check([] {
    Leader leader(*rc::gen::element<std::uint64_t>(250, 1'000'000));
    PartitionLog& log = leader.log;
    NaiveProducers naive;
    const int steps = *rc::gen::inRange(1, 60);
    for (int step = 0; step < steps; ++step) {
      const int what = *rc::gen::inRange(0, 12);
      if (what == 0) {
        log.truncate_to(*rc::gen::inRange<std::int64_t>(0, naive.end + 1), SimTime{});
        naive.end = log.log_end_offset();
        while (!naive.batches.empty() && naive.batches.back().base_offset >= naive.end)
          naive.batches.pop_back();
      } else if (what == 1) {
        log.reload_producers();
      } else if (what < 4) {
        log.set_high_watermark(*rc::gen::inRange(log.high_watermark(), naive.end + 1));
      } else {
        write_something(log, naive);
      }
      naive.high_watermark = log.high_watermark();
      agree(log, naive);
    }
  }));
}
