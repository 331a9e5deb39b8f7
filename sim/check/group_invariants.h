// Groups: who may read what, whose positions are kept, and that none is lost. What is checked is
// what coordinators decide, not what members believe: one that was away too long may go on for a
// while with what it has lost. invariant_list.cpp says each in words.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class GroupInvariants {
 public:
  GroupInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered);
  void on_position(const trace::Event& event, const trace::PositionReset& reset);
  /// All other kinds.
  void on_event(const trace::Event& event);

 private:
  struct Committed {
    std::int64_t offset = -1;
    SimTime at{};
    bool by_administrator = false;
  };
  struct Pending {
    std::int64_t offset = -1, generation = -1;
    bool operator==(const Pending&) const = default;
  };
  struct Assigned {
    std::int64_t generation = -1;
    NodeId client;
    std::set<std::string> partitions;  // "orders-0"
  };
  struct Group {
    std::string kind;
    NodeId coordinator;
    std::int64_t generation = -1;
    SimTime since{};
    std::map<std::string, Assigned> assigned;  // by member
    std::map<PartitionKey, Committed> committed;
    // In open transactions, by partition and member: what has been accepted.
    std::map<std::pair<PartitionKey, std::string>, Pending> pending;
    // Asked for since then: kept or not, nobody was told.
    std::map<PartitionKey, std::set<std::int64_t>> asked;
    std::map<PartitionKey, std::int64_t> reached;  // what members have read or were set to
  };

  void generations_grow(const trace::Event& event, const trace::GroupStateChanged& changed);
  void one_member_per_partition(const trace::Event& event, const trace::GroupAssignmentMade& made);
  void current_members_commit(const trace::Event& event, const trace::OffsetCommitted& committed);
  void current_members_commit(const trace::Event& event, const trace::OffsetCommitPending& pending);
  template <class Kept>
  void not_of_this_generation(const trace::Event& event, const Kept& kept, const Group& group);
  void committed_was_read(const trace::Event& event, const trace::OffsetCommitted& committed);
  void committed_position_is_kept(const trace::Event& event, const trace::PositionReset& reset);
  void reach(NodeId consumer, const std::string& topic, std::int64_t partition,
             std::int64_t offset);
  Group* group_of(NodeId consumer);
  const std::string& named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const Findings& findings_;
  std::map<std::string, Group> groups_;
  std::map<NodeId, std::string> group_of_;
};

}  // namespace eventarium::check
