// Plans of kafka-reassign-partitions.sh: which replicas go where when brokers come or leave, or a
// topic gets more replicas. Plain arithmetic on assignments; what carries a plan out is elsewhere.
//
// Kafka's own tool places all replicas anew, as for a new topic, and so moves nearly everything.
// These plans move as little as possible, as Cruise Control's goals for the distribution of
// replicas and of leaders do: replica by replica from the fullest broker to the emptiest, until
// they differ by at most one. Of equals the lowest number counts, so that a plan is always the
// same.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/base/ids.h"

namespace eventarium::app {

/// Replicas by topic and partition; the first one is the preferred leader.
using AssignmentPlan = std::map<std::pair<std::string, int>, std::vector<NodeId>>;

/// Spreads the replicas evenly over `brokers`, then the preferred leaders. Replicas on brokers that
/// are not among them are moved away. A partition with more replicas than brokers is left alone.
AssignmentPlan spread_evenly(AssignmentPlan now, const std::vector<NodeId>& brokers);

/// Every replica of `leaving` goes to the broker with the fewest of those that have none of the
/// partition, in the same place of the list. `brokers`: those that stay.
AssignmentPlan without_broker(AssignmentPlan now, NodeId leaving,
                              const std::vector<NodeId>& brokers);

/// Each partition has `count` replicas: more go to the brokers with the fewest, surplus ones are
/// taken from the end of the list.
AssignmentPlan with_replicas(AssignmentPlan now, std::size_t count,
                             const std::vector<NodeId>& brokers);

/// What `plan` changes of `now`.
AssignmentPlan changes_of(const AssignmentPlan& now, const AssignmentPlan& plan);

}  // namespace eventarium::app
