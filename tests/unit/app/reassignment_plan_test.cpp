// Plans of reassignment: even, small, and always the same.
#include "sim/app/reassignment_plan.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <set>

namespace eventarium::app {
namespace {

std::vector<NodeId> nodes(std::initializer_list<std::uint32_t> numbers) {
  std::vector<NodeId> list;
  for (const std::uint32_t n : numbers) list.push_back(NodeId{n});
  return list;
}

std::map<NodeId, int> counts(const AssignmentPlan& plan, bool leaders_only) {
  std::map<NodeId, int> result;
  for (const auto& [key, replicas] : plan)
    for (std::size_t i = 0; i < replicas.size(); ++i)
      if (i == 0 || !leaders_only) ++result[replicas[i]];
  return result;
}

int spread(const std::map<NodeId, int>& counts, const std::vector<NodeId>& brokers) {
  int low = 1 << 20, high = 0;
  for (const NodeId broker : brokers) {
    const auto found = counts.find(broker);
    const int count = found == counts.end() ? 0 : found->second;
    low = std::min(low, count);
    high = std::max(high, count);
  }
  return high - low;
}

int moved(const AssignmentPlan& before, const AssignmentPlan& after) {
  int count = 0;
  for (const auto& [key, replicas] : after)
    for (const NodeId replica : replicas) {
      const auto& old = before.at(key);
      if (std::find(old.begin(), old.end(), replica) == old.end()) ++count;
    }
  return count;
}

AssignmentPlan on_three_brokers(int partitions) {
  AssignmentPlan plan;
  for (int p = 0; p < partitions; ++p) {
    const auto first = static_cast<std::uint32_t>(p % 3);
    plan[{"t", p}] = nodes({first, (first + 1) % 3});
  }
  return plan;
}

TEST_CASE("a new broker gets its share, and no replica moves without need") {
  const AssignmentPlan before = on_three_brokers(6);  // 12 replicas, 4 on each broker
  const auto brokers = nodes({0, 1, 2, 3});
  const AssignmentPlan after = spread_evenly(before, brokers);
  CHECK(spread(counts(after, false), brokers) <= 1);
  CHECK(spread(counts(after, true), brokers) <= 1);
  CHECK(moved(before, after) == 3);  // 12 / 4
  for (const auto& [key, replicas] : after)
    CHECK(std::set<NodeId>(replicas.begin(), replicas.end()).size() == 2);
  CHECK(changes_of(after, spread_evenly(after, brokers)).empty());
}

TEST_CASE("what is even already stays as it is") {
  const AssignmentPlan before = on_three_brokers(9);
  CHECK(changes_of(before, spread_evenly(before, nodes({0, 1, 2}))).empty());
}

TEST_CASE("a broker that leaves keeps nothing") {
  const AssignmentPlan before = on_three_brokers(6);
  const AssignmentPlan after = without_broker(before, NodeId{1}, nodes({0, 2, 3}));
  for (const auto& [key, replicas] : after) {
    CHECK(std::find(replicas.begin(), replicas.end(), NodeId{1}) == replicas.end());
    CHECK(replicas.size() == 2);
  }
  CHECK(moved(before, after) == 4);
}

TEST_CASE("more copies go where the fewest are, fewer are taken from the end") {
  const AssignmentPlan before = on_three_brokers(3);
  const auto brokers = nodes({0, 1, 2, 3});
  const AssignmentPlan more = with_replicas(before, 3, brokers);
  CHECK(spread(counts(more, false), brokers) <= 1);
  for (const auto& [key, replicas] : more) CHECK(replicas.front() == before.at(key).front());
  CHECK(with_replicas(more, 2, brokers) == before);
  CHECK(with_replicas(before, 9, brokers).at({"t", 0}).size() == 4);  // as many as there are
}

TEST_CASE("more replicas than brokers are left alone, not cut off") {
  AssignmentPlan plan{{{"t", 0}, nodes({0, 1, 2})}};
  CHECK(spread_evenly(plan, nodes({0, 1})) == plan);
}

}  // namespace
}  // namespace eventarium::app
