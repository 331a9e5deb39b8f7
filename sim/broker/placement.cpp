#include "sim/broker/placement.h"

#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

void shuffle(std::vector<NodeId>& brokers, RandomStream& random) {
  for (std::size_t i = brokers.size(); i > 1; --i)
    std::swap(brokers[i - 1], brokers[random.below(i)]);
}

}  // namespace

std::vector<std::vector<NodeId>> place_replicas(std::vector<NodeId> brokers, int partitions,
                                                int replicas, RandomStream* random) {
  EVENTARIUM_CHECK(!brokers.empty() && partitions > 0, "a topic needs brokers and partitions");
  EVENTARIUM_CHECK(replicas > 0 && static_cast<std::size_t>(replicas) <= brokers.size(),
                   "INVALID_REPLICATION_FACTOR: one replica per broker at most");
  const std::size_t count = brokers.size();
  std::size_t first = random ? random->below(count) : 0;
  std::vector<std::vector<NodeId>> placed;
  for (int p = 0; p < partitions; ++p) {
    if (random && p > 0 && static_cast<std::size_t>(p) % count == 0) shuffle(brokers, *random);
    std::vector<NodeId>& list = placed.emplace_back();
    for (int r = 0; r < replicas; ++r)
      list.push_back(brokers[(first + static_cast<std::size_t>(r)) % count]);
    first = (first + 1) % count;
  }
  return placed;
}

}  // namespace eventarium::kafka
