// A group of the classic protocol: who is in it, which generation it is in, who leads it, what each
// member is to read. Plain state with Kafka's rules on it; who is answered when, timers and the log
// are the business of classic_groups.h.
//
//   Empty               --a member joins--> PreparingRebalance
//   PreparingRebalance  --all members have joined (again), or time is over--> CompletingRebalance
//                       --nobody is left--> Empty
//   CompletingRebalance --the leader's assignment is kept--> Stable
//                       --a member joins, leaves or expires--> PreparingRebalance
//   Stable              --a member joins, leaves or expires, a subscription changes, the leader
//                         joins again--> PreparingRebalance
//   any                 --removed with its last position, or coordinated elsewhere--> Dead
//
// Each join phase that ends begins a generation, also when it ends with nobody in the group.
// Follows Kafka's ClassicGroup and ClassicGroupMember (4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/broker/request_channel.h"

namespace eventarium::kafka {

enum class ClassicState : std::uint8_t {
  empty,
  preparing_rebalance,
  completing_rebalance,
  stable,
  dead
};

/// "PreparingRebalance"
std::string_view name_of(ClassicState state);

/// A request that is answered later.
struct WaitingRequest {
  RequestTicket ticket;
  Header header;
};

struct ClassicMember {
  std::string id, instance_id;  // instance_id empty: a dynamic member
  NodeId client;
  Duration session_timeout{}, rebalance_timeout{};
  std::vector<JoinGroupRequest::Protocol> protocols;  // preferred ones first
  PartitionList assignment;
  std::optional<WaitingRequest> awaiting_join, awaiting_sync;
  bool is_new = false;  // it has joined no generation yet

  bool is_static() const { return !instance_id.empty(); }
  /// No heartbeat can be asked of it now.
  bool is_waiting() const { return awaiting_join || awaiting_sync; }
  /// Null when it doesn't support the assignor.
  const GroupSubscription* subscription(const std::string& protocol) const;
  bool same_protocols(const std::vector<JoinGroupRequest::Protocol>& others) const;
};

class ClassicGroup {
 public:
  ClassicGroup(std::string id, SimTime now) : id_(std::move(id)), state_since_(now) {}

  const std::string& id() const { return id_; }
  ClassicState state() const { return state_; }
  bool is(ClassicState state) const { return state_ == state; }
  ClassicState previous_state() const { return previous_state_; }
  SimTime state_since() const { return state_since_; }
  std::int32_t generation() const { return generation_; }
  const std::string& protocol() const { return protocol_; }  // empty before the first generation
  const std::string& leader() const { return leader_; }
  bool is_leader(const std::string& member_id) const { return leader_ == member_id; }
  /// In the order in which they came.
  const std::vector<ClassicMember>& members() const { return members_; }
  std::vector<ClassicMember>& members() { return members_; }
  const ClassicMember* find(const std::string& member_id) const;
  ClassicMember* find(const std::string& member_id);
  bool has_member(const std::string& member_id) const { return find(member_id) != nullptr; }
  /// Empty: no such static member.
  std::string static_member(const std::string& instance_id) const;
  /// It has been in use as a group: not only positions were committed under its name.
  bool has_been_joined() const { return generation_ > 0 || !members_.empty(); }

  // ---- membership
  void add(ClassicMember member);
  /// The member is gone; another one leads when it was the leader.
  void remove(const std::string& member_id);
  /// A static member is back under another id, with everything that it had.
  ClassicMember& replace_static(const std::string& old_id, const std::string& new_id);

  /// A member that was given an id and is expected to join with it.
  void add_pending(const std::string& member_id) { pending_.insert(member_id); }
  void remove_pending(const std::string& member_id) { pending_.erase(member_id); }
  bool is_pending(const std::string& member_id) const { return pending_.contains(member_id); }
  const std::set<std::string>& pending() const { return pending_; }

  /// A member that has been told the generation and has not asked for its assignment.
  void expect_sync(const std::string& member_id) { syncs_expected_.insert(member_id); }
  void sync_received(const std::string& member_id) { syncs_expected_.erase(member_id); }
  const std::set<std::string>& syncs_expected() const { return syncs_expected_; }

  /// Joined while an empty group waits for its first members: the wait may be extended.
  bool take_new_member_added() { return std::exchange(new_member_added_, false); }
  void set_new_member_added() { new_member_added_ = true; }

  // ---- rules
  /// Kafka's names are those of the assignors that all members have.
  bool supports(const std::vector<JoinGroupRequest::Protocol>& protocols) const;
  /// By vote: each member votes for the first of its assignors that all have.
  std::string select_protocol() const;
  bool can_rebalance() const;
  std::size_t awaiting_join() const;
  bool all_joined() const { return awaiting_join() == members_.size() && pending_.empty(); }
  /// A leader that has not joined again is replaced by one that has. False: nobody has.
  bool elect_joined_leader();
  /// The longest max.poll.interval.ms of the members.
  Duration rebalance_timeout() const;
  /// May it take a member, or this member again, with at most `max_size` of them?
  bool accepts(const std::string& member_id, std::size_t max_size) const;
  /// UNKNOWN_MEMBER_ID, FENCED_INSTANCE_ID or none.
  Error check_member(const std::string& member_id, const std::string& instance_id) const;

  // ---- transitions
  /// The transition must be in the table.
  void transition_to(ClassicState state, SimTime now);
  /// The join phase is over: CompletingRebalance, or Empty without members.
  void begin_generation(SimTime now);
  /// As it was found in the log: Stable, or Empty without members.
  static ClassicGroup restore(std::string id, std::int32_t generation, std::string protocol,
                              std::string leader, std::vector<ClassicMember> members,
                              SimTime state_since);

 private:
  std::string id_;
  ClassicState state_ = ClassicState::empty;
  ClassicState previous_state_ = ClassicState::empty;
  SimTime state_since_{};
  std::int32_t generation_ = 0;
  std::string protocol_, leader_;
  std::vector<ClassicMember> members_;
  std::set<std::string> pending_, syncs_expected_;
  bool new_member_added_ = false;
};

}  // namespace eventarium::kafka
