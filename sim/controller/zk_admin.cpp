// What administrators ask of the controller: see zk_controller.h. Follows Kafka's ZkAdminManager
// (3.9): what is asked is written to ZooKeeper, and the controller's own watches act on it.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/controller/zk_controller.h"

namespace eventarium::kafka {
namespace {

AdminResponse refuse(Error error, std::string text) {
  AdminResponse response;
  response.error = error;
  response.text = std::move(text);
  return response;
}

}  // namespace

Task<> ZkController::on_admin(Asker asker, AdminOperation operation) {
  AdminResponse response = co_await carry_out(asker, std::move(operation));
  // A new topic or partition is answered for when it has leaders.
  for (const Creation& creation : creations_)
    if (creation.asker.node == asker.node &&
        creation.asker.header.correlation_id == asker.header.correlation_id)
      co_return;
  answer(asker, std::move(response));
}

Task<AdminResponse> ZkController::carry_out(Asker asker, AdminOperation operation) {
  if (auto* create = std::get_if<CreateTopic>(&operation))
    co_return co_await create_topic(asker, create->topic);
  if (auto* add = std::get_if<AddPartitions>(&operation))
    co_return co_await add_partitions(asker, *add);
  if (auto* move = std::get_if<ReassignPartition>(&operation)) co_return co_await reassign(*move);
  if (auto* wish = std::get_if<ElectLeader>(&operation)) co_return co_await elect_leader(*wish);
  if (auto* alter = std::get_if<AlterTopicConfig>(&operation))
    co_return co_await alter_config(*alter);
  if (auto* unregister = std::get_if<UnregisterBroker>(&operation)) {
    const NodeId broker = unregister->broker;
    if (live_or_shutting_down(broker))
      co_return refuse(Error::invalid_request, runtime().name_of(broker) + " still runs");
    co_return AdminResponse{};  // a broker that does not run is known to nobody
  }
  const std::string name = std::get<DeleteTopic>(operation).topic;
  if (!image_.find_topic(name))
    co_return refuse(Error::unknown_topic_or_partition, "there is no topic " + name);
  co_await delete_topic(name);
  co_return AdminResponse{};
}

Task<AdminResponse> ZkController::create_topic(Asker asker, NewTopic topic) {
  if (image_.find_topic(topic.name))
    co_return refuse(Error::topic_already_exists, topic.name + " exists already");
  if (topic.name.empty() || topic.name.find('/') != std::string::npos)
    co_return refuse(Error::invalid_topic_exception, fmt::format("'{}' is no name", topic.name));
  if (topic.partitions <= 0)
    co_return refuse(Error::invalid_partitions, "a topic has at least one partition");
  std::vector<NodeId> brokers;
  for (const auto& [id, broker] : image_.brokers) brokers.push_back(id);
  if (topic.replicas <= 0 || static_cast<std::size_t>(topic.replicas) > brokers.size())
    co_return refuse(
        Error::invalid_replication_factor,
        fmt::format("{} replicas on {} brokers are not possible", topic.replicas, brokers.size()));
  Config config;
  for (const auto& [key, value] : topic.config) {
    if (std::string problem = check_topic_change(config, key, value); !problem.empty())
      co_return refuse(Error::invalid_config, std::move(problem));
    config[key] = value;
  }
  std::vector<ReplicaAssignment> assignment;
  for (std::vector<NodeId>& replicas : assign_replicas_to_brokers(
           brokers, topic.partitions, topic.replicas, &runtime().random("placement")))
    assignment.push_back({std::move(replicas), {}, {}});
  ZkWrite write;
  write.push_back(
      zk_create(zk_path::topic_config(topic.name), std::make_shared<ConfigZnode>(topic.config)));
  write.push_back(
      zk_create(zk_path::topic(topic.name), std::make_shared<TopicZnode>(std::move(assignment))));
  const zookeeper::Reply reply = co_await calls_.write_one(std::move(write));
  if (reply.code == zookeeper::Code::node_exists)
    co_return refuse(Error::topic_already_exists, topic.name + " exists already");
  creations_.push_back({topic.name, static_cast<std::size_t>(topic.partitions), asker});
  co_return AdminResponse{};
}

Task<AdminResponse> ZkController::add_partitions(Asker asker, AddPartitions wish) {
  const TopicImage* topic = image_.find_topic(wish.topic);
  if (!topic)
    co_return refuse(Error::unknown_topic_or_partition, "there is no topic " + wish.topic);
  const auto present = static_cast<int>(topic->partitions.size());
  if (wish.count <= present)
    co_return refuse(
        Error::invalid_partitions,
        fmt::format("{} has {} partitions: it can only get more", wish.topic, present));
  std::vector<ReplicaAssignment> assignment;
  for (const PartitionState& p : topic->partitions)
    assignment.push_back({p->replicas, p->adding, p->removing});
  const std::vector<NodeId>& first = topic->partitions.front()->replicas;
  std::vector<NodeId> brokers;
  for (const auto& [id, broker] : image_.brokers) brokers.push_back(id);
  if (first.size() > brokers.size())
    co_return refuse(Error::invalid_replication_factor, "too few brokers are alive");
  // The new ones go on where the topic's first partition began.
  const auto place = std::find(brokers.begin(), brokers.end(), first.front());
  const int start = place == brokers.end() ? 0 : static_cast<int>(place - brokers.begin());
  for (std::vector<NodeId>& replicas : assign_replicas_to_brokers(
           brokers, wish.count - present, static_cast<int>(first.size()), nullptr, present, start))
    assignment.push_back({std::move(replicas), {}, {}});
  ZkWrite write;
  write.push_back(
      zk_set(zk_path::topic(wish.topic), std::make_shared<TopicZnode>(std::move(assignment))));
  co_await calls_.write_one(std::move(write));
  creations_.push_back({wish.topic, static_cast<std::size_t>(wish.count), asker});
  co_return AdminResponse{};
}

Task<AdminResponse> ZkController::elect_leader(ElectLeader wish) {
  const PartitionImage* now = image_.find(wish.tp);
  if (!now || !is_created(*now))
    co_return refuse(Error::unknown_topic_or_partition, "there is no " + to_text(wish.tp));
  const NodeId before = now->leader;
  if (wish.unclean ? before.valid() && live_or_shutting_down(before)
                   : before == now->replicas.front())
    co_return refuse(Error::election_not_needed,
                     to_text(wish.tp) + " is led by " + runtime().name_of(before));
  Partitions one;
  one.push_back(wish.tp);
  co_await elect_leaders(
      std::move(one), wish.unclean ? ZkElection::offline_or_unclean : ZkElection::preferred,
      wish.unclean ? "unclean election, asked for" : "preferred leader, asked for");
  const NodeId after = at(wish.tp).leader;
  if (after.valid() && after != before) co_return AdminResponse{};
  if (wish.unclean)
    co_return refuse(Error::eligible_leaders_not_available, "no replica of it is alive");
  co_return refuse(Error::preferred_leader_not_available,
                   runtime().name_of(at(wish.tp).replicas.front()) + " is not in sync");
}

/// The brokers watch /config/changes and read the topic's config themselves.
Task<AdminResponse> ZkController::alter_config(AlterTopicConfig wish) {
  if (!image_.find_topic(wish.topic))
    co_return refuse(Error::unknown_topic_or_partition, "there is no topic " + wish.topic);
  Config& config = image_.topics[wish.topic].config;
  if (std::string problem = check_topic_change(config, wish.key, wish.value); !problem.empty())
    co_return refuse(Error::invalid_config, std::move(problem));
  if (wish.value.empty())
    config.erase(wish.key);
  else
    config[wish.key] = wish.value;
  ZkWrite write;
  write.push_back(zk_set(zk_path::topic_config(wish.topic), std::make_shared<ConfigZnode>(config)));
  write.push_back(zk_set(zk_path::config_changes, std::make_shared<TextZnode>(wish.topic)));
  co_await calls_.write_one(std::move(write));
  runtime().emit(trace::TopicConfigChanged{wish.topic, wish.key, wish.value, min_isr(wish.topic)});
  // What could not be elected before may be allowed to now.
  if (wish.key == "unclean.leader.election.enable")
    co_await elect_offline("unclean.leader.election.enable was changed");
  co_return AdminResponse{};
}

}  // namespace eventarium::kafka
