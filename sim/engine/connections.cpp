// The small TCP between nodes; its states are in connection.h. Whatever the state of hosts and
// links, a message either arrives, waits to be retransmitted, or ends in MessageLost.
#include <algorithm>
#include <cmath>

#include "sim/engine/engine_state.h"

namespace eventarium::engine {

Connection* Engine::find_connection(NodeId from, NodeId to, Lane lane) {
  const std::uint32_t index = nodes_[from.value]->connections_out.find(to, lane);
  return index == ConnectionTable::none ? nullptr : &connections_[index];
}

Connection& Engine::connection(NodeState& from, NodeId to, Lane lane) {
  const std::uint32_t known = from.connections_out.find(to, lane);
  if (known != ConnectionTable::none) return connections_[known];
  Connection& c = connections_.emplace_back();
  c.source = from.id;
  c.destination = to;
  c.lane = lane;
  c.index = static_cast<std::uint32_t>(connections_.size() - 1);
  from.connections_out.add(to, lane, c.index);
  from.connections.push_back(c.index);
  nodes_[to.value]->connections.push_back(c.index);
  return c;
}

MessageId Engine::send(NodeState& from, NodeId to, std::unique_ptr<const Payload> payload,
                       std::uint64_t size_bytes, Lane lane) {
  EVENTARIUM_CHECK(payload != nullptr, "a message has a payload");
  EVENTARIUM_CHECK(to.value < nodes_.size(), "the destination exists");
  Message message{MessageId{++last_message_}, from.id, to, lane, size_bytes, EventId{},
                  std::move(payload)};
  const MessageId id = message.id;
  if (sinks_.empty()) {
    message.cause = EventId{++last_event_};
  } else {
    trace::MessageSent sent{id, to, std::string(message.payload->label()), size_bytes, {}};
    message.payload->append_records(sent.records);
    message.cause = emit(std::move(sent), from.id);
  }
  if (to == from.id) {
    push(now_, item_loopback, to.value, loopback_.put(std::move(message)));
    return id;
  }
  Connection& c = connection(from, to, lane);
  c.waiting.push_back(std::move(message));
  if (c.state == Connection::State::idle) start_bundle(c);
  return id;
}

void Engine::start_bundle(Connection& c) {
  c.in_flight.swap(c.waiting);
  c.stalls = 0;
  double size_bytes = 0;
  for (const Message& message : c.in_flight) size_bytes += static_cast<double>(message.size_bytes);
  const Duration penalty = loss_penalty(c, size_bytes);
  if (penalty > Duration::zero()) return stall(c, "packet lost", penalty);
  attempt(c);
}

/// Tries to transfer the bundle in flight; a blocked way doubles the retransmission time-out.
void Engine::attempt(Connection& c) {
  if (std::string reason = blocked(c.source, c.destination); !reason.empty()) {
    const auto doubled = Connection::retransmission_timeout_min * (1LL << std::min(c.stalls, 16U));
    return stall(c, std::move(reason),
                 std::min<Duration>(doubled, Connection::retransmission_timeout_max));
  }
  double size_bytes = 0;
  for (const Message& message : c.in_flight) size_bytes += static_cast<double>(message.size_bytes);
  c.state = Connection::State::transferring;
  ++c.generation;
  start_transfer(c.source, c.destination, size_bytes,
                 make_ticket(TicketKind::transfer, c.index, c.generation));
}

void Engine::stall(Connection& c, std::string reason, Duration retry_in) {
  c.state = Connection::State::stalled;
  ++c.generation;
  ++c.stalls;
  const EventId cause = c.in_flight.empty() ? EventId{} : c.in_flight.front().cause;
  emit(trace::ConnectionStalled{c.destination, std::move(reason), c.stalls, retry_in}, c.source,
       cause);
  push(now_ + retry_in, item_retransmit, c.index, c.generation);
}

void Engine::bundle_done(Connection& c) {
  NodeState& receiver = *nodes_[c.destination.value];
  if (defer_bundle(receiver, c)) return;
  c.state = Connection::State::idle;
  if (!receiver.running || (c.established && c.destination_incarnation != receiver.incarnation)) {
    return refuse(c);
  }
  if (!c.established) {
    forget_former_life(c.destination, c.source, c.lane);
    if (c.in_flight.empty()) return;  // closed by the node that was told
  }
  c.established = true;
  c.destination_incarnation = receiver.incarnation;
  arriving_.swap(c.in_flight);
  if (!c.waiting.empty()) start_bundle(c);
  for (Message& message : arriving_) deliver(std::move(message));
  arriving_.clear();
  if (c.closing && c.idle_and_empty()) {
    c.closing = c.established = false;
    notify_closed(c.destination, c.source, c.lane);
  }
}

/// The message has come to its destination's machine.
void Engine::deliver(Message message) {
  NodeState& node = *nodes_[message.destination.value];
  if (!node.running) {  // only by loopback: connections check before
    emit(trace::MessageLost{message.id, node.spec.name + " is down"}, message.source,
         message.cause);
    return;
  }
  message.cause = emit(trace::MessageArrived{message.id}, node.id, message.cause);
  if (!node.paused) return take_in(node, std::move(message));
  Deferred arrived{Deferred::Kind::message};
  arrived.message = std::move(message);
  node.deferred.push_back(std::move(arrived));
}

/// The process reads the message: its handling is the CPU's next piece of work.
void Engine::take_in(NodeState& node, Message message) {
  const double work_flops = node.node->handling_work_flops(message);
  if (work_flops <= 0 && !node.cpu_busy) return handle(node, std::move(message));
  CpuJob job;
  job.work_flops = work_flops;
  job.message = std::move(message);
  queue_job(node, std::move(job));
}

void Engine::handle(NodeState& node, Message message) {
  const EventId cause = message.cause;
  enter(node, cause,
        [&](Node& machine, Runtime& runtime) { machine.on_message(runtime, std::move(message)); });
}

void Engine::lose(std::vector<Message>& messages, const std::string& reason) {
  std::vector<Message> lost;
  lost.swap(messages);
  for (const Message& message : lost)
    emit(trace::MessageLost{message.id, reason}, message.source, message.cause);
}

/// Forgets the connection and all that is on it.
void Engine::drop(Connection& c, const std::string& reason) {
  ++c.generation;
  c.state = Connection::State::idle;
  c.established = c.closing = false;
  lose(c.in_flight, reason);
  lose(c.waiting, reason);
}

/// The other end's machine answers with a reset: nobody listens there, or nobody who knows us.
void Engine::refuse(Connection& c) {
  const NodeState& receiver = *nodes_[c.destination.value];
  const bool wanted = !c.closing, refused = !c.established;
  drop(c, receiver.spec.name + (receiver.running ? " was restarted" : " is down"));
  if (wanted) notify_closed(c.source, c.destination, c.lane, refused);
}

/// A peer that speaks up with a new connection after a restart that nobody noticed (power loss, or
/// behind a cut): what `node` has on its connection to the peer's former life is reset first.
void Engine::forget_former_life(NodeId node, NodeId peer, Lane lane) {
  const NodeState& speaker = *nodes_[peer.value];
  Connection* c = find_connection(node, peer, lane);
  if (!c || !c->established || !speaker.running) return;
  if (c->destination_incarnation == speaker.incarnation) return;
  drop(*c, speaker.spec.name + " was restarted");
  tell_closed(*nodes_[node.value], peer, lane, "reset by peer");
}

void Engine::tell_closed(NodeState& node, NodeId peer, Lane lane, const char* reason) {
  Deferred closed{Deferred::Kind::closed};
  closed.cause = emit(trace::ConnectionClosed{peer, reason}, node.id);
  closed.peer = peer;
  closed.lane = lane;
  if (!node.paused) return handle_deferred(node, closed);
  node.deferred.push_back(std::move(closed));
}

/// `node` will be told that `peer` is gone, after the way from there. `refused`: it never had a
/// connection to the peer's present life, and the peer's machine did not give it one.
void Engine::notify_closed(NodeId node, NodeId peer, Lane lane, bool refused) {
  const NodeState& told = *nodes_[node.value];
  if (!told.running || !blocked(peer, node).empty()) return;
  const Duration way = told.host.spec.latency + nodes_[peer.value]->host.spec.latency;
  push(now_ + way, item_closed, 0, notices_.put({node, peer, lane, told.incarnation, refused}));
}

void Engine::on_closed_notice(const ClosedNotice& notice) {
  const auto& [node, peer, lane, incarnation, refused] = notice;
  NodeState& told = *nodes_[node.value];
  if (!told.running || told.incarnation != incarnation) return;
  // What this side still had on the old connection dies with it; a newer one is left alone.
  if (Connection* c = find_connection(node, peer, lane);
      c && c->established && c->destination_incarnation != nodes_[peer.value]->incarnation)
    drop(*c, "connection reset");
  tell_closed(told, peer, lane, refused ? "connection refused" : "reset by peer");
}

void Engine::close_by(NodeId node, NodeId peer, Lane lane) {
  EVENTARIUM_CHECK(peer.value < nodes_.size(), "the peer exists");
  Connection* out = find_connection(node, peer, lane);
  Connection* back = find_connection(peer, node, lane);
  if (!out && !back) return;
  emit(trace::ConnectionClosed{peer, "closed by " + state(node).spec.name}, node);
  if (out) drop(*out, "connection closed");
  if (back) drop(*back, "connection closed");
  notify_closed(peer, node, lane);
}

/// Why nothing can go from one to the other now; empty when it can.
std::string Engine::blocked(NodeId from, NodeId to) const {
  const HostState& sender = nodes_[from.value]->host;
  const HostState& receiver = nodes_[to.value]->host;
  if (sender.powered && receiver.powered && sender.link_up && receiver.link_up && cuts_.empty())
    return {};
  if (!sender.powered) return names_.name(from) + " is switched off";
  if (!receiver.powered) return names_.name(to) + " is switched off";
  if (!sender.link_up) return "link of " + names_.name(from) + " is down";
  if (!receiver.link_up) return "link of " + names_.name(to) + " is down";
  if (cuts_.contains({from, to}))
    return "cut between " + names_.name(from) + " and " + names_.name(to);
  return {};
}

/// How long TCP needs to repair the segments that get lost on the way. Lost segments are sent
/// again after one round trip when enough others follow to signal the loss (fast retransmit),
/// else after the retransmission time-out, which doubles (RFC 5681, RFC 6298).
Duration Engine::loss_penalty(Connection& c, double size_bytes) {
  NodeState& sender = *nodes_[c.source.value];
  const HostState& receiver = nodes_[c.destination.value]->host;
  const double arrives = (1 - sender.host.loss) * (1 - receiver.loss);
  if (arrives >= 1) return Duration::zero();
  const Duration round_trip = 2 * (sender.host.spec.latency + receiver.spec.latency);
  RandomStream& random = sender.runtime.random("loss");
  Duration penalty{};
  Duration time_out = Connection::retransmission_timeout_min;
  auto segments = static_cast<std::int64_t>(std::ceil(size_bytes / Connection::segment_bytes));
  segments = std::max<std::int64_t>(segments, 1);
  while (segments > 0 && penalty < Connection::retransmission_timeout_max) {
    std::int64_t lost = 0;
    for (std::int64_t i = 0; i < segments; ++i) lost += random.unit() >= arrives ? 1 : 0;
    if (lost == 0) break;
    if (segments - lost >= 3) {
      penalty += round_trip;
    } else {
      penalty += time_out;
      time_out = std::min<Duration>(2 * time_out, Connection::retransmission_timeout_max);
    }
    segments = lost;
  }
  return std::min<Duration>(penalty, Connection::retransmission_timeout_max);
}

}  // namespace eventarium::engine
