// What is seen of consumer groups and of transactions at the playhead: plain values, parts of a
// World. A group is what its coordinator has told last; its members are the consumers that were
// declared for it, in that order, so that each keeps its number (and colour) for the whole run.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "viz/model/history.h"

namespace eventarium::viz {

/// A consumer of a group. It has stopped while it has nothing to read and a rebalance is to give
/// it something: after it gave up its last partition, or from its start to its first share.
struct MemberView {
  NodeId client;
  std::string id;           // member id, as the coordinator has it; empty: it is not in the group
  std::string instance_id;  // group.instance.id; empty: a dynamic member
  std::vector<PartitionId> assigned;  // by the coordinator, sorted
  std::vector<PartitionId> held;      // that it reads, as it believes itself; sorted
  std::vector<PartitionId> paused;    // of them: not fetched for now (back-pressure)
  bool rejoining = false;             // takes part in a rebalance just now
  bool has_read = false;              // has had a partition since its process started
  bool was_reading = false;           // before it stopped; else it waited for its first share
  std::optional<SimTime> stopped_since;
  Duration stopped_for{};  // in the current or latest rebalance, what is over of it
  bool operator==(const MemberView&) const = default;

  bool joined() const { return !id.empty(); }
  bool holds(const PartitionId& partition) const;
  /// In the current or latest rebalance, until `now`.
  Duration stopped(SimTime now) const {
    return stopped_for + (stopped_since ? now - *stopped_since : Duration{});
  }
};

/// A partition as the group reads it.
struct SharedPartition {
  NodeId reader;                        // who reads it, or who has read it last
  NodeId reader_before;                 // who had it before `reader`
  SimTime since{};                      // when `reader` got it
  std::optional<SimTime> unread_since;  // nobody reads it since then
  bool operator==(const SharedPartition&) const = default;
};

/// A partition that nobody read for a while, in the current or latest rebalance.
struct UnreadSpan {
  PartitionId partition;
  NodeId before, after;  // who had it, who has it now (none while nobody has)
  SimTime from{};
  std::optional<SimTime> to;
  bool operator==(const UnreadSpan&) const = default;
};

/// From the moment at which the group was Stable no more to the one at which it is again.
struct RebalanceView {
  SimTime began{};
  std::optional<SimTime> ended;
  EventId event;                   // the GroupStateChanged that began it
  std::string reason;              // what the coordinator said then
  std::vector<UnreadSpan> unread;  // in order of `from`; those not over when it began come first
  bool operator==(const RebalanceView&) const = default;

  Duration length(SimTime now) const { return ended.value_or(now) - began; }
};

/// A record that a share group's leader has given out and that is locked for a member.
struct LockedRecord {
  NodeId client;
  std::uint64_t delivery = 1, deliveries_max = 0;
  SimTime until{};
  bool operator==(const LockedRecord&) const = default;
};

/// A partition as a share group reads it, by offset. From its start (GroupView::committed) on a
/// record is free, locked, accepted or archived; below it everything is finished.
struct SharePartition {
  std::map<std::int64_t, LockedRecord> locked;
  std::set<std::int64_t> accepted;  // from the start on
  std::set<std::int64_t> archived;  // in vain: rejected, or given out too often
  std::uint64_t given_out = 0;      // deliveries, also those that came to nothing
  std::uint64_t done = 0;           // accepted so far
  bool operator==(const SharePartition&) const = default;
};

struct GroupView {
  std::string name;
  std::string kind = "classic";  // or consumer, share
  std::string state = "Empty";   // Kafka's
  std::string assignor;          // empty: not known
  std::string protocol;          // eager, cooperative or consumer; empty: nobody has joined yet
  std::int64_t generation = 0;   // or group epoch
  NodeId coordinator;            // who has told of it last
  SimTime changed_at{};
  std::set<std::string> topics;  // that somebody in it wants
  std::vector<MemberView> members;
  std::map<PartitionId, SharedPartition> partitions;
  /// The offset to read next; of a share group: it is done with everything below.
  std::map<PartitionId, std::int64_t> committed;
  std::map<PartitionId, SharePartition> shares;  // of a share group
  std::optional<RebalanceView> rebalance;        // current or latest
  std::uint64_t rebalances = 0;                  // begun so far
  bool operator==(const GroupView&) const = default;

  const MemberView* member(NodeId client) const;
  MemberView* member(NodeId client);
  /// From 1, in order of declaration; 0: not of this group.
  std::size_t number_of(NodeId client) const;
  std::size_t joined() const;
  bool rebalancing() const { return rebalance && !rebalance->ended; }
  /// Who reads the partition now; null while nobody does.
  const MemberView* reader(const PartitionId& partition) const;
  /// Of a share group: done with everything, accepted or archived, and what is in a member's hands.
  bool finished(const PartitionId& partition, std::int64_t offset) const;
  std::vector<std::pair<PartitionId, std::int64_t>> locked_for(NodeId client) const;
  std::size_t locked() const;
  std::size_t archived() const;
  std::uint64_t done() const;
};

/// True for the states between two Stable ones.
bool is_rebalancing(std::string_view group_state);

/// A transactional.id and what became of its latest transaction.
struct TransactionView {
  std::string id;
  NodeId producer;     // the latest that came with it
  NodeId coordinator;  // who has told of it last
  std::int64_t producer_id = -1, producer_epoch = -1;
  std::string state = "Empty";          // Kafka's, as the coordinator has it
  std::vector<PartitionId> partitions;  // that it has written to, as the coordinator has it
  std::optional<SimTime> begun;         // an open one: since when; by the producer's own word
  std::uint64_t committed = 0, aborted = 0;
  std::string outcome, reason;  // of the latest that ended
  std::string fenced;           // Kafka's error name, once it may not go on
  NodeId fenced_producer;
  SimTime changed_at{};
  bool operator==(const TransactionView&) const = default;
};

/// What a producer has written to a partition in a transaction that has not ended there.
struct OpenTransaction {
  std::int64_t producer_id = 0;
  std::int64_t first_offset = 0;
  bool operator==(const OpenTransaction&) const = default;
};

/// "orders-0 orders-1", as in GroupAssignmentMade; sorted. What is no partition's name is left out.
std::vector<PartitionId> partitions_in(std::string_view text);

}  // namespace eventarium::viz
