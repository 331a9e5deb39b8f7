// What a leader does about its followers: high watermark and in-sync replicas (Kafka's Partition:
// maybeIncrementLeaderHW, checkEnoughReplicasReachOffset, maybeExpandIsr, maybeShrinkIsr, 4.1).
#include <algorithm>
#include <utility>

#include "sim/broker/partition.h"

namespace eventarium::kafka {

const Replica* Partition::find_follower(NodeId id) const {
  for (const Replica& follower : followers_)
    if (follower.id() == id) return &follower;
  return nullptr;
}

bool Partition::update_follower(NodeId id, std::int64_t fetch_offset, SimTime now,
                                std::int64_t leader_end_offset, std::int64_t broker_epoch) {
  for (Replica& follower : followers_) {
    if (follower.id() != id) continue;
    const std::int64_t before = follower.log_end_offset();
    follower.update_fetch_state(fetch_offset, now, leader_end_offset, broker_epoch);
    return follower.log_end_offset() != before;
  }
  return false;
}

bool Partition::advance_high_watermark(SimTime now, const ClusterImage& cluster) {
  if (under_min_isr() && !options_.planted.has(PlantedFault::min_isr_ignored)) return false;
  const bool ignores_joiner = options_.planted.has(PlantedFault::high_watermark_ignores_joiner);
  const std::int64_t end = log_.log_end_offset();
  std::int64_t candidate = own_end();
  for (const Replica& follower : followers_) {
    if (follower.log_end_offset() >= candidate) continue;
    const bool counts = ignores_joiner ? isr_.has(follower.id())
                                       : isr_.maximal_has(follower.id()) ||
                                             (follower.is_caught_up(end, now, options_.lag_max) &&
                                              eligible(follower, cluster));
    if (counts) candidate = follower.log_end_offset();
  }
  if (options_.planted.has(PlantedFault::high_watermark_one_early))
    candidate = std::min(candidate + 1, end);
  if (candidate <= high_watermark()) return false;
  log_.set_high_watermark(candidate);
  return true;
}

std::optional<Error> Partition::check_replicated(std::int64_t required_offset) const {
  if (!is_leader()) return Error::not_leader_or_follower;
  if (high_watermark() < required_offset) {
    if (options_.planted.has(PlantedFault::acknowledge_before_replication)) return Error::none;
    return std::nullopt;
  }
  // The set may have shrunk between the high watermark's move and this look.
  return isr_.maximal_size() < effective_min_isr() ? Error::not_enough_replicas_after_append
                                                   : Error::none;
}

bool Partition::eligible(const Replica& replica, const ClusterImage& cluster) const {
  const BrokerImage* broker = cluster.find_broker(replica.id());
  if (options_.planted.has(PlantedFault::fenced_broker_in_isr)) return broker != nullptr;
  return broker && broker->active() && broker->epoch == replica.broker_epoch();
}

bool Partition::has_caught_up(const Replica& replica) const {
  if (options_.planted.has(PlantedFault::isr_expand_without_catch_up)) return true;
  return replica.log_end_offset() >= high_watermark() &&
         replica.log_end_offset() >= epoch_start_offset_;
}

std::optional<Partition::IsrProposal> Partition::propose_expand(NodeId id,
                                                                const ClusterImage& cluster) {
  if (!may_propose() || isr_.has(id)) return std::nullopt;
  const Replica* follower = find_follower(id);
  if (!follower || !eligible(*follower, cluster) || !has_caught_up(*follower)) return std::nullopt;
  std::vector<NodeId> isr = isr_.committed();
  isr.push_back(id);
  return propose(std::move(isr), {id});
}

std::optional<Partition::IsrProposal> Partition::propose_shrink(SimTime now) {
  if (!may_propose()) return std::nullopt;
  std::vector<NodeId> isr = isr_.committed(), leaving;
  for (const Replica& follower : followers_) {
    if (!isr_.has(follower.id()) ||
        follower.is_caught_up(log_.log_end_offset(), now, options_.lag_max))
      continue;
    leaving.push_back(follower.id());
    std::erase(isr, follower.id());
  }
  if (leaving.empty()) return std::nullopt;
  return propose(std::move(isr), std::move(leaving));
}

Partition::IsrProposal Partition::propose(std::vector<NodeId> isr, std::vector<NodeId> changed) {
  IsrProposal proposal;
  proposal.wish.tp = tp_;
  proposal.wish.leader_epoch = state_->leader_epoch;
  proposal.wish.partition_epoch = state_->partition_epoch;
  proposal.wish.new_isr = isr;
  for (const NodeId id : isr) {
    const Replica* follower = find_follower(id);
    proposal.wish.new_isr_epochs.push_back(follower ? follower->broker_epoch() : -1);
  }
  proposal.changed = std::move(changed);
  if (options_.planted.has(PlantedFault::isr_change_effective_at_once)) isr_.commit(isr);
  isr_.propose(std::move(isr));
  awaiting_isr_answer_ = true;
  return proposal;
}

Partition::IsrAnswer Partition::on_isr_answer(const AlterPartitionResponse::Partition& answer) {
  awaiting_isr_answer_ = false;
  if (!is_leader() || !isr_.pending()) return IsrAnswer::ignored;
  switch (answer.error) {
    case Error::none:
      break;
    case Error::ineligible_replica:
      isr_.restore();
      return IsrAnswer::refused;
    default:
      // Whoever refuses it knows something newer, which the metadata will bring.
      return IsrAnswer::refused;
  }
  if (!answer.state || answer.state->leader_epoch != state_->leader_epoch ||
      answer.state->partition_epoch < state_->partition_epoch)
    return IsrAnswer::ignored;
  state_ = answer.state;
  isr_.commit(state_->isr);
  return IsrAnswer::committed;
}

}  // namespace eventarium::kafka
