// Groups as their coordinators have told of them, folded from the trace: state, generation, who is
// in one and what each is to read, and the positions that are kept. For expectations, tables, the
// report and --json; a coordinator that takes over tells what it has found.
//   rebalances  times that a group became Stable in another generation than the last time
//   lag         log end less position; a partition that the group reads and has no position in
//               counts from the beginning of its log
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/check/group_stops.h"
#include "sim/check/log_state.h"
#include "sim/trace/event.h"

namespace eventarium::check {

struct GroupMember {
  NodeId client;
  std::string instance_id;  // empty: a dynamic member
  std::vector<PartitionKey> partitions;
};

struct GroupFact {
  std::string kind = "classic";  // or consumer, share
  std::string state = "Empty";
  std::int64_t generation = 0;
  std::string assignor;
  NodeId coordinator;  // who has told of it last; none: nobody yet
  std::uint64_t rebalances = 0;
  std::map<std::string, GroupMember> members;  // by member id
  std::map<PartitionKey, std::int64_t>
      committed;                 // the offset to read next; share: where it starts
  std::set<std::string> topics;  // that somebody in it wants
  std::optional<std::int64_t> stable_generation{};  // in which it was Stable last
};

/// How far a group is behind in one partition.
struct GroupLag {
  PartitionKey partition;
  std::optional<std::int64_t> committed;
  std::int64_t log_start = 0, log_end = 0;
  std::int64_t lag() const { return log_end - committed.value_or(log_start); }
};

/// "orders-0 orders-1", as in GroupAssignmentMade. What is no partition's name is left out.
std::vector<PartitionKey> parse_partitions(std::string_view text);

class GroupFacts {
 public:
  void on_event(const trace::Event& event);

  /// By group.id; also those of which only members are declared.
  const std::map<std::string, GroupFact>& all() const { return groups_; }
  const GroupFact* find(const std::string& group) const;
  const GroupStops& stops() const { return stops_; }

 private:
  void on_state(NodeId node, const trace::GroupStateChanged& changed);
  void on_member(const trace::Event& event);

  std::map<std::string, GroupFact> groups_;
  GroupStops stops_;
};

/// Partitions that exist of all that the group reads or has a position in, in order of name.
std::vector<GroupLag> lags_of(const GroupFact& group, const LogState& logs);

}  // namespace eventarium::check
