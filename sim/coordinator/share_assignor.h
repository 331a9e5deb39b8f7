// Who reads which partition in a share group: pure functions. With more members than partitions
// a partition has several readers, each of whom gets other records of it.
//
//   sharing = ceil(members / partitions): so many members read each partition, and every member
//   has as many partitions as the others, or one less
//
// Follows Kafka's SimpleAssignor of share groups (4.1); where that walks hash maps, here it is the
// order of names.
#pragma once

#include <map>
#include <set>
#include <string>

#include "sim/coordinator/server_assignor.h"

namespace eventarium::kafka {

/// Every member is in the result. What a member has (`current`) it keeps as far as the balance
/// goes. When members want different topics, each topic is shared out by itself.
TargetAssignment assign_shares(const AssignorMembers& members, const TopicSizes& topics);

}  // namespace eventarium::kafka
