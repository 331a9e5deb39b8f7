#include "sim/client/network_client.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

bool NetworkClient::ready(engine::Runtime& runtime, NodeId node) {
  if (can_send(node)) return true;
  if (may_connect(node, runtime.now())) connect(runtime, node);
  return false;
}

bool NetworkClient::can_send(NodeId node) const {
  return state(node) == ConnectionState::ready && in_flight(node) < options_.max_in_flight_requests;
}

bool NetworkClient::may_connect(NodeId node, SimTime now) const {
  return state(node) == ConnectionState::disconnected && backs_off_until(node) <= now;
}

ConnectionState NetworkClient::state(NodeId node) const {
  const NodeConnection* found = find(node);
  return found ? found->state : ConnectionState::disconnected;
}

SimTime NetworkClient::backs_off_until(NodeId node) const {
  const NodeConnection* found = find(node);
  return found ? found->backs_off_until : SimTime{};
}

std::size_t NetworkClient::in_flight(NodeId node) const {
  const NodeConnection* found = find(node);
  return found ? found->in_flight.size() : 0;
}

void NetworkClient::connect(engine::Runtime& runtime, NodeId node) {
  NodeConnection& connection = this->connection(node);
  connection.state = ConnectionState::connecting;
  connection.last_attempt = runtime.now();
  const Duration time_out =
      options_.connection_setup_timeout.after(connection.setup_failures, runtime.random("backoff"));
  put_in_flight(runtime, node, std::make_unique<ApiVersionsRequest>(), runtime.now() + time_out);
}

std::uint32_t NetworkClient::send(engine::Runtime& runtime, NodeId node,
                                  std::unique_ptr<Request> request, bool expect_response) {
  EVENTARIUM_CHECK(can_send(node), "the connection takes another request");
  std::optional<SimTime> deadline;
  if (expect_response) deadline = runtime.now() + options_.request_timeout;
  return put_in_flight(runtime, node, std::move(request), deadline);
}

std::uint32_t NetworkClient::send_patiently(engine::Runtime& runtime, NodeId node,
                                            std::unique_ptr<Request> request, Duration time_out) {
  EVENTARIUM_CHECK(can_send(node), "the connection takes another request");
  return put_in_flight(runtime, node, std::move(request), runtime.now() + time_out);
}

/// Without a deadline no answer is waited for.
std::uint32_t NetworkClient::put_in_flight(engine::Runtime& runtime, NodeId node,
                                           std::unique_ptr<Request> request,
                                           std::optional<SimTime> deadline) {
  const std::uint32_t id = ++last_correlation_id_;
  request->header = {component_, id};
  if (deadline) {
    connection(node).in_flight.push_back({id, *deadline});
    no_deadline_before_ = std::min(no_deadline_before_, *deadline);
    ++waited_for_;
  }
  const std::uint64_t size_bytes = request->size_bytes();
  runtime.send(node, std::move(request), size_bytes, lane(runtime));
  return id;
}

bool NetworkClient::complete(NodeId node, const Header& header) {
  if (!find(node)) return false;
  NodeConnection& connection = this->connection(node);
  const auto request =
      std::find_if(connection.in_flight.begin(), connection.in_flight.end(),
                   [&](const InFlight& r) { return r.correlation_id == header.correlation_id; });
  if (request == connection.in_flight.end()) return false;
  connection.in_flight.erase(request);
  if (--waited_for_ == 0) no_deadline_before_ = SimTime::max();
  if (connection.state == ConnectionState::connecting) {
    connection.state = ConnectionState::ready;
    connection.failures = connection.setup_failures = 0;
    update_deadline();
  }
  return true;
}

std::vector<std::uint32_t> NetworkClient::connection_lost(engine::Runtime& runtime, NodeId node) {
  std::vector<std::uint32_t> lost;
  if (state(node) == ConnectionState::disconnected) return lost;
  NodeConnection& connection = this->connection(node);
  if (connection.state == ConnectionState::ready)
    for (const InFlight& request : connection.in_flight) lost.push_back(request.correlation_id);
  else
    ++connection.setup_failures;
  waited_for_ -= connection.in_flight.size();
  connection.in_flight.clear();
  update_deadline();
  connection.state = ConnectionState::disconnected;
  connection.last_attempt = runtime.now();
  connection.backs_off_until =
      runtime.now() +
      options_.reconnect_backoff.after(connection.failures++, runtime.random("backoff"));
  return lost;
}

std::optional<NodeId> NetworkClient::overdue(SimTime now) {
  if (now < no_deadline_before_) return std::nullopt;
  update_deadline();
  for (std::size_t i = 0; i < connections_.size(); ++i)
    if (connections_[i].first_deadline() <= now) return NodeId{static_cast<std::uint32_t>(i)};
  return std::nullopt;
}

SimTime NetworkClient::NodeConnection::first_deadline() const {
  SimTime first = SimTime::max();
  for (const InFlight& request : in_flight) first = std::min(first, request.deadline);
  return first;
}

void NetworkClient::update_deadline() {
  no_deadline_before_ = SimTime::max();
  if (waited_for_ == 0) return;
  for (const NodeConnection& connection : connections_)
    no_deadline_before_ = std::min(no_deadline_before_, connection.first_deadline());
}

NetworkClient::NodeConnection& NetworkClient::connection(NodeId node) {
  if (connections_.size() <= node.value) connections_.resize(node.value + 1);
  return connections_[node.value];
}

std::optional<NodeId> NetworkClient::least_loaded(engine::Runtime& runtime,
                                                  const std::vector<NodeId>& nodes,
                                                  RandomStream& random) {
  if (nodes.empty()) return std::nullopt;
  const auto last_attempt = [&](NodeId node) {
    const NodeConnection* found = find(node);
    return found ? found->last_attempt : SimTime{};
  };
  const std::size_t start = nodes.size() == 1 ? 0 : random.below(nodes.size());
  std::optional<NodeId> best, to_connect;
  bool on_its_way = false;
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const NodeId node = nodes[(start + i) % nodes.size()];
    on_its_way = on_its_way || state(node) == ConnectionState::connecting;
    if (can_send(node) && (!best || in_flight(node) < in_flight(*best))) best = node;
    if (!may_connect(node, runtime.now())) continue;
    if (!to_connect || last_attempt(node) < last_attempt(*to_connect)) to_connect = node;
  }
  if (!best && !on_its_way && to_connect) connect(runtime, *to_connect);
  return best;
}

}  // namespace eventarium::kafka
