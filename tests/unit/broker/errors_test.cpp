// Kafka's error codes.
#include "sim/broker/errors.h"

#include <doctest/doctest.h>

using namespace eventarium::kafka;

TEST_CASE("error codes have Kafka's numbers, names and consequences") {
  CHECK(static_cast<int>(Error::not_leader_or_follower) == 6);
  CHECK(name_of(Error::not_leader_or_follower) == "NOT_LEADER_OR_FOLLOWER");
  CHECK(is_retriable(Error::not_leader_or_follower));
  CHECK(asks_for_metadata(Error::not_leader_or_follower));
  CHECK(is_retriable(Error::not_enough_replicas));
  CHECK_FALSE(asks_for_metadata(Error::not_enough_replicas));
  CHECK_FALSE(is_retriable(Error::message_too_large));
  CHECK_FALSE(is_retriable(Error::offset_out_of_range));
}
