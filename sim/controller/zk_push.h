// How the controller's decisions reach the brokers in ZooKeeper mode: what one event has changed
// is collected, then pushed to each broker in a queue of its own, one request at a time, until the
// broker has answered or is gone. Follows Kafka's ControllerBrokerRequestBatch,
// ControllerChannelManager and RequestSendThread (3.9).
//
//   push --> queued --nothing in flight--> in flight --answer--> the next one
//   in flight --connection lost, 30 s without an answer--> again after 100 ms
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <set>
#include <vector>

#include "sim/controller/zk_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class ControllerChannels {
 public:
  void add(NodeId broker, std::int64_t broker_epoch);
  void remove(engine::Runtime& runtime, NodeId broker);
  void stop();
  void push(engine::Runtime& runtime, NodeId broker, std::int32_t controller_epoch,
            std::shared_ptr<const Push> push);

  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

 private:
  struct Queued {
    std::int32_t controller_epoch;
    std::shared_ptr<const Push> push;
  };
  struct Channel {
    std::int64_t broker_epoch = -1;
    std::deque<Queued> queue;          // the front one is in flight, if any is
    std::uint32_t correlation_id = 0;  // 0: nothing in flight
    TimerId timer;                     // of the answer's time-out, or of the pause
  };

  void send_next(engine::Runtime& runtime, NodeId broker, Channel& channel);
  void send_again_later(engine::Runtime& runtime, NodeId broker, Channel& channel);

  std::map<NodeId, Channel> channels_;
  std::uint32_t last_correlation_id_ = 0;
};

/// What one event of the controller has to tell. Later states of a partition replace earlier ones.
class PushBatch {
 public:
  void leader_and_isr(NodeId broker, const TopicPartition& tp, PartitionState state);
  /// For all brokers; a null state: deleted.
  void metadata(const TopicPartition& tp, PartitionState state);
  /// Which brokers live is news, even if no partition is.
  void live_brokers_changed() { brokers_changed_ = true; }
  void stop_replica(NodeId broker, const TopicPartition& tp, PartitionState state);

  /// Pushes all that was collected to the brokers of `image` and starts anew.
  void send(engine::Runtime& runtime, ControllerChannels& channels, const ClusterImage& image,
            std::int32_t controller_epoch);
  void clear();

 private:
  using Partitions = std::map<TopicPartition, PartitionState>;
  std::map<NodeId, Partitions> leader_and_isr_, stop_replica_;
  Partitions metadata_;
  bool brokers_changed_ = false;
};

/// Everything there is, for brokers that know nothing.
std::shared_ptr<const Push> full_metadata(const ClusterImage& image);

}  // namespace eventarium::kafka
