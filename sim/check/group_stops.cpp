// See group_stops.h.
#include "sim/check/group_stops.h"

#include <algorithm>

namespace eventarium::check {

void GroupStops::on_event(const trace::Event& event) {
  now_ = event.t;
  if (const auto* got = event.as<trace::PartitionAssigned>()) {
    Group& group = groups_[got->group];
    Member& member = group.members[event.node];
    member.held.insert({got->topic, got->partition});
    goes_on(group, member);
  } else if (const auto* lost = event.as<trace::PartitionRevoked>()) {
    Member& member = groups_[lost->group].members[event.node];
    const bool had_it = member.held.erase({lost->topic, lost->partition}) != 0;
    if (had_it && member.held.empty() && lost->reason != "closed") member.stopped_since = now_;
  } else if (const auto* made = event.as<trace::GroupAssignmentMade>()) {
    groups_[made->group].members[made->client].is_to_read = !made->partitions.empty();
  } else if (const auto* changed = event.as<trace::GroupStateChanged>()) {
    if (changed->state != "Stable") return;
    Group& group = groups_[changed->group];
    for (auto& [node, member] : group.members)
      if (!member.is_to_read) goes_on(group, member);
  } else if (event.as<trace::NodeStopped>() != nullptr) {
    for (auto& [name, group] : groups_) group.members.erase(event.node);
  }
}

void GroupStops::goes_on(Group& group, Member& member) const {
  if (member.stopped_since) group.longest = std::max(group.longest, now_ - *member.stopped_since);
  member.stopped_since.reset();
}

Duration GroupStops::longest(const std::string& name) const {
  const auto found = groups_.find(name);
  if (found == groups_.end()) return Duration{};
  Duration longest = found->second.longest;
  for (const auto& [node, member] : found->second.members)
    if (member.stopped_since) longest = std::max(longest, now_ - *member.stopped_since);
  return longest;
}

}  // namespace eventarium::check
