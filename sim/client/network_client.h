// A client's connections: which there are, correlation ids, requests in flight, time-outs, and the
// pause before a lost connection is made anew. Follows Kafka's NetworkClient and
// ClusterConnectionStates (4.1); the TCP connection itself is the engine's.
//
//   disconnected --ready(), back-off over: ApiVersions sent--> connecting
//   connecting --ApiVersionsResponse--> ready                  (the back-off begins at its first)
//   connecting --refused, lost, socket.connection.setup.timeout.ms--> disconnected, backing off
//   ready --connection lost, request.timeout.ms--> disconnected, backing off, nothing in flight
//
// `connecting` is Kafka's CONNECTING and CHECKING_API_VERSIONS in one: the engine opens a
// connection with the first message on it. The whole attempt has the time that Kafka gives its
// first half. Nothing but ApiVersions is sent before a node is ready: records stay where they are,
// in their order, and a broker that can't be reached costs them no attempts.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "sim/base/check.h"
#include "sim/broker/protocol.h"
#include "sim/client/client_options.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

enum class ConnectionState : std::uint8_t { disconnected, connecting, ready };

class NetworkClient {
 public:
  NetworkClient(std::uint16_t component, const ClientOptions& options)
      : component_(component), options_(options) {
    EVENTARIUM_CHECK(component < 256, "a lane's purpose is one byte");
  }

  /// The connections of this client: its own, whatever else its node has to do with brokers.
  engine::Lane lane(const engine::Runtime& runtime) const {
    return {runtime.self(), static_cast<std::uint8_t>(component_)};
  }
  /// True when the node can be sent to now. Otherwise, when it is disconnected and not backing
  /// off, begins to connect: the owner hears of it by ApiVersionsResponse or by a disconnect.
  bool ready(engine::Runtime& runtime, NodeId node);
  /// There is a connection, and less than the maximum in flight.
  bool can_send(NodeId node) const;
  ConnectionState state(NodeId node) const;
  /// When the node may be connected to again; in the past when it isn't backing off.
  SimTime backs_off_until(NodeId node) const;
  std::size_t in_flight(NodeId node) const;

  /// can_send() must hold. Returns the correlation id. Without `expect_response` (acks=0) the
  /// request is done as soon as it is sent.
  std::uint32_t send(engine::Runtime& runtime, NodeId node, std::unique_ptr<Request> request,
                     bool expect_response = true);
  /// As send(), for a request whose answer may take longer than request.timeout.ms.
  std::uint32_t send_patiently(engine::Runtime& runtime, NodeId node,
                               std::unique_ptr<Request> request, Duration time_out);

  /// A response came. False when nobody waits for it any more. That to ApiVersions makes the
  /// connection ready.
  bool complete(NodeId node, const Header& header);
  /// The connection, or the attempt to make it, is gone: forgets what was in flight, begins the
  /// back-off. Returns the owner's correlation ids, oldest first. Nothing happens to a node that
  /// is disconnected already.
  std::vector<std::uint32_t> connection_lost(engine::Runtime& runtime, NodeId node);
  /// A node of which a request, or the connection, has been waited for too long.
  std::optional<NodeId> overdue(SimTime now);
  /// When the next one may be overdue, at the soonest; SimTime::max() when nothing is waited for.
  /// It may be too early by what has been answered since: asking overdue() then corrects it.
  SimTime next_deadline() const { return no_deadline_before_; }

  /// The node to ask something that every node knows: a ready one that can be sent to, with the
  /// fewest requests in flight; ties go to the first one from a random start. If none is ready,
  /// and none on its way to be, begins to connect to one. Follows leastLoadedNode().
  std::optional<NodeId> least_loaded(engine::Runtime& runtime, const std::vector<NodeId>& nodes,
                                     RandomStream& random);

  /// The process died. Correlation ids go on, so that late answers to it are recognised.
  void forget_all() {
    connections_.clear();
    waited_for_ = 0;
    no_deadline_before_ = SimTime::max();
  }
  /// Other time-outs and pauses from now on; for requests in flight the old ones hold.
  void set_options(const ClientOptions& options) { options_ = options; }

 private:
  struct InFlight {
    std::uint32_t correlation_id;
    SimTime deadline;
  };
  struct NodeConnection {
    ConnectionState state = ConnectionState::disconnected;
    std::vector<InFlight> in_flight;  // oldest first; connecting: ApiVersions and nothing else
    SimTime first_deadline() const;
    std::uint32_t failures = 0;        // losses in a row, without having been ready in between
    std::uint32_t setup_failures = 0;  // attempts in a row that came to nothing
    SimTime backs_off_until{};
    SimTime last_attempt{};  // to connect, or the loss of the connection
  };

  void connect(engine::Runtime& runtime, NodeId node);
  bool may_connect(NodeId node, SimTime now) const;
  std::uint32_t put_in_flight(engine::Runtime& runtime, NodeId node,
                              std::unique_ptr<Request> request, std::optional<SimTime> deadline);

  std::uint16_t component_;
  ClientOptions options_;
  const NodeConnection* find(NodeId node) const {
    return node.value < connections_.size() ? &connections_[node.value] : nullptr;
  }
  NodeConnection& connection(NodeId node);
  void update_deadline();

  std::vector<NodeConnection> connections_;      // by the node's number
  std::size_t waited_for_ = 0;                   // in flight on all of them
  SimTime no_deadline_before_ = SimTime::max();  // a lower bound, cheap to keep
  std::uint32_t last_correlation_id_ = 0;
};

}  // namespace eventarium::kafka
