#include "sim/controller/raft_requests.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::kafka {

bool RaftRequests::is_ready(NodeId peer, SimTime now) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end()) return true;
  return found->second.correlation_id == 0 && found->second.paused_until <= now;
}

std::optional<SimTime> RaftRequests::paused_until(NodeId peer, SimTime now) const {
  const auto found = peers_.find(peer);
  if (found == peers_.end() || found->second.paused_until <= now) return {};
  return found->second.paused_until;
}

std::uint32_t RaftRequests::begin(engine::Runtime& runtime, NodeId node) {
  Peer& peer = peers_[node];
  EVENTARIUM_CHECK(peer.correlation_id == 0, "one request per peer");
  peer.correlation_id = ++last_correlation_id_;
  engine::Token token = token_;
  token.value = peer.correlation_id;
  peer.timer = runtime.set_timer(timeout_, token);
  ++in_flight_;
  return peer.correlation_id;
}

void RaftRequests::settle(engine::Runtime& runtime, Peer& peer) {
  runtime.cancel_timer(peer.timer);
  peer.correlation_id = 0;
  --in_flight_;
}

void RaftRequests::failed(Peer& peer, SimTime now) {
  peer.pause = std::clamp(peer.pause * 2, backoff_min_, backoff_max);
  peer.paused_until = now + peer.pause;
}

bool RaftRequests::end(engine::Runtime& runtime, NodeId node, std::uint32_t correlation_id,
                       bool ok) {
  const auto found = peers_.find(node);
  if (found == peers_.end() || found->second.correlation_id != correlation_id) return false;
  settle(runtime, found->second);
  if (ok)
    found->second.pause = Duration::zero();
  else
    failed(found->second, runtime.now());
  return true;
}

std::optional<NodeId> RaftRequests::timed_out(engine::Runtime& runtime,
                                              std::uint32_t correlation_id) {
  for (auto& [node, peer] : peers_) {
    if (peer.correlation_id != correlation_id) continue;
    settle(runtime, peer);
    failed(peer, runtime.now());
    return node;
  }
  return {};
}

bool RaftRequests::disconnected(engine::Runtime& runtime, NodeId node) {
  const auto found = peers_.find(node);
  if (found == peers_.end() || found->second.correlation_id == 0) return false;
  settle(runtime, found->second);
  failed(found->second, runtime.now());
  return true;
}

void RaftRequests::reset(engine::Runtime& runtime) {
  for (auto& [node, peer] : peers_) runtime.cancel_timer(peer.timer);
  clear();
}

void RaftRequests::clear() {
  peers_.clear();
  in_flight_ = 0;
}

}  // namespace eventarium::kafka
