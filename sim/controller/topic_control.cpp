// What administrators ask of the controller: topics made, grown and deleted, replicas moved,
// leaders elected, brokers forgotten. See replication_control.h.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "sim/broker/placement.h"
#include "sim/controller/replication_control.h"

namespace eventarium::kafka {
namespace {

using AdminResult = ReplicationControl::AdminResult;

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

AdminResult refuse(Error error, std::string text) { return {{}, error, std::move(text)}; }

AdminResult unknown(const std::string& what) {
  return refuse(Error::unknown_topic_or_partition, "there is no " + what);
}

/// Kafka's Topic.validate.
bool is_topic_name(const std::string& name) {
  if (name.empty() || name.size() > 249 || name == "." || name == "..") return false;
  return std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

}  // namespace

AdminResult ReplicationControl::administer(const AdminOperation& operation,
                                           RandomStream& start) const {
  return std::visit(Overloaded{
                        [&](const CreateTopic& wish) { return create_topic(wish.topic, start); },
                        [&](const AddPartitions& wish) { return add_partitions(wish, start); },
                        [&](const ReassignPartition& wish) { return reassign(wish); },
                        [&](const ElectLeader& wish) { return elect_leader(wish); },
                        [&](const AlterTopicConfig& wish) { return alter_config(wish); },
                        [&](const UnregisterBroker& wish) { return unregister(wish.broker); },
                        [&](const DeleteTopic& wish) { return delete_topic(wish.topic); },
                    },
                    operation);
}

AdminResult ReplicationControl::place(const std::string& topic, int first, int count, int replicas,
                                      RandomStream& start) const {
  std::vector<NodeId> unfenced, fenced;
  for (const auto& [id, broker] : image_.brokers)
    (broker.active() ? unfenced : fenced).push_back(id);
  const std::size_t all = unfenced.size() + fenced.size();
  if (replicas <= 0 || static_cast<std::size_t>(replicas) > all)
    return refuse(Error::invalid_replication_factor,
                  fmt::format("{} replicas on {} brokers are not possible", replicas, all));
  if (unfenced.empty()) return refuse(Error::invalid_replication_factor, "all brokers are fenced");
  AdminResult result;
  std::int32_t partition = first;
  for (auto& list : place_replicas(unfenced, fenced, count, replicas, &start)) {
    PartitionImage state;
    for (const NodeId broker : list)
      if (contains(unfenced, broker)) state.isr.push_back(broker);
    state.leader = state.isr.front();
    state.replicas = std::move(list);
    result.records.push_back(
        {PartitionRecord{{topic, partition++},
                         std::make_shared<const PartitionImage>(std::move(state))},
         "new partition", false});
  }
  return result;
}

AdminResult ReplicationControl::create_topic(const NewTopic& topic, RandomStream& start) const {
  if (!is_topic_name(topic.name))
    return refuse(Error::invalid_topic_exception, fmt::format("'{}' is no name", topic.name));
  if (image_.find_topic(topic.name))
    return refuse(Error::topic_already_exists, topic.name + " exists already");
  if (topic.partitions <= 0)
    return refuse(Error::invalid_partitions, "a topic has at least one partition");
  Config config;
  for (const auto& [key, value] : topic.config) {
    if (std::string problem = check_topic_change(config, key, value); !problem.empty())
      return refuse(Error::invalid_config, std::move(problem));
    config[key] = value;
  }
  AdminResult placed = place(topic.name, 0, topic.partitions, topic.replicas, start);
  if (placed.error != Error::none) return placed;
  AdminResult result;
  result.records.push_back({TopicRecord{topic.name}, "new topic", false});
  for (const auto& [key, value] : topic.config)
    result.records.push_back({ConfigRecord{topic.name, key, value}, "new topic", false});
  for (NotedRecord& record : placed.records) result.records.push_back(std::move(record));
  return result;
}

AdminResult ReplicationControl::add_partitions(const AddPartitions& wish,
                                               RandomStream& start) const {
  const TopicImage* topic = image_.find_topic(wish.topic);
  if (!topic) return unknown("topic " + wish.topic);
  const int present = static_cast<int>(topic->partitions.size());
  if (wish.count <= present)
    return refuse(Error::invalid_partitions,
                  fmt::format("{} has {} partitions: it can only get more", wish.topic, present));
  const int replicas = static_cast<int>(topic->partitions.front()->replicas.size());
  return place(wish.topic, present, wish.count - present, replicas, start);
}

AdminResult ReplicationControl::reassign(const ReassignPartition& wish) const {
  const PartitionImage* now = image_.find(wish.tp);
  if (!now) return unknown("partition " + to_text(wish.tp));
  if (wish.replicas.empty()) return cancel_reassignment(wish.tp, *now);
  if (std::set(wish.replicas.begin(), wish.replicas.end()).size() != wish.replicas.size())
    return refuse(Error::invalid_replica_assignment, "a broker can have only one replica");
  for (const NodeId broker : wish.replicas)
    if (!image_.find_broker(broker))
      return refuse(Error::invalid_replica_assignment,
                    name_of_(broker) + " is not a registered broker");
  const std::vector<NodeId> removing = without(now->replicas, wish.replicas);
  // What an unfinished reassignment was adding, and this one still wants, is still being added.
  const std::vector<NodeId> original = without(now->replicas, now->adding);
  std::vector<NodeId> replicas = wish.replicas;
  replicas.insert(replicas.end(), removing.begin(), removing.end());
  const PartitionRules rules = this->rules(wish.tp.topic, replicas.size());
  PartitionChange next(*now, rules);
  next.replicas(std::move(replicas), without(wish.replicas, original), removing);
  AdminResult result;
  change(next, wish.tp, "reassignment", result.records);
  return result;
}

AdminResult ReplicationControl::cancel_reassignment(const TopicPartition& tp,
                                                    const PartitionImage& now) const {
  if (now.adding.empty() && now.removing.empty())
    return refuse(Error::no_reassignment_in_progress, to_text(tp) + " is not being reassigned");
  const std::vector<NodeId> isr = without(now.isr, now.adding);
  if (isr.empty() && !unclean_allowed(tp.topic))
    return refuse(Error::invalid_replica_assignment,
                  "only added replicas are in sync: going back needs an unclean election");
  const std::vector<NodeId> replicas = without(now.replicas, now.adding);
  const PartitionRules rules = this->rules(tp.topic, replicas.size());
  PartitionChange next(now, rules);
  if (unclean_allowed(tp.topic)) next.election(Election::unclean);
  next.isr(isr).replicas(replicas, {}, {});
  AdminResult result;
  change(next, tp, "reassignment cancelled", result.records);
  return result;
}

AdminResult ReplicationControl::elect_leader(const ElectLeader& wish) const {
  const PartitionImage* now = image_.find(wish.tp);
  if (!now) return unknown("partition " + to_text(wish.tp));
  if (wish.unclean ? now->leader.valid() : now->leader == now->replicas.front())
    return refuse(Error::election_not_needed,
                  to_text(wish.tp) + " is led by " + name_of_(now->leader));
  const PartitionRules rules = this->rules(wish.tp.topic, now->replicas.size());
  PartitionChange next(*now, rules);
  next.election(wish.unclean ? Election::unclean : Election::preferred);
  AdminResult result;
  change(next, wish.tp,
         wish.unclean ? "unclean election, asked for" : "preferred leader, asked for",
         result.records);
  if (!result.records.empty()) return result;
  if (wish.unclean)
    return refuse(Error::eligible_leaders_not_available, "no replica of it is alive");
  return refuse(Error::preferred_leader_not_available,
                name_of_(now->replicas.front()) + " is not in sync");
}

AdminResult ReplicationControl::alter_config(const AlterTopicConfig& wish) const {
  const TopicImage* topic = image_.find_topic(wish.topic);
  if (!topic) return unknown("topic " + wish.topic);
  if (std::string problem = check_topic_change(topic->config, wish.key, wish.value);
      !problem.empty())
    return refuse(Error::invalid_config, std::move(problem));
  AdminResult result;
  result.records.push_back(
      {ConfigRecord{wish.topic, wish.key, wish.value}, "configuration changed", false});
  if (wish.key != "min.insync.replicas") return result;
  // With a lower minimum nobody outside the in-sync set may be eligible any more.
  const std::int64_t wanted =
      wish.value.empty() ? config_int(options_.config, ConfigScope::broker, "min.insync.replicas")
                         : std::stoll(wish.value);
  std::int32_t partition = 0;
  for (const PartitionState& state : topic->partitions) {
    const TopicPartition tp{wish.topic, partition++};
    if (state->elr.empty()) continue;
    PartitionRules rules = this->rules(wish.topic, state->replicas.size());
    rules.min_isr = std::min(static_cast<std::size_t>(wanted), state->replicas.size());
    PartitionChange next(*state, rules);
    change(next, tp, "min.insync.replicas changed", result.records);
  }
  return result;
}

AdminResult ReplicationControl::unregister(NodeId broker) const {
  if (!image_.find_broker(broker))
    return refuse(Error::broker_id_not_registered, name_of_(broker) + " is not registered");
  AdminResult result;
  broker_leaves(broker, name_of_(broker) + " was unregistered", result.records);
  result.records.push_back({UnregisterBrokerRecord{broker}, "unregistered", false});
  return result;
}

AdminResult ReplicationControl::delete_topic(const std::string& topic) const {
  if (!image_.find_topic(topic)) return unknown("topic " + topic);
  AdminResult result;
  result.records.push_back({RemoveTopicRecord{topic}, "topic deleted", false});
  return result;
}

}  // namespace eventarium::kafka
