#include "sim/controller/zk_bootstrap.h"

#include <algorithm>

#include "sim/base/check.h"
#include "sim/controller/zk_calls.h"
#include "sim/controller/zk_election.h"

namespace eventarium::kafka {
namespace {

using zookeeper::SessionId;
using zookeeper::Transaction;
using zookeeper::ZnodeTree;

class TreeWriter {
 public:
  explicit TreeWriter(ZnodeTree& tree) : tree_(tree), zxid_(tree.last_zxid()) {}

  SessionId open(NodeId client, Duration timeout) {
    Transaction opening;
    opening.zxid = ++zxid_;
    opening.kind = Transaction::Kind::open_session;
    opening.client = client;
    opening.timeout = timeout;
    return tree_.apply(opening).session;
  }
  void close(SessionId session) {
    Transaction closing;
    closing.zxid = ++zxid_;
    closing.kind = Transaction::Kind::close_session;
    closing.session = session;
    tree_.apply(closing);
  }
  zookeeper::Zxid create(SessionId session, const std::string& path, zookeeper::ValuePtr value,
                         bool ephemeral = false) {
    Transaction transaction;
    transaction.zxid = ++zxid_;
    transaction.session = session;
    transaction.operations.push_back(zk_create(path, std::move(value), ephemeral));
    const bool done = tree_.apply(transaction).code == zookeeper::Code::ok;
    EVENTARIUM_CHECK(done, "a cluster's first znodes can be created");
    return zxid_;
  }

 private:
  ZnodeTree& tree_;
  zookeeper::Zxid zxid_;
};

void write_topic(TreeWriter& writer, SessionId session, const std::string& name,
                 const TopicImage& topic, std::int32_t controller_epoch) {
  std::vector<ReplicaAssignment> assignment;
  for (const PartitionState& p : topic.partitions)
    assignment.push_back({p->replicas, p->adding, p->removing});
  writer.create(session, zk_path::topic_config(name), std::make_shared<ConfigZnode>(topic.config));
  writer.create(session, zk_path::topic(name), std::make_shared<TopicZnode>(assignment));
  writer.create(session, zk_path::partitions(name), nullptr);
  for (std::size_t p = 0; p < topic.partitions.size(); ++p) {
    const TopicPartition tp{name, static_cast<std::int32_t>(p)};
    EVENTARIUM_CHECK(topic.partitions[p]->partition_epoch == 0, "its znode has not been changed");
    writer.create(session, zk_path::partition(tp), nullptr);
    writer.create(session, zk_path::state(tp),
                  std::make_shared<StateZnode>(topic.partitions[p], controller_epoch));
  }
}

}  // namespace

/// A session of its own creates them and goes; the brokers' are numbered from 2.
ZnodeTree make_empty_kafka_tree() {
  ZnodeTree tree;
  TreeWriter writer(tree);
  const SessionId session = writer.open(NodeId{}, 18s);
  for (const char* path : {zk_path::brokers, zk_path::ids, zk_path::topics, zk_path::config,
                           zk_path::topic_configs, zk_path::config_changes})
    writer.create(session, path, nullptr);
  writer.create(session, zk_path::controller_epoch, std::make_shared<NumberZnode>(0));
  writer.close(session);
  return tree;
}

ClusterImage make_zookeeper_cluster_image(const std::vector<NodeId>& brokers,
                                          const std::vector<NewTopic>& topics,
                                          RandomStream* random) {
  ClusterImage image = make_cluster_image(brokers, {});
  std::vector<NodeId> sorted;
  for (const auto& [id, broker] : image.brokers) sorted.push_back(id);
  for (const NewTopic& topic : topics) {
    TopicImage& created = image.topics[topic.name];
    created.config = topic.config;
    for (std::vector<NodeId>& replicas :
         assign_replicas_to_brokers(sorted, topic.partitions, topic.replicas, random)) {
      PartitionImage partition;
      partition.leader = replicas.front();
      partition.isr = replicas;
      partition.replicas = std::move(replicas);
      created.partitions.push_back(std::make_shared<const PartitionImage>(std::move(partition)));
    }
  }
  return image;
}

std::shared_ptr<const ZkBootstrap> make_zookeeper_bootstrap(const ClusterImage& image,
                                                            const std::vector<NodeId>& servers,
                                                            Duration session_timeout) {
  EVENTARIUM_CHECK(!image.brokers.empty() && !servers.empty(), "a cluster has brokers");
  auto bootstrap = std::make_shared<ZkBootstrap>();
  bootstrap->image = image;
  bootstrap->controller = image.brokers.begin()->first;
  bootstrap->ensemble.leader = *std::max_element(servers.begin(), servers.end());
  ZnodeTree& tree = bootstrap->ensemble.tree;
  TreeWriter writer(tree);
  for (const auto& [id, broker] : image.brokers)
    bootstrap->sessions[id] = writer.open(id, session_timeout);
  const SessionId session = bootstrap->sessions[bootstrap->controller];
  for (const char* path : {zk_path::brokers, zk_path::ids, zk_path::topics, zk_path::config,
                           zk_path::topic_configs, zk_path::config_changes})
    writer.create(session, path, nullptr);
  writer.create(session, zk_path::controller_epoch, std::make_shared<NumberZnode>(1));
  writer.create(session, zk_path::controller,
                std::make_shared<ControllerZnode>(bootstrap->controller), true);
  for (auto& [id, broker] : bootstrap->image.brokers) {
    const zookeeper::Zxid zxid = writer.create(bootstrap->sessions[id], zk_path::broker(id),
                                               std::make_shared<BrokerZnode>(id), true);
    broker.epoch = static_cast<std::int64_t>(zxid);
    broker.incarnation = zxid;
  }
  for (const auto& [name, topic] : image.topics) write_topic(writer, session, name, topic, 1);
  return bootstrap;
}

}  // namespace eventarium::kafka
