// Which brokers get the replicas of a new topic.
#include "sim/broker/placement.h"

#include <set>

#include <doctest/doctest.h>

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

TEST_CASE("a fenced broker gets replicas only when the unfenced ones are used up") {
  const std::vector<NodeId> unfenced = {NodeId{0}, NodeId{2}, NodeId{3}};
  CHECK(numbers(place_replicas(unfenced, {NodeId{1}}, 3, 3, nullptr)) ==
        Rows{{0, 2, 3}, {2, 3, 0}, {3, 0, 2}});
  CHECK(numbers(place_replicas(unfenced, {NodeId{1}}, 2, 4, nullptr)) ==
        Rows{{0, 2, 3, 1}, {2, 3, 0, 1}});
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
