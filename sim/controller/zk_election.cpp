#include "sim/controller/zk_election.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

using Test = std::function<bool(NodeId)>;

/// The first replica that passes, as leader; none: not valid.
NodeId first_of(const std::vector<NodeId>& replicas, const Test& passes) {
  const auto found = std::find_if(replicas.begin(), replicas.end(), passes);
  return found == replicas.end() ? NodeId{} : *found;
}

std::vector<NodeId> those(const std::vector<NodeId>& isr, const Test& keep) {
  std::vector<NodeId> kept;
  std::copy_if(isr.begin(), isr.end(), std::back_inserter(kept), keep);
  return kept;
}

}  // namespace

std::optional<ElectionResult> elect_new_leader(ZkElection election, const PartitionImage& partition,
                                               const Test& live, const Test& shutting_down,
                                               PlantedFaults planted) {
  const Test in_sync = [&](NodeId broker) {
    return live(broker) &&
           (partition.in_isr(broker) || planted.has(PlantedFault::unclean_election_when_clean));
  };
  NodeId leader;
  switch (election) {
    case ZkElection::offline:
    case ZkElection::offline_or_unclean: {
      leader = first_of(partition.replicas, in_sync);
      if (leader.valid()) break;
      if (election == ZkElection::offline) return std::nullopt;
      leader = first_of(partition.replicas, live);
      if (!leader.valid()) return std::nullopt;
      return ElectionResult{leader, {leader}, true};
    }
    case ZkElection::preferred:
      if (in_sync(partition.replicas.front())) leader = partition.replicas.front();
      if (!leader.valid()) return std::nullopt;
      return ElectionResult{leader, partition.isr, !partition.in_isr(leader)};
    case ZkElection::controlled_shutdown:
      leader = first_of(partition.replicas,
                        [&](NodeId broker) { return in_sync(broker) && !shutting_down(broker); });
      if (!leader.valid()) return std::nullopt;
      return ElectionResult{
          leader, those(partition.isr, [&](NodeId broker) { return !shutting_down(broker); }),
          !partition.in_isr(leader)};
    case ZkElection::reassignment:
      leader = first_of(partition.replicas, [&](NodeId broker) {
        return in_sync(broker) && std::find(partition.removing.begin(), partition.removing.end(),
                                            broker) == partition.removing.end();
      });
      if (!leader.valid()) return std::nullopt;
      return ElectionResult{leader, partition.isr, !partition.in_isr(leader)};
  }
  if (!leader.valid()) return std::nullopt;
  if (!partition.in_isr(leader)) return ElectionResult{leader, {leader}, true};
  return ElectionResult{leader, those(partition.isr, live), false};
}

std::vector<NodeId> isr_without(const std::vector<NodeId>& isr, NodeId broker) {
  if (isr.size() <= 1) return isr;
  return those(isr, [&](NodeId member) { return member != broker; });
}

std::vector<std::vector<NodeId>> assign_replicas_to_brokers(const std::vector<NodeId>& brokers,
                                                            int partitions, int replicas,
                                                            RandomStream* random, int first,
                                                            int fixed) {
  const auto count = static_cast<int>(brokers.size());
  EVENTARIUM_CHECK(count > 0 && partitions > 0, "a topic needs brokers and partitions");
  EVENTARIUM_CHECK(replicas > 0 && replicas <= count, "INVALID_REPLICATION_FACTOR");
  const auto draw = [&] {
    return random ? static_cast<int>(random->below(static_cast<std::uint64_t>(count))) : fixed;
  };
  const int start = draw();
  int shift = draw();
  std::vector<std::vector<NodeId>> assigned;
  for (int p = first; p < first + partitions; ++p) {
    if (p > 0 && p % count == 0) ++shift;
    const int leader = (p + start) % count;
    std::vector<NodeId>& list = assigned.emplace_back();
    list.push_back(brokers[static_cast<std::size_t>(leader)]);
    for (int r = 0; r < replicas - 1; ++r) {
      const int place = (leader + 1 + (shift + r) % (count - 1)) % count;
      list.push_back(brokers[static_cast<std::size_t>(place)]);
    }
  }
  return assigned;
}

}  // namespace eventarium::kafka
