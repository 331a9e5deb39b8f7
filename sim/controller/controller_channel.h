// A broker's connection to the active controller: one request in flight, a time-out for its
// answer, and a pause before the next attempt when there is no controller to be reached. What to
// ask again is the owner's business. Follows Kafka's NodeToControllerChannelManager (4.1).
#pragma once

#include <cstdint>
#include <memory>

#include "sim/broker/protocol.h"
#include "sim/controller/components.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class ControllerChannel {
 public:
  /// Tokens of kinds `first_kind` and `first_kind` + 1 of the component are its own.
  ControllerChannel(std::uint16_t component, std::uint16_t first_kind, std::uint8_t purpose,
                    Duration timeout)
      : component_(component), first_kind_(first_kind), purpose_(purpose), timeout_(timeout) {}

  enum class Event {
    none,   // not its own, or stale
    retry,  // ask now, again if something was in flight
  };

  /// Sends when there is a controller and nothing in flight. Otherwise nothing is sent, and a
  /// retry will come.
  void send(engine::Runtime& runtime, NodeId controller, std::unique_ptr<Request> request);
  bool in_flight() const { return correlation_id_ != 0; }
  /// True: it is the answer that was waited for. An answer NOT_CONTROLLER is passed on by
  /// refused().
  bool answered(engine::Runtime& runtime, const engine::Message& message);
  /// Whoever was asked is not the controller: a retry will come when another may be known.
  void refused(engine::Runtime& runtime);
  Event on_timer(engine::Runtime& runtime, engine::Token token);
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);
  bool owns(engine::Runtime& runtime, engine::Lane lane) const {
    return lane == this->lane(runtime);
  }
  void stop();

 private:
  engine::Lane lane(engine::Runtime& runtime) const { return {runtime.self(), purpose_}; }
  void retry_later(engine::Runtime& runtime);

  std::uint16_t component_, first_kind_;
  std::uint8_t purpose_;
  Duration timeout_;
  NodeId controller_;
  std::uint32_t correlation_id_ = 0, last_correlation_id_ = 0;  // 0: nothing in flight
  TimerId timeout_timer_, retry_timer_;
};

}  // namespace eventarium::kafka
