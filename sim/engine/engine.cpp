// Nodes, time, the heap and the trace. Connections and faults have files of their own.
#include "sim/engine/engine.h"

#include "sim/engine/engine_state.h"

namespace eventarium::engine {

Engine::Engine(std::uint64_t seed) : seed_(seed) {}
Engine::~Engine() = default;

Engine::NodeState& Engine::state(NodeId id) {
  EVENTARIUM_CHECK(id.value < nodes_.size(), "no such node");
  return *nodes_[id.value];
}

const Engine::NodeState& Engine::state(NodeId id) const {
  EVENTARIUM_CHECK(id.value < nodes_.size(), "no such node");
  return *nodes_[id.value];
}

Node& Engine::node(NodeId id) { return *state(id).node; }
bool Engine::is_running(NodeId id) const { return state(id).running; }
const Engine::HostState& Engine::host(NodeId id) const { return state(id).host; }

NodeId Engine::add_node(NodeSpec spec, std::unique_ptr<Node> node) {
  EVENTARIUM_CHECK(!names_.find(spec.name), "node names are unique");
  const NodeId id{static_cast<std::uint32_t>(nodes_.size())};
  names_.declare(id, spec.name);
  nodes_.push_back(std::make_unique<NodeState>(*this, id, std::move(spec), std::move(node)));
  if (begun_) {
    build(id);
    declare(*nodes_.back());
  }
  return id;
}

void Engine::add_sink(trace::Sink& sink) { sinks_.push_back(&sink); }

EventId Engine::emit(trace::EventBody body, NodeId node, EventId cause) {
  const EventId id{++last_event_};
  if (sinks_.empty()) return id;
  const trace::Event event{id, now_, node, cause.valid() ? cause : cause_, std::move(body)};
  for (trace::Sink* sink : sinks_) sink->on_event(event);
  return id;
}

void Engine::with_cause(EventId cause, const std::function<void()>& body) {
  const EventId before = cause_;
  cause_ = cause;
  body();
  cause_ = before;
}

void Engine::push(SimTime t, std::uint32_t kind, std::uint32_t a, std::uint64_t b) {
  queue_.push(t, kind, a, b);
  heap_changed();
}

void Engine::schedule(SimTime t, std::function<void()> action) {
  push(std::max(t, now_), item_action, 0, actions_.put(std::move(action)));
}

void Engine::schedule_last(SimTime t, std::function<void()> action) {
  queue_.push_last(std::max(t, now_), item_action, 0, actions_.put(std::move(action)));
  heap_changed();
}

void Engine::begin_run() {
  begun_ = true;
  for (auto& node : nodes_) build(node->id);
  begin();
  for (auto& node : nodes_) declare(*node);
}

/// The trace knows the node from now on, and its process will start.
void Engine::declare(const NodeState& node) {
  const NodeSpec& spec = node.spec;
  emit(trace::NodeDeclared{node.id, spec.name, spec.role, spec.label, spec.host.speed_flops,
                           spec.host.bandwidth_bytes_per_s, spec.host.latency});
  push(std::max(now_, spec.start_at), item_start, node.id.value, 0);
}

void Engine::run_until(SimTime t) {
  if (!begun_) begin_run();
  EVENTARIUM_CHECK(!finished_ || t <= frontier_, "a finished run doesn't go on");
  while (frontier_ < t) {
    frontier_ += quantum;
    advance(frontier_);
    now_ = frontier_;
  }
}

void Engine::finish_at(SimTime t) {
  run_until(std::chrono::floor<std::chrono::milliseconds>(t.time_since_epoch()) + SimTime{});
  finished_ = true;
  if (t <= frontier_) return;
  advance(t);
  frontier_ = now_ = t;
}

void Engine::run_heap(SimTime t) {
  while (!queue_.empty() && queue_.next_time() <= t) {
    const QueueItem item = queue_.pop();
    now_ = std::max(now_, sim_time_ns(item.t_ns));
    dispatch(item);
  }
}

void Engine::dispatch(const QueueItem& item) {
  switch (item.kind) {
    case item_action:
      if (auto action = actions_.take(item.b)) (*action)();
      return;
    case item_timer:
      return fire_timer(item);
    case item_retransmit: {
      Connection& c = connections_[item.a];
      if (c.generation == item.b && c.state == Connection::State::stalled) attempt(c);
      return;
    }
    case item_loopback:
      if (auto message = loopback_.take(item.b)) deliver(std::move(*message));
      return;
    case item_closed:
      if (const auto notice = notices_.take(item.b)) on_closed_notice(*notice);
      return;
    case item_start:
      return start(NodeId{item.a});
    case item_job_done:
      if (nodes_[item.a]->incarnation == item.b) finish_job(*nodes_[item.a]);
      return;
    case item_write_done:
      if (nodes_[item.a]->disk_epoch == item.b) finish_write(*nodes_[item.a]);
      return;
    case item_writeback:
      if (nodes_[item.a]->disk_epoch == item.b) write_back(*nodes_[item.a]);
      return;
    default:
      on_item(item);
  }
}

void Engine::fire_timer(const QueueItem& item) {
  NodeState& node = *nodes_[item.a];
  if (node.paused) {
    node.deferred.emplace_back(Deferred::Kind::timer).item = item;
    return;
  }
  const auto timer = timers_.take(item.b);
  if (!timer || !node.running || timer->incarnation != node.incarnation) return;
  enter(node, timer->cause,
        [&](Node& machine, Runtime& runtime) { machine.on_timer(runtime, timer->token); });
}

void Engine::work_done(std::uint64_t ticket) {
  const std::uint32_t index = ticket_index(ticket);
  const std::uint32_t generation = ticket_generation(ticket);
  switch (ticket_kind(ticket)) {
    case TicketKind::transfer: {
      Connection& c = connections_[index];
      if (c.generation == generation && c.state == Connection::State::transferring) bundle_done(c);
      return;
    }
    case TicketKind::compute:
      if (nodes_[index]->incarnation == generation) finish_job(*nodes_[index]);
      return;
    case TicketKind::write:
      if (nodes_[index]->disk_epoch == generation) finish_write(*nodes_[index]);
      return;
  }
}

}  // namespace eventarium::engine
