// The controller of ZooKeeper mode: one of the brokers, the one that has created /controller. It
// reads the whole state from ZooKeeper when it is elected, decides who leads what as brokers come
// and go, writes that to ZooKeeper, and pushes it to all brokers. One event at a time.
// Follows Kafka's KafkaController, PartitionStateMachine and ReplicaStateMachine (3.9).
//
//   inactive --/controller is free, created--> active: epoch + 1, reads all, pushes all
//   active --its session expires, /controller is another's, its epoch is not the newest-->
//   inactive (what it still sends is refused by whoever knows a newer epoch)
//
//   zk_controller.cpp          elections and fail-over     zk_partition_states.cpp  who leads what
//   zk_controller_brokers.cpp  brokers come and go         zk_controller_topics.cpp topics
//   zk_reassignment.cpp        replicas move               zk_admin.cpp             administrators
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/planted_fault.h"
#include "sim/broker/admin_protocol.h"
#include "sim/broker/cluster_protocol.h"
#include "sim/controller/zk_calls.h"
#include "sim/controller/zk_election.h"
#include "sim/controller/zk_push.h"
#include "sim/controller/zk_znodes.h"

namespace eventarium::kafka {

class ZkController {
 public:
  struct Options {
    Config config;  // of the broker scope
    PlantedFaults planted;
  };

  ZkController(Options options, zookeeper::ZookeeperClient& client);

  /// The process has begun.
  void start(engine::Runtime& runtime) { calls_.start(runtime); }
  void stop();
  /// The run begins with this broker as the active controller, whose image this is.
  void settle(const ClusterImage& image);
  /// After a (new) session: stands for election if there is no controller.
  void stand_for_election();
  /// Looks again at what may have changed while nothing was watched.
  void watch_again();
  void on_session_expired();
  void on_watch(const zookeeper::WatchEvent& event);

  /// True: the message was for it. Others than the active one answer NOT_CONTROLLER.
  bool on_message(const engine::Message& message);
  bool on_timer(engine::Token token);
  bool on_disconnect(NodeId peer, engine::Lane lane) {
    return channels_.on_disconnect(calls_.runtime(), peer, lane);
  }

  bool active() const { return active_; }
  std::int32_t epoch() const { return epoch_; }
  /// Who is the controller as far as /controller was last read; none: nobody.
  NodeId known_controller() const { return known_controller_; }
  /// Brokers are those that live; none of it is fenced.
  const ClusterImage& image() const { return image_; }
  TaskQueue& events() { return events_; }
  ZkCalls& calls() { return calls_; }

 private:
  struct StateChange {
    TopicPartition tp;
    PartitionImage next;
    std::string reason;
    bool unclean = false;
  };
  struct Asker {  // whom to answer
    NodeId node;
    engine::Lane lane;
    Header header;
  };
  struct Creation {  // of a topic or of more partitions: answered when they have leaders
    std::string topic;
    std::size_t partitions;
    Asker asker;
  };
  struct TopicContents {
    std::vector<ReplicaAssignment> assignment;
    Config config;
  };
  enum Timer : std::uint16_t { preferred_timer };
  using Partitions = std::vector<TopicPartition>;

  // zk_controller.cpp
  Task<> elect();
  Task<> fail_over();
  Task<> read_brokers();
  Task<> read_topics();
  Task<> read_states(Partitions partitions);
  void begin_reign(std::int32_t epoch, std::int32_t version);
  void resign(const std::string& reason);
  void add_event(std::function<Task<>()> event);
  void flush();
  engine::Runtime& runtime() const { return calls_.runtime(); }
  template <class R>
  void answer(const Asker& asker, R response);

  // zk_controller_brokers.cpp
  Task<> on_broker_change();
  Task<> on_broker_failure(std::set<NodeId> dead);
  Task<> on_broker_startup(std::set<NodeId> started);
  Task<> on_controlled_shutdown(Asker asker, NodeId broker, std::int64_t broker_epoch);
  Task<> on_alter_partition(Asker asker, std::shared_ptr<const AlterPartitionRequest> request);
  Error validate(const AlterPartitionRequest::Partition& wish) const;
  void push_everything(NodeId broker);

  // zk_partition_states.cpp
  bool live(NodeId broker) const;
  bool live_or_shutting_down(NodeId broker) const { return image_.find_broker(broker); }
  const PartitionState& state_of(const TopicPartition& tp) const;
  const PartitionImage& at(const TopicPartition& tp) const { return *state_of(tp); }
  bool is_created(const PartitionImage& partition) const { return partition.partition_epoch >= 0; }
  Partitions partitions_where(const std::function<bool(const PartitionImage&)>& test) const;
  void set_image(const TopicPartition& tp, PartitionState state);
  Task<> elect_leaders(Partitions partitions, ZkElection election, std::string reason);
  Task<> elect_offline(std::string reason);
  Task<> remove_from_isr(NodeId broker, Partitions partitions, std::string reason);
  Task<std::vector<Error>> write_states(std::vector<StateChange> changes);
  Task<> read_again(StateChange change);
  void committed(const StateChange& change, std::int32_t version);
  Task<> create_partitions(Partitions partitions);
  void push_state(const TopicPartition& tp);
  bool unclean_allowed(const std::string& topic) const;
  Task<> elect_preferred();
  std::int32_t next_epoch(const PartitionImage& partition) const;

  // zk_controller_topics.cpp
  Task<> on_topic_change();
  Task<> watch_topics();
  Task<> on_assignment_change(std::string topic);
  Task<std::map<std::string, TopicContents>> read_topic_znodes(std::vector<std::string> names);
  void add_topic(const std::string& name, const TopicContents& contents);
  Task<> delete_topic(std::string name);
  void answer_creations();

  // zk_reassignment.cpp
  Task<AdminResponse> reassign(ReassignPartition wish);
  Task<> continue_reassignment(TopicPartition tp);
  Task<> complete_reassignment(TopicPartition tp);
  Task<> continue_reassignments();
  Task<> write_assignment(std::string topic);
  bool is_reassigning(const PartitionImage& partition) const {
    return !partition.adding.empty() || !partition.removing.empty();
  }

  // zk_admin.cpp
  Task<> on_admin(Asker asker, AdminOperation operation);
  Task<AdminResponse> carry_out(Asker asker, AdminOperation operation);
  Task<AdminResponse> create_topic(Asker asker, NewTopic topic);
  Task<AdminResponse> add_partitions(Asker asker, AddPartitions wish);
  Task<AdminResponse> elect_leader(ElectLeader wish);
  Task<AdminResponse> alter_config(AlterTopicConfig wish);
  std::int64_t min_isr(const std::string& topic) const;

  Options options_;
  TaskQueue events_;
  ZkCalls calls_;
  bool active_ = false;
  std::int32_t epoch_ = 0;
  std::int32_t epoch_version_ = 0;  // of /controller_epoch: each change checks it
  NodeId known_controller_;
  ClusterImage image_;              // valid while active
  std::set<NodeId> shutting_down_;  // have asked to stop and still live
  ControllerChannels channels_;
  PushBatch batch_;
  std::vector<Creation> creations_;
  TimerId preferred_timer_;
};

template <class R>
void ZkController::answer(const Asker& asker, R response) {
  response.header = asker.header;
  const std::uint64_t size_bytes = response.size_bytes();
  runtime().send(asker.node, std::make_unique<R>(std::move(response)), size_bytes, asker.lane);
}

}  // namespace eventarium::kafka
