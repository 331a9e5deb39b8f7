// The engine: nodes, time, connections and faults. It owns the (time, sequence) heap that decides
// the order of everything; a subclass supplies the physics (how long a transfer, a computation or
// a disk write takes): SimgridEngine by SimGrid's fluid models, LeanEngine by FIFO arithmetic.
// It must not know what a payload means.
//
//   engine.cpp        nodes, time, heap, trace         connections.cpp   the small TCP
//   node_runtime.cpp  what a node may do, its CPU      disk.cpp          page cache and disk
//   faults.cpp        breaking and healing             pause.cpp         processes that stand still
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/engine/connection.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/message.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"
#include "sim/engine/slots.h"
#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::engine {

/// The machine a node runs on and its cable to the central switch.
struct HostSpec {
  double speed_flops = 1e9;
  double disk_write_bytes_per_s = 200e6;
  double disk_size_bytes = 1e12;
  double bandwidth_bytes_per_s = 125e6;  // 1 Gbit/s, each direction
  Duration latency = 50us;               // one way to the switch: node to node takes two
};

/// `full`: what is written from now on finds no space. `failed`: every write and fsync fails.
enum class DiskCondition : std::uint8_t { healthy, full, failed };

struct NodeSpec {
  std::string name;  // unique
  std::string role;  // see NodeDeclared
  std::string label;
  HostSpec host;
  SimTime start_at{};  // the process starts then
};

struct DiskJob;

class Engine {
 public:
  /// Engines always advance in steps of this size (see run_until).
  static constexpr Duration quantum = 1ms;

  explicit Engine(std::uint64_t seed);
  virtual ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  virtual std::string_view kind() const = 0;  // "simgrid" or "lean"

  // ---- building; a node that is added while the run goes on is declared and started at once
  NodeId add_node(NodeSpec spec, std::unique_ptr<Node> node);
  /// How many more can be added while the run goes on.
  virtual std::size_t spare_nodes() const { return std::numeric_limits<std::size_t>::max(); }
  /// Sinks see every event from now on, in order of registration. Not owned.
  void add_sink(trace::Sink& sink);

  // ---- running
  /// Advances to `t` rounded up to a multiple of the quantum, step by step. Starts the run first
  /// when it has not begun (declares and starts the nodes). Never goes back.
  void run_until(SimTime t);
  SimTime now() const { return now_; }
  std::uint64_t seed() const { return seed_; }
  std::uint64_t events_emitted() const { return last_event_; }
  /// As run_until, but to exactly `t`, after which the run can't go on: the last step may be
  /// shorter than a quantum.
  void finish_at(SimTime t);
  /// Calls `action` at `t` (now, if `t` has passed), in sequence with everything else.
  void schedule(SimTime t, std::function<void()> action);
  /// As schedule(), but after everything else of that instant. When it was asked for makes no
  /// difference: a command given early or at the last moment leads to the same run.
  void schedule_last(SimTime t, std::function<void()> action);
  /// An event of the world or, with `node`, of a node; no cause unless given.
  EventId emit(trace::EventBody body, NodeId node = NodeId{}, EventId cause = EventId{});
  /// Events emitted by what `body` does are caused by `cause` (an injected fault, a command).
  void with_cause(EventId cause, const std::function<void()>& body);

  /// What is emitted now is caused by it; none outside of with_cause() and of handlers.
  EventId cause() const { return cause_; }

  // ---- looking
  const trace::NodeNames& names() const { return names_; }
  std::size_t node_count() const { return nodes_.size(); }
  Node& node(NodeId id);
  bool is_running(NodeId id) const;
  bool is_paused(NodeId id) const;
  /// Its process has ended, and its system still sends what that has left behind; a start() now
  /// would lose it.
  bool is_flushing(NodeId id) const;

  // ---- faults; all take effect now, and none aborts or hangs whatever the state
  void start(NodeId id);                    // start or restart; no-op when it runs
  void stop(NodeId id, StopReason reason);  // when it is stopped, only power_loss does something
  void request_stop(NodeId id);             // SIGTERM: see Node::on_stop_request
  void power_on(NodeId id);                 // the machine only; no-op when it has power
  void set_link_up(NodeId id, bool up);     // the node's cable
  void set_latency(NodeId id, Duration latency);
  void set_bandwidth(NodeId id, double bytes_per_s);  // > 0
  void set_loss(NodeId id, double probability);       // per 1460-byte segment, on its cable
  void set_cut(NodeId from, NodeId to, bool cut);     // one way
  /// A long garbage collection, SIGSTOP: the process does nothing, its system goes on (its
  /// connections accept what fits, nothing answers); timers and messages wait until it goes on.
  void set_paused(NodeId id, bool paused);
  void set_speed(NodeId id, double flops);  // > 0
  void set_disk(NodeId id, DiskCondition condition);
  void set_disk_bandwidth(NodeId id, double bytes_per_s);  // > 0

 protected:
  struct HostState {
    HostSpec spec;
    bool powered = true;
    bool link_up = true;
    double loss = 0;
    DiskCondition disk = DiskCondition::healthy;
    std::uint64_t disk_used_bytes = 0;
  };
  /// Heap items of these kinds and above belong to the subclass.
  static constexpr std::uint32_t first_physics_kind = 16;

