// See reassignment_plan.h.
#include "sim/app/reassignment_plan.h"

#include <algorithm>

namespace eventarium::app {
namespace {

using Replicas = std::vector<NodeId>;

bool has(const Replicas& replicas, NodeId broker) {
  return std::find(replicas.begin(), replicas.end(), broker) != replicas.end();
}

/// How many each broker has; brokers that have none are there with 0.
class Load {
 public:
  explicit Load(const std::vector<NodeId>& brokers) {
    for (const NodeId broker : brokers) counts_[broker] = 0;
  }
  void add(NodeId broker, int count = 1) {
    const auto found = counts_.find(broker);
    if (found != counts_.end()) found->second += count;
  }
  int of(NodeId broker) const {
    const auto found = counts_.find(broker);
    return found == counts_.end() ? 0 : found->second;
  }
  /// The one with the fewest that `fits`; none when nobody does.
  template <class Fits>
  NodeId emptiest(Fits&& fits) const {
    NodeId best;
    for (const auto& [broker, count] : counts_)
      if (fits(broker) && (!best.valid() || count < of(best))) best = broker;
    return best;
  }
  /// All brokers, the fullest first.
  std::vector<NodeId> fullest_first() const {
    std::vector<NodeId> order;
    for (const auto& [broker, count] : counts_) order.push_back(broker);
    std::stable_sort(order.begin(), order.end(), [&](NodeId a, NodeId b) { return of(a) > of(b); });
    return order;
  }

 private:
  std::map<NodeId, int> counts_;
};

Load replica_load(const AssignmentPlan& plan, const std::vector<NodeId>& brokers) {
  Load load(brokers);
  for (const auto& [partition, replicas] : plan)
    for (const NodeId replica : replicas) load.add(replica);
  return load;
}

/// Moves one replica from a fuller to an emptier broker; false when they differ by at most one.
bool move_one_replica(AssignmentPlan& plan, Load& load) {
  for (const NodeId from : load.fullest_first())
    for (auto& [partition, replicas] : plan) {
      if (!has(replicas, from)) continue;
      const NodeId to = load.emptiest([&](NodeId b) { return !has(replicas, b); });
      if (!to.valid() || load.of(from) - load.of(to) < 2) continue;
      std::replace(replicas.begin(), replicas.end(), from, to);
      load.add(from, -1);
      load.add(to);
      return true;
    }
  return false;
}

/// Makes another of a partition's replicas the preferred leader, from a broker with more of them
/// to one with fewer.
bool move_one_leader(AssignmentPlan& plan, Load& leaders) {
  for (const NodeId from : leaders.fullest_first())
    for (auto& [partition, replicas] : plan) {
      if (replicas.empty() || replicas.front() != from) continue;
      const NodeId to = leaders.emptiest([&](NodeId b) { return has(replicas, b); });
      if (!to.valid() || leaders.of(from) - leaders.of(to) < 2) continue;
      std::iter_swap(replicas.begin(), std::find(replicas.begin(), replicas.end(), to));
      leaders.add(from, -1);
      leaders.add(to);
      return true;
    }
  return false;
}

}  // namespace

AssignmentPlan spread_evenly(AssignmentPlan now, const std::vector<NodeId>& brokers) {
  AssignmentPlan too_many;
  for (auto entry = now.begin(); entry != now.end();) {
    if (entry->second.size() <= brokers.size()) {
      ++entry;
      continue;
    }
    too_many.insert(*entry);
    entry = now.erase(entry);
  }
  for (auto& [partition, replicas] : now) {
    const Replicas before = replicas;
    for (const NodeId replica : before)
      if (!has(brokers, replica)) {
        const Load load = replica_load(now, brokers);
        const NodeId to = load.emptiest([&](NodeId b) { return !has(replicas, b); });
        std::replace(replicas.begin(), replicas.end(), replica, to);
      }
  }
  Load load = replica_load(now, brokers);
  while (move_one_replica(now, load)) {
  }
  Load leaders(brokers);
  for (const auto& [partition, replicas] : now)
    if (!replicas.empty()) leaders.add(replicas.front());
  while (move_one_leader(now, leaders)) {
  }
  now.merge(too_many);
  return now;
}

AssignmentPlan without_broker(AssignmentPlan now, NodeId leaving,
                              const std::vector<NodeId>& brokers) {
  Load load = replica_load(now, brokers);
  for (auto& [partition, replicas] : now) {
    if (!has(replicas, leaving)) continue;
    const NodeId to = load.emptiest([&](NodeId b) { return b != leaving && !has(replicas, b); });
    if (!to.valid()) continue;
    std::replace(replicas.begin(), replicas.end(), leaving, to);
    load.add(to);
  }
  return now;
}

AssignmentPlan with_replicas(AssignmentPlan now, std::size_t count,
                             const std::vector<NodeId>& brokers) {
  Load load = replica_load(now, brokers);
  for (auto& [partition, replicas] : now) {
    while (replicas.size() > count) {
      load.add(replicas.back(), -1);
      replicas.pop_back();
    }
    while (replicas.size() < count) {
      const NodeId to = load.emptiest([&](NodeId b) { return !has(replicas, b); });
      if (!to.valid()) break;
      replicas.push_back(to);
      load.add(to);
    }
  }
  return now;
}

AssignmentPlan changes_of(const AssignmentPlan& now, const AssignmentPlan& plan) {
  AssignmentPlan changes;
  for (const auto& [partition, replicas] : plan) {
    const auto before = now.find(partition);
    if (before == now.end() || before->second != replicas) changes.emplace(partition, replicas);
  }
  return changes;
}

}  // namespace eventarium::app
