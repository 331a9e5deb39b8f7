#include "sim/coordinator/share_partition.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

using State = SharePartition::State;

std::vector<std::int64_t> offsets(std::int64_t first, std::int64_t end) {
  std::vector<std::int64_t> list;
  while (first < end) list.push_back(first++);
  return list;
}

ShareAcknowledgement say(Acknowledge type, std::int64_t first, std::int64_t last) {
  return {{"jobs", 0}, first, last, type};
}

const SimTime t0 = sim_time(10s);

}  // namespace

TEST_CASE("share partition: each record goes to one consumer at a time") {
  SharePartition partition({}, 5);
  const auto mine = partition.acquire(offsets(5, 20), 4, "a", NodeId{1}, t0);
  REQUIRE(mine.size() == 1);
  CHECK(mine[0].first_offset == 5);
  CHECK(mine[0].last_offset == 8);
  CHECK(mine[0].delivery_count == 1);
  const auto others = partition.acquire(offsets(5, 20), 3, "b", NodeId{2}, t0);
  REQUIRE(others.size() == 1);
  CHECK(others[0].first_offset == 9);
  CHECK(partition.end_offset() == 12);
  CHECK(partition.start_offset() == 5);
}

TEST_CASE("share partition: acknowledged in any order, the start moves past what is finished") {
  SharePartition partition({}, 0);
  partition.acquire(offsets(0, 6), 6, "a", NodeId{1}, t0);
  std::vector<SharePartition::Settled> settled;
  CHECK(partition.acknowledge(say(Acknowledge::accept, 2, 3), "a", settled) == Error::none);
  CHECK(partition.start_offset() == 0);
  CHECK(partition.acknowledge(say(Acknowledge::reject, 0, 0), "a", settled) == Error::none);
  CHECK(partition.start_offset() == 1);
  CHECK(partition.acknowledge(say(Acknowledge::accept, 1, 1), "a", settled) == Error::none);
  CHECK(partition.start_offset() == 4);
  REQUIRE(settled.size() == 3);
  CHECK(settled[0].state == State::acknowledged);
  CHECK(settled[1].state == State::archived);
  CHECK_FALSE(settled[1].too_often);
}

TEST_CASE("share partition: nobody acknowledges what is another's, finished or free") {
  SharePartition partition({}, 0);
  partition.acquire(offsets(0, 4), 4, "a", NodeId{1}, t0);
  std::vector<SharePartition::Settled> settled;
  CHECK(partition.acknowledge(say(Acknowledge::accept, 0, 1), "b", settled) ==
        Error::invalid_record_state);
  CHECK(partition.acknowledge(say(Acknowledge::release, 1, 1), "a", settled) == Error::none);
  CHECK(partition.acknowledge(say(Acknowledge::accept, 0, 1), "a", settled) ==
        Error::invalid_record_state);
  CHECK(partition.acknowledge(say(Acknowledge::accept, 0, 0), "a", settled) == Error::none);
  CHECK(partition.acknowledge(say(Acknowledge::accept, 0, 0), "a", settled) ==
        Error::invalid_record_state);
  CHECK(partition.acknowledge(say(Acknowledge::accept, 9, 9), "a", settled) ==
        Error::invalid_record_state);
}

TEST_CASE("share partition: a lock that is over gives the record to somebody else, counted") {
  SharePartition partition({}, 0);
  partition.acquire(offsets(0, 2), 2, "a", NodeId{1}, t0);
  CHECK(partition.next_expiry() == t0 + 30s);
  CHECK(partition.expire(t0 + 29s).empty());
  const auto over = partition.expire(t0 + 30s);
  REQUIRE(over.size() == 1);
  CHECK(over[0].state == State::available);
  CHECK(over[0].client == NodeId{1});
  const auto again = partition.acquire(offsets(0, 2), 2, "b", NodeId{2}, t0 + 31s);
  REQUIRE(again.size() == 1);
  CHECK(again[0].delivery_count == 2);
}

TEST_CASE("share partition: the fifth delivery still happens; archived when that one ends") {
  SharePartition partition({}, 0);
  for (std::uint32_t delivery = 1; delivery <= 5; ++delivery) {
    const auto got = partition.acquire(offsets(0, 1), 1, "a", NodeId{1}, t0);
    REQUIRE(got.size() == 1);
    CHECK(got[0].delivery_count == delivery);
    const auto released = partition.release("a");
    REQUIRE(released.size() == 1);
    CHECK((released[0].state == State::archived) == (delivery == 5));
    CHECK(released[0].too_often == (delivery == 5));
  }
  CHECK(partition.acquire(offsets(0, 1), 1, "a", NodeId{1}, t0).empty());
  CHECK(partition.start_offset() == 1);
}

TEST_CASE("share partition: no more records are out than there are locks") {
  SharePartitionOptions options;
  options.record_locks_max = 3;
  SharePartition partition(options, 0);
  CHECK(partition.acquire(offsets(0, 10), 10, "a", NodeId{1}, t0)[0].last_offset == 2);
  CHECK(partition.has_nothing(10));
  std::vector<SharePartition::Settled> settled;
  partition.acknowledge(say(Acknowledge::accept, 0, 0), "a", settled);
  CHECK_FALSE(partition.has_nothing(10));
  CHECK(partition.next_offset() == 3);
}

TEST_CASE("share partition: gaps of the log are nobody's, and retention takes records away") {
  SharePartition partition({}, 0);
  const auto got = partition.acquire({0, 3, 4}, 5, "a", NodeId{1}, t0);
  REQUIRE(got.size() == 2);
  CHECK(got[1].first_offset == 3);
  std::vector<SharePartition::Settled> settled;
  CHECK(partition.acknowledge(say(Acknowledge::accept, 0, 0), "a", settled) == Error::none);
  CHECK(partition.start_offset() == 3);
  partition.advance_log_start(8);
  CHECK(partition.start_offset() == 8);
  CHECK(partition.in_flight().empty());
  CHECK(partition.next_offset() == 8);
}

TEST_CASE("share partition: what is kept survives without the locks") {
  SharePartition partition({}, 2);
  partition.acquire(offsets(2, 8), 6, "a", NodeId{1}, t0);
  std::vector<SharePartition::Settled> settled;
  partition.acknowledge(say(Acknowledge::accept, 4, 4), "a", settled);
  partition.acknowledge(say(Acknowledge::reject, 6, 6), "a", settled);
  const SharePartition again = SharePartition::decode({}, partition.encode());
  CHECK(again.start_offset() == 2);
  CHECK(again.end_offset() == 8);
  CHECK(again.in_flight().at(4).state == State::acknowledged);
  CHECK(again.in_flight().at(6).state == State::archived);
  CHECK(again.in_flight().at(2).state == State::available);
  CHECK(again.in_flight().at(2).delivery_count == 0);
  CHECK(again.next_offset() == 2);
}
