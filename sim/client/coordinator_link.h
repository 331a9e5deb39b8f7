// Where a group's coordinator is, and the connection to it. That is a connection of its own, as in
// Kafka: a broker answers the requests of one connection one after the other, and a heartbeat must
// not wait behind a long poll. Follows the half of Kafka's AbstractCoordinator (4.1) that looks
// for the coordinator. It knows nothing of what is said on the connection.
//
//   unknown --ready(): FindCoordinator to any broker--> asked --its name--> known
//   asked --COORDINATOR_NOT_AVAILABLE, connection lost--> unknown, backing off
//   known --mark_unknown(): NOT_COORDINATOR, connection lost, no heartbeat answered--> unknown
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/client/client_core.h"

namespace eventarium::kafka {

class CoordinatorLink {
 public:
  /// `core`: of the client, for finding it. `component` is one more of the node's.
  CoordinatorLink(std::uint16_t component, const ClientOptions& options, ClientCore& core,
                  std::string group)
      : component_(component),
        options_(options),
        core_(core),
        network_(component, options),
        group_(std::move(group)) {}

  /// Can be sent to now. Otherwise it does what is to be done for that.
  bool ready(engine::Runtime& runtime);
  bool known() const { return coordinator_.valid(); }
  /// As ready(), without doing anything.
  bool can_send() const { return known() && network_.can_send(coordinator_); }
  /// ready() must hold. `time_out`: request.timeout.ms if not given.
  std::uint32_t send(engine::Runtime& runtime, std::unique_ptr<Request> request,
                     std::optional<Duration> time_out = {});
  /// The coordinator is looked for anew. Requests in flight stay so.
  void mark_unknown() { coordinator_ = NodeId{}; }

  /// The response in the message when somebody still waits for it on this connection; null
  /// otherwise. `is_mine` says whether it came on this connection.
  const Response* response_in(const engine::Message& message, bool& is_mine);
  /// True when the answer was to the question for the coordinator, asked through the core.
  bool on_core_response(engine::Runtime& runtime, const Response& response);
  /// Requests of the core that were lost: was the question for the coordinator among them?
  void core_requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);

  engine::Lane lane(const engine::Runtime& runtime) const { return network_.lane(runtime); }
  /// Returns the requests that were in flight. The coordinator is unknown then.
  std::vector<std::uint32_t> connection_lost(engine::Runtime& runtime, NodeId node);
  /// Closes the connection when a request has been waited for too long, and returns what was in
  /// flight on it; nothing when none has.
  std::optional<std::vector<std::uint32_t>> hang_up_overdue(engine::Runtime& runtime);
  /// When there is something to do: a time-out, or the end of a pause.
  SimTime next_deadline(SimTime now) const;
  void forget_all();

 private:
  void failed(engine::Runtime& runtime);

  std::uint16_t component_;
  const ClientOptions& options_;
  ClientCore& core_;
  NetworkClient network_;
  std::string group_;
  NodeId coordinator_;
  std::optional<std::uint32_t> question_;  // of the core's requests
  SimTime retry_at_{};
  std::uint32_t failures_ = 0;
};

}  // namespace eventarium::kafka
