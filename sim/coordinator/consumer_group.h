// A group of the consumer protocol (KIP-848) as its coordinator knows it: three numbers (group
// epoch, epoch of the target assignment, epoch of each member) and who has which partition. Plain
// state: heartbeats go in, answers and what has to be kept come out; no log, no timers, no network.
//
//   a member          heartbeat: target ∩ its own stays, the rest it has to give up first
//   ----------------------------------------------------------------------------------------------
//   stable            target epoch is newer, nothing to give up: --> target epoch, gets what is
//   free
//                     something to give up                       --> unrevoked, stays in its epoch
//   unrevoked         still reports it (or nothing)              --> unrevoked; until its rebalance
//                                                                    time-out, then fenced
//                     reports it no more                         --> its epoch + 1, looked at again
//   unreleased        waits for what others have not given up    --> gets what has become free
//   any               -1: leaves for good; -2: a static member leaves for a while, keeps its place
//
//   group epoch  + 1: a member joins, leaves, expires, subscribes differently; topics have changed
//   group state  Empty | Assigning (target is older than the group) | Reconciling | Stable
//
// Follows Kafka's ConsumerGroup, CurrentAssignmentBuilder, TargetAssignmentBuilder and
// GroupMetadataManager.consumerGroupHeartbeat (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/group_entry.h"
#include "sim/coordinator/server_assignor.h"

namespace eventarium::kafka {

enum class MemberState : std::uint8_t { stable, unrevoked_partitions, unreleased_partitions };

struct ConsumerGroupMember {
  std::string id, instance_id;
  NodeId client;
  std::int32_t epoch = 0;  // -2: a static member that has left for a while
  std::int32_t previous_epoch = -1;
  MemberState state = MemberState::stable;
  std::set<std::string> topics;
  std::string assignor;  // its wish; empty: none
  Duration rebalance_timeout{};
  std::set<TopicPartition> assigned;            // may read
  std::set<TopicPartition> pending_revocation;  // has to give up
  std::set<TopicPartition> target;              // is to have in the end

  bool operator==(const ConsumerGroupMember&) const = default;
};

class ConsumerGroup {
 public:
  struct Outcome {
    Error error = Error::none;
    std::int32_t member_epoch = 0;
    std::optional<PartitionList> assignment;  // to be told
    std::string member;                       // whose timers are to be looked at; may be new
    std::string replaced;                     // a member whose place it has taken
    bool joined = false, left = false;
    bool target_changed = false;
    std::string reason;  // of a new group epoch, in plain words; empty: it has none
  };

  explicit ConsumerGroup(std::string id) : id_(std::move(id)) {}

  const std::string& id() const { return id_; }
  std::int32_t epoch() const { return epoch_; }
  std::int32_t target_epoch() const { return target_epoch_; }
  const std::string& assignor() const { return assignor_; }
  const std::map<std::string, ConsumerGroupMember>& members() const { return members_; }
  const ConsumerGroupMember* find(const std::string& member) const;
  /// Empty, Assigning, Reconciling, Stable.
  std::string_view state() const;
  /// Whether the member, in that epoch, may commit: NONE, UNKNOWN_MEMBER_ID, STALE_MEMBER_EPOCH.
  Error check_commit(const std::string& member, std::int32_t epoch) const;
  /// Topics that a member wants.
  bool is_subscribed(const std::string& topic) const;

  /// A heartbeat of `client` (whose name, for reasons in plain words, is `name`). `topics`: those
  /// of the metadata. `size_max`: group.consumer.max.size.
  Outcome heartbeat(const ConsumerGroupHeartbeatRequest& request, NodeId client,
                    const std::string& name, const TopicSizes& topics, std::size_t size_max);
  /// Its session has expired, or it has not given up in time what it had to. Nothing happens
  /// when there is no such member. `why`: in plain words.
  Outcome remove(const std::string& member, const std::string& why);
  /// Topics that members want have come, gone or grown. The next heartbeat computes the target.
  bool on_topics(const TopicSizes& topics);

  /// What has to be kept since the last call, and what is to be forgotten.
  std::vector<CoordinatorEntry> take_changes();
  /// The last changes could not be kept: everything is to be kept again.
  void keep_again();
  /// An entry that take_changes() has made, of this group, found in the log.
  void replay(const GroupEntryKey& key, const std::optional<std::string>& text);
  /// What makes the group forgotten; it must be empty.
  std::vector<CoordinatorEntry> tombstones() const;
  static constexpr const char* group_type = "consumer_group";
  static constexpr const char* member_type = "consumer_group_member";
  bool is_empty() const { return members_.empty(); }

 private:
  Outcome refuse(Error error) const;
  Outcome leave(const ConsumerGroupHeartbeatRequest& request, const std::string& name);
  Error check_epoch(const ConsumerGroupMember& member,
                    const ConsumerGroupHeartbeatRequest& request) const;
  ConsumerGroupMember* static_member(const std::string& instance_id);
  Outcome join(const ConsumerGroupHeartbeatRequest& request, NodeId client, const std::string& name,
               std::size_t size_max);
  void subscribe(ConsumerGroupMember& member, const ConsumerGroupHeartbeatRequest& request,
                 const std::string& name, Outcome& outcome);
  void bump(std::string reason, Outcome& outcome);
  void compute_target(const TopicSizes& topics);
  std::string preferred_assignor() const;
  void reconcile(ConsumerGroupMember& member, const std::optional<PartitionList>& owned);
  void move_towards_target(ConsumerGroupMember& member, std::int32_t from_epoch,
                           const std::optional<PartitionList>& owned);
  bool is_free(const TopicPartition& tp, const std::string& except) const;
  void changed(const std::string& member) { changed_members_.insert(member); }

  std::string id_;
  std::int32_t epoch_ = 0, target_epoch_ = 0;
  std::string assignor_;
  std::map<std::string, ConsumerGroupMember> members_;
  TopicSizes topics_;  // of the last target
  bool group_changed_ = false;
  std::set<std::string> changed_members_;
};

}  // namespace eventarium::kafka
