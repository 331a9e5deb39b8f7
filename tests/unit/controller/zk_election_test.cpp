#include "sim/controller/zk_election.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

std::vector<NodeId> nodes(std::vector<std::uint32_t> numbers) {
  std::vector<NodeId> list;
  for (const std::uint32_t number : numbers) list.push_back(NodeId{number});
  return list;
}

PartitionImage partition(std::vector<std::uint32_t> replicas, std::vector<std::uint32_t> isr) {
  PartitionImage image;
  image.replicas = nodes(replicas);
  image.isr = nodes(isr);
  return image;
}

std::function<bool(NodeId)> among(std::vector<std::uint32_t> numbers) {
  return [numbers](NodeId node) {
    for (const std::uint32_t number : numbers)
      if (node.value == number) return true;
    return false;
  };
}

}  // namespace

TEST_CASE("offline: the first live replica in sync leads, in order of assignment") {
  const auto elected = elect_new_leader(ZkElection::offline, partition({2, 1, 3}, {1, 3}),
                                        among({1, 2, 3}), among({}));
  REQUIRE(elected);
  CHECK(elected->leader == NodeId{1});
  CHECK(elected->isr == nodes({1, 3}));
  CHECK(!elected->unclean);
}

TEST_CASE("offline: the dead leave the in-sync set; nobody in sync lives: nobody leads") {
  const PartitionImage image = partition({1, 2, 3}, {1, 3});
  CHECK(elect_new_leader(ZkElection::offline, image, among({3}), among({}))->isr == nodes({3}));
  CHECK(!elect_new_leader(ZkElection::offline, image, among({2}), among({})));
  const auto unclean =
      elect_new_leader(ZkElection::offline_or_unclean, image, among({2}), among({}));
  REQUIRE(unclean);
  CHECK(unclean->unclean);
  CHECK(unclean->isr == nodes({2}));
  CHECK(!elect_new_leader(ZkElection::offline_or_unclean, image, among({}), among({})));
}

TEST_CASE("preferred: the first replica or nobody") {
  const PartitionImage image = partition({1, 2}, {1, 2});
  CHECK(elect_new_leader(ZkElection::preferred, image, among({1, 2}), among({}))->leader ==
        NodeId{1});
  CHECK(!elect_new_leader(ZkElection::preferred, image, among({2}), among({})));
}

TEST_CASE("controlled shutdown: somebody who stays, and who stays is in sync") {
  const auto elected =
      elect_new_leader(ZkElection::controlled_shutdown, partition({1, 2, 3}, {1, 2, 3}),
                       among({1, 2, 3}), among({1}));
  REQUIRE(elected);
  CHECK(elected->leader == NodeId{2});
  CHECK(elected->isr == nodes({2, 3}));
}

TEST_CASE("the last in-sync replica stays in the set") {
  CHECK(isr_without(nodes({1, 2}), NodeId{2}) == nodes({1}));
  CHECK(isr_without(nodes({2}), NodeId{2}) == nodes({2}));
}

TEST_CASE("replicas are assigned as AdminUtils does: followers shift after each round") {
  const auto brokers = nodes({0, 1, 2, 3, 4});
  const auto assigned = assign_replicas_to_brokers(brokers, 10, 3, nullptr);
  const std::vector<std::vector<NodeId>> expected = {
      nodes({0, 1, 2}), nodes({1, 2, 3}), nodes({2, 3, 4}), nodes({3, 4, 0}), nodes({4, 0, 1}),
      nodes({0, 2, 3}), nodes({1, 3, 4}), nodes({2, 4, 0}), nodes({3, 0, 1}), nodes({4, 1, 2})};
  CHECK(assigned == expected);
  // More partitions go on with the next number; the shift only counts rounds begun meanwhile.
  const auto more = assign_replicas_to_brokers(brokers, 5, 3, nullptr, 5);
  CHECK(more == std::vector<std::vector<NodeId>>(expected.begin() + 5, expected.end()));
  CHECK(assign_replicas_to_brokers(brokers, 1, 3, nullptr, 6, 1).front() == nodes({2, 4, 0}));
  CHECK(assign_replicas_to_brokers(nodes({7}), 2, 1, nullptr) ==
        std::vector<std::vector<NodeId>>{nodes({7}), nodes({7})});
}
