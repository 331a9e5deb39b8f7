// Builds the nodes of a Kafka cluster into an engine: brokers, controllers or ZooKeeper's ensemble,
// as they are at the beginning of a run, and brokers that join later. Knows nothing of clients.
//
// Nodes are numbered: brokers from 0 on, then controllers or ZooKeeper's nodes.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"

namespace eventarium::kafka {
class Broker;
class ClusterLink;
}  // namespace eventarium::kafka

namespace eventarium::app {

class ClusterBuilder {
 public:
  /// References must outlive it. Adds nothing yet.
  ClusterBuilder(const scenario::Scenario& scenario, engine::Engine& engine,
                 PlantedFaults planted = {});
  ~ClusterBuilder();
  ClusterBuilder(const ClusterBuilder&) = delete;
  ClusterBuilder& operator=(const ClusterBuilder&) = delete;

  /// Brokers whose numbers are known before they are made.
  const std::vector<NodeId>& brokers() const { return brokers_; }
  /// KRaft's voters.
  const std::vector<NodeId>& voters() const { return voters_; }
  /// Who takes an administrator's requests: the voters, or all brokers.
  std::vector<NodeId> admin_targets() const;
  std::size_t node_count() const { return node_count_; }

  /// A cluster that has been running for a while: topics placed, replicas in sync.
  void add_nodes();
  /// A new machine joins; it holds nothing. The name is new.
  NodeId add_broker(const std::string& name);

 private:
  struct Settled;

  NodeId add(std::string name, std::string role, std::string label,
             std::unique_ptr<engine::Node> node);
  std::unique_ptr<engine::Node> make_broker(std::size_t index);
  std::unique_ptr<engine::Node> make_zookeeper_broker(bool from_beginning);
  /// With the coordinators of its process.
  std::unique_ptr<kafka::Broker> broker_with_parts(std::unique_ptr<kafka::ClusterLink> link) const;
  void add_kraft_nodes();
  void add_zookeeper_nodes();

  const scenario::Scenario& scenario_;
  engine::Engine& engine_;
  PlantedFaults planted_;
  std::vector<NodeId> brokers_, voters_, zookeepers_;
  std::size_t node_count_ = 0;
  std::unique_ptr<Settled> settled_;
};

}  // namespace eventarium::app
