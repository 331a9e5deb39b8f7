// See assembly.h. Node numbers are known before the nodes are made: first the channel's own
// nodes, then producers, then services, each in the order of the file.
#include "sim/app/assembly.h"

#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/bus/broadcast.h"
#include "sim/bus/direct_call.h"
#include "sim/bus/queue.h"
#include "sim/bus/queue_client.h"
#include "sim/client/consumer.h"
#include "sim/client/producer.h"
#include "sim/scenario/clients.h"
#include "sim/service/components.h"
#include "sim/service/producer_node.h"
#include "sim/service/service_node.h"

namespace eventarium::app {
namespace {

using scenario::Channel;

std::string joined(const std::vector<std::string>& names) {
  std::string text;
  for (const std::string& name : names) text += (text.empty() ? "" : ", ") + name;
  return text;
}

kafka::CommitPolicy policy_of(scenario::Commit commit) {
  switch (commit) {
    case scenario::Commit::automatic:
      return kafka::CommitPolicy::automatic;
    case scenario::Commit::before:
      return kafka::CommitPolicy::before;
    case scenario::Commit::after:
      return kafka::CommitPolicy::after;
    case scenario::Commit::each:
      return kafka::CommitPolicy::each;
    case scenario::Commit::transaction:
      return kafka::CommitPolicy::transaction;
    case scenario::Commit::never:
      return kafka::CommitPolicy::never;
  }
  return kafka::CommitPolicy::automatic;
}

NodeId node_number(std::size_t index) { return NodeId{static_cast<std::uint32_t>(index)}; }

/// The partitions that a service is assigned: those it names, and all of the topics of which it
/// names none.
std::vector<kafka::TopicPartition> assignment(const scenario::Scenario& scenario,
                                              const scenario::Service& service) {
  std::vector<kafka::TopicPartition> assigned;
  for (const std::string& name : service.topics) {
    bool named = false;
    for (const scenario::PartitionRef& partition : service.partitions) {
      if (partition.topic != name) continue;
      named = true;
      assigned.push_back({name, partition.partition});
    }
    for (const scenario::Topic& topic : scenario.topics)
      for (int p = 0; topic.name == name && !named && p < topic.partitions; ++p)
        assigned.push_back({name, p});
  }
  return assigned;
}

}  // namespace

/// What it takes to build the nodes, while they are being built.
class Builder {
 public:
  Builder(const scenario::Scenario& scenario, engine::Engine& engine,
          service::SideEffectLedger& side_effects, ClusterBuilder* cluster, PlantedFaults planted)
      : scenario_(scenario),
        engine_(engine),
        side_effects_(side_effects),
        cluster_(cluster),
        planted_(planted) {
    if (cluster_ != nullptr) {
      brokers_ = cluster_->brokers();
      channel_nodes_ = cluster_->node_count();
    }
    if (scenario.channel == Channel::queue || scenario.channel == Channel::broadcast)
      channel_nodes_ = 1;
    const std::size_t first_service = channel_nodes_ + scenario.producers.size();
    for (std::size_t i = 0; i < scenario.services.size(); ++i)
      for (const std::string& topic : scenario.services[i].topics)
        receivers_[topic].push_back(node_number(first_service + i));
  }

  void add_channel_nodes() {
    switch (scenario_.channel) {
      case Channel::kafka:
        return cluster_->add_nodes();
      case Channel::direct:
        return;
      case Channel::queue: {
        bus::QueueOptions options;
        options.visibility_timeout = scenario_.bus.visibility_timeout;
        options.max_deliveries = scenario_.bus.max_deliveries;
        add(scenario_.bus.name, "queue", "keeps each message for one receiver", {},
            std::make_unique<bus::QueueNode>(options));
        return;
      }
      case Channel::broadcast:
        add(scenario_.bus.name, "station", "sends to whoever is tuned in", {},
            std::make_unique<bus::StationNode>());
        return;
    }
  }

  NodeId add_producer(const scenario::Producer& producer, Duration start = {}) {
    const std::string label = fmt::format("{} to {}", producer.event, producer.topic);
    return add(producer.name, "producer", label, start,
               std::make_unique<service::ProducerNode>(producer, make_publisher(producer.config)));
  }

