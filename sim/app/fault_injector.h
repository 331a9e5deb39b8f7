// Breaks and heals the virtual world: what a scenario schedules and what a viewer asks for go
// through here alike. Each fault is told in the trace before it takes effect, and causes what
// follows from it. Knows nodes by name only, never what they are.
//
// Two faults at one place. "Its end" is the time of the fault plus its `for`; a fault without one
// has no end. What changes nothing is told and leaves the end that was planned as it is.
//
//   the process of a node
//               | crash, stop           | power_loss                  | start     | the end is due
//   ------------+-----------------------+-----------------------------+-----------+---------------
//   running     | goes down until       | goes down without power     | (nothing) |
//               | its end               | until its end               |           |
//   down        | put off to its end,   | loses power; until its end, | starts    | starts (*)
//               | if that is later than | or the one planned if that  |           |
//               | the one planned       | is later; none without for  |           |
//   no power    | as down               | as crash                    | power on, | power on,
//               |                       |                             | starts    | starts (*)
//   (*) not when the scenario has ended it for good (`stop:` of a service), or has not started it
//
//   `stop` asks the process to end; a broker hands over first, so it goes down a while later. When
//     its end is due before that, it is started as soon as it is down.
//   link_down, pause, and each direction of a cut or a split: as long as one of those faults
//     lasts, so the latest end counts, and no end is the latest of all. link_up, and healing, end
//     all of them. The end of a process ends its pause.
//   latency, bandwidth, loss, slow_cpu, slow_disk, disk_full and disk_failure, slow_handler,
//     retry_storm: the later fault takes over with its value and its end.
//   poison: happens once; there is nothing to heal.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "sim/app/fault_kinds.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

class FaultInjector {
 public:
  /// `network` is what healing goes back to. `has_files` tells which nodes write to their disks.
  FaultInjector(engine::Engine& engine, const scenario::Network& network,
                std::function<bool(NodeId)> has_files);

  /// Why the fault can't be injected, with a hint; empty when it can.
  std::string check(const scenario::Fault& fault) const;
  /// check(), and whether it would change anything in the state as it is now: what is down can't
  /// crash. A scenario may schedule such a fault, a viewer is told.
  std::string check_now(const scenario::Fault& fault) const;
  /// As check_now() for healing: the nodes exist, and something there is broken. Values don't
  /// matter.
  std::string check_heal_now(const scenario::Fault& fault) const;
  /// Takes effect now, and schedules its end. Must have passed check().
  void inject(const scenario::Fault& fault);
  /// Undoes such a fault now, whoever injected it; its values are ignored. Must have passed
  /// check_heal_now().
  void heal(const scenario::Fault& fault);
  /// The scenario ends the process of `node` cleanly and for good: only `start` brings it back.
  void end_for_good(NodeId node);

 private:
  /// What a fault changes: one of these per node, or per direction for a cut.
  enum class Property {
    process,
    pause,
    cpu,
    disk_speed,
    disk,
    link,
    latency,
    bandwidth,
    loss,
    cut,
    split,  // the world: whether there is one; its directions are cuts
    handler,
    patience,
    poison
  };
  struct Place {
    Property property = Property::process;
    NodeId node;
    NodeId peer;  // a cut: where nothing gets to any more
    auto operator<=>(const Place&) const = default;
  };
  struct Condition {
    bool broken = false;
    std::optional<SimTime> until;  // while broken: absent when nothing has been planned
    std::uint64_t version = 0;     // +1 with each change of until, so that old ends miss
    std::string fault;             // the one that broke it, where a place may have several
  };
  /// Of a node that is down.
  struct Downtime {
    std::string fault;  // what ended the process, or took the power from its machine
    bool has_power = true;
    bool for_good = false;  // nothing but `start` starts it; the power may come back
    bool stopping = false;  // asked to end, and has not ended yet
  };

  static Property property_of(scenario::FaultKind kind);
  NodeId node(const std::string& name) const;
  bool is_running(NodeId id) const { return engine_.is_running(id); }
  std::vector<Place> places_of(const scenario::Fault& fault) const;
  std::string check_place(const scenario::Fault& fault) const;
  std::string check_sides(const scenario::Fault& fault) const;
  std::string check_kind_of_node(const scenario::Fault& fault, NodeId target) const;
  std::string name_of(const Place& place) const;
  const Condition& condition(const Place& place) const;
  const Downtime& downtime(NodeId id) const;
  std::optional<SimTime> end_of(const scenario::Fault& fault) const;

  bool changes(const scenario::Fault& fault, const Place& place) const;
  std::string detail_of(const scenario::Fault& fault, const Place& place) const;
  std::string state_of(const Place& place) const;
  static bool lasts_longest(Property property);
  bool is_broken(const Place& place) const;
  void tell_and_break(const scenario::Fault& fault, const Place& place);
  void plan(const Place& place, std::optional<SimTime> end);
  void break_at(const scenario::Fault& fault, const Place& place);
  void end_process(const scenario::Fault& fault, NodeId target);
  void set_value(const scenario::Fault& fault, const Place& place);
  void mend(const Place& place, bool start);
  void mend_process(const Place& place, bool start);
  void undo(const Place& place);
  void start_when_down(const Place& place);

  engine::Engine& engine_;
  scenario::Network network_;
  std::function<bool(NodeId)> has_files_;
  std::map<Place, Condition> conditions_;
  std::map<NodeId, Downtime> downtimes_;  // of nodes that are down, and were running before
};

}  // namespace eventarium::app