  // ---- physics, supplied by the subclass; `ticket` comes back in work_done
  virtual void build(NodeId id) = 0;  // create host, link, disk
  virtual void begin() {}             // all hosts are built
  virtual void advance(SimTime until) = 0;
  /// Never called for a dead host, a blocked way, or a node to itself.
  virtual void start_transfer(NodeId from, NodeId to, double size_bytes, std::uint64_t ticket) = 0;
  virtual void start_compute(NodeId node, double work_flops, std::uint64_t ticket) = 0;
  virtual void start_write(NodeId node, double size_bytes, std::uint64_t ticket) = 0;
  virtual void host_changed(NodeId id) = 0;  // see host(id)
  virtual void on_item(const QueueItem& item) = 0;
  /// The heap has a new item; a subclass with its own clock arms its timer.
  virtual void heap_changed() {}

  const HostState& host(NodeId id) const;
  void push(SimTime t, std::uint32_t kind, std::uint32_t a, std::uint64_t b);
  /// A transfer, computation or write has come to its end. Stale tickets are ignored: a fault
  /// has ended that work before.
  void work_done(std::uint64_t ticket);
  /// Runs all heap items up to and including `t`; now() follows.
  void run_heap(SimTime t);
  const EventQueue& queue() const { return queue_; }

 private:
  class NodeRuntime;
  struct NodeState;
  struct CpuJob;
  struct TimerSlot;
  struct ClosedNotice;
  struct Deferred;

  // engine.cpp
  void begin_run();
  void declare(const NodeState& node);
  void dispatch(const QueueItem& item);
  void fire_timer(const QueueItem& item);
  NodeState& state(NodeId id);
  const NodeState& state(NodeId id) const;
  template <class Handler>
  void enter(NodeState& node, EventId cause, Handler&& handler);

  // node_runtime.cpp: CPU
  void queue_job(NodeState& node, CpuJob job);
  void next_job(NodeState& node);
  void finish_job(NodeState& node);

  // disk.cpp
  DiskResult ask_disk(const NodeState& node, std::uint64_t size_bytes) const;
  DiskResult append(NodeState& node, std::uint64_t size_bytes);
  void queue_write(NodeState& node, DiskJob job);
  void next_write(NodeState& node);
  void finish_write(NodeState& node);
  void arm_writeback(NodeState& node);
  void write_back(NodeState& node);
  void abandon_fsyncs(NodeState& node);
  void lose_page_cache(NodeState& node);

  // pause.cpp
  bool defer_bundle(NodeState& receiver, Connection& c);
  void handle_deferred(NodeState& node, Deferred& deferred);

  // connections.cpp
  Connection& connection(NodeState& from, NodeId to, Lane lane);
  Connection* find_connection(NodeId from, NodeId to, Lane lane);
  MessageId send(NodeState& from, NodeId to, std::unique_ptr<const Payload> payload,
                 std::uint64_t size_bytes, Lane lane);
  void start_bundle(Connection& c);
  void attempt(Connection& c);
  void stall(Connection& c, std::string reason, Duration retry_in);
  void bundle_done(Connection& c);
  void deliver(Message message);
  void take_in(NodeState& node, Message message);
  void handle(NodeState& node, Message message);
  void lose(std::vector<Message>& messages, const std::string& reason);
  void drop(Connection& c, const std::string& reason);
  void refuse(Connection& c);
  void forget_former_life(NodeId node, NodeId peer, Lane lane);
  void notify_closed(NodeId node, NodeId peer, Lane lane, bool refused = false);
  void on_closed_notice(const ClosedNotice& notice);
  void tell_closed(NodeState& node, NodeId peer, Lane lane, const char* reason);
  void close_by(NodeId node, NodeId peer, Lane lane);
  std::string blocked(NodeId from, NodeId to) const;
  Duration loss_penalty(Connection& c, double size_bytes);

  // faults.cpp
  void close_connections_of(NodeId id, StopReason reason);
  void close_both_ways(Connection& out, Connection* back, StopReason reason);
  void drain_then_close(Connection& c);
  void lose_power_while_stopped(NodeState& node);
  void interrupt_transfers(NodeId id);

  EventQueue queue_;
  SimTime now_{};
  SimTime frontier_{};
  bool begun_ = false, finished_ = false;
  std::uint64_t seed_;
  std::uint64_t last_event_ = 0, last_message_ = 0, last_record_ = 0;
  EventId cause_;
  std::vector<trace::Sink*> sinks_;
  trace::NodeNames names_;
  std::vector<std::unique_ptr<NodeState>> nodes_;
  std::deque<Connection> connections_;  // a deque: references stay valid
  std::set<std::pair<NodeId, NodeId>> cuts_;
  std::vector<Message> arriving_;  // the bundle being delivered; kept for its capacity
  Slots<TimerSlot> timers_;
  Slots<std::function<void()>> actions_;
  Slots<Message> loopback_;
  Slots<ClosedNotice> notices_;
};

}  // namespace eventarium::engine
