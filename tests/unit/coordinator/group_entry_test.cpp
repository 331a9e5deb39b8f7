// Keys of what is kept in __consumer_offsets.
#include "sim/coordinator/group_entry.h"

#include <doctest/doctest.h>

using namespace eventarium::kafka;

TEST_CASE("keys are JSON that says what is kept, and read back as they were") {
  const GroupEntryKey offset{"offset", "billing", "", "orders", 3};
  CHECK(encode(offset) == R"({"type":"offset","group":"billing","topic":"orders","partition":3})");
  CHECK(decode_group_key(encode(offset)) == offset);
  const GroupEntryKey member{"member", "a \"quoted\" group", "m-1", "", -1};
  CHECK(decode_group_key(encode(member)) == member);
}

TEST_CASE("what is no key is nothing") {
  CHECK_FALSE(decode_group_key("").has_value());
  CHECK_FALSE(decode_group_key("{\"type\":\"offset\"}").has_value());
  CHECK_FALSE(decode_group_key("[1,2]").has_value());
}
