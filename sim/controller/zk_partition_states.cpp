// Who leads what, and who is in sync: elections and their way into ZooKeeper; see zk_controller.h.
#include <algorithm>
#include <utility>

#include "sim/controller/zk_controller.h"

namespace eventarium::kafka {
namespace {

using zookeeper::Code;
using zookeeper::Reply;

}  // namespace

bool ZkController::live(NodeId broker) const {
  return live_or_shutting_down(broker) && shutting_down_.count(broker) == 0;
}

ZkController::Partitions ZkController::partitions_where(
    const std::function<bool(const PartitionImage&)>& test) const {
  Partitions found;
  for (const auto& [name, topic] : image_.topics)
    for (std::size_t p = 0; p < topic.partitions.size(); ++p)
      if (test(*topic.partitions[p])) found.push_back({name, static_cast<std::int32_t>(p)});
  return found;
}

const PartitionState& ZkController::state_of(const TopicPartition& tp) const {
  return image_.topics.at(tp.topic).partitions[static_cast<std::size_t>(tp.partition)];
}

void ZkController::set_image(const TopicPartition& tp, PartitionState state) {
  image_.topics[tp.topic].partitions[static_cast<std::size_t>(tp.partition)] = std::move(state);
}

bool ZkController::unclean_allowed(const std::string& topic) const {
  const Config& overrides = image_.topics.at(topic).config;
  const auto set = overrides.find("unclean.leader.election.enable");
  if (set != overrides.end()) return set->second == "true";
  return config_bool(options_.config, ConfigScope::broker, "unclean.leader.election.enable");
}

std::int32_t ZkController::next_epoch(const PartitionImage& partition) const {
  const bool planted = options_.planted.has(PlantedFault::epoch_not_bumped);
  return partition.leader_epoch + (planted ? 0 : 1);
}

// ---- elections

/// Partitions for which nobody can be elected stay as they are.
Task<> ZkController::elect_leaders(Partitions partitions, ZkElection election, std::string reason) {
  const auto may_lead = [&](NodeId broker) {
    return election == ZkElection::controlled_shutdown ? live_or_shutting_down(broker)
                                                       : live(broker);
  };
  const auto leaving = [&](NodeId broker) { return shutting_down_.count(broker) > 0; };
  std::vector<StateChange> changes;
  for (const TopicPartition& tp : partitions) {
    const PartitionImage& now = at(tp);
    ZkElection kind = election;
    if (kind == ZkElection::offline && unclean_allowed(tp.topic))
      kind = ZkElection::offline_or_unclean;
    const auto elected = elect_new_leader(kind, now, may_lead, leaving, options_.planted);
    if (!elected) continue;
    StateChange change{tp, now, reason, elected->unclean};
    change.next.leader = elected->leader;
    change.next.isr = elected->isr;
    change.next.leader_epoch = next_epoch(now);
    change.next.recovering = elected->unclean;
    changes.push_back(std::move(change));
  }
  co_await write_states(std::move(changes));
}

/// Every partition whose leader is gone.
Task<> ZkController::elect_offline(std::string reason) {
  Partitions offline = partitions_where([&](const PartitionImage& p) {
    return is_created(p) && (!p.leader.valid() || !live_or_shutting_down(p.leader));
  });
  co_await elect_leaders(std::move(offline), ZkElection::offline, std::move(reason));
}

/// OfflineReplica: whoever leads nothing any more is not in sync either, unless nobody else is.
Task<> ZkController::remove_from_isr(NodeId broker, Partitions partitions, std::string reason) {
  std::vector<StateChange> changes;
  for (const TopicPartition& tp : partitions) {
    const PartitionImage& now = at(tp);
    if (!is_created(now) || !now.in_isr(broker)) continue;
    StateChange change{tp, now, reason, false};
    if (now.leader == broker) change.next.leader = NodeId{};
    change.next.isr = isr_without(now.isr, broker);
    if (change.next.leader == now.leader && change.next.isr == now.isr) continue;
    change.next.leader_epoch = next_epoch(now);
    changes.push_back(std::move(change));
  }
  co_await write_states(std::move(changes));
}

/// checkAndTriggerAutoLeaderRebalance: per broker, if of the partitions that should be led by it
/// more than a tenth are led by another.
Task<> ZkController::elect_preferred() {
  std::map<NodeId, Partitions> preferred_by;
  for (const TopicPartition& tp :
       partitions_where([&](const PartitionImage& p) { return is_created(p); }))
    preferred_by[at(tp).replicas.front()].push_back(tp);
  const double percentage = static_cast<double>(
      config_int(options_.config, ConfigScope::broker, "leader.imbalance.per.broker.percentage"));
  for (const auto& [broker, partitions] : preferred_by) {
    Partitions elsewhere;
    for (const TopicPartition& tp : partitions)
      if (at(tp).leader != broker) elsewhere.push_back(tp);
    const double ratio =
        static_cast<double>(elsewhere.size()) / static_cast<double>(partitions.size());
    if (ratio * 100 <= percentage || !live(broker)) continue;
    std::erase_if(elsewhere, [&](const TopicPartition& tp) {
      return is_reassigning(at(tp)) || !at(tp).in_isr(broker);
    });
    co_await elect_leaders(std::move(elsewhere), ZkElection::preferred,
                           runtime().name_of(broker) + " is the preferred leader");
  }
}

// ---- ZooKeeper

/// Writes new states, each on the condition that this is still the controller and that the old
/// state is the one that was read. What was written is told to the brokers.
Task<std::vector<Error>> ZkController::write_states(std::vector<StateChange> changes) {
  std::vector<ZkWrite> writes;
  for (const StateChange& change : changes) {
    ZkWrite& write = writes.emplace_back();
    write.push_back(zk_check(zk_path::controller_epoch, epoch_version_));
    const bool any = options_.planted.has(PlantedFault::stale_partition_epoch_accepted);
    write.push_back(
        zk_set(zk_path::state(change.tp),
               std::make_shared<StateZnode>(std::make_shared<PartitionImage>(change.next), epoch_),
               any ? -1 : change.next.partition_epoch));
  }
  const std::vector<Reply> replies = co_await calls_.write(std::move(writes));
  std::vector<Error> errors(changes.size(), Error::none);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const Reply& reply = replies[i];
    if (reply.code == Code::ok) {
      committed(changes[i], reply.stats[1].version);
    } else if (reply.failed == 0) {
      throw Interrupted{};  // another controller has another epoch
    } else if (reply.code == Code::bad_version) {
      co_await read_again(changes[i]);
      if (at(changes[i].tp).isr != changes[i].next.isr) errors[i] = Error::invalid_update_version;
    } else {
      errors[i] = Error::unknown_topic_or_partition;
    }
  }
  co_return errors;
}

