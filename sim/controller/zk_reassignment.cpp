// Replicas move from broker to broker: see zk_controller.h. Follows KafkaController's
// onPartitionReassignment (3.9).
//
//   asked: the new replicas before the others, those that come and go noted, in /brokers/topics
//   --> leader epoch + 1, all replicas told; new ones fetch
//   --> all of the target are in sync: a leader among them, the others leave the in-sync set and
//       delete what they have; the target is all there is
#include <algorithm>
#include <utility>

#include "sim/controller/zk_controller.h"

namespace eventarium::kafka {
namespace {

bool contains_node(const std::vector<NodeId>& list, NodeId node) {
  return std::find(list.begin(), list.end(), node) != list.end();
}

std::vector<NodeId> minus(const std::vector<NodeId>& list, const std::vector<NodeId>& others) {
  std::vector<NodeId> kept;
  for (const NodeId node : list)
    if (!contains_node(others, node)) kept.push_back(node);
  return kept;
}

AdminResponse refuse(Error error, std::string text) {
  AdminResponse response;
  response.error = error;
  response.text = std::move(text);
  return response;
}

}  // namespace

/// The topic's assignment as this controller has it in memory.
Task<> ZkController::write_assignment(std::string topic) {
  std::vector<ReplicaAssignment> assignment;
  for (const PartitionState& p : image_.topics.at(topic).partitions)
    assignment.push_back({p->replicas, p->adding, p->removing});
  ZkWrite write;
  write.push_back(zk_check(zk_path::controller_epoch, epoch_version_));
  write.push_back(
      zk_set(zk_path::topic(topic), std::make_shared<TopicZnode>(std::move(assignment))));
  const zookeeper::Reply reply = co_await calls_.write_one(std::move(write));
  if (reply.code != zookeeper::Code::ok && reply.failed == 0) throw Interrupted{};
}

Task<AdminResponse> ZkController::reassign(ReassignPartition wish) {
  const PartitionImage* known = image_.find(wish.tp);
  if (!known)
    co_return refuse(Error::unknown_topic_or_partition, "there is no " + to_text(wish.tp));
  const PartitionImage now = *known;
  const std::vector<NodeId> original = minus(now.replicas, now.adding);
  const bool cancel = wish.replicas.empty();
  if (cancel && !is_reassigning(now))
    co_return refuse(Error::no_reassignment_in_progress,
                     to_text(wish.tp) + " is not being reassigned");
  if (cancel && minus(now.isr, now.adding).empty())
    co_return refuse(Error::invalid_replica_assignment,
                     "only added replicas are in sync: going back needs an unclean election");
  const std::vector<NodeId> target = cancel ? original : wish.replicas;
  if (std::set(target.begin(), target.end()).size() != target.size())
    co_return refuse(Error::invalid_replica_assignment, "a broker can have only one replica");
  for (const NodeId broker : target)
    if (!cancel && !live_or_shutting_down(broker))
      co_return refuse(Error::invalid_replica_assignment,
                       runtime().name_of(broker) + " is not a live broker");
  PartitionImage next = now;
  next.removing = minus(now.replicas, target);
  next.replicas = target;
  next.replicas.insert(next.replicas.end(), next.removing.begin(), next.removing.end());
  next.adding = minus(target, original);
  set_image(wish.tp, std::make_shared<const PartitionImage>(next));
  co_await write_assignment(wish.tp.topic);
  if (!is_created(next)) co_return AdminResponse{};
  std::vector<StateChange> changes;
  changes.push_back({wish.tp, next, cancel ? "reassignment cancelled" : "reassignment", false});
  changes.back().next.leader_epoch = next_epoch(next);
  co_await write_states(std::move(changes));
  flush();
  co_await continue_reassignment(wish.tp);
  co_return AdminResponse{};
}

Task<> ZkController::continue_reassignments() {
  const Partitions moving =
      partitions_where([&](const PartitionImage& p) { return is_reassigning(p); });
  for (const TopicPartition& tp : moving) co_await continue_reassignment(tp);
}

/// It is complete when all of the target are in sync.
Task<> ZkController::continue_reassignment(TopicPartition tp) {
  const PartitionImage* now = image_.find(tp);
  if (!now || !is_reassigning(*now) || !is_created(*now)) co_return;
  for (const NodeId replica : minus(now->replicas, now->removing))
    if (!now->in_isr(replica)) co_return;
  co_await complete_reassignment(tp);
}

Task<> ZkController::complete_reassignment(TopicPartition tp) {
  const PartitionImage now = at(tp);
  const std::vector<NodeId> leaving = now.removing;
  PartitionImage next = now;
  const bool leader_stays = live(now.leader) && !contains_node(leaving, now.leader);
  if (!leader_stays) {
    const auto alive = [this](NodeId broker) { return live(broker); };
    const auto elected =
        elect_new_leader(ZkElection::reassignment, now, alive, {}, options_.planted);
    if (!elected) co_return;
    next.leader = elected->leader;
  }
  next.replicas = minus(now.replicas, leaving);
  next.isr = minus(now.isr, leaving);
  next.adding.clear();
  next.removing.clear();
  next.leader_epoch = next_epoch(now);
  std::vector<StateChange> changes;
  changes.push_back({tp, next, "reassignment is complete", false});
  co_await write_states(std::move(changes));
  for (const NodeId replica : leaving) batch_.stop_replica(replica, tp, state_of(tp));
  flush();
  co_await write_assignment(tp.topic);
}

}  // namespace eventarium::kafka
