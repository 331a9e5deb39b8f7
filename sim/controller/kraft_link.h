// A broker's side of KRaft: it copies the metadata log as an observer of the quorum, or shares the
// copy of a controller in its own process; keeps its image of the cluster by replaying what is
// committed; registers, sends heartbeats and hands over (broker_lifecycle); and takes proposals of
// in-sync sets to the controller (alter_partition_manager).
// Follows Kafka's BrokerMetadataPublisher and MetadataLoader (4.1).
#pragma once

#include <memory>
#include <optional>

#include "sim/broker/cluster_link.h"
#include "sim/controller/alter_partition_manager.h"
#include "sim/controller/broker_lifecycle.h"
#include "sim/controller/raft_client.h"

namespace eventarium::kafka {

class KraftLink final : public ClusterLink, private RaftListener, private BrokerLifecycle::Owner {
 public:
  /// `shared`: the voter in the same process, which somebody else starts and feeds; it must
  /// outlive the link. Null: the link is an observer of its own.
  explicit KraftLink(RaftOptions options, RaftClient* shared = nullptr);

  void start(engine::Runtime& runtime, ClusterListener& listener) override;
  void ready(engine::Runtime& runtime) override { lifecycle_.ready(runtime); }
  bool on_message(engine::Runtime& runtime, engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_done(engine::Runtime& runtime, engine::Token token) override;
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void begin_shutdown(engine::Runtime& runtime) override { lifecycle_.begin_shutdown(runtime); }
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;

  State state() const override { return lifecycle_.state(); }
  const ClusterImage& image() const override { return image_; }
  std::int64_t broker_epoch() const override { return lifecycle_.broker_epoch(); }
  void alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) override;

  const RaftClient& raft() const { return raft_; }

 private:
  void on_begin(engine::Runtime&, const MetadataBootstrap*) override {}  // start() has done it
  void on_committed(engine::Runtime& runtime, std::int64_t base_offset,
                    const MetadataEntries& entries) override;
  void on_leader(engine::Runtime& runtime, NodeId leader, std::int32_t epoch) override;

  NodeId controller() const override { return controller_; }
  std::int64_t applied_offset() const override { return applied_offset_; }
  void on_caught_up(engine::Runtime& runtime) override;
  void on_may_exit(engine::Runtime& runtime) override;
  void publish_all(engine::Runtime& runtime);

  std::shared_ptr<const MetadataBootstrap> bootstrap_;
  std::optional<RaftClient> own_raft_;
  RaftClient& raft_;
  bool begun_ = false;  // it has been started once

  // of this life
  ClusterListener* listener_ = nullptr;
  ClusterImage image_;
  std::int64_t applied_offset_ = 0;
  NodeId controller_;
  BrokerLifecycle lifecycle_;
  AlterPartitionManager proposals_;
};

}  // namespace eventarium::kafka
