#include "sim/broker/group_protocol.h"

#include <doctest/doctest.h>

#include "sim/broker/share_protocol.h"
#include "sim/broker/transaction_protocol.h"

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("coordinator partition: Java's hash of the id, modulo the partitions") {
  CHECK(coordinator_partition("my-group", 50) == 12);
  CHECK(coordinator_partition("orders", 50) == 31);
  CHECK(coordinator_partition("test", 50) == 48);
  CHECK(coordinator_partition("g1", 50) == 42);
  CHECK(coordinator_partition("payments-service", 50) == 43);
  CHECK(coordinator_partition("group1", 50) == 40);
  CHECK(coordinator_partition("txn-1", 50) == 10);
}

TEST_CASE("coordinator partition: the hash counts UTF-16 units, and its smallest value is 0") {
  CHECK(coordinator_partition("", 50) == 0);
  CHECK(coordinator_partition("\xC3\xA9", 1000) == 233);             // é: one unit, U+00E9
  CHECK(coordinator_partition("\xF0\x9F\x98\x80", 2'000'000'000) ==  // two surrogates
        0xd83d * 31 + 0xde00);
  CHECK(coordinator_partition("polygenelubricants", 50) == 0);  // Integer.MIN_VALUE
}

TEST_CASE("internal topics are the three that coordinators keep") {
  CHECK(is_internal_topic("__consumer_offsets"));
  CHECK(is_internal_topic("__transaction_state"));
  CHECK(is_internal_topic("__share_group_state"));
  CHECK_FALSE(is_internal_topic("__offsets"));
  CHECK_FALSE(is_internal_topic("orders"));
}

TEST_CASE("protocol of groups and transactions: what is said takes its place on the wire") {
  OffsetCommitRequest commit;
  commit.group = "billing";
  const std::uint64_t empty_bytes = commit.size_bytes();
  commit.partitions.push_back({{"orders", 0}, {7, 1}});
  CHECK(commit.size_bytes() > empty_bytes + 20);

  WriteTxnMarkersRequest markers;
  markers.markers.push_back({{1, 0}, true, 3, {{"orders", 0}}});
  const std::uint64_t one_bytes = markers.size_bytes();
  markers.markers[0].partitions.push_back({"orders", 1});
  CHECK(markers.size_bytes() == one_bytes + 14);

  ShareFetchRequest fetch;
  const std::uint64_t nothing_bytes = fetch.size_bytes();
  fetch.acknowledgements.push_back({{"orders", 0}, 3, 5, Acknowledge::release});
  CHECK(fetch.size_bytes() == nothing_bytes + 14 + 18);
}
