// With what a run in ZooKeeper mode begins: an ensemble and a cluster that have been running for a
// while. All brokers have their sessions and are registered, every znode says what the image says,
// and the first broker is the controller, in epoch 1. Plain values.
#pragma once

#include <map>
#include <memory>
#include <vector>

#include "sim/controller/zk_znodes.h"
#include "sim/controller/zookeeper_server.h"

namespace eventarium::kafka {

struct ZkBootstrap {
  zookeeper::Settled ensemble;  // for each ZookeeperServer
  ClusterImage image;           // broker epochs are the zxids of their registration
  std::map<NodeId, zookeeper::SessionId> sessions;
  NodeId controller;
};

/// As make_cluster_image(), with replicas placed as AdminUtils does. `random` null: every topic
/// begins at the first broker.
ClusterImage make_zookeeper_cluster_image(const std::vector<NodeId>& brokers,
                                          const std::vector<NewTopic>& topics,
                                          RandomStream* random = nullptr);

/// `image` as make_cluster_image() makes it, with at least one broker; its partitions may have any
/// placement. The server of the highest id leads the ensemble, as it would after an election.
std::shared_ptr<const ZkBootstrap> make_zookeeper_bootstrap(const ClusterImage& image,
                                                            const std::vector<NodeId>& servers,
                                                            Duration session_timeout = 18s);

/// The znodes that every Kafka cluster has, for an ensemble without brokers.
zookeeper::ZnodeTree make_empty_kafka_tree();

}  // namespace eventarium::kafka
