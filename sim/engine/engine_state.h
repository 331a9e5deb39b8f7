// Private to the engine's own .cpp files: what it keeps per node, and the kinds of heap items.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sim/base/check.h"
#include "sim/engine/connection_table.h"
#include "sim/engine/engine.h"
#include "sim/engine/page_cache.h"

namespace eventarium::engine {

/// Heap items of the engine itself; `a` and `b` as noted.
enum ItemKind : std::uint32_t {
  item_action,      // b: key in actions_
  item_timer,       // a: node, b: key in timers_
  item_retransmit,  // a: connection, b: its generation
  item_loopback,    // b: key in loopback_
  item_closed,      // b: key in notices_
  item_start,       // a: node
  item_job_done,    // a: node, b: its incarnation; a piece of work that costs nothing
  item_write_done,  // a: node, b: its disk's epoch; nothing was left to write, or nothing can be
  item_writeback,   // a: node, b: its disk's epoch; the system looks for old dirty pages
};

/// Tickets: what, whose, and which generation or incarnation of it.
enum class TicketKind : std::uint64_t { transfer, compute, write };
constexpr std::uint64_t make_ticket(TicketKind kind, std::uint32_t index,
                                    std::uint32_t generation) {
  return (static_cast<std::uint64_t>(kind) << 62) | (std::uint64_t{index & 0x3fffffffU} << 32) |
         generation;
}
constexpr TicketKind ticket_kind(std::uint64_t t) { return static_cast<TicketKind>(t >> 62); }
constexpr std::uint32_t ticket_index(std::uint64_t t) { return (t >> 32) & 0x3fffffffU; }
constexpr std::uint32_t ticket_generation(std::uint64_t t) { return static_cast<std::uint32_t>(t); }

struct Engine::TimerSlot {
  std::uint32_t incarnation = 0;
  Token token;
  EventId cause;
};

/// `node` will be told that its connection to `peer` is gone.
struct Engine::ClosedNotice {
  NodeId node, peer;
  Lane lane;
  std::uint32_t incarnation = 0;  // the node's
  bool refused = false;           // there was no connection yet
};

/// A piece of CPU work: the handling of a message, or a compute() of the node.
struct Engine::CpuJob {
  double work_flops = 0;
  Message message;  // payload null: compute()
  Token token;
  EventId cause;
};

/// An fsync of the process of that incarnation, or the system's own writeback.
struct DiskJob {
  static constexpr std::uint32_t system = 0;
  std::uint32_t incarnation = system;
  Token token;
  EventId cause;
};

/// What came while the process was paused.
struct Engine::Deferred {
  enum class Kind : std::uint8_t { timer, message, job, written, closed, bundle, stop_request };
  explicit Deferred(Kind k) : kind(k) {}

  Kind kind;
  std::uint32_t connection = 0, generation = 0;  // bundle
  QueueItem item;                                // timer
  Message message;                               // message
  Token token;                                   // written
  EventId cause;                                 // written, closed, stop_request
  NodeId peer;                                   // closed
  Lane lane;                                     // closed
};

class Engine::NodeRuntime final : public Runtime {
 public:
  NodeRuntime(Engine& engine, NodeState& node) : engine_(engine), node_(node) {}
  SimTime now() const override;
  NodeId self() const override;
  const std::string& name() const override;
  const std::string& name_of(NodeId node) const override;
  bool clean_start() const override;
  MessageId send(NodeId destination, std::unique_ptr<const Payload> payload,
                 std::uint64_t size_bytes, Lane lane) override;
  void disconnect(NodeId peer, Lane lane) override;
  void exit(StopReason reason) override;
  TimerId set_timer(Duration delay, Token token) override;
  void cancel_timer(TimerId& timer) override;
  void compute(double work_flops, Token token) override;
  DiskResult append_to_disk(std::uint64_t size_bytes) override;
  void free_disk(std::uint64_t size_bytes) override;
  void fsync(Token token) override;
  DiskResult disk() const override;
  SimTime written_before() const override;
  RandomStream& random(std::string_view purpose) override;
  RecordId new_record() override;
  EventId emit(trace::EventBody body) override;
  EventId current_cause() const override;
  void set_cause(EventId cause) override;

 private:
  Engine& engine_;
  NodeState& node_;
};

struct Engine::NodeState {
  NodeState(Engine& engine, NodeId node_id, NodeSpec node_spec, std::unique_ptr<Node> machine)
      : id(node_id), spec(std::move(node_spec)), node(std::move(machine)), runtime(engine, *this) {
    host.spec = spec.host;
  }

  NodeId id;
  NodeSpec spec;
  HostState host;
  std::unique_ptr<Node> node;
  NodeRuntime runtime;
  bool running = false;
  bool stopping = false;          // inside on_stop after a crash: can't send
  bool clean_start = true;        // how the previous incarnation ended
  std::uint32_t incarnation = 0;  // changes at each start and each stop
  std::uint32_t starts = 0;
  ConnectionTable connections_out;
  std::vector<std::uint32_t> connections;  // all from and to this node, oldest first
  std::deque<CpuJob> cpu_queue;            // the front one is being worked on
  bool cpu_busy = false;
  bool paused = false;
  std::vector<Deferred> deferred;  // empty unless paused
  PageCache page_cache;
  std::deque<DiskJob> disk_queue;  // the front one is being written
  bool disk_busy = false;
  bool writeback_armed = false;
  std::uint32_t disk_epoch = 0;                              // +1 when the machine loses power
  std::map<std::string, RandomStream, std::less<>> streams;  // nodes of a map don't move
};

template <class Handler>
void Engine::enter(NodeState& node, EventId cause, Handler&& handler) {
  const EventId before = cause_;
  cause_ = cause;
  handler(*node.node, node.runtime);
  cause_ = before;
}

}  // namespace eventarium::engine