  std::size_t channel_nodes() const { return channel_nodes_; }

  NodeId add_service(const scenario::Service& service) {
    auto publisher = make_publisher(service);
    auto subscriber = make_subscriber(service, publisher.get());
    auto node = std::make_unique<service::ServiceNode>(service, std::move(subscriber),
                                                       std::move(publisher), side_effects_);
    node->plant(planted_);
    return add(service.name, service.is_consumer ? "consumer" : "service",
               "reads " + joined(service.topics), service.start, std::move(node));
  }

  void reconfigure(NodeId node, const scenario::Producer& producer) {
    auto* const known = dynamic_cast<service::ProducerNode*>(&engine_.node(node));
    EVENTARIUM_CHECK(known != nullptr, "a producer's node");
    known->set_publisher(make_publisher(producer.config));
  }

  void reconfigure(NodeId node, const scenario::Service& service) {
    auto* const known = dynamic_cast<service::ServiceNode*>(&engine_.node(node));
    EVENTARIUM_CHECK(known != nullptr, "a service's node");
    auto publisher = make_publisher(service);
    auto subscriber = make_subscriber(service, publisher.get());
    known->set_channels(std::move(subscriber), std::move(publisher));
  }

 private:
  NodeId add(const std::string& name, std::string role, std::string label, Duration start,
             std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = name;
    spec.role = std::move(role);
    spec.label = std::move(label);
    spec.host.bandwidth_bytes_per_s = scenario_.network.bandwidth_bytes_per_s;
    spec.host.latency = scenario_.network.latency;
    spec.start_at = sim_time(start);
    const NodeId id = engine_.add_node(std::move(spec), std::move(node));
    if (scenario_.network.loss > 0) engine_.set_loss(id, scenario_.network.loss);
    return id;
  }

  std::unique_ptr<bus::Publisher> make_publisher(const Config& config) const {
    constexpr auto component = service::publisher_component;
    switch (scenario_.channel) {
      case Channel::kafka:
        return std::make_unique<kafka::Producer>(component, config, brokers_);
      case Channel::direct: {
        bus::DirectCallOptions options;
        options.call_timeout = scenario_.bus.call_timeout;
        options.call_attempts = scenario_.bus.call_attempts;
        return std::make_unique<bus::DirectCaller>(component, receivers_, options);
      }
      case Channel::queue:
        return std::make_unique<bus::QueuePublisher>(component, node_number(0));
      case Channel::broadcast:
        return std::make_unique<bus::BroadcastPublisher>(component, node_number(0));
    }
    return nullptr;
  }

  /// None when it publishes nothing.
  std::unique_ptr<bus::Publisher> make_publisher(const scenario::Service& service) const {
    return publishes(service) ? make_publisher(service.producer_config) : nullptr;
  }

  /// `publisher`: of the same service, for commits within its transactions; it may be null.
  std::unique_ptr<bus::Subscriber> make_subscriber(const scenario::Service& service,
                                                   bus::Publisher* publisher) const {
    constexpr auto component = service::subscriber_component;
    switch (scenario_.channel) {
      case Channel::kafka:
        return make_consumer(service, publisher);
      case Channel::direct:
        return std::make_unique<bus::DirectReceiver>();
      case Channel::queue:
        return std::make_unique<bus::QueueReceiver>(component, node_number(0), service.topics);
      case Channel::broadcast:
        return std::make_unique<bus::BroadcastSubscriber>(component, node_number(0),
                                                          service.topics);
    }
    return nullptr;
  }

  std::unique_ptr<bus::Subscriber> make_consumer(const scenario::Service& service,
                                                 bus::Publisher* publisher) const {
    kafka::Assignment wanted;
    if (service.group().empty())
      wanted.partitions = assignment(scenario_, service);
    else
      wanted.topics = service.topics;
    const bool transactional = service.commit == scenario::Commit::transaction;
    return std::make_unique<kafka::Consumer>(
        service::subscriber_component, service.consumer_config, brokers_, std::move(wanted),
        policy_of(service.commit),
        transactional ? dynamic_cast<kafka::Producer*>(publisher) : nullptr);
  }

