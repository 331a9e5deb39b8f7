// The groups of the classic protocol (range, roundrobin, sticky, cooperative-sticky; the group's
// leader assigns): who is asked to wait, who is answered, when a join phase ends, whose session has
// expired. The rules that a group follows by itself: classic_group.h.
//
//   classic_groups.cpp      requests other than joins, positions, the log
//   classic_join.cpp        JoinGroup
//   classic_rebalance.cpp   join phases, assignments, sessions
//
// A group is written down when it is made, when a generation's assignment is known, when a static
// member is replaced, and when nobody is left; so the generation that was assigned last survives a
// change of coordinator, and a join phase does not.
// Follows the classic half of Kafka's GroupMetadataManager (4.1).
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/coordinator/classic_group.h"
#include "sim/coordinator/group_manager.h"

namespace eventarium::kafka {

class ClassicGroups final : public GroupManager {
 public:
  /// `context` outlives it.
  explicit ClassicGroups(GroupContext& context) : context_(context) {}

  void start(engine::Runtime& runtime) override;
  void stop() override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;

  bool replay(const GroupEntryKey& key, const std::optional<std::string>& value) override;
  void on_loaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override;
  bool on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override;

  bool has(const std::string& group) const override { return groups_.contains(group); }
  std::vector<std::string> groups(std::int32_t partition) const override;
  bool give_up(engine::Runtime& runtime, const std::string& group,
               std::vector<CoordinatorEntry>& entries) override;

  Error check_commit(const CommitSender& sender) const override;
  void on_commit(engine::Runtime& runtime, const CommitSender& sender) override;
  OffsetLifetime offset_lifetime(const std::string& group) const override;

  /// A group without members, for positions that somebody commits without being in a group.
  void make_simple_group(const std::string& group);
  /// Another protocol's group of that name has been found in the log.
  void drop_simple_group(const std::string& group);
  /// Null when there is no such group.
  const ClassicGroup* find(const std::string& group) const;

 private:
  using Written = std::function<void(engine::Runtime&, Error)>;
  struct Joining {
    WaitingRequest waiting;
    NodeId client;
    const JoinGroupRequest& request;
  };

  // classic_groups.cpp
  void sync(engine::Runtime& runtime, WaitingRequest waiting, const SyncGroupRequest& request);
  Error check_sync(const ClassicGroup* group, const SyncGroupRequest& request) const;
  Error heartbeat(engine::Runtime& runtime, const HeartbeatRequest& request);
  Error leave(engine::Runtime& runtime, const LeaveGroupRequest& request);
  ClassicGroup* find(const std::string& group);
  template <class R>
  void respond(engine::Runtime& runtime, const WaitingRequest& waiting, R response);
  void answer_join(engine::Runtime& runtime, ClassicMember& member, JoinGroupResponse response);
  void answer_sync(engine::Runtime& runtime, ClassicMember& member, Error error);
  void write(engine::Runtime& runtime, const ClassicGroup& group,
             std::vector<CoordinatorEntry> entries, Written written);
  void tell(engine::Runtime& runtime, const ClassicGroup& group, std::string reason) const;

  // classic_join.cpp
  void join(engine::Runtime& runtime, const Joining& joining);
  Error check_join(const JoinGroupRequest& request) const;
  ClassicGroup* make_group(engine::Runtime& runtime, const std::string& id);
  void join_new(engine::Runtime& runtime, ClassicGroup& group, const Joining& joining);
  void join_again(engine::Runtime& runtime, ClassicGroup& group, const Joining& joining);
  void add_member(engine::Runtime& runtime, ClassicGroup& group, const Joining& joining,
                  const std::string& member_id);
  void update_member(ClassicMember& member, const Joining& joining);
  void replace_static(engine::Runtime& runtime, ClassicGroup& group, const Joining& joining,
                      const std::string& old_id, const std::string& new_id);
  void static_replaced(engine::Runtime& runtime, const std::string& group_id,
                       const std::string& old_id, const std::string& new_id,
                       std::vector<JoinGroupRequest::Protocol> old_protocols, Error error);
  std::string new_member_id(engine::Runtime& runtime, const ClassicGroup& group,
                            const Joining& joining) const;
  JoinGroupResponse joined(const ClassicGroup& group, const std::string& member_id) const;
  void refuse_join(engine::Runtime& runtime, const Joining& joining, Error error,
                   const std::string& member_id);

  // classic_rebalance.cpp
  void rebalance_or_complete(engine::Runtime& runtime, ClassicGroup& group,
                             const std::string& reason);
  void prepare_rebalance(engine::Runtime& runtime, ClassicGroup& group, const std::string& reason);
  void wait_for_first_members(engine::Runtime& runtime, const std::string& group_id, Duration delay,
                              Duration remaining);
  void complete_join_if_all_are_here(engine::Runtime& runtime, ClassicGroup& group);
  void complete_join(engine::Runtime& runtime, ClassicGroup& group);
  void schedule_end_of_join(engine::Runtime& runtime, ClassicGroup& group);
  void expect_syncs(engine::Runtime& runtime, ClassicGroup& group);
  void sync_time_is_over(engine::Runtime& runtime, ClassicGroup& group, std::int32_t generation);
  void sync_received(engine::Runtime& runtime, ClassicGroup& group, const std::string& member_id);
  void assign(engine::Runtime& runtime, ClassicGroup& group, const SyncGroupRequest& request);
  void assigned(engine::Runtime& runtime, ClassicGroup& group,
                std::map<std::string, PartitionList> assignment, Error error);
  void refuse_syncs(engine::Runtime& runtime, ClassicGroup& group, Error error);
  void restart_session(engine::Runtime& runtime, const ClassicGroup& group,
                       const std::string& member_id, Duration timeout);
  void restart_session(engine::Runtime& runtime, const ClassicGroup& group,
                       const ClassicMember& member);
  void end_session(engine::Runtime& runtime, const ClassicGroup& group,
                   const std::string& member_id);
  /// Those of the group and of who was given an id and has not joined.
  void forget_timers(engine::Runtime& runtime, const ClassicGroup& group);
  void session_expired(engine::Runtime& runtime, ClassicGroup& group, const std::string& member_id);
  void remove_member(engine::Runtime& runtime, ClassicGroup& group, const std::string& member_id,
                     const std::string& reason);
  void after_removal(engine::Runtime& runtime, ClassicGroup& group, const std::string& reason);

  GroupContext& context_;
  Duration initial_rebalance_delay_{}, min_session_timeout_{}, max_session_timeout_{};
  std::size_t max_size_ = 0;
  // Volatile.
  std::map<std::string, ClassicGroup> groups_;
  std::map<std::uint64_t, Written> writing_;  // by token
};

}  // namespace eventarium::kafka
