// The assignors of the consumer protocol, which the group coordinator runs itself (KIP-848): pure
// functions from members and topics to who reads what. Member order is that of their ids, static
// members first by their instance id in `range`.
//
// Follows Kafka's RangeAssignor and UniformAssignor of the group coordinator (4.1); where those
// walk hash maps, here it is the order of names.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"

namespace eventarium::kafka {

struct AssignorMember {
  std::string instance_id;           // empty: a dynamic member
  std::set<std::string> topics;      // subscribed to
  std::set<TopicPartition> current;  // of the last target assignment
};
using AssignorMembers = std::map<std::string, AssignorMember>;  // by member id
using TopicSizes = std::map<std::string, std::int32_t>;         // partitions of each topic
using TargetAssignment = std::map<std::string, std::set<TopicPartition>>;

/// "uniform", "range": group.consumer.assignors, the first is the default.
const std::vector<std::string>& server_assignor_names();

/// Every member is in the result, if only with nothing. `name` is one of server_assignor_names().
/// Topics that don't exist are nobody's.
TargetAssignment assign_on_server(const std::string& name, const AssignorMembers& members,
                                  const TopicSizes& topics);

}  // namespace eventarium::kafka
