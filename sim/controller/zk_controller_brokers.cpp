// Brokers come and go, and ask: see zk_controller.h.
#include <algorithm>
#include <utility>

#include "sim/controller/zk_controller.h"

namespace eventarium::kafka {

/// The children of /brokers/ids are others than before.
Task<> ZkController::on_broker_change() {
  const std::map<NodeId, BrokerImage> before = image_.brokers;
  co_await read_brokers();
  std::map<NodeId, BrokerImage> now = std::exchange(image_.brokers, before);
  std::set<NodeId> dead, started;
  for (const auto& [id, broker] : before) {
    const auto still = now.find(id);
    if (still == now.end() || still->second.epoch != broker.epoch) dead.insert(id);
  }
  for (const auto& [id, broker] : now) {
    const auto known = before.find(id);
    if (known == before.end() || known->second.epoch != broker.epoch) started.insert(id);
  }
  for (const NodeId broker : dead) {
    image_.brokers.erase(broker);
    channels_.remove(runtime(), broker);
  }
  if (!dead.empty()) co_await on_broker_failure(dead);
  for (const NodeId broker : started) {
    image_.brokers[broker] = now[broker];
    channels_.add(broker, now[broker].epoch);
  }
  if (!started.empty()) co_await on_broker_startup(started);
}

/// Leaders first: who leads instead; then the dead leave the in-sync sets that they still are in.
Task<> ZkController::on_broker_failure(std::set<NodeId> dead) {
  for (const NodeId broker : dead) {
    const bool asked = shutting_down_.erase(broker) > 0;
    const std::string why = asked ? "has stopped" : "session expired or closed";
    runtime().set_cause(runtime().emit(trace::BrokerFenced{broker, why}));
  }
  batch_.live_brokers_changed();
  const std::string reason = runtime().name_of(*dead.begin()) + " is gone";
  co_await elect_offline(reason);
  for (const NodeId broker : dead) {
    const Partitions in_sync =
        partitions_where([&](const PartitionImage& p) { return p.in_isr(broker); });
    co_await remove_from_isr(broker, in_sync, runtime().name_of(broker) + " is gone");
  }
}

Task<> ZkController::on_broker_startup(std::set<NodeId> started) {
  for (const NodeId broker : started) {
    runtime().emit(trace::BrokerRegistered{broker, image_.find_broker(broker)->epoch});
    runtime().emit(trace::BrokerUnfenced{broker});
    channels_.push(runtime(), broker, epoch_, full_metadata(image_));
    push_everything(broker);
  }
  batch_.live_brokers_changed();
  flush();
  co_await create_partitions(
      partitions_where([&](const PartitionImage& p) { return !is_created(p); }));
  co_await elect_offline(runtime().name_of(*started.begin()) + " is back");
  co_await continue_reassignments();
}

/// LeaderAndIsr for all partitions that have a replica there.
void ZkController::push_everything(NodeId broker) {
  auto push = std::make_shared<Push>();
  push->kind = Push::Kind::leader_and_isr;
  for (const TopicPartition& tp :
       partitions_where([&](const PartitionImage& p) { return p.has_replica(broker); }))
    if (is_created(at(tp))) push->partitions.push_back({tp, state_of(tp)});
  if (!push->partitions.empty()) channels_.push(runtime(), broker, epoch_, std::move(push));
}

/// The broker wants to stop: others lead what it leads, and it leaves the in-sync sets. What has
/// only one replica stays where it is.
Task<> ZkController::on_controlled_shutdown(Asker asker, NodeId broker, std::int64_t broker_epoch) {
  ControlledShutdownResponse response;
  const BrokerImage* registered = image_.find_broker(broker);
  if (!registered || broker_epoch < registered->epoch) {
    response.error = Error::stale_broker_epoch;
    answer(asker, std::move(response));
    co_return;
  }
  shutting_down_.insert(broker);
  const auto replicated = [&](const PartitionImage& p) {
    return p.replicas.size() > 1 && p.has_replica(broker) && is_created(p);
  };
  const std::string reason = runtime().name_of(broker) + " is shutting down";
  const Partitions led = partitions_where(
      [&](const PartitionImage& p) { return replicated(p) && p.leader == broker; });
  co_await elect_leaders(led, ZkElection::controlled_shutdown, reason);
  const Partitions followed = partitions_where([&](const PartitionImage& p) {
    return replicated(p) && p.leader != broker && p.in_isr(broker);
  });
  co_await remove_from_isr(broker, followed, reason);
  flush();
  response.remaining = partitions_where(
      [&](const PartitionImage& p) { return replicated(p) && p.leader == broker; });
  answer(asker, std::move(response));
}

// ---- in-sync sets

/// KafkaController.tryProcessAlterPartition, in its order.
Error ZkController::validate(const AlterPartitionRequest::Partition& wish) const {
  const PartitionImage* partition = image_.find(wish.tp);
  if (!partition || !is_created(*partition)) return Error::unknown_topic_or_partition;
  const bool stale_state = wish.partition_epoch < partition->partition_epoch;
  if (stale_state && options_.planted.has(PlantedFault::stale_partition_epoch_accepted))
    return Error::none;
  if (wish.leader_epoch < partition->leader_epoch) return Error::fenced_leader_epoch;
  if (wish.leader_epoch > partition->leader_epoch) return Error::not_controller;
  if (wish.partition_epoch > partition->partition_epoch) return Error::not_controller;
  if (stale_state) return Error::invalid_update_version;
  for (std::size_t i = 0; i < wish.new_isr.size(); ++i) {
    const BrokerImage* member = image_.find_broker(wish.new_isr[i]);
    const bool stale = i < wish.new_isr_epochs.size() && wish.new_isr_epochs[i] >= 0 && member &&
                       wish.new_isr_epochs[i] != member->epoch;
    if ((!live(wish.new_isr[i]) || stale) &&
        !options_.planted.has(PlantedFault::fenced_broker_in_isr))
      return Error::ineligible_replica;
  }
  return Error::none;
}

Task<> ZkController::on_alter_partition(Asker asker,
                                        std::shared_ptr<const AlterPartitionRequest> request) {
  AlterPartitionResponse response;
  const BrokerImage* sender = image_.find_broker(request->broker);
  if (!sender || request->broker_epoch != sender->epoch) {
    response.error = Error::stale_broker_epoch;
    answer(asker, std::move(response));
    co_return;
  }
  std::vector<StateChange> changes;
  for (const AlterPartitionRequest::Partition& wish : request->partitions) {
    const Error error = validate(wish);
    response.partitions.push_back({wish.tp, error, nullptr});
    if (error != Error::none) continue;
    StateChange change{wish.tp, at(wish.tp), "", false};
    const bool grows = wish.new_isr.size() > change.next.isr.size();
    change.reason = runtime().name_of(request->broker) + " says that its in-sync set has " +
                    (grows ? "grown" : "shrunk");
    change.next.isr = wish.new_isr;
    change.next.recovering = change.next.recovering && !wish.recovered;
    changes.push_back(std::move(change));
  }
  const std::vector<Error> written = co_await write_states(changes);
  Partitions reassigning;
  std::size_t next = 0;
  for (AlterPartitionResponse::Partition& part : response.partitions) {
    if (part.error != Error::none) continue;
    part.error = written[next++];
    if (part.error != Error::none) continue;
    part.state = state_of(part.tp);
    if (is_reassigning(*part.state)) reassigning.push_back(part.tp);
  }
  answer(asker, std::move(response));
  flush();
  for (const TopicPartition& tp : reassigning) co_await continue_reassignment(tp);
}

}  // namespace eventarium::kafka
