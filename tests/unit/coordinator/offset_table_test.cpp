// Positions as state: the latest one wins, transactions count when they are committed.
#include "sim/coordinator/offset_table.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

const TopicPartition tp{"orders", 0};

GroupPosition at(std::int64_t offset, const std::string& group = "billing") {
  return {group, tp, {{offset, 0}, sim_time(1s), "m-1", 3, 0}};
}

}  // namespace

TEST_CASE("the latest position is known at once, to others when it is replicated") {
  OffsetTable table;
  const GroupPosition first = table.put(at(5));
  const GroupPosition second = table.put(at(7));
  CHECK(table.latest("billing", tp)->committed.offset == 7);
  CHECK(table.latest_replicated("billing", tp) == nullptr);
  table.replicated(second);
  table.replicated(first);  // late: changes nothing
  CHECK(table.latest_replicated("billing", tp)->committed.offset == 7);
  table.forget("billing", tp);
  CHECK(table.latest("billing", tp) == nullptr);
  CHECK(table.of_group("billing") == nullptr);
  table.replicated(second);
  CHECK(table.latest_replicated("billing", tp) == nullptr);
}

TEST_CASE("positions of a transaction count with its commit, unless a later one was kept") {
  OffsetTable table;
  table.put(at(5));
  table.put_pending(0, 77, at(9));
  CHECK(table.has_pending("billing", tp));
  CHECK(table.has_pending("billing"));
  CHECK_FALSE(table.has_pending("audit", tp));
  CHECK(table.latest("billing", tp)->committed.offset == 5);
  CHECK(table.end(0, 78, true).empty());
  CHECK(table.end(1, 77, true).empty());
  CHECK(table.end(0, 77, true).size() == 1);
  CHECK(table.latest("billing", tp)->committed.offset == 9);
  CHECK_FALSE(table.has_pending("billing", tp));

  table.put_pending(0, 77, at(11));
  table.put(at(20));
  table.end(0, 77, true);
  CHECK(table.latest("billing", tp)->committed.offset == 20);
  table.put_pending(0, 77, at(30));
  CHECK(table.end(0, 77, false).empty());
  CHECK(table.latest("billing", tp)->committed.offset == 20);
}

TEST_CASE("what is coordinated elsewhere is forgotten here") {
  OffsetTable table;
  table.put(at(5));
  table.put(at(6, "audit"));
  table.put_pending(1, 77, at(7));
  table.put_pending(2, 77, at(8, "audit"));
  table.forget_group("billing");
  table.forget_pending(1);
  CHECK(table.groups() == std::vector<std::string>{"audit"});
  CHECK_FALSE(table.has_pending("billing"));
  CHECK(table.has_pending("audit"));
}

TEST_CASE("a position reads back from the log as it was written") {
  const CoordinatorEntry entry = offset_entry(at(5));
  CHECK(entry.key == R"({"type":"offset","group":"billing","topic":"orders","partition":0})");
  CHECK(*entry.value ==
        R"({"offset":5,"leaderEpoch":0,"commitTimestamp":1000,"member":"m-1","generation":3})");
  const auto read = decode_position(*entry.value);
  REQUIRE(read.has_value());
  CHECK(read->committed == OffsetAndEpoch{5, 0});
  CHECK(read->at == sim_time(1s));
  CHECK(read->member == "m-1");
  CHECK(read->generation == 3);
  CHECK_FALSE(decode_position("{}").has_value());
  CHECK_FALSE(offset_tombstone("billing", tp).value.has_value());
}
