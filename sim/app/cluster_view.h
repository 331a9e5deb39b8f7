// What an administrator's tools would be told about a cluster at the end of what has been seen:
// brokers, topics, partitions, the quorum. A fold of the trace; knows no node.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::app {

struct PartitionView {
  NodeId leader;
  std::int64_t leader_epoch = 0;
  std::vector<NodeId> replicas, isr, elr, adding, removing;

  bool reassigning() const { return !adding.empty() || !removing.empty(); }
};

struct BrokerView {
  bool fenced = false;
  bool in_controlled_shutdown = false;
  std::int64_t epoch = -1;  // of its registration; -1: from before the run
};

/// A voter of the KRaft quorum.
struct VoterView {
  std::string role = "follower";
  std::int64_t epoch = 0;
  std::int64_t log_end_offset = 0;
};

class ClusterView : public trace::Sink {
 public:
  using Key = std::pair<std::string, int>;  // topic, partition

  void on_event(const trace::Event& event) override;

  const std::map<Key, PartitionView>& partitions() const { return partitions_; }
  /// Registered ones.
  const std::map<NodeId, BrokerView>& brokers() const { return brokers_; }
  const std::map<NodeId, VoterView>& voters() const { return voters_; }
  /// Entries of the metadata log below it have been applied by the broker; by one that is down,
  /// when it was last heard of.
  std::int64_t metadata_offset(NodeId broker) const;
  const std::map<NodeId, SimTime>& running_since() const { return running_; }
  /// Keys that operations have changed, by topic; without a value: the default holds again.
  const std::map<std::string, std::map<std::string, std::string>>& configs() const {
    return configs_;
  }
  /// The active controller; none when there is none.
  NodeId controller() const { return controller_; }
  std::int64_t controller_epoch() const { return controller_epoch_; }
  std::int64_t committed_offset() const { return committed_; }
  const trace::NodeNames& names() const { return names_; }

  bool has_topic(const std::string& topic) const { return partition_count(topic) > 0; }
  int partition_count(const std::string& topic) const;
  bool is_running(NodeId node) const { return running_.count(node) != 0; }

 private:
  void on_cluster_event(const trace::Event& event);
  void on_quorum_event(const trace::Event& event);

  trace::NodeNames names_;
  std::map<Key, PartitionView> partitions_;
  std::map<NodeId, BrokerView> brokers_;
  std::map<NodeId, VoterView> voters_;
  std::map<NodeId, std::int64_t> metadata_offsets_;
  std::map<NodeId, SimTime> running_;
  std::map<std::string, std::map<std::string, std::string>> configs_;
  NodeId controller_;
  std::int64_t controller_epoch_ = 0, committed_ = 0;
};

}  // namespace eventarium::app
