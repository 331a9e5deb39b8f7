#include "sim/client/network_client.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {

bool NetworkClient::can_send(NodeId node, SimTime now) const {
  const auto found = connections_.find(node);
  if (found == connections_.end()) return true;
  const NodeConnection& connection = found->second;
  return connection.usable_at <= now &&
         connection.in_flight.size() < options_.max_in_flight_requests;
}

SimTime NetworkClient::usable_at(NodeId node) const {
  const auto found = connections_.find(node);
  return found == connections_.end() ? SimTime{} : found->second.usable_at;
}

std::size_t NetworkClient::in_flight(NodeId node) const {
  const auto found = connections_.find(node);
  return found == connections_.end() ? 0 : found->second.in_flight.size();
}

std::uint32_t NetworkClient::send(engine::Runtime& runtime, NodeId node,
                                  std::unique_ptr<Request> request, bool expect_response) {
  EVENTARIUM_CHECK(can_send(node, runtime.now()), "the connection takes another request");
  const std::uint32_t id = ++last_correlation_id_;
  request->header = {component_, id};
  if (expect_response)
    connections_[node].in_flight.push_back({id, runtime.now() + options_.request_timeout});
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(node, std::move(request), size_bytes);
  return id;
}

bool NetworkClient::complete(NodeId node, const Header& header) {
  const auto found = connections_.find(node);
  if (found == connections_.end()) return false;
  auto& in_flight = found->second.in_flight;
  const auto request = std::find_if(in_flight.begin(), in_flight.end(), [&](const InFlight& r) {
    return r.correlation_id == header.correlation_id;
  });
  if (request == in_flight.end()) return false;
  in_flight.erase(request);
  found->second.failures = 0;
  return true;
}

std::vector<std::uint32_t> NetworkClient::connection_lost(engine::Runtime& runtime, NodeId node) {
  NodeConnection& connection = connections_[node];
  std::vector<std::uint32_t> lost;
  // Already lost and not used again: the notice of what this client has closed itself.
  if (connection.in_flight.empty() && connection.usable_at > runtime.now()) return lost;
  for (const InFlight& request : connection.in_flight) lost.push_back(request.correlation_id);
  connection.in_flight.clear();
  connection.usable_at = runtime.now() + options_.reconnect_backoff.after(
                                             connection.failures, runtime.random("backoff"));
  ++connection.failures;
  return lost;
}

std::optional<NodeId> NetworkClient::overdue(SimTime now) const {
  for (const auto& [node, connection] : connections_)
    if (!connection.in_flight.empty() && connection.in_flight.front().deadline <= now) return node;
  return std::nullopt;
}

SimTime NetworkClient::next_deadline() const {
  SimTime next = SimTime::max();
  for (const auto& [node, connection] : connections_)
    if (!connection.in_flight.empty()) next = std::min(next, connection.in_flight.front().deadline);
  return next;
}

std::optional<NodeId> NetworkClient::least_loaded(const std::vector<NodeId>& nodes, SimTime now,
                                                  RandomStream& random) const {
  if (nodes.empty()) return std::nullopt;
  const std::size_t start = nodes.size() == 1 ? 0 : random.below(nodes.size());
  std::optional<NodeId> best;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeId node = nodes[(start + i) % nodes.size()];
    if (!can_send(node, now)) continue;
    if (!best || in_flight(node) < in_flight(*best)) best = node;
  }
  return best;
}

}  // namespace eventarium::kafka
