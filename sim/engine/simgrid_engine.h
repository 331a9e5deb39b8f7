// The default engine: hosts with CPU speed and disks, a star of split-duplex links, and SimGrid's
// fluid sharing of bandwidth. SimGrid keeps one clock per process that can't be reset: one run
// per process. The header hides SimGrid; only simgrid_engine.cpp includes it.
#pragma once

#include <memory>

#include "sim/engine/engine.h"

namespace eventarium::engine {

class SimgridEngine : public Engine {
 public:
  /// Asserts when this process has had one already.
  explicit SimgridEngine(std::uint64_t seed);
  ~SimgridEngine() override;
  std::string_view kind() const override { return "simgrid"; }
  std::size_t spare_nodes() const override;

 protected:
  void build(NodeId id) override;
  void begin() override;
  void advance(SimTime until) override;
  void start_transfer(NodeId from, NodeId to, double size_bytes, std::uint64_t ticket) override;
  void start_compute(NodeId node, double work_flops, std::uint64_t ticket) override;
  void start_write(NodeId node, double size_bytes, std::uint64_t ticket) override;
  void host_changed(NodeId id) override;
  void on_item(const QueueItem& item) override;
  void heap_changed() override;

 private:
  struct Platform;
  void build_machine(const std::string& name, const HostSpec& spec);
  void pump();
  void arm(SimTime t);

  std::unique_ptr<Platform> platform_;
};

}  // namespace eventarium::engine
