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
  return place_replicas(std::move(brokers), {}, partitions, replicas, random);
}

std::vector<std::vector<NodeId>> place_replicas(std::vector<NodeId> unfenced,
                                                std::vector<NodeId> fenced, int partitions,
                                                int replicas, RandomStream* random) {
  EVENTARIUM_CHECK(!unfenced.empty() && partitions > 0, "a topic needs brokers and partitions");
  EVENTARIUM_CHECK(
      replicas > 0 && static_cast<std::size_t>(replicas) <= unfenced.size() + fenced.size(),
      "INVALID_REPLICATION_FACTOR: one replica per broker at most");
  const std::size_t count = unfenced.size();
  std::size_t first = random ? random->below(count) : 0;
  std::size_t first_fenced = random && !fenced.empty() ? random->below(fenced.size()) : 0;
  std::vector<std::vector<NodeId>> placed;
  for (int p = 0; p < partitions; ++p) {
    if (random && p > 0 && static_cast<std::size_t>(p) % count == 0) {
      shuffle(unfenced, *random);
      shuffle(fenced, *random);
    }
    std::vector<NodeId>& list = placed.emplace_back();
    for (std::size_t r = 0; r < static_cast<std::size_t>(replicas); ++r)
      list.push_back(r < count ? unfenced[(first + r) % count]
                               : fenced[(first_fenced + r - count) % fenced.size()]);
    first = (first + 1) % count;
    if (!fenced.empty()) first_fenced = (first_fenced + 1) % fenced.size();
  }
  return placed;
}

}  // namespace eventarium::kafka
