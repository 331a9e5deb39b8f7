// The engine: nodes, time, connections and faults. It owns the (time, sequence) heap that decides
// the order of everything; a subclass supplies the physics (how long a transfer, a computation or
// a disk write takes): SimgridEngine by SimGrid's fluid models, LeanEngine by FIFO arithmetic.
//
// A connection (source -> destination) is a small TCP:
//   idle ----send----> transferring --done--> deliver the bundle; idle, or next bundle
//   transferring/idle --way is blocked or packet lost--> stalled --time-out--> try again
//   any --crash of an end, or close--> closed: what waits or travels is lost (MessageLost)
// One bundle is in flight per connection; messages that wait are coalesced into the next one.
// Nothing is ever handed to a dead host or link.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/random.h"
#include "sim/base/time.h"
#include "sim/engine/event_queue.h"
#include "sim/engine/message.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"
#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::engine {

/// The machine a node runs on and its cable to the central switch.
struct HostSpec {
  double speed_flops = 1e9;
  double disk_write_bytes_per_s = 200e6;
  double bandwidth_bytes_per_s = 125e6;  // 1 Gbit/s, each direction
  Duration latency = 50us;               // one way to the switch: node to node takes two
};

struct NodeSpec {
  std::string name;  // unique
  std::string role;  // see NodeDeclared
  std::string label;
  HostSpec host;
  SimTime start_at{};  // the process starts then
};

class Engine {
 public:
  /// Engines always advance in steps of this size (see run_until).
  static constexpr Duration quantum = 1ms;

  explicit Engine(std::uint64_t seed);
  virtual ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  virtual std::string_view kind() const = 0;  // "simgrid" or "lean"

  // ---- building; nodes can be added until the run begins
  NodeId add_node(NodeSpec spec, std::unique_ptr<Node> node);
  /// Sinks see every event from now on, in order of registration. Not owned.
  void add_sink(trace::Sink& sink);

  // ---- running
  /// Advances to `t` rounded up to a multiple of the quantum, step by step. Starts the run first
  /// when it has not begun (declares and starts the nodes). Never goes back.
  void run_until(SimTime t);
  SimTime now() const { return now_; }
  std::uint64_t seed() const { return seed_; }
  std::uint64_t events_emitted() const { return last_event_; }
  /// Calls `action` at `t` (now, if `t` has passed), in sequence with everything else.
  void schedule(SimTime t, std::function<void()> action);
  /// An event of the world or, with `node`, of a node; no cause unless given.
  EventId emit(trace::EventBody body, NodeId node = NodeId{}, EventId cause = EventId{});
  /// Events emitted by what `body` does are caused by `cause` (an injected fault, a command).
  void with_cause(EventId cause, const std::function<void()>& body);

  // ---- looking
  const trace::NodeNames& names() const { return names_; }
  std::size_t node_count() const { return nodes_.size(); }
  Node& node(NodeId id);
  bool is_running(NodeId id) const;

  // ---- faults; all take effect now, and none aborts or hangs whatever the state
  void start(NodeId id);                     // start or restart a stopped node
  void stop(NodeId id, StopReason reason);   // no-op when it is stopped
  void set_link_up(NodeId id, bool up);      // the node's cable
  void set_latency(NodeId id, Duration latency);
  void set_bandwidth(NodeId id, double bytes_per_s);
  void set_loss(NodeId id, double probability);  // per 1460-byte segment, on the node's cable
  void set_cut(NodeId from, NodeId to, bool cut);  // one way

 protected:
  struct HostState {
    HostSpec spec;
    bool powered = true;
    bool link_up = true;
    double loss = 0;
  };

  // ---- physics, supplied by the subclass; `ticket` comes back in the matching *_done
  virtual void build(NodeId id) = 0;  // create host, link, disk
  virtual void begin() = 0;           // all hosts are built
  virtual void advance(SimTime until) = 0;
  /// Never called for a dead host, a blocked way or a node to itself.
  virtual void start_transfer(NodeId from, NodeId to, double size_bytes, std::uint64_t ticket) = 0;
  virtual void start_compute(NodeId node, double work_flops, std::uint64_t ticket) = 0;
  virtual void start_write(NodeId node, double size_bytes, std::uint64_t ticket) = 0;
  virtual void host_changed(NodeId id) = 0;  // power, link, latency, bandwidth: see host(id)
  /// The heap has a new first item; a subclass with its own clock arms its timer.
  virtual void heap_changed() {}

  const HostState& host(NodeId id) const;
  /// The subclass reports; stale tickets (an end has died meanwhile) are ignored. `intact` false:
  /// the hardware failed under it.
  void work_done(std::uint64_t ticket, bool intact);
  /// Runs all heap items up to and including `t`; now() follows.
  void run_heap(SimTime t);
  EventQueue queue_;

 private:
  struct NodeState;
  struct Connection;
  class NodeRuntime;
  friend class NodeRuntime;
  // (private part: see engine.cpp)
  SimTime now_{};
  std::uint64_t seed_;
  std::uint64_t last_event_ = 0;
  trace::NodeNames names_;
  std::vector<std::unique_ptr<NodeState>> nodes_;
};

}  // namespace eventarium::engine
