// Starting, stopping, breaking and healing. Each fault takes effect at once and leaves every
// connection in a state from which it either goes on or reports what it lost.
#include <algorithm>

#include "sim/engine/engine_state.h"

namespace eventarium::engine {
namespace {

const char* text(StopReason reason) {
  switch (reason) {
    case StopReason::clean:
      return "clean";
    case StopReason::crash:
      return "crash";
    case StopReason::power_loss:
      return "power_loss";
  }
  return "?";
}

}  // namespace

void Engine::power_on(NodeId id) {
  HostState& host = state(id).host;
  if (host.powered) return;
  host.powered = true;
  host_changed(id);
}

bool Engine::is_flushing(NodeId id) const {
  const NodeState& node = state(id);
  return !node.running &&
         std::any_of(node.connections.begin(), node.connections.end(), [&](std::uint32_t index) {
           const Connection& c = connections_[index];
           return c.source == id && c.closing;
         });
}

void Engine::start(NodeId id) {
  NodeState& node = state(id);
  if (node.running) return;
  power_on(id);
  for (const std::uint32_t index : node.connections)
    if (Connection& c = connections_[index]; c.source == id && c.closing)
      drop(c, node.spec.name + " was restarted");  // what its former life was still flushing
  node.running = true;
  ++node.incarnation;
  const EventId started = emit(trace::NodeStarted{++node.starts}, id);
  enter(node, started, [](Node& machine, Runtime& runtime) { machine.on_start(runtime); });
}

void Engine::stop(NodeId id, StopReason reason) {
  NodeState& node = state(id);
  if (!node.running) {
    if (reason == StopReason::power_loss && node.host.powered) lose_power_while_stopped(node);
    return;
  }
  const EventId stopped = emit(trace::NodeStopped{text(reason)}, id);
  node.stopping = reason != StopReason::clean;
  enter(node, stopped, [&](Node& machine, Runtime& runtime) { machine.on_stop(runtime, reason); });
  node.stopping = false;
  node.running = false;
  node.clean_start = reason == StopReason::clean;
  node.paused = false;
  node.deferred.clear();
  node.cpu_queue.clear();
  node.cpu_busy = false;
  abandon_fsyncs(node);
  ++node.incarnation;  // stale timers, tickets and notices miss; start() gives the next number
  const auto close = [&] { close_connections_of(id, reason); };
  with_cause(stopped, close);
  if (reason == StopReason::power_loss) {
    lose_page_cache(node);
    node.host.powered = false;
    interrupt_transfers(id);
    host_changed(id);
  }
}

void Engine::request_stop(NodeId id) {
  NodeState& node = state(id);
  if (!node.running) return;
  if (node.paused) {
    node.deferred.emplace_back(Deferred::Kind::stop_request).cause = cause_;
    return;
  }
  const std::uint32_t incarnation = node.incarnation;
  bool ends_now = false;
  enter(node, cause_,
        [&](Node& machine, Runtime& runtime) { ends_now = machine.on_stop_request(runtime); });
  if (ends_now && node.running && node.incarnation == incarnation) stop(id, StopReason::clean);
}

/// The process is dead already; its machine goes now, and the page cache with it.
void Engine::lose_power_while_stopped(NodeState& node) {
  const EventId stopped = emit(trace::NodeStopped{text(StopReason::power_loss)}, node.id);
  node.stopping = true;
  enter(node, stopped,
        [](Node& machine, Runtime& runtime) { machine.on_stop(runtime, StopReason::power_loss); });
  node.stopping = false;
  node.clean_start = false;
  lose_page_cache(node);
  node.host.powered = false;
  with_cause(stopped, [&] { interrupt_transfers(node.id); });
  host_changed(node.id);
}

/// A process that ends, however, has its sockets closed by its system: peers get to know. A
/// machine that loses power says nothing, and what others are sending it is retransmitted.
void Engine::close_connections_of(NodeId id, StopReason reason) {
  const std::string& name = state(id).spec.name;
  for (const std::uint32_t index : state(id).connections) {
    Connection& c = connections_[index];
    if (reason == StopReason::power_loss) {
      if (c.source == id) drop(c, name + " lost power");
    } else if (c.source == id) {
      close_both_ways(c, find_connection(c.destination, id, c.lane), reason);
    } else if (!find_connection(id, c.source, c.lane)) {
      const bool known = c.established;
      drop(c, name + " is down");
      if (known) notify_closed(c.source, id, c.lane);
    }
  }
}

void Engine::close_both_ways(Connection& out, Connection* back, StopReason reason) {
  const bool known = out.established || (back && back->established);
  const std::string why = names_.name(out.source) + " is down";
  if (back) drop(*back, why);
  if (reason == StopReason::crash) lose(out.waiting, why);
  out.closing = known || !out.in_flight.empty() || !out.waiting.empty();
  drain_then_close(out);
}

/// What is under way still arrives, then the other end learns of the close.
void Engine::drain_then_close(Connection& c) {
  if (c.state == Connection::State::transferring) return;  // bundle_done closes
  if (c.state == Connection::State::stalled) return drop(c, "connection closed");
  const bool tell = c.closing;
  c.closing = c.established = false;
  if (tell) notify_closed(c.destination, c.source, c.lane);
}

/// The way of these transfers has just broken: they stall and will be retransmitted.
void Engine::interrupt_transfers(NodeId id) {
  for (const std::uint32_t index : state(id).connections) {
    Connection& c = connections_[index];
    if (c.state != Connection::State::transferring) continue;
    if (!nodes_[c.source.value]->host.powered) {
      drop(c, names_.name(c.source) + " lost power");
    } else if (std::string reason = blocked(c.source, c.destination); !reason.empty()) {
      stall(c, std::move(reason), Connection::retransmission_timeout_min);
    }
  }
}

void Engine::set_link_up(NodeId id, bool up) {
  HostState& host = state(id).host;
  if (host.link_up == up) return;
  host.link_up = up;
  if (!up) interrupt_transfers(id);
  host_changed(id);
}

void Engine::set_latency(NodeId id, Duration latency) {
  EVENTARIUM_CHECK(latency >= Duration::zero(), "a latency can't be negative");
  state(id).host.spec.latency = latency;
  host_changed(id);
}

void Engine::set_bandwidth(NodeId id, double bytes_per_s) {
  EVENTARIUM_CHECK(bytes_per_s > 0, "a bandwidth is positive; use set_link_up to cut it off");
  state(id).host.spec.bandwidth_bytes_per_s = bytes_per_s;
  host_changed(id);
}

void Engine::set_loss(NodeId id, double probability) {
  EVENTARIUM_CHECK(probability >= 0 && probability < 1, "a loss is a probability below 1");
  state(id).host.loss = probability;
}

void Engine::set_speed(NodeId id, double flops) {
  EVENTARIUM_CHECK(flops > 0, "a speed is positive; use set_paused to stop the work");
  state(id).host.spec.speed_flops = flops;
  host_changed(id);
}

void Engine::set_disk(NodeId id, DiskCondition condition) { state(id).host.disk = condition; }

void Engine::set_disk_bandwidth(NodeId id, double bytes_per_s) {
  EVENTARIUM_CHECK(bytes_per_s > 0, "a bandwidth is positive; use set_disk to break the disk");
  state(id).host.spec.disk_write_bytes_per_s = bytes_per_s;
  host_changed(id);
}

void Engine::set_cut(NodeId from, NodeId to, bool cut) {
  EVENTARIUM_CHECK(state(from).id != state(to).id, "a cut is between two nodes");
  if (cut) {
    cuts_.insert({from, to});
    interrupt_transfers(from);
  } else {
    cuts_.erase({from, to});
  }
}

}  // namespace eventarium::engine
