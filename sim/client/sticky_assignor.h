// The sticky assignment: balanced, and everybody keeps as much as possible of what they have.
// Follows Kafka's AbstractStickyAssignor and CooperativeStickyAssignor (4.1). Where all members
// subscribe to the same topics there are two quotas, and one pass over the partitions finds the
// assignment; otherwise partitions are moved one by one as long as that makes it more even.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/client/assignor.h"

namespace eventarium::kafka {

/// What members had before, as far as it counts: a partition that two of them claim belongs to the
/// one of the later generation; of the same generation, to neither.
struct Ownership {
  Assignments owned;
  std::map<TopicPartition, std::string> owner;
  std::map<TopicPartition, std::string> former;  // the claim of an earlier generation
  std::set<TopicPartition> disputed;             // two of one generation claim it
};
Ownership ownership_of(const PartitionCounts& counts, const GroupMembers& members);

struct StickyAssignment {
  Assignments assignments;
  Ownership before;
};
StickyAssignment assign_sticky(const PartitionCounts& counts, const GroupMembers& members);

/// The cooperative step: what somebody else still has is given to nobody in this round.
Assignments without_moving(StickyAssignment assignment);

/// The assignment when subscriptions differ (sticky_balancer.cpp).
Assignments assign_unequal(const PartitionCounts& counts, const GroupMembers& members,
                           const Ownership& before);

}  // namespace eventarium::kafka
