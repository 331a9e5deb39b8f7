// See cluster_builder.h.
#include "sim/app/cluster_builder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/base/check.h"
#include "sim/broker/broker.h"
#include "sim/controller/combined_server.h"
#include "sim/controller/controller_node.h"
#include "sim/controller/kraft_bootstrap.h"
#include "sim/controller/kraft_link.h"
#include "sim/controller/zk_bootstrap.h"
#include "sim/controller/zk_link.h"
#include "sim/coordinator/consumer_groups.h"
#include "sim/coordinator/group_coordinator.h"
#include "sim/coordinator/share_coordinator.h"
#include "sim/coordinator/share_groups.h"
#include "sim/coordinator/share_leader.h"
#include "sim/coordinator/transaction_coordinator.h"

namespace eventarium::app {
namespace {

using scenario::ClusterMode;

/// Combined mode: that many brokers are controllers as well, when there are that many.
constexpr std::size_t combined_voters_max = 3;

NodeId node_number(std::size_t index) { return NodeId{static_cast<std::uint32_t>(index)}; }

/// Kafka refuses to make an internal topic while there are fewer brokers than it is to have
/// replicas; a small cluster here gets as many as it has brokers.
kafka::NewTopic internal_topic(const char* name, const scenario::Cluster& cluster,
                               const char* partitions_key, const char* replicas_key,
                               const char* segment_key) {
  const auto number = [&](const char* key) {
    return static_cast<int>(config_int(cluster.config, ConfigScope::broker, key));
  };
  return {name,
          number(partitions_key),
          std::min(number(replicas_key), cluster.brokers),
          {{"cleanup.policy", "compact"},
           {"segment.bytes", config_text(cluster.config, ConfigScope::broker, segment_key)}}};
}

bool has_groups(const scenario::Scenario& scenario) {
  return std::any_of(scenario.services.begin(), scenario.services.end(),
                     [](const scenario::Service& service) { return !service.group().empty(); });
}

bool has_share_groups(const scenario::Scenario& scenario) {
  return std::any_of(scenario.services.begin(), scenario.services.end(),
                     [](const scenario::Service& service) { return service.share_group; });
}

/// share.auto.offset.reset of each share group: in Kafka a setting of the group.
kafka::ShareGroupResets share_group_resets(const scenario::Scenario& scenario) {
  kafka::ShareGroupResets resets;
  for (const scenario::Service& service : scenario.services)
    if (service.share_group)
      resets[service.group()] =
          config_text(service.consumer_config, ConfigScope::consumer, "share.auto.offset.reset");
  return resets;
}

bool has_transactions(const scenario::Scenario& scenario) {
  const auto is_transactional = [](const Config& config) {
    return config.contains("transactional.id");
  };
  return std::any_of(scenario.producers.begin(), scenario.producers.end(),
                     [&](const scenario::Producer& p) { return is_transactional(p.config); }) ||
         std::any_of(scenario.services.begin(), scenario.services.end(),
                     [&](const scenario::Service& service) {
                       return is_transactional(service.producer_config) ||
                              service.commit == scenario::Commit::transaction;
                     });
}

/// The scenario's topics, and those in which coordinators keep what they have to remember.
std::vector<kafka::NewTopic> settled_topics(const scenario::Scenario& scenario) {
  std::vector<kafka::NewTopic> topics;
  for (const scenario::Topic& topic : scenario.topics)
    topics.push_back({topic.name, topic.partitions, topic.replicas, topic.config});
  const scenario::Cluster& cluster = scenario.cluster;
  if (has_groups(scenario))
    topics.push_back(internal_topic(kafka::offsets_topic, cluster, "offsets.topic.num.partitions",
                                    "offsets.topic.replication.factor",
                                    "offsets.topic.segment.bytes"));
  if (has_transactions(scenario)) {
    kafka::NewTopic& topic = topics.emplace_back(internal_topic(
        kafka::transactions_topic, cluster, "transaction.state.log.num.partitions",
        "transaction.state.log.replication.factor", "transaction.state.log.segment.bytes"));
    topic.config["min.insync.replicas"] =
        config_text(cluster.config, ConfigScope::broker, "transaction.state.log.min.isr");
  }
  if (has_share_groups(scenario)) {
    kafka::NewTopic& topic = topics.emplace_back(internal_topic(
        kafka::share_state_topic, cluster, "share.coordinator.state.topic.num.partitions",
        "share.coordinator.state.topic.replication.factor",
        "share.coordinator.state.topic.segment.bytes"));
    topic.config["min.insync.replicas"] =
        config_text(cluster.config, ConfigScope::broker, "share.coordinator.state.topic.min.isr");
  }
  return topics;
}

}  // namespace

/// With what the cluster begins.
struct ClusterBuilder::Settled {
  std::shared_ptr<const kafka::MetadataBootstrap> metadata;  // KRaft
  std::shared_ptr<const kafka::ZkBootstrap> zookeeper;       // ZooKeeper mode
};

ClusterBuilder::ClusterBuilder(const scenario::Scenario& scenario, engine::Engine& engine,
                               PlantedFaults planted)
    : scenario_(scenario), engine_(engine), planted_(planted) {
  const scenario::Cluster& cluster = scenario.cluster;
  const auto number = [&](int count, std::vector<NodeId>& nodes) {
    for (int i = 0; i < count; ++i) nodes.push_back(node_number(node_count_++));
  };
  number(cluster.brokers, brokers_);
  if (cluster.mode == ClusterMode::zookeeper) {
    number(cluster.zookeepers, zookeepers_);
  } else if (cluster.controllers > 0) {
    number(cluster.controllers, voters_);
  } else {
    const std::size_t count = brokers_.size() < combined_voters_max ? 1 : combined_voters_max;
    voters_.assign(brokers_.begin(), brokers_.begin() + static_cast<std::ptrdiff_t>(count));
  }
}

ClusterBuilder::~ClusterBuilder() = default;

std::vector<NodeId> ClusterBuilder::admin_targets() const {
  return scenario_.cluster.mode == ClusterMode::kraft ? voters_ : brokers_;
}

NodeId ClusterBuilder::add(std::string name, std::string role, std::string label,
                           std::unique_ptr<engine::Node> node) {
  engine::NodeSpec spec;
  spec.name = std::move(name);
  spec.role = std::move(role);
  spec.label = std::move(label);
  spec.host.disk_size_bytes = scenario_.cluster.disk_size_bytes;
  spec.host.bandwidth_bytes_per_s = scenario_.network.bandwidth_bytes_per_s;
  spec.host.latency = scenario_.network.latency;
  const NodeId id = engine_.add_node(std::move(spec), std::move(node));
  if (scenario_.network.loss > 0) engine_.set_loss(id, scenario_.network.loss);
  return id;
}

void ClusterBuilder::add_nodes() {
  const std::vector<kafka::NewTopic> topics = settled_topics(scenario_);
  RandomStream placement(scenario_.seed, "placement");
  if (scenario_.cluster.mode == ClusterMode::zookeeper) {
    const kafka::ClusterImage image =
        kafka::make_zookeeper_cluster_image(brokers_, topics, &placement);
    const Duration session_timeout =
        config_ms(scenario_.cluster.config, ConfigScope::broker, "zookeeper.session.timeout.ms");
    settled_ = std::make_unique<Settled>(
        Settled{nullptr, kafka::make_zookeeper_bootstrap(image, zookeepers_, session_timeout)});
    return add_zookeeper_nodes();
  }
  const kafka::ClusterImage image = kafka::make_cluster_image(brokers_, topics, &placement);
  settled_ = std::make_unique<Settled>(Settled{kafka::bootstrap_log(image, voters_), nullptr});
  add_kraft_nodes();
}

void ClusterBuilder::add_kraft_nodes() {
  for (std::size_t i = 0; i < brokers_.size(); ++i) {
    const bool combined = std::find(voters_.begin(), voters_.end(), brokers_[i]) != voters_.end();
    add(fmt::format("broker-{}", i + 1), "broker",
        fmt::format("node.id={}{}", i + 1, combined ? ", controller" : ""), make_broker(i));
  }
  if (scenario_.cluster.controllers == 0) return;
  for (std::size_t i = 0; i < voters_.size(); ++i)
    add(fmt::format("controller-{}", i + 1), "controller",
        fmt::format("node.id={}", brokers_.size() + i + 1),
        std::make_unique<kafka::ControllerNode>(
            kafka::RaftOptions{voters_, scenario_.cluster.config, settled_->metadata, planted_}));
}

void ClusterBuilder::add_zookeeper_nodes() {
  for (std::size_t i = 0; i < brokers_.size(); ++i)
    add(fmt::format("broker-{}", i + 1), "broker", fmt::format("node.id={}", i + 1),
        make_broker(i));
  for (std::size_t i = 0; i < zookeepers_.size(); ++i)
    add(fmt::format("zookeeper-{}", i + 1), "zookeeper", fmt::format("myid={}", i + 1),
        std::make_unique<zookeeper::ZookeeperServer>(zookeepers_, settled_->zookeeper->ensemble));
}

std::unique_ptr<engine::Node> ClusterBuilder::make_zookeeper_broker(bool from_beginning) {
  kafka::ZkOptions zookeeper{scenario_.cluster.config, zookeepers_,
                             from_beginning ? settled_->zookeeper : nullptr, planted_};
  return broker_with_parts(std::make_unique<kafka::ZkLink>(std::move(zookeeper)));
}

std::unique_ptr<kafka::Broker> ClusterBuilder::broker_with_parts(
    std::unique_ptr<kafka::ClusterLink> link) const {
  auto broker = std::make_unique<kafka::Broker>(
      kafka::BrokerOptions{scenario_.cluster.config, planted_}, std::move(link));
  auto groups = std::make_unique<kafka::GroupCoordinator>(planted_);
  groups->add_manager(std::make_unique<kafka::ConsumerGroups>(groups->context()));
  groups->add_manager(std::make_unique<kafka::ShareGroups>(groups->context()));
  broker->add_part(std::move(groups));
  broker->add_part(std::make_unique<kafka::ShareCoordinator>());
  broker->add_part(std::make_unique<kafka::ShareLeader>(share_group_resets(scenario_), planted_));
  broker->add_part(std::make_unique<kafka::TransactionCoordinator>());
  return broker;
}

/// The broker, and with it a controller when it is a voter. One that is not there from the
/// beginning copies the metadata log from its start.
std::unique_ptr<engine::Node> ClusterBuilder::make_broker(std::size_t index) {
  const bool from_beginning = index < brokers_.size();
  if (scenario_.cluster.mode == ClusterMode::zookeeper)
    return make_zookeeper_broker(from_beginning);
  const kafka::RaftOptions raft{voters_, scenario_.cluster.config,
                                from_beginning ? settled_->metadata : nullptr, planted_};
  const bool is_voter =
      std::find(voters_.begin(), voters_.end(), node_number(index)) != voters_.end();
  if (!from_beginning || !is_voter)
    return broker_with_parts(std::make_unique<kafka::KraftLink>(raft));
  auto core = std::make_unique<kafka::ControllerCore>(raft);
  auto link = std::make_unique<kafka::KraftLink>(raft, &core->raft());
  return std::make_unique<kafka::CombinedServer>(std::move(core),
                                                 broker_with_parts(std::move(link)));
}

NodeId ClusterBuilder::add_broker(const std::string& name) {
  return add(name, "broker", "node.id=" + name.substr(name.find('-') + 1),
             make_broker(brokers_.size()));
}

}  // namespace eventarium::app
