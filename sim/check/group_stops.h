// How long members of groups stood still in rebalances, folded from the trace: a member that has
// read and has given up its last partition reads nothing until it is handed one, or until the
// group is Stable and there is none for it. A member that waits for its first share has not
// stopped; one whose process ends or that closes does not wait.
//   reads    → the last partition is revoked or lost → stopped
//   stopped  → it is handed a partition, or the group is Stable without one for it → reads, idle
//   stopped  → its process ends → gone: that is no stop of the group's
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "sim/check/log_state.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class GroupStops {
 public:
  void on_event(const trace::Event& event);

  /// Of any member, in any rebalance so far; a stop that goes on counts until the latest event.
  Duration longest(const std::string& group) const;

 private:
  struct Member {
    std::set<PartitionKey> held;
    bool is_to_read = false;  // its coordinator has something for it
    std::optional<SimTime> stopped_since;
  };
  struct Group {
    std::map<NodeId, Member> members;
    Duration longest{};
  };
  void goes_on(Group& group, Member& member) const;

  std::map<std::string, Group> groups_;
  SimTime now_{};
};

}  // namespace eventarium::check
