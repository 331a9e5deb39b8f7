// Placement of replicas, error codes, topic configuration.
#include "sim/broker/cluster_image.h"

#include <set>

#include <doctest/doctest.h>

#include "sim/broker/errors.h"
#include "sim/broker/placement.h"
#include "sim/broker/topic_config.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

std::vector<NodeId> brokers(std::uint32_t count) {
  std::vector<NodeId> ids;
  for (std::uint32_t i = 0; i < count; ++i) ids.push_back(NodeId{i});
  return ids;
}

std::vector<std::vector<std::uint32_t>> numbers(const std::vector<std::vector<NodeId>>& placed) {
  std::vector<std::vector<std::uint32_t>> result;
  for (const auto& list : placed) {
    auto& row = result.emplace_back();
    for (const NodeId id : list) row.push_back(id.value);
  }
  return result;
}

using Rows = std::vector<std::vector<std::uint32_t>>;

}  // namespace

TEST_CASE("striped placement from start 0") {
  CHECK(numbers(place_replicas(brokers(3), 3, 3, nullptr)) ==
        Rows{{0, 1, 2}, {1, 2, 0}, {2, 0, 1}});
  CHECK(numbers(place_replicas(brokers(4), 4, 3, nullptr)) ==
        Rows{{0, 1, 2}, {1, 2, 3}, {2, 3, 0}, {3, 0, 1}});
  CHECK(numbers(place_replicas(brokers(4), 4, 2, nullptr)) == Rows{{0, 1}, {1, 2}, {2, 3}, {3, 0}});
  CHECK(numbers(place_replicas(brokers(5), 4, 3, nullptr)) ==
        Rows{{0, 1, 2}, {1, 2, 3}, {2, 3, 4}, {3, 4, 0}});
}

TEST_CASE("a random start only rotates the first stripe, and replicas are always distinct") {
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    RandomStream random(seed, "placement");
    const auto placed = numbers(place_replicas(brokers(3), 7, 2, &random));
    CHECK(placed[1][0] == (placed[0][0] + 1) % 3);
    CHECK(placed[2][0] == (placed[0][0] + 2) % 3);
    for (const auto& replicas : placed)
      CHECK(std::set(replicas.begin(), replicas.end()).size() == 2);
  }
}

TEST_CASE("a new topic's leaders are its first replicas, epoch 0, everybody in sync") {
  const ClusterImage image = make_cluster_image({NodeId{5}, NodeId{4}}, {{"a", 3, 2, {}}});
  CHECK(image.brokers == std::vector{NodeId{4}, NodeId{5}});
  const PartitionImage* partition = image.find({"a", 1});
  REQUIRE(partition);
  CHECK(partition->leader == NodeId{5});
  CHECK(partition->leader_epoch == 0);
  CHECK(partition->isr == partition->replicas);
  CHECK(image.find({"a", 3}) == nullptr);
  CHECK(image.find({"a", -1}) == nullptr);
  CHECK(image.find({"b", 0}) == nullptr);
}

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

TEST_CASE("a topic's own value wins over the broker's, which wins over Kafka's default") {
  CHECK(make_topic_config({}, {}).max_message_bytes == 1048588);
  CHECK(make_topic_config({}, {{"message.max.bytes", "500"}}).max_message_bytes == 500);
  CHECK(make_topic_config({{"max.message.bytes", "300"}}, {{"message.max.bytes", "500"}})
            .max_message_bytes == 300);
  CHECK(make_topic_config({}, {{"log.message.timestamp.type", "LogAppendTime"}}).log_append_time);
}
