#include "sim/controller/partition_change.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

bool contains(const std::vector<NodeId>& list, NodeId node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

std::vector<NodeId> without(const std::vector<NodeId>& list, const std::vector<NodeId>& others) {
  std::vector<NodeId> rest;
  for (const NodeId node : list)
    if (!contains(others, node)) rest.push_back(node);
  return rest;
}

PartitionChange::PartitionChange(const PartitionImage& now, const PartitionRules& rules)
    : now_(now), rules_(rules), next_(now) {}

PartitionChange& PartitionChange::election(Election election) {
  election_ = election;
  return *this;
}

PartitionChange& PartitionChange::isr(std::vector<NodeId> isr) {
  next_.isr = std::move(isr);
  return *this;
}

PartitionChange& PartitionChange::recovering(bool recovering) {
  next_.recovering = recovering;
  return *this;
}

PartitionChange& PartitionChange::replicas(std::vector<NodeId> replicas, std::vector<NodeId> adding,
                                           std::vector<NodeId> removing) {
  next_.replicas = std::move(replicas);
  next_.adding = std::move(adding);
  next_.removing = std::move(removing);
  return *this;
}

PartitionChange& PartitionChange::unclean_shutdown(NodeId broker) {
  unclean_shutdown_ = {broker};
  return *this;
}

void PartitionChange::complete_reassignment() {
  if (next_.adding.empty() && next_.removing.empty()) return;
  const std::vector<NodeId> target = without(next_.replicas, next_.removing);
  const std::vector<NodeId> in_sync = without(next_.isr, next_.removing);
  if (in_sync.empty() || !without(target, in_sync).empty()) return;
  next_.replicas = target;
  next_.isr = in_sync;
  next_.elr = without(next_.elr, next_.removing);
  next_.adding.clear();
  next_.removing.clear();
  reassigned_ = true;
}

void PartitionChange::update_elr() {
  if (!rules_.elr) return;
  if (next_.isr.size() >= std::min(rules_.min_isr, next_.replicas.size())) {
    next_.elr.clear();
    next_.last_known_elr.clear();
    return;
  }
  // Below min.insync.replicas the high watermark stands still: who was in sync until now has all
  // that is committed. In order of assignment, so that every controller writes the same.
  std::vector<NodeId> eligible;
  for (const NodeId replica : next_.replicas)
    if ((contains(now_.elr, replica) || contains(now_.isr, replica)) &&
        !contains(next_.isr, replica) && !contains(unclean_shutdown_, replica))
      eligible.push_back(replica);
  next_.elr = std::move(eligible);
}

bool PartitionChange::is_valid(NodeId broker) const {
  if (!broker.valid() || !rules_.acceptable(broker)) return false;
  if (rules_.planted.has(PlantedFault::unclean_election_when_clean)) return true;
  if (contains(next_.isr, broker)) return true;
  return rules_.elr && next_.isr.empty() && contains(next_.elr, broker);
}

PartitionChange::Choice PartitionChange::choose() const {
  if (election_ == Election::preferred && is_valid(next_.replicas.front()))
    return {next_.replicas.front(), false};
  // A leader that a reassignment removes gives way.
  if (contains(next_.replicas, now_.leader) && is_valid(now_.leader)) return {now_.leader, false};
  for (const NodeId replica : next_.replicas)
    if (is_valid(replica)) return {replica, false};
  if (rules_.elr && next_.isr.empty() && next_.elr.empty() && next_.last_known_elr.size() == 1 &&
      rules_.acceptable(next_.last_known_elr.front()))
    return {next_.last_known_elr.front(), true};
  if (election_ == Election::unclean)
    for (const NodeId replica : next_.replicas)
      if (rules_.acceptable(replica)) return {replica, true};
  return {};
}

void PartitionChange::elect() {
  const Choice choice = choose();
  next_.leader = choice.leader;
  if (choice.leader == now_.leader) return;
  if (choice.unclean) {
    // Whatever the others have beyond the new leader's log does not count any more.
    unclean_ = true;
    next_.isr = {choice.leader};
    next_.elr.clear();
    next_.last_known_elr.clear();
    next_.recovering = true;
  } else if (choice.leader.valid() && !contains(next_.isr, choice.leader)) {
    next_.isr = {choice.leader};  // elected as an eligible one
    next_.elr = without(next_.elr, {choice.leader});
  }
}

std::optional<PartitionChange::Result> PartitionChange::build() {
  complete_reassignment();
  update_elr();
  elect();
  // Without ELR somebody must be remembered who has all that is committed.
  if (next_.isr.empty() && !rules_.elr) next_.isr = now_.isr;
  if (rules_.elr && next_.isr.empty() && !next_.leader.valid() && now_.leader.valid())
    next_.last_known_elr = {now_.leader};
  const bool replica_removed = !without(now_.replicas, next_.replicas).empty();
  // The leader must stop counting a removed replica: it learns so as from a change of leader.
  const bool new_epoch = next_.leader != now_.leader || replica_removed;
  if (new_epoch && !rules_.planted.has(PlantedFault::epoch_not_bumped)) ++next_.leader_epoch;
  if (next_ == now_) return {};
  ++next_.partition_epoch;
  return Result{std::make_shared<const PartitionImage>(std::move(next_)), unclean_, reassigned_};
}

}  // namespace eventarium::kafka
