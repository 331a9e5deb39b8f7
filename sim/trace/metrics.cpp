// See metrics.h.
#include "sim/trace/metrics.h"

#include <algorithm>

namespace eventarium::trace {
namespace {

bool contains(const NodeList& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

/// In the order of Metric.
const std::vector<MetricInfo> table = {
    {Metric::under_replicated_partitions, "UnderReplicatedPartitions",
     "kafka.server:type=ReplicaManager,name=UnderReplicatedPartitions", "partitions",
     "partitions with a leader and fewer in-sync replicas than replicas; sum over brokers", 0},
    {Metric::under_min_isr_partitions, "UnderMinIsrPartitionCount",
     "kafka.server:type=ReplicaManager,name=UnderMinIsrPartitionCount", "partitions",
     "partitions with a leader and fewer in-sync replicas than min.insync.replicas: acks=all is "
     "refused; sum over brokers",
     0},
    {Metric::offline_partitions, "OfflinePartitionsCount",
     "kafka.controller:type=KafkaController,name=OfflinePartitionsCount", "partitions",
     "partitions without a leader: nobody can write or read them", 0},
    {Metric::preferred_replica_imbalance, "PreferredReplicaImbalanceCount",
     "kafka.controller:type=KafkaController,name=PreferredReplicaImbalanceCount", "partitions",
     "partitions that another replica leads than the first of the assignment", 0},
    {Metric::active_controllers, "ActiveControllerCount",
     "kafka.controller:type=KafkaController,name=ActiveControllerCount", "controllers",
     "who acts as the active controller; sum over controllers, so 1 is right", 1},
    {Metric::active_brokers, "ActiveBrokerCount",
     "kafka.controller:type=KafkaController,name=ActiveBrokerCount", "brokers",
     "registered brokers that are not fenced", -1},
    {Metric::fenced_brokers, "FencedBrokerCount",
     "kafka.controller:type=KafkaController,name=FencedBrokerCount", "brokers",
     "registered brokers that may neither lead nor be in sync", 0},
    {Metric::leader_elections, "LeaderElectionRateAndTimeMs",
     "kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs", "elections/s",
     "how often a partition gets another leader: the meter of this metric", -1},
    {Metric::leader_election_time, "LeaderElectionRateAndTimeMs.Mean",
     "kafka.controller:type=ControllerStats,name=LeaderElectionRateAndTimeMs", "ms",
     "from the end of the former leader's process, or of its leadership, until the new one "
     "leads; mean over the interval",
     -1},
    {Metric::unclean_leader_elections, "UncleanLeaderElectionsPerSec",
     "kafka.controller:type=ControllerStats,name=UncleanLeaderElectionsPerSec", "elections/s",
     "elections of a replica that was not in sync: records may be lost", 0},
    {Metric::isr_shrinks, "IsrShrinksPerSec",
     "kafka.server:type=ReplicaManager,name=IsrShrinksPerSec", "changes/s",
     "in-sync sets that lost a member", -1},
    {Metric::isr_expands, "IsrExpandsPerSec",
     "kafka.server:type=ReplicaManager,name=IsrExpandsPerSec", "changes/s",
     "in-sync sets that gained a member", -1},
    {Metric::messages_in, "MessagesInPerSec",
     "kafka.server:type=BrokerTopicMetrics,name=MessagesInPerSec", "records/s",
     "records that leaders have written; sum over brokers", -1},
    {Metric::bytes_in, "BytesInPerSec", "kafka.server:type=BrokerTopicMetrics,name=BytesInPerSec",
     "bytes/s", "bytes of the batches that leaders have written; sum over brokers", -1},
    {Metric::bytes_out, "BytesOutPerSec",
     "kafka.server:type=BrokerTopicMetrics,name=BytesOutPerSec", "bytes/s",
     "bytes that brokers have sent to consumers, empty answers included; sum over brokers", -1},
    {Metric::replication_bytes_in, "ReplicationBytesInPerSec",
     "kafka.server:type=BrokerTopicMetrics,name=ReplicationBytesInPerSec", "bytes/s",
     "bytes that followers have copied; sum over brokers", -1},
    {Metric::failed_produce_requests, "FailedProduceRequestsPerSec",
     "kafka.server:type=BrokerTopicMetrics,name=FailedProduceRequestsPerSec", "batches/s",
     "batches that brokers have refused, or written and could not acknowledge; sum over brokers",
     0},
    {Metric::replica_max_lag, "ReplicaMaxLag",
     "kafka.server:type=ReplicaFetcherManager,name=MaxLag,clientId=Replica", "records",
     "how far the follower that is furthest behind is behind its leader", -1},
    {Metric::consumer_max_lag, "records-lag-max",
     "kafka.consumer:type=consumer-fetch-manager-metrics,client-id=*", "records",
     "how far the consumer that is furthest behind is behind the end of a log", -1},
    {Metric::groups, "NumGroups",
     "kafka.coordinator.group:type=GroupMetadataManager,name=NumGroups", "groups",
     "groups that coordinators know, those without members included; sum over brokers", -1},
    {Metric::group_rebalances, "group-completed-rebalance-rate",
     "kafka.server:type=group-coordinator-metrics", "rebalances/s",
     "groups that are stable in a new generation; sum over brokers", -1},
    {Metric::offset_commits, "offset-commit-rate", "kafka.server:type=group-coordinator-metrics",
     "offsets/s", "positions that coordinators keep; sum over brokers", -1},
    {Metric::rebalance_total, "rebalance-total",
     "kafka.consumer:type=consumer-coordinator-metrics,client-id=*", "rebalances",
     "rebalances that consumers have come to the end of since the start; sum over consumers", -1},
};

}  // namespace

const std::vector<MetricInfo>& metric_table() { return table; }

const MetricInfo* find_metric(std::string_view name) {
  for (const MetricInfo& info : metric_table())
    if (info.name == name) return &info;
  return nullptr;
}

// ---- time

void Metrics::on_event(const Event& event) {
  if (!begun_) {
    begun_ = true;
    next_ = SimTime{} + interval_;
  }
  if (event.t >= next_) advance(event.t);
  if (const auto* sent = event.as<MessageSent>()) {
    if (sent->label == "FetchResponse")
      add(Metric::bytes_out, static_cast<double>(sent->size_bytes));
    return;
  }
  if (event.as<MessageArrived>() || event.as<RecordProduced>() || event.as<RecordBatched>()) return;
  on_partition(event);
  on_node(event);
  on_group(event);
}

void Metrics::advance(SimTime t) {
  if (!begun_) {
    begun_ = true;
    next_ = SimTime{} + interval_;
  }
  while (next_ <= t) {
    sample();
    next_ += interval_;
  }
}

/// The interval that goes on is over.
void Metrics::sample() {
  std::array<double, metric_count> values{};
  const auto value = [&](Metric metric) -> double& {
    return values[static_cast<std::size_t>(metric)];
  };
  for (const auto& [key, partition] : partitions_) {
    const bool led = partition.leader.valid();
    if (!led) ++value(Metric::offline_partitions);
    if (led && partition.isr.size() < partition.replicas.size())
      ++value(Metric::under_replicated_partitions);
    const Int wanted = std::min(partition.min_isr, static_cast<Int>(partition.replicas.size()));
    if (led && static_cast<Int>(partition.isr.size()) < wanted)
      ++value(Metric::under_min_isr_partitions);
    if (!partition.replicas.empty() && partition.leader != partition.replicas.front())
      ++value(Metric::preferred_replica_imbalance);
    Int end = -1;
    for (const Replica& log : partition.logs)
      if (log.broker == partition.leader) end = log.log_end_offset;
    const auto lag = [&](Metric metric, Int offset) {
      if (end >= 0) value(metric) = std::max(value(metric), static_cast<double>(end - offset));
    };
    for (const Replica& log : partition.logs)
      if (contains(partition.replicas, log.broker))
        lag(Metric::replica_max_lag, log.log_end_offset);
    for (const auto& [consumer, position] : partition.positions)
      lag(Metric::consumer_max_lag, position);
  }
  value(Metric::active_controllers) = static_cast<double>(controllers_.size());
  value(Metric::groups) = static_cast<double>(generations_.size());
  value(Metric::rebalance_total) = static_cast<double>(rebalances_ended_);
  for (const auto& [broker, fenced] : fenced_)
    ++value(fenced ? Metric::fenced_brokers : Metric::active_brokers);
  for (std::size_t i = 0; i < metric_count; ++i) {
    const auto metric = static_cast<Metric>(i);
    if (metric == Metric::leader_election_time)
      values[i] = election_times_ > 0 ? sums_[i] / static_cast<double>(election_times_) : 0;
    else if (sums_[i] > 0)
      values[i] = sums_[i] / to_seconds(interval_);
    series_[i].push_back(values[i]);
  }
  sums_.fill(0);
  election_times_ = 0;
}

// ---- what happens to partitions

Metrics::Partition& Metrics::partition(const Text& topic, Int number) {
  if (last_ && last_key_->second == number && last_key_->first == topic) return *last_;
  const auto found = partitions_.try_emplace(Key{topic, number}).first;
  last_key_ = &found->first;
  last_ = &found->second;
  return *last_;
}

void Metrics::set_end(const Event& event, const Text& topic, Int number, Int log_end_offset) {
  auto& logs = partition(topic, number).logs;
  for (Replica& log : logs)
    if (log.broker == event.node) {
      log.log_end_offset = log_end_offset;
      return;
    }
  logs.push_back({event.node, log_end_offset});
}

void Metrics::on_partition(const Event& event) {
  if (const auto* appended = event.as<BatchAppended>()) {
    const auto records = static_cast<double>(appended->records.size());
    const auto size_bytes = static_cast<double>(appended->size_bytes);
    if (!appended->as_follower) add(Metric::messages_in, records);
    add(appended->as_follower ? Metric::replication_bytes_in : Metric::bytes_in, size_bytes);
    set_end(event, appended->topic, appended->partition,
            appended->base_offset + static_cast<Int>(appended->records.size()));
  } else if (const auto* truncated = event.as<LogTruncated>()) {
    set_end(event, truncated->topic, truncated->partition, truncated->log_end_offset);
  } else if (const auto* delivered = event.as<RecordsDelivered>()) {
    if (delivered->base_offset < 0) return;
    auto& positions = partition(delivered->topic, delivered->partition).positions;
    const Int next = delivered->base_offset + static_cast<Int>(delivered->records.size());
    for (auto& [consumer, position] : positions)
      if (consumer == event.node) {
        position = next;
        return;
      }
    positions.emplace_back(event.node, next);
  } else if (const auto* created = event.as<PartitionCreated>()) {
    Partition& made = partition(created->topic, created->partition);
    made.leader = created->leader;
    made.leader_epoch = created->leader_epoch;
    made.replicas = created->replicas;
    made.isr = created->isr;
    made.min_isr = std::max<Int>(1, created->min_isr);
    made.led = created->leader.valid();
    for (const NodeId broker : created->replicas) fenced_.try_emplace(broker, false);
  } else if (const auto* changed = event.as<PartitionChanged>()) {
    on_changed(event.t, *changed);
  } else if (const auto* taken = event.as<LeadershipTaken>()) {
    on_taken(event.t, *taken);
  } else if (event.as<ProduceRefused>() || event.as<ProduceTimedOut>()) {
    add(Metric::failed_produce_requests, 1);
  } else if (const auto* config = event.as<TopicConfigChanged>()) {
    for (auto& [key, known] : partitions_)
      if (key.first == config->topic) known.min_isr = std::max<Int>(1, config->min_isr);
  } else if (const auto* deleted = event.as<TopicDeleted>()) {
    last_ = nullptr;
    std::erase_if(partitions_,
                  [&](const auto& entry) { return entry.first.first == deleted->topic; });
  }
}

void Metrics::on_changed(SimTime t, const PartitionChanged& changed) {
  Partition& now = partition(changed.topic, changed.partition);
  const auto lacks = [](const NodeList& some, const NodeList& all) {
    return std::any_of(some.begin(), some.end(), [&](NodeId n) { return !contains(all, n); });
  };
  if (lacks(now.isr, changed.isr)) add(Metric::isr_shrinks, 1);
  if (lacks(changed.isr, now.isr)) add(Metric::isr_expands, 1);
  if (changed.leader.valid() && changed.leader != now.leader) {
    add(Metric::leader_elections, 1);
    if (changed.unclean) add(Metric::unclean_leader_elections, 1);
  }
  if (changed.leader != now.leader && now.led) {
    now.led = false;
    now.without_leader_since = t;
  }
  now.leader = changed.leader;
  now.leader_epoch = changed.leader_epoch;
  now.replicas = changed.replicas;
  now.isr = changed.isr;
}

void Metrics::on_taken(SimTime t, const LeadershipTaken& taken) {
  Partition& led = partition(taken.topic, taken.partition);
  if (led.led || taken.leader_epoch < led.leader_epoch) return;
  led.led = true;
  add(Metric::leader_election_time, to_ms(t - led.without_leader_since));
  ++election_times_;
}

// ---- what happens to groups

/// Whoever reads the partition next has a lag of its own.
void Metrics::forget_position(NodeId consumer, const Text* topic, Int number) {
  for (auto& [key, partition] : partitions_)
    if (topic == nullptr || (key.first == *topic && key.second == number))
      std::erase_if(partition.positions,
                    [&](const auto& position) { return position.first == consumer; });
}

void Metrics::on_group(const Event& event) {
  if (const auto* changed = event.as<GroupStateChanged>()) {
    if (changed->state == "Dead") {
      generations_.erase(changed->group);
      return;
    }
    Int& generation = generations_.try_emplace(changed->group, -1).first->second;
    if (changed->state != "Stable" || generation == changed->generation) return;
    generation = changed->generation;
    add(Metric::group_rebalances, 1);
  } else if (event.as<OffsetCommitted>()) {
    add(Metric::offset_commits, 1);
  } else if (event.as<RebalanceEnded>()) {
    ++rebalances_ended_;
  } else if (event.as<PartitionAssigned>()) {
    members_.insert(event.node);
  } else if (const auto* revoked = event.as<PartitionRevoked>()) {
    forget_position(event.node, &revoked->topic, revoked->partition);
  } else if (event.as<NodeStopped>() && members_.erase(event.node) > 0) {
    forget_position(event.node, nullptr, 0);
  }
}

// ---- what happens to nodes

void Metrics::on_node(const Event& event) {
  if (const auto* registered = event.as<BrokerRegistered>()) {
    fenced_[registered->broker] = true;
  } else if (const auto* fenced = event.as<BrokerFenced>()) {
    fenced_[fenced->broker] = true;
  } else if (const auto* unfenced = event.as<BrokerUnfenced>()) {
    fenced_[unfenced->broker] = false;
  } else if (const auto* gone = event.as<BrokerUnregistered>()) {
    fenced_.erase(gone->broker);
  } else if (const auto* elected = event.as<ControllerElected>()) {
    controllers_[event.node] = elected->epoch;
  } else if (event.as<ControllerResigned>()) {
    controllers_.erase(event.node);
  } else if (event.as<NodeStopped>()) {
    controllers_.erase(event.node);
    for (auto& [key, partition] : partitions_)
      if (partition.leader == event.node && partition.led) {
        partition.led = false;
        partition.without_leader_since = event.t;
      }
  }
}

}  // namespace eventarium::trace
