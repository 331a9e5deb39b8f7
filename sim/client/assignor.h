// Who of a group reads which partition: the assignors that a group's leader runs in the classic
// protocol. Pure functions of the members' subscriptions and the topics' partition counts. Follows
// Kafka's RangeAssignor, RoundRobinAssignor, StickyAssignor and CooperativeStickyAssignor (4.1);
// where theirs follow the order of a hash map, these take members by id.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/broker/group_protocol.h"

namespace eventarium::kafka {

enum class AssignorKind : std::uint8_t { range, roundrobin, sticky, cooperative_sticky };

/// As it stands in JoinGroup: range, roundrobin, sticky, cooperative-sticky.
std::string_view name_of(AssignorKind kind);
std::optional<AssignorKind> find_assignor(std::string_view name);
/// Of partition.assignment.strategy: class names, with or without their package, or the names
/// above, separated by commas. `wrong` is set to the first that isn't known; nothing then.
std::vector<AssignorKind> parse_assignors(std::string_view list, std::string& wrong);
/// Members keep what they have while they join. Eager if any of the list can't do that.
bool is_cooperative(const std::vector<AssignorKind>& assignors);

using GroupMembers = std::vector<JoinGroupResponse::Member>;
using PartitionCounts = std::map<std::string, std::int32_t>;  // of the topics that exist
using Assignments = std::map<std::string, PartitionList>;     // by member id; all members are in it

/// Each partition goes to at most one member, and only to one that subscribes to its topic. Lists
/// are in the order of topic and number.
Assignments assign(AssignorKind kind, const PartitionCounts& counts, const GroupMembers& members);

/// Static members by group.instance.id, then the others by member id.
GroupMembers in_member_order(GroupMembers members);
bool subscribes(const JoinGroupResponse::Member& member, const std::string& topic);

Assignments assign_range(const PartitionCounts& counts, const GroupMembers& members);
Assignments assign_round_robin(const PartitionCounts& counts, const GroupMembers& members);

}  // namespace eventarium::kafka
