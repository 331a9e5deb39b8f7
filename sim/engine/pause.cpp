// A process that stands still: a long garbage collection, SIGSTOP. Its machine goes on: it accepts
// what fits into the receive buffers, finishes its writes and keeps its connections, so that peers
// see silence and no reset. What comes for the process is put aside and handled in its order when
// it goes on.
//
//   running --set_paused(true)--> paused --set_paused(false)--> running, after what was put aside
//                                   '----stop, power loss-----> stopped; what was put aside is lost
#include <utility>

#include "sim/engine/engine_state.h"

namespace eventarium::engine {

bool Engine::is_paused(NodeId id) const { return state(id).paused; }

void Engine::set_paused(NodeId id, bool paused) {
  NodeState& node = state(id);
  if (!node.running || node.paused == paused) return;
  node.paused = paused;
  if (paused) return;
  for (const std::uint32_t index : node.connections)
    if (connections_[index].destination == id) connections_[index].unread_bytes = 0;
  const std::uint32_t incarnation = node.incarnation;
  std::vector<Deferred> due = std::exchange(node.deferred, {});
  for (Deferred& deferred : due)
    if (node.running && node.incarnation == incarnation) handle_deferred(node, deferred);
}

void Engine::handle_deferred(NodeState& node, Deferred& deferred) {
  switch (deferred.kind) {
    case Deferred::Kind::timer:
      return fire_timer(deferred.item);
    case Deferred::Kind::message:
      return take_in(node, std::move(deferred.message));
    case Deferred::Kind::job:
      return finish_job(node);
    case Deferred::Kind::written:
      return enter(node, deferred.cause, [&](Node& machine, Runtime& runtime) {
        machine.on_done(runtime, deferred.token);
      });
    case Deferred::Kind::closed:
      return enter(node, deferred.cause, [&](Node& machine, Runtime& runtime) {
        machine.on_disconnect(runtime, deferred.peer, deferred.lane);
      });
    case Deferred::Kind::bundle: {
      Connection& c = connections_[deferred.connection];
      if (c.generation == deferred.generation && c.state == Connection::State::transferring)
        bundle_done(c);
      return;
    }
    case Deferred::Kind::stop_request:
      return with_cause(deferred.cause, [&] { request_stop(node.id); });
  }
}

/// True when a paused receiver's buffer has no room: the bundle waits at its door.
bool Engine::defer_bundle(NodeState& receiver, Connection& c) {
  if (!receiver.paused) return false;
  if (c.unread_bytes < Connection::receive_buffer_bytes) {
    for (const Message& message : c.in_flight) c.unread_bytes += message.size_bytes;
    return false;
  }
  Deferred bundle{Deferred::Kind::bundle};
  bundle.connection = c.index;
  bundle.generation = c.generation;
  receiver.deferred.push_back(std::move(bundle));
  return true;
}

}  // namespace eventarium::engine
