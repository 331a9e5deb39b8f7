// The positions of groups: of each group and partition, what to read next. Plain state; who may
// commit, and when it is kept for good, is decided elsewhere.
//
//   put()          in the log: what the next commit builds on
//   replicated()   the in-sync replicas have it: what others may be told
//   put_pending()  in a transaction: counts when end(commit) comes, never after end(abort)
//
// Follows Kafka's OffsetMetadataManager.Offsets (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/group_entry.h"

namespace eventarium::kafka {

constexpr const char* offset_entry_type = "offset";

struct Position {
  OffsetAndEpoch committed;
  SimTime at{};                  // of the commit
  std::string member;            // empty: nobody's who is in the group
  std::int32_t generation = -1;  // of the member
  std::uint64_t order = 0;       // in the log; a later one wins. put() gives it
};

/// A position of a group, with whose it is.
struct GroupPosition {
  std::string group;
  TopicPartition tp;
  Position position;
};

/// As it is kept in __consumer_offsets: Kafka's OffsetCommitValue, and who committed.
CoordinatorEntry offset_entry(const GroupPosition& position);
CoordinatorEntry offset_tombstone(const std::string& group, const TopicPartition& tp);
/// Nothing when the text is none.
std::optional<Position> decode_position(const std::string& value);

class OffsetTable {
 public:
  using Positions = std::map<TopicPartition, Position>;

  /// Returns it with its order.
  GroupPosition put(GroupPosition position);
  void replicated(const GroupPosition& position);
  void forget(const std::string& group, const TopicPartition& tp);
  /// The latest one, replicated or not. Null: none.
  const Position* latest(const std::string& group, const TopicPartition& tp) const;
  const Position* latest_replicated(const std::string& group, const TopicPartition& tp) const;
  /// Null when the group has none.
  const Positions* of_group(const std::string& group) const;
  std::vector<std::string> groups() const;

  /// `partition`: of __consumer_offsets, whose markers end the transaction.
  void put_pending(std::int32_t partition, std::int64_t producer_id, GroupPosition position);
  bool has_pending(const std::string& group, const TopicPartition& tp) const;
  bool has_pending(const std::string& group) const;
  /// The transaction has ended: returns what counts now.
  std::vector<GroupPosition> end(std::int32_t partition, std::int64_t producer_id, bool commit);

  /// The group is kept elsewhere now.
  void forget_group(const std::string& group);
  void forget_pending(std::int32_t partition);
  void clear();

 private:
  using Transaction = std::pair<std::int32_t, std::int64_t>;  // partition, producer id

  std::map<std::string, Positions> latest_, replicated_;
  std::map<Transaction, std::vector<GroupPosition>> pending_;
  std::uint64_t last_order_ = 0;
};

}  // namespace eventarium::kafka
