// The seam between a broker and whoever decides about the cluster. The broker asks for its
// metadata and for changes of in-sync sets; KRaft and ZooKeeper each implement the other side
// (sim/controller), so that a broker doesn't know which of them it lives under.
//
//   on_start --> start(): registers; while `starting` the broker serves nobody
//   running  --> on_metadata() tells which partitions have changed in image()
//   on_stop_request --> begin_shutdown(); on_shutdown_granted() then, or after it has given up
//   on_stop  --> stop()
//
// Follows the broker's side of Kafka's BrokerLifecycleManager, BrokerMetadataPublisher and
// AlterPartitionManager (4.1), and of KafkaZkClient and ZkAlterPartitionManager (3.9).
#pragma once

#include <optional>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/cluster_protocol.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// What the link calls: the broker.
class ClusterListener {
 public:
  virtual ~ClusterListener() = default;
  /// image() is new; these partitions were created, changed or removed, in ascending order, each
  /// once. Called for all of the image's partitions when the broker has caught up after its start.
  virtual void on_metadata(engine::Runtime& runtime,
                           const std::vector<TopicPartition>& changed) = 0;
  /// The answer to an alter_partition(). Retries of what can be retried are the link's business
  /// (network, NOT_CONTROLLER); every other error comes here.
  virtual void on_partition_altered(engine::Runtime& runtime,
                                    const AlterPartitionResponse::Partition& answer) = 0;
  /// Nothing is led here any more and the others know: flush and exit.
  virtual void on_shutdown_granted(engine::Runtime& runtime) = 0;
};

class ClusterLink {
 public:
  /// Kafka's BrokerState. A broker that is not running yet has old metadata or none.
  enum class State { stopped, starting, recovery, running, controlled_shutdown };

  virtual ~ClusterLink() = default;

  virtual void start(engine::Runtime& runtime, ClusterListener& listener) = 0;
  /// The broker has recovered its logs and wants to be unfenced.
  virtual void ready(engine::Runtime& runtime) = 0;
  /// Messages, tokens and disconnects that are not the link's own are left alone: false.
  virtual bool on_message(engine::Runtime& runtime, engine::Message& message) = 0;
  virtual bool on_timer(engine::Runtime& runtime, engine::Token token) = 0;
  virtual bool on_done(engine::Runtime& runtime, engine::Token token) = 0;
  virtual bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) = 0;
  virtual void begin_shutdown(engine::Runtime& runtime) = 0;
  virtual void stop(engine::Runtime& runtime, engine::StopReason reason) = 0;

  virtual State state() const = 0;
  virtual const ClusterImage& image() const = 0;
  /// Of this broker's present registration; -1 before it has one.
  virtual std::int64_t broker_epoch() const = 0;
  /// Asks the controller for another in-sync set. At most one per partition at a time.
  virtual void alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) = 0;
};

}  // namespace eventarium::kafka
