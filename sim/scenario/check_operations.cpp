// Plays the operations of a file through, in the order of their times: which brokers and topics
// there are when each one comes. What Kafka would refuse is an error here, with its place.
#include <algorithm>
#include <numeric>
#include <set>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/suggest.h"

namespace eventarium::scenario {
namespace {

class Play {
 public:
  explicit Play(Draft& draft) : draft_(draft) {
    for (int i = 1; i <= draft.scenario.cluster.brokers; ++i)
      brokers_.insert(fmt::format("broker-{}", i));
    for (const Topic& topic : draft.scenario.topics)
      draft.topic_history[topic.name] = {true, topic.partitions, topic.replicas, topic.partitions,
                                         topic.config};
  }

  void step(const Operation& operation, const OperationPlaces& places) {
    switch (operation.kind) {
      case OperationKind::add_broker:
        brokers_.insert(operation.broker);
        return;
      case OperationKind::remove_broker:
        return remove_broker(operation, places);
      case OperationKind::create_topic:
        return create_topic(operation, places);
      case OperationKind::rebalance:
        if (operation.topic.empty()) return;
        break;
      case OperationKind::remove_producer:
      case OperationKind::remove_consumer:
        if (!removed_.insert(operation.client).second)
          problem(places.client, fmt::format("client: '{}' is removed before", operation.client));
        return;
      case OperationKind::add_producer:
      case OperationKind::add_consumer:
      case OperationKind::set_client_config:
        return;
      default:
        break;
    }
    if (TopicHistory* const topic = find_topic(operation, places))
      change_topic(operation, places, *topic);
  }

 private:
  void problem(const Place& place, std::string message) {
    draft_.problems.add(place, std::move(message));
  }

  void remove_broker(const Operation& operation, const OperationPlaces& places) {
    // Who has never been there, or not yet, is reported by check_references().
    if (brokers_.erase(operation.broker) == 0 && draft_.nodes.count(operation.broker) != 0 &&
        removed_.count(operation.broker) != 0)
      problem(places.broker, fmt::format("broker: '{}' is removed before", operation.broker));
    removed_.insert(operation.broker);
    for (const auto& [name, topic] : draft_.topic_history)
      if (topic.exists && topic.replicas > static_cast<int>(brokers_.size())) {
        problem(
            places.broker,
            fmt::format("broker: the {} replicas of '{}' need {} brokers; without '{}' there "
                        "are {}",
                        topic.replicas, name, topic.replicas, operation.broker, brokers_.size()));
        return;
      }
  }

  void check_replicas(int replicas, const Place& place) {
    if (replicas > static_cast<int>(brokers_.size()))
      problem(place, fmt::format("replication_factor: {} replicas need {} brokers, the cluster has "
                                 "{} then; add_broker first",
                                 replicas, replicas, brokers_.size()));
  }

  void create_topic(const Operation& operation, const OperationPlaces& places) {
    if (operation.topic.empty()) return;
    TopicHistory& topic = draft_.topic_history[operation.topic];
    if (topic.exists)
      problem(places.topic, fmt::format("topic: '{}' exists already", operation.topic));
    check_replicas(operation.replicas_count, places.replication_factor);
    topic.exists = true;
    topic.partitions = operation.count;
    topic.replicas = operation.replicas_count;
    topic.config = operation.config;
    topic.partitions_max = std::max(topic.partitions_max, topic.partitions);
  }

  TopicHistory* find_topic(const Operation& operation, const OperationPlaces& places) {
    if (operation.topic.empty()) return nullptr;  // reported as missing
    const auto found = draft_.topic_history.find(operation.topic);
    if (found != draft_.topic_history.end() && found->second.exists) return &found->second;
    std::vector<std::string> names;
    for (const auto& [name, topic] : draft_.topic_history)
      if (topic.exists) names.push_back(name);
    problem(places.topic, fmt::format("topic: there is no topic '{}' then{}", operation.topic,
                                      did_you_mean(operation.topic, names)));
    return nullptr;
  }

  void change_topic(const Operation& operation, const OperationPlaces& places,
                    TopicHistory& topic) {
    if (operation.partition && *operation.partition >= topic.partitions)
      problem(places.partition,
              fmt::format("partition: '{}' has {} partition{} then, numbered from 0",
                          operation.topic, topic.partitions, topic.partitions == 1 ? "" : "s"));
    if (operation.kind == OperationKind::delete_topic) topic.exists = false;
    if (operation.kind == OperationKind::set_config) set_config(operation, places, topic);
    if (operation.kind == OperationKind::replication_factor) {
      check_replicas(operation.count, places.replication_factor);
      topic.replicas = operation.count;
    }
    if (operation.kind == OperationKind::reassign)
      topic.replicas = std::max(topic.replicas, static_cast<int>(operation.replicas.size()));
    if (operation.kind != OperationKind::add_partitions) return;
    if (operation.count <= topic.partitions)
      problem(places.partitions,
              fmt::format("partitions: '{}' has {} already; partitions can only become more",
                          operation.topic, topic.partitions));
    topic.partitions = std::max(topic.partitions, operation.count);
    topic.partitions_max = std::max(topic.partitions_max, topic.partitions);
  }

  /// With the topic's other keys as they are then.
  void set_config(const Operation& operation, const OperationPlaces& places, TopicHistory& topic) {
    if (!draft_.problems.empty()) return;  // keys and values may be what they must not be
    const std::string error = check_topic_change(topic.config, operation.key, operation.value);
    if (!error.empty()) return problem(places.value, fmt::format("value: {}", error));
    if (operation.value.empty())
      topic.config.erase(operation.key);
    else
      topic.config[operation.key] = operation.value;
  }

  Draft& draft_;
  std::set<std::string> brokers_, removed_;
};

}  // namespace

void check_operations(Draft& draft) {
  Play play(draft);
  const std::vector<Operation>& operations = draft.scenario.operations;
  std::vector<std::size_t> order(operations.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return operations[a].at < operations[b].at;
  });
  for (const std::size_t i : order) play.step(operations[i], draft.operation_places[i]);
}

}  // namespace eventarium::scenario
