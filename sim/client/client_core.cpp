#include "sim/client/client_core.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

namespace eventarium::kafka {

ClientCore::ClientCore(std::uint16_t component, const ClientOptions& options,
                       std::vector<NodeId> bootstrap)
    : network(component, options), metadata(options, std::move(bootstrap)), component_(component) {}

const Response* ClientCore::response_in(const engine::Message& message) const {
  const auto* response = message.as<Response>();
  return response && response->header.component == component_ ? response : nullptr;
}

void ClientCore::refresh_metadata(engine::Runtime& runtime) {
  if (!metadata.is_due(runtime.now())) return;
  const auto node = network.least_loaded(runtime, metadata.brokers(), runtime.random("metadata"));
  if (!node) return;
  auto request = std::make_unique<MetadataRequest>(metadata.make_request());
  metadata_request_ = network.send(runtime, *node, std::move(request));
  metadata.sent();
}

bool ClientCore::on_metadata(engine::Runtime& runtime, const MetadataResponse& response) {
  metadata_request_.reset();
  return metadata.apply(response, runtime.now(), runtime.random("backoff"));
}

std::vector<std::uint32_t> ClientCore::connection_lost(engine::Runtime& runtime, NodeId node) {
  if (network.state(node) == ConnectionState::disconnected) return {};
  std::vector<std::uint32_t> lost = network.connection_lost(runtime, node);
  metadata.request_update();
  if (!metadata_request_) return lost;
  const auto mine = std::find(lost.begin(), lost.end(), *metadata_request_);
  if (mine == lost.end()) return lost;
  lost.erase(mine);
  metadata_request_.reset();
  metadata.failed(runtime.now(), runtime.random("backoff"));
  return lost;
}

std::optional<NodeId> ClientCore::hang_up_overdue(engine::Runtime& runtime) {
  const auto node = network.overdue(runtime.now());
  if (!node) return std::nullopt;
  const char* const what = network.state(*node) == ConnectionState::connecting
                               ? "there is no connection to {} after "
                                 "socket.connection.setup.timeout.ms: giving this attempt up"
                               : "{} has not answered within request.timeout.ms: closing the "
                                 "connection";
  const EventId warning =
      runtime.emit(trace::ClientWarning{fmt::format(fmt::runtime(what), runtime.name_of(*node))});
  runtime.set_cause(warning);
  runtime.disconnect(*node, network.lane(runtime));
  return node;
}

void ClientCore::wake_at(engine::Runtime& runtime, SimTime t) {
  if (t == SimTime::max()) return;
  if (timer_.valid() && wakes_at_ <= t) return;
  runtime.cancel_timer(timer_);
  wakes_at_ = std::max(t, runtime.now());
  timer_ = runtime.set_timer(wakes_at_ - runtime.now(), engine::Token{component_, 0, 0});
}

bool ClientCore::take_wake_up(engine::Token token) {
  if (token.component != component_) return false;
  timer_ = TimerId{};
  return true;
}

SimTime ClientCore::next_deadline(SimTime now) const {
  SimTime next = network.next_deadline();
  SimTime update = metadata.next_update();
  if (update <= now) update = first_backoff_end(now);  // due, but no broker can be asked
  return std::min(next, update);
}

SimTime ClientCore::first_backoff_end(SimTime now) const {
  SimTime first = SimTime::max();
  for (const NodeId node : metadata.brokers())
    if (network.backs_off_until(node) > now) first = std::min(first, network.backs_off_until(node));
  return first;
}

void ClientCore::forget_all() {
  network.forget_all();
  metadata.forget_all();
  metadata_request_.reset();
  timer_ = TimerId{};
}

}  // namespace eventarium::kafka
