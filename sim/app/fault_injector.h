// Breaks and heals the virtual world: what a scenario schedules and what a viewer asks for go
// through here alike. Each fault is told in the trace before it takes effect, and causes what
// follows from it. Knows nodes by name only, never what they are.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <tuple>

#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

/// The name used in scenario files and commands, e.g. "power_loss".
std::string_view fault_name(scenario::FaultKind kind);
/// False when there is no such fault.
bool parse_fault(std::string_view name, scenario::FaultKind& kind);
/// All names, for messages: "crash, power_loss, ...".
std::string fault_names();

class FaultInjector {
 public:
  /// `network` is what healing goes back to.
  FaultInjector(engine::Engine& engine, const scenario::Network& network);

  /// Why the fault can't be injected, with a hint; empty when it can.
  std::string check(const scenario::Fault& fault) const;
  /// check(), and whether it would change anything in the state as it is now: what is down can't
  /// crash. A scenario may schedule such a fault, a viewer is told.
  std::string check_now(const scenario::Fault& fault) const;
  /// As check() for healing: only the nodes matter, not the values.
  std::string check_place(const scenario::Fault& fault) const;
  /// Takes effect now, and schedules its healing after `lasts`. Must have passed check(). A later
  /// fault of the same kind at the same place takes over: the healing of the earlier is dropped.
  /// Who was down already is not started when the fault is over.
  void inject(const scenario::Fault& fault);
  /// Undoes such a fault now, whoever injected it; its values are ignored.
  void heal(const scenario::Fault& fault);

 private:
  /// What a fault changes: one of these per node, or per pair of nodes for a cut.
  enum class Property { process, link, latency, bandwidth, loss, cut };
  using Place = std::tuple<Property, NodeId, NodeId>;

  static Property property_of(scenario::FaultKind kind);
  NodeId node(const std::string& name) const;
  Place place_of(const scenario::Fault& fault) const;
  bool is_running(const scenario::Fault& fault) const;
  std::string detail_of(const scenario::Fault& fault) const;
  void break_now(const scenario::Fault& fault);
  void mend_now(const scenario::Fault& fault);

  engine::Engine& engine_;
  scenario::Network network_;
  std::map<Place, std::uint64_t> versions_;       // +1 with each change, so that old healings miss
  std::map<NodeId, std::string> how_it_stopped_;  // the fault that ended a node's process
};

}  // namespace eventarium::app