  const scenario::Scenario& scenario_;
  engine::Engine& engine_;
  service::SideEffectLedger& side_effects_;
  ClusterBuilder* cluster_;  // null without Kafka
  PlantedFaults planted_;
  std::vector<NodeId> brokers_;
  std::size_t channel_nodes_ = 0;
  std::map<std::string, std::vector<NodeId>> receivers_;  // by topic, in the file's order
};

struct Assembly::Shared {
  service::SideEffectLedger side_effects;
  std::unique_ptr<ClusterBuilder> cluster;  // Kafka
  std::unique_ptr<Builder> builder;         // of nodes that join later, too
  std::size_t channel_nodes = 0;            // they are numbered first
  bool channel_has_files = false;
};

Assembly::Assembly(const scenario::Scenario& scenario, engine::Engine& engine,
                   PlantedFaults planted)
    : engine_(engine), shared_(std::make_unique<Shared>()) {
  EVENTARIUM_CHECK(engine.node_count() == 0, "nodes are numbered from 0");
  if (scenario.channel == Channel::kafka)
    shared_->cluster = std::make_unique<ClusterBuilder>(scenario, engine, planted);
  shared_->builder = std::make_unique<Builder>(scenario, engine, shared_->side_effects,
                                               shared_->cluster.get(), planted);
  shared_->builder->add_channel_nodes();
  shared_->channel_nodes = shared_->builder->channel_nodes();
  shared_->channel_has_files =
      scenario.channel == Channel::kafka || scenario.channel == Channel::queue;
  for (const scenario::Producer& producer : scenario.producers)
    shared_->builder->add_producer(producer);
  for (const scenario::Service& service : scenario.services) shared_->builder->add_service(service);
}

NodeId Assembly::add(const scenario::Producer& producer) {
  return shared_->builder->add_producer(producer, engine_.now() - SimTime{});
}

NodeId Assembly::add(const scenario::Service& service) {
  return shared_->builder->add_service(service);
}

void Assembly::reconfigure(NodeId node, const scenario::Producer& producer) {
  shared_->builder->reconfigure(node, producer);
}

void Assembly::reconfigure(NodeId node, const scenario::Service& service) {
  shared_->builder->reconfigure(node, service);
}

Assembly::~Assembly() = default;

bool Assembly::has_files(NodeId node) const {
  return shared_->channel_has_files && node.value < shared_->channel_nodes;
}

ClusterBuilder* Assembly::cluster() { return shared_->cluster.get(); }

std::vector<trace::SubscriptionDeclared> subscriptions_of(const scenario::Scenario& scenario,
                                                          const scenario::Service& service) {
  std::vector<trace::SubscriptionDeclared> wanted;
  const char* const channel = channel_name(scenario.channel);
  const std::string group = service.group();
  if (scenario.channel != Channel::kafka || !group.empty()) {
    const Config& config = service.consumer_config;
    const auto text = [&](const char* key) {
      return group.empty() ? std::string() : config_text(config, ConfigScope::consumer, key);
    };
    const std::string kind = service.share_group ? "share" : text("group.protocol");
    for (const std::string& topic : service.topics)
      wanted.push_back({topic, -1, channel, text("auto.offset.reset"), group, kind});
    return wanted;
  }
  const std::string reset =
      config_text(service.consumer_config, ConfigScope::consumer, "auto.offset.reset");
  for (const auto& assigned : assignment(scenario, service))
    wanted.push_back({assigned.topic, assigned.partition, channel, reset, "", ""});
  return wanted;
}

trace::PublisherDeclared publisher_of(const Config& config) {
  const std::string acks = config_text(config, ConfigScope::producer, "acks");
  trace::PublisherDeclared declared;
  declared.acks = acks == "-1" ? "all" : acks;
  declared.idempotent = is_idempotent(config);
  if (const auto id = config.find("transactional.id"); id != config.end())
    declared.transactional_id = id->second;
  return declared;
}

const char* channel_name(Channel channel) {
  switch (channel) {
    case Channel::kafka:
      return "kafka";
    case Channel::direct:
      return "direct";
    case Channel::queue:
      return "queue";
    case Channel::broadcast:
      return "broadcast";
  }
  return "?";
}

}  // namespace eventarium::app
