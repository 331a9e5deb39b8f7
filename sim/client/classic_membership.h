// A consumer's membership in a group by the classic protocol: it joins, is told what to read by
// the member that leads, and stays by heartbeats. Follows Kafka's AbstractCoordinator,
// ConsumerCoordinator and Heartbeat (4.1).
//
//   unjoined  --poll(): commit, give up (eager) or lose what it has, JoinGroup--> joining
//   joining   --MEMBER_ID_REQUIRED--> unjoined with an id, and JoinGroup again
//   joining   --a follower: SyncGroup--> syncing
//   joining   --the leader--> assigning --partition counts known: SyncGroup--> syncing
//   syncing   --answer--> stable; the next poll() takes the assignment over
//   stable    --REBALANCE_IN_PROGRESS; the leader: other partition counts; cooperative: something
//               had to be given up--> stable, but it will join again
//   stable    --poll() of one that is to join again: commit, give up (eager), JoinGroup--> joining
//   syncing, stable --ILLEGAL_GENERATION, UNKNOWN_MEMBER_ID, max.poll.interval.ms--> unjoined
//   any       --FENCED_INSTANCE_ID, INCONSISTENT_GROUP_PROTOCOL, ...--> failed: poll() throws
//
// Heartbeats go out in syncing and stable. The answer to JoinGroup is taken up by poll() only: an
// application that is busy holds the rebalance up.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/client/assignor.h"
#include "sim/client/coordinator_link.h"
#include "sim/client/group_membership.h"

namespace eventarium::kafka {

class ClassicMembership final : public GroupMembership {
 public:
  ClassicMembership(const ConsumerOptions& options, std::vector<std::string> topics,
                    ClientCore& core, CoordinatorLink& link, MembershipListener& listener);

  void start(engine::Runtime& runtime) override;
  void poll(engine::Runtime& runtime) override;
  void left_poll(engine::Runtime& runtime) override;
  void background(engine::Runtime& runtime) override;
  bool handle_response(engine::Runtime& runtime, const Response& response) override;
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) override;
  SimTime next_deadline(SimTime now) const override;
  bool speaks_consumer_protocol() const override { return false; }
  Standing standing() const override;
  const std::string& member_id() const override { return member_id_; }
  std::int32_t generation() const override { return generation_; }
  void commit_refused(engine::Runtime& runtime, Error error, std::int32_t generation) override;
  void leave(engine::Runtime& runtime) override;
  void forget_all() override;
  const std::string& failure() const override { return failure_; }

 private:
  enum class State : std::uint8_t { unjoined, joining, assigning, syncing, stable };

  // joining: classic_rebalance.cpp
  void join(engine::Runtime& runtime);
  void lose(engine::Runtime& runtime);
  void give_up(engine::Runtime& runtime);
  void send_join(engine::Runtime& runtime);
  void on_join(engine::Runtime& runtime, const JoinGroupResponse& response);
  void on_join_error(engine::Runtime& runtime, const JoinGroupResponse& response);
  void assign_and_sync(engine::Runtime& runtime);
  void send_sync(engine::Runtime& runtime, std::vector<std::pair<std::string, PartitionList>> list);
  void on_sync(engine::Runtime& runtime, const SyncGroupResponse& response);
  void take_over(engine::Runtime& runtime);
  PartitionCounts counts_of_group() const;
  void watch_partition_counts(engine::Runtime& runtime);

  void send_heartbeat(engine::Runtime& runtime);
  void on_heartbeat(engine::Runtime& runtime, const HeartbeatResponse& response);
  void say_goodbye(engine::Runtime& runtime, const std::string& reason);
  void request_rejoin(engine::Runtime& runtime, std::string reason);
  /// What it has is lost; with `with_id` the member id as well.
  void reset(engine::Runtime& runtime, std::string reason, bool with_id);
  void retry_later(engine::Runtime& runtime);
  bool heartbeats() const { return state_ == State::syncing || state_ == State::stable; }

  const ConsumerOptions& options_;
  const GroupOptions& group_;
  std::vector<std::string> topics_;
  ClientCore& core_;
  CoordinatorLink& link_;
  MembershipListener& listener_;
  bool cooperative_;

  State state_ = State::unjoined;
  std::string member_id_;
  std::int32_t generation_ = -1;
  std::string protocol_;  // the assignor of this generation
  std::string failure_;

  bool rejoin_needed_ = true;
  std::string rejoin_reason_ = "starts";
  EventId rejoin_cause_;
  bool prepared_ = false;   // has committed and given up for the join that is due or under way
  bool announced_ = false;  // RebalanceJoined
  SimTime retry_at_{};
  std::uint32_t failures_ = 0;

  std::uint32_t join_id_ = 0, sync_id_ = 0, heartbeat_id_ = 0;  // in flight; 0: none
  struct HeldJoin {
    JoinGroupResponse response;
    EventId cause;
  };
  std::optional<HeldJoin> held_join_;  // for the next poll()
  struct NewAssignment {
    PartitionList partitions;
    EventId cause;
  };
  std::optional<NewAssignment> new_assignment_;  // for the next poll()

  bool leader_ = false;
  GroupMembers members_;              // the leader's
  std::vector<std::string> watched_;  // the leader's: topics of the group
  PartitionCounts snapshot_;          // that it assigned from
  PartitionList last_assignment_;     // what StickyAssignor remembers
  std::int32_t last_generation_ = -1;

  SimTime heartbeat_at_{}, session_ends_at_{};
  std::optional<SimTime> poll_due_;  // max.poll.interval.ms; none while inside poll()
};

}  // namespace eventarium::kafka
