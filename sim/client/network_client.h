// A client's connections: correlation ids, requests in flight, request.timeout.ms, and the pause
// before a lost connection is used again. Follows Kafka's NetworkClient and
// ClusterConnectionStates (4.1); the connection itself is the engine's.
//
//   usable --send--> usable, one more in flight      (until max.in.flight: can_send is false)
//   usable --connection lost, request timed out--> backing off, nothing in flight
//   backing off --reconnect back-off has passed--> usable
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/broker/protocol.h"
#include "sim/client/client_options.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class NetworkClient {
 public:
  NetworkClient(std::uint16_t component, const ClientOptions& options)
      : component_(component), options_(options) {}

  /// Not backing off, and less than the maximum in flight.
  bool can_send(NodeId node, SimTime now) const;
  /// When the back-off of the node ends; in the past when it isn't backing off.
  SimTime usable_at(NodeId node) const;
  std::size_t in_flight(NodeId node) const;

  /// can_send() must hold. Returns the correlation id. Without `expect_response` (acks=0) the
  /// request is done as soon as it is sent.
  std::uint32_t send(engine::Runtime& runtime, NodeId node, std::unique_ptr<Request> request,
                     bool expect_response = true);

  /// A response came. False when nobody waits for it any more.
  bool complete(NodeId node, const Header& header);
  /// The connection is gone: forgets what was in flight, begins the back-off. Returns the
  /// correlation ids, oldest first.
  std::vector<std::uint32_t> connection_lost(engine::Runtime& runtime, NodeId node);
  /// A node whose oldest request has waited too long; none otherwise.
  std::optional<NodeId> overdue(SimTime now) const;
  /// When the next request will be overdue; SimTime::max() when nothing is in flight.
  SimTime next_deadline() const;

  /// The node with the fewest requests in flight that can be sent to; ties go to the first one
  /// from a random start. None when all back off.
  std::optional<NodeId> least_loaded(const std::vector<NodeId>& nodes, SimTime now,
                                     RandomStream& random) const;

  /// The process died. Correlation ids go on, so that late answers to it are recognised.
  void forget_all() { connections_.clear(); }

 private:
  struct InFlight {
    std::uint32_t correlation_id;
    SimTime deadline;
  };
  struct NodeConnection {
    std::deque<InFlight> in_flight;
    std::uint32_t failures = 0;  // in a row, without a response in between
    SimTime usable_at{};
  };

  std::uint16_t component_;
  ClientOptions options_;
  std::map<NodeId, NodeConnection> connections_;
  std::uint32_t last_correlation_id_ = 0;
};

}  // namespace eventarium::kafka
