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
  sent_.emplace(peer.correlation_id, Sent{node, runtime.set_timer(timeout_, token)});
  ++in_flight_;
  return peer.correlation_id;
}

void RaftRequests::settle(Peer& peer) {
  peer.correlation_id = 0;
  --in_flight_;
}

void RaftRequests::failed(Peer& peer, SimTime now) {
  peer.pause = std::clamp(peer.pause * 2, backoff_min_, backoff_max);
  peer.paused_until = now + peer.pause;
}

bool RaftRequests::end(engine::Runtime& runtime, NodeId node, std::uint32_t correlation_id,
                       bool ok) {
  if (const auto sent = sent_.find(correlation_id); sent != sent_.end()) {
    runtime.cancel_timer(sent->second.timer);
    sent_.erase(sent);
  }
  const auto found = peers_.find(node);
  if (found == peers_.end() || found->second.correlation_id != correlation_id) return false;
  settle(found->second);
  if (ok)
    found->second.pause = Duration::zero();
  else
    failed(found->second, runtime.now());
  return true;
}

void RaftRequests::forget_sent(engine::Runtime& runtime, NodeId peer) {
  for (auto next = sent_.begin(); next != sent_.end();) {
    if (next->second.peer != peer) {
      ++next;
      continue;
    }
    runtime.cancel_timer(next->second.timer);
    next = sent_.erase(next);
  }
}

std::optional<NodeId> RaftRequests::timed_out(engine::Runtime& runtime,
                                              std::uint32_t correlation_id) {
  const auto found = sent_.find(correlation_id);
  if (found == sent_.end()) return {};
  const NodeId peer = found->second.peer;
  disconnected(runtime, peer);
  return peer;
}

void RaftRequests::disconnected(engine::Runtime& runtime, NodeId node) {
  forget_sent(runtime, node);
  const auto found = peers_.find(node);
  if (found == peers_.end() || found->second.correlation_id == 0) return;
  settle(found->second);
  failed(found->second, runtime.now());
}

void RaftRequests::reset() {
  peers_.clear();
  in_flight_ = 0;
}

void RaftRequests::clear() {
  reset();
  sent_.clear();
}

}  // namespace eventarium::kafka
