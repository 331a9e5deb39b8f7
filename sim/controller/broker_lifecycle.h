// A broker's life as its controller sees it: it registers, sends heartbeats, is unfenced, and
// hands over before it ends. Knows nothing of partitions and of the metadata's content.
//
//   stopped --start--> starting: registers (again every 2 s while refused), then heartbeats every
//                      10 ms until its copy of the metadata holds its registration
//   starting --caught up--> recovery: the broker loads its logs
//   recovery --ready(), answer "unfenced"--> running: heartbeats every 2 s
//   running --begin_shutdown()--> controlled_shutdown: heartbeats say so, at once, after 50 ms and
//                      then every 2 s, until the controller lets it go (or 5 min have passed)
//   the run begins --> running: it has been registered for a while
//
// Follows Kafka's BrokerLifecycleManager (4.1).
#pragma once

#include <cstdint>

#include "sim/base/config_keys.h"
#include "sim/broker/cluster_link.h"
#include "sim/controller/controller_channel.h"
#include "sim/controller/controller_protocol.h"

namespace eventarium::kafka {

class BrokerLifecycle {
 public:
  using State = ClusterLink::State;

  /// What it needs to know and whom it tells.
  class Owner {
   public:
    virtual ~Owner() = default;
    virtual NodeId controller() const = 0;  // none: not known
    virtual std::int64_t applied_offset() const = 0;
    virtual void on_caught_up(engine::Runtime& runtime) = 0;
    virtual void on_may_exit(engine::Runtime& runtime) = 0;
  };

  BrokerLifecycle(const Config& config, Owner& owner);

  /// `registered`: the run begins with this broker registered (its epoch); null: it registers.
  void start(engine::Runtime& runtime, const BrokerImage* registered);
  void ready(engine::Runtime& runtime);
  void begin_shutdown(engine::Runtime& runtime);
  void stop(engine::StopReason reason);

  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

  State state() const { return state_; }
  std::int64_t broker_epoch() const { return broker_epoch_; }

 private:
  enum Kind : std::uint16_t {
    channel_kinds,
    communicate_timer = 2,
    registration_timer,
    exit_timer
  };

  void communicate(engine::Runtime& runtime);
  void communicate_in(engine::Runtime& runtime, Duration delay);
  void on_registered(engine::Runtime& runtime, const BrokerRegistrationResponse& response);
  void on_heartbeat(engine::Runtime& runtime, const BrokerHeartbeatResponse& response);

  Duration heartbeat_interval_, registration_timeout_;
  Owner& owner_;
  ControllerChannel channel_;
  /// The clean-shutdown file: written by a clean stop, taken by the next start.
  std::int64_t previous_epoch_ = -1;

  // of this life
  State state_ = State::stopped;
  std::uint64_t incarnation_ = 0;
  std::int64_t broker_epoch_ = -1, former_epoch_ = -1;
  bool registered_ = false, ready_ = false, shutdown_answered_ = false;
  TimerId communicate_timer_, registration_timer_;
};

}  // namespace eventarium::kafka
