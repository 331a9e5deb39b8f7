// The active controller and its hot standbys: every voter replays the committed metadata, and the
// leader of the quorum answers brokers and administrators. It decides on its working copy, which
// is ahead of what is committed; records go into the log, and the answer goes out when they are
// committed. A controller that is deposed throws its working copy away.
//
//   standby --leads, all earlier entries committed--> active --deposed--> standby
//   request --> handler decides (records, answer) --> append, replay into the working copy
//           --> committed: told to the trace, answered
//
// Follows Kafka's QuorumController and ClusterControlManager (4.1).
#pragma once

#include <deque>
#include <memory>

#include "sim/controller/controller_protocol.h"
#include "sim/controller/heartbeat_manager.h"
#include "sim/controller/raft_client.h"
#include "sim/controller/replication_control.h"

namespace eventarium::kafka {

class QuorumController final : public RaftListener {
 public:
  /// `raft` must outlive it and is started by somebody else.
  QuorumController(ControllerOptions options, RaftClient& raft);

  void start(engine::Runtime& runtime);
  /// False: not for a controller.
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  void on_disconnect(NodeId peer, engine::Lane lane);
  void stop();

  void on_begin(engine::Runtime& runtime, const MetadataBootstrap* bootstrap) override;
  void on_committed(engine::Runtime& runtime, std::int64_t base_offset,
                    const MetadataEntries& entries) override;
  void on_leader(engine::Runtime& runtime, NodeId leader, std::int32_t epoch) override;

  bool is_active() const { return active_; }
  /// What is committed.
  const ClusterImage& image() const { return committed_; }

 private:
  enum Kind : std::uint16_t { session_check, no_op, preferred_check, unclean_check };
  /// An answer that waits until the entries below `offset` are committed.
  struct Deferred {
    std::int64_t offset = 0;
    NodeId to;
    engine::Lane lane;
    std::unique_ptr<Response> response;
  };

  void activate(engine::Runtime& runtime, std::int32_t epoch);
  void deactivate(engine::Runtime& runtime, const std::string& reason);
  void every(engine::Runtime& runtime, Kind kind, Duration period);
  /// Appends and replays. Returns the offset that the first will have.
  std::int64_t write(engine::Runtime& runtime, Records records);
  void answer(engine::Runtime& runtime, const engine::Message& message, const Header& header,
              std::unique_ptr<Response> response);
  void complete(engine::Runtime& runtime);

  void on_registration(engine::Runtime& runtime, const engine::Message& message,
                       const BrokerRegistrationRequest& request);
  Error register_broker(engine::Runtime& runtime, const BrokerRegistrationRequest& request,
                        std::int64_t& broker_epoch);
  void on_heartbeat(engine::Runtime& runtime, const engine::Message& message,
                    const BrokerHeartbeatRequest& request);
  void change_broker_state(engine::Runtime& runtime, const BrokerHeartbeatRequest& request,
                           BrokerHeartbeatResponse& response);
  void on_alter_partition(engine::Runtime& runtime, const engine::Message& message,
                          const AlterPartitionRequest& request);
  void on_admin(engine::Runtime& runtime, const engine::Message& message,
                const AdminRequest& request);
  void check_sessions(engine::Runtime& runtime);

  ControllerOptions options_;
  RaftClient& raft_;
  Duration session_timeout_, no_op_period_, preferred_period_, unclean_period_;
  bool rebalance_ = true;

  ClusterImage committed_;
  bool active_ = false;
  std::int32_t active_epoch_ = 0;
  ClusterImage working_;  // while active: with what is appended and not yet committed
  HeartbeatManager heartbeats_;
  std::unique_ptr<ReplicationControl> replication_;
  std::deque<Deferred> deferred_;  // by offset
  TimerId timers_[4];
};

}  // namespace eventarium::kafka