/// Only this controller writes: the answer to an earlier attempt was lost with its connection.
Task<> ZkController::read_again(StateChange change) {
  const Reply reply = co_await calls_.get(zk_path::state(change.tp));
  const auto* znode = value_of<StateZnode>(reply);
  if (!znode) co_return;
  change.next.leader = znode->state->leader;
  change.next.leader_epoch = znode->state->leader_epoch;
  change.next.isr = znode->state->isr;
  change.next.recovering = znode->state->recovering;
  committed(change, reply.stats.front().version);
}

void ZkController::committed(const StateChange& change, std::int32_t version) {
  const PartitionImage& next = change.next;
  const TopicPartition& tp = change.tp;
  set_image(tp, compose({next.replicas, next.adding, next.removing}, next, version));
  runtime().emit(trace::PartitionChanged{tp.topic,
                                         tp.partition,
                                         next.leader,
                                         next.leader_epoch,
                                         version,
                                         next.replicas,
                                         next.isr,
                                         {},
                                         next.adding,
                                         next.removing,
                                         change.unclean,
                                         change.reason});
  push_state(tp);
}

/// LeaderAndIsr for those who have it, UpdateMetadata for all.
void ZkController::push_state(const TopicPartition& tp) {
  const PartitionState& state = state_of(tp);
  for (const NodeId replica : state->replicas)
    if (live_or_shutting_down(replica)) batch_.leader_and_isr(replica, tp, state);
  batch_.metadata(tp, state);
}

/// NewPartition to OnlinePartition: the first live replica leads, all live ones are in sync. A
/// partition none of whose replicas lives is created when one comes.
Task<> ZkController::create_partitions(Partitions partitions) {
  std::set<std::string> parents;
  std::vector<StateChange> created;
  std::vector<ZkWrite> parent_writes, writes;
  for (const TopicPartition& tp : partitions) {
    StateChange change{tp, at(tp), "", false};
    change.next.isr.clear();
    for (const NodeId replica : change.next.replicas)
      if (live(replica)) change.next.isr.push_back(replica);
    if (change.next.isr.empty()) continue;
    change.next.leader = change.next.isr.front();
    change.next.leader_epoch = 0;
    if (parents.insert(tp.topic).second) {
      ZkWrite& write = parent_writes.emplace_back();
      write.push_back(zk_create(zk_path::partitions(tp.topic), nullptr));
    }
    ZkWrite& write = writes.emplace_back();
    write.push_back(zk_check(zk_path::controller_epoch, epoch_version_));
    write.push_back(zk_create(zk_path::partition(tp), nullptr));
    write.push_back(zk_create(
        zk_path::state(tp),
        std::make_shared<StateZnode>(std::make_shared<PartitionImage>(change.next), epoch_)));
    created.push_back(std::move(change));
  }
  co_await calls_.write(std::move(parent_writes));  // it may be there already
  const std::vector<Reply> replies = co_await calls_.write(std::move(writes));
  for (std::size_t i = 0; i < created.size(); ++i) {
    if (replies[i].code != Code::ok && replies[i].failed == 0) throw Interrupted{};
    const PartitionImage& next = created[i].next;
    const TopicPartition& tp = created[i].tp;
    set_image(tp, compose({next.replicas, {}, {}}, next, 0));
    runtime().emit(trace::PartitionCreated{tp.topic, tp.partition, next.leader, 0, next.replicas,
                                           next.isr, min_isr(tp.topic)});
    push_state(tp);
  }
}

/// Of the topic, whatever the number of replicas.
std::int64_t ZkController::min_isr(const std::string& topic) const {
  const std::string key = "min.insync.replicas";
  const TopicImage* known = image_.find_topic(topic);
  const bool own = known != nullptr && known->config.contains(key);
  return config_int(own ? known->config : options_.config, ConfigScope::broker, key);
}

}  // namespace eventarium::kafka
