// The lean engine: every link, CPU and disk is a first-in-first-out server, and a transfer is
// stored and forwarded at the switch. No contention solver, no libraries: for unit tests and for
// exploring many runs. Same outcomes as the SimGrid engine, other microseconds.
#pragma once

#include <vector>

#include "sim/engine/engine.h"

namespace eventarium::engine {

class LeanEngine : public Engine {
 public:
  explicit LeanEngine(std::uint64_t seed) : Engine(seed) {}
  std::string_view kind() const override { return "lean"; }

 protected:
  void build(NodeId id) override;
  void advance(SimTime until) override { run_heap(until); }
  void start_transfer(NodeId from, NodeId to, double size_bytes, std::uint64_t ticket) override;
  void start_compute(NodeId node, double work_flops, std::uint64_t ticket) override;
  void start_write(NodeId node, double size_bytes, std::uint64_t ticket) override;
  void host_changed(NodeId id) override;
  void on_item(const QueueItem& item) override;

 private:
  /// When each direction of a node's cable has sent all it was given.
  struct Cable {
    SimTime up_free{}, down_free{};
    double up_ns_per_byte = 0;
  };
  struct Transfer {
    NodeId to;
    double size_bytes = 0;
    std::uint64_t ticket = 0;
  };

  /// A CPU or a disk with the one piece of work that it has. Its speed may change meanwhile.
  struct Server {
    double left = 0;         // flops or bytes, at `since`
    double speed_per_s = 0;  // its speed now
    SimTime since{};
    std::uint64_t ticket = 0;
    std::uint32_t generation = 0;  // +1 whenever it will end at another time
    bool busy = false;
  };
  enum Part : std::uint32_t { cpu, disk, parts };

  void serve(NodeId node, Part part, double amount, std::uint64_t ticket);
  void set_speed_of(NodeId node, Part part, double speed_per_s);
  void expect_end(std::uint32_t index);
  void end_service(const QueueItem& item);

  std::vector<Cable> cables_;
  std::vector<Server> servers_;  // cpu and disk of node 0, of node 1, ...
  Slots<Transfer> to_switch_;
};

}  // namespace eventarium::engine
