// A share group (KIP-932) as its coordinator knows it: a group epoch, an epoch of each member, and
// which partitions each is to read. Nobody has to give anything up before another may read it, so
// there is nothing to reconcile: a heartbeat is answered with the target. Plain state: heartbeats
// go in, answers and what has to be kept come out; no log, no timers, no network.
//
//   a member     heartbeat
//   ---------------------------------------------------------------------------------------------
//   unknown      epoch 0 --> member, in the group's epoch, with its partitions; else
//                UNKNOWN_MEMBER_ID
//   member       its epoch, or the one before (the answer was lost) --> the group's epoch
//                another one --> FENCED_MEMBER_EPOCH        -1 --> gone
//
//   group epoch  + 1: a member joins, leaves, expires, subscribes differently; topics have changed
//   group state  Empty | Stable
//
// Follows Kafka's ShareGroup and GroupMetadataManager.shareGroupHeartbeat (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/ids.h"
#include "sim/broker/share_protocol.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/group_entry.h"
#include "sim/coordinator/share_assignor.h"

namespace eventarium::kafka {

struct ShareGroupMember {
  std::string id;
  NodeId client;
  std::int32_t epoch = 0, previous_epoch = -1;
  std::set<std::string> topics;
  std::set<TopicPartition> assigned;

  bool operator==(const ShareGroupMember&) const = default;
};

class ShareGroup {
 public:
  struct Outcome {
    Error error = Error::none;
    std::int32_t member_epoch = 0;
    std::optional<PartitionList> assignment;  // to be told
    std::string member;
    bool joined = false, left = false;
    std::string reason;  // of a new group epoch, in plain words; empty: it has none
  };

  explicit ShareGroup(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }
  const std::map<std::string, ShareGroupMember>& members() const { return members_; }
  const ShareGroupMember* find(const std::string& member) const;
  std::string_view state() const { return members_.empty() ? "Empty" : "Stable"; }
  bool is_empty() const { return members_.empty(); }

  /// A heartbeat of `client`, whose name, for reasons in plain words, is `name`. `size_max`:
  /// group.share.max.size.
  Outcome heartbeat(const ShareGroupHeartbeatRequest& request, NodeId client,
                    const std::string& name, const TopicSizes& topics, std::size_t size_max);
  /// Its session has expired. Nothing happens when there is no such member.
  Outcome remove(const std::string& member, const std::string& why);

  /// What has to be kept since the last call, and what is to be forgotten.
  std::vector<CoordinatorEntry> take_changes();
  /// The last changes could not be kept: everything is to be kept again.
  void keep_again();
  /// An entry that take_changes() has made, of this group, found in the log.
  void replay(const GroupEntryKey& key, const std::optional<std::string>& text);
  /// What makes the group forgotten; it must be empty.
  std::vector<CoordinatorEntry> tombstones() const;
  static constexpr const char* group_type = "share_group";
  static constexpr const char* member_type = "share_group_member";

 private:
  Outcome refuse(Error error) const;
  void bump(const std::string& reason, Outcome& outcome);
  void assign(const TopicSizes& topics);

  std::string id_;
  std::int32_t epoch_ = 0;
  std::int32_t assigned_epoch_ = 0;  // of the last assignment
  std::map<std::string, ShareGroupMember> members_;
  TopicSizes topics_;  // of the last assignment
  bool group_changed_ = false;
  std::set<std::string> changed_members_;
};

}  // namespace eventarium::kafka
