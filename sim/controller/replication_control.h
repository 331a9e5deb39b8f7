// What the controller decides about partitions: who leads when brokers come and go, which in-sync
// sets leaders may have, and what administrators ask for. It reads the metadata and returns
// records; it changes nothing itself.
//
//   replication_control.cpp   brokers that come and go, AlterPartition, periodic elections
//   topic_control.cpp         what administrators ask for
//
// Follows Kafka's ReplicationControlManager (4.1).
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/planted_fault.h"
#include "sim/broker/admin_protocol.h"
#include "sim/broker/cluster_image.h"
#include "sim/broker/cluster_protocol.h"
#include "sim/controller/metadata_log.h"
#include "sim/controller/partition_change.h"

namespace eventarium::kafka {

struct ControllerOptions {
  Config config;  // scope broker
  PlantedFaults planted;
  bool elr = true;  // feature eligible.leader.replicas.version=1, on in clusters made with 4.1
};

using Records = std::vector<NotedRecord>;

class ReplicationControl {
 public:
  using NameOf = std::function<std::string(NodeId)>;

  /// `image`, read anew at every call, must outlive it; `name_of` is for reasons.
  ReplicationControl(const ClusterImage& image, const ControllerOptions& options, NameOf name_of);

  // ---- brokers
  /// The broker leaves all in-sync sets and leads no more: fenced, shutting down, unregistered.
  void broker_leaves(NodeId broker, const std::string& reason, Records& records) const;
  /// A new process of the broker registers: its log may have lost its end, unless it says that it
  /// has stopped cleanly.
  void broker_restarted(NodeId broker, bool clean, Records& records) const;
  /// Partitions without leader may elect it.
  void broker_unfenced(NodeId broker, Records& records) const;
  bool has_leaderships(NodeId broker) const;

  // ---- leaders' proposals
  struct AlterPartitionResult {
    Records records;
    AlterPartitionResponse::Partition answer;
  };
  AlterPartitionResult alter_partition(const AlterPartitionRequest& request,
                                       const AlterPartitionRequest::Partition& wish) const;
  Error check_broker_epoch(NodeId broker, std::int64_t epoch) const;

  // ---- periodic
  /// Gives leadership back to preferred leaders: at most `limit` records. True when there are more.
  bool elect_preferred(std::size_t limit, Records& records) const;
  /// Leaderless partitions whose topics allow it.
  void elect_unclean(Records& records) const;

  // ---- administrators
  struct AdminResult {
    Records records;
    Error error = Error::none;
    std::string text;  // why not
  };
  /// `start`: where the placement of new partitions begins.
  AdminResult administer(const AdminOperation& operation, RandomStream& start) const;

  std::size_t min_isr(const std::string& topic, std::size_t replicas) const;

 private:
  AdminResult create_topic(const NewTopic& topic, RandomStream& start) const;
  AdminResult add_partitions(const AddPartitions& wish, RandomStream& start) const;
  AdminResult reassign(const ReassignPartition& wish) const;
  AdminResult cancel_reassignment(const TopicPartition& tp, const PartitionImage& now) const;
  AdminResult elect_leader(const ElectLeader& wish) const;
  AdminResult alter_config(const AlterTopicConfig& wish) const;
  AdminResult unregister(NodeId broker) const;
  AdminResult delete_topic(const std::string& topic) const;
  AdminResult place(const std::string& topic, int first, int count, int replicas,
                    RandomStream& start) const;

  Error refusal(const AlterPartitionRequest& request, const AlterPartitionRequest::Partition& wish,
                const PartitionImage* now) const;
  bool is_eligible(NodeId broker, std::int64_t epoch) const;
  std::string isr_reason(const PartitionImage& before, const PartitionImage& after) const;
  PartitionRules rules(const std::string& topic, std::size_t replicas) const;
  bool unclean_allowed(const std::string& topic) const;
  void change(PartitionChange& change, const TopicPartition& tp, const std::string& reason,
              Records& records) const;
  /// Calls visit(tp, state) for every partition, in order.
  template <class Visit>
  void for_each(Visit&& visit) const;

  const ClusterImage& image_;
  const ControllerOptions& options_;
  NameOf name_of_;
};

template <class Visit>
void ReplicationControl::for_each(Visit&& visit) const {
  for (const auto& [name, topic] : image_.topics) {
    std::int32_t partition = 0;
    for (const PartitionState& state : topic.partitions)
      visit(TopicPartition{name, partition++}, *state);
  }
}

}  // namespace eventarium::kafka
