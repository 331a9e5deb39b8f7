// The queue's journal: what survives what.
#include <doctest/doctest.h>

#include "sim/bus/queue_store.h"
#include "tests/unit/bus/world.h"

using namespace eventarium;
using namespace eventarium::bus;

namespace {

QueueOp store(std::uint64_t sequence, SimTime at = SimTime{}) {
  return {QueueOp::Kind::store, sequence, {make_record(RecordId{sequence}), "t", 0, 0}, 0, at};
}
QueueOp on(std::uint64_t sequence, QueueOp::Kind kind, std::uint64_t receipt = 0) {
  return {kind, sequence, {}, receipt, {}};
}

}  // namespace

TEST_CASE("a power loss undoes exactly what was not flushed") {
  QueueStore queue(1h);
  queue.append(store(1));
  const std::uint64_t flushed = queue.append(store(2));
  queue.append(on(1, QueueOp::Kind::remove));
  queue.append(store(3));
  queue.flushed_to(flushed);
  CHECK(queue.unflushed().size() == 2);
  CHECK(queue.written().messages.size() == 2);
  queue.lose_unflushed();
  CHECK(queue.unflushed().empty());
  CHECK(queue.last_number() == flushed);
  REQUIRE(queue.written().messages.size() == 2);
  CHECK(queue.written().messages.contains(1));
  CHECK(queue.written().messages.contains(2));
  CHECK(queue.written().last_sequence == 2);
  CHECK_FALSE(queue.written().published.contains(RecordId{3}));
  CHECK(queue.append(store(3)) == flushed + 1);
}

TEST_CASE("leases count deliveries and keep the latest receipt; dead letters are kept") {
  QueueStore queue(1h);
  queue.append(store(1));
  queue.append(on(1, QueueOp::Kind::lease, 11));
  queue.append(on(1, QueueOp::Kind::lease, 12));
  CHECK(queue.written().messages.at(1).attempts == 2);
  CHECK(queue.written().messages.at(1).receipt == 12);
  queue.append(on(1, QueueOp::Kind::dead_letter));
  CHECK(queue.written().messages.empty());
  CHECK(queue.written().sequence_of.empty());
  CHECK(queue.written().dead_letters.at(1).attempts == 2);
  queue.lose_unflushed();
  CHECK(queue.written().dead_letters.empty());
}

TEST_CASE("a published record is remembered for the deduplication window, also when it is gone") {
  QueueStore queue(10s);
  queue.append(store(1, sim_time(0s)));
  queue.append(on(1, QueueOp::Kind::remove));
  queue.append(store(2, sim_time(10s)));
  CHECK(queue.written().published.contains(RecordId{1}));
  queue.append(store(3, sim_time(11s)));
  CHECK_FALSE(queue.written().published.contains(RecordId{1}));
  CHECK(queue.written().published.contains(RecordId{2}));
}

TEST_CASE("journal entries have a size: header, and the record of a store") {
  CHECK(store(1).size_bytes() == 132);
  CHECK(on(1, QueueOp::Kind::lease).size_bytes() == 32);
}
