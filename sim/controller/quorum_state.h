// Which role a process has in the metadata quorum, and whom it may vote for. Pure rules: it sends
// nothing, sets no timers and writes no disk; raft_client does.
//
//   unattached  --election timer--> prospective      --epoch has a leader--> follower
//   voted       (unattached, and its vote of this epoch is given) --as unattached-->
//   prospective --majority of pre-votes--> candidate
//               --refused, timer--> follower of the leader it left, else unattached
//   candidate   --majority of votes--> leader        --timer--> prospective
//   leader      --no majority fetches, shutdown--> resigned
//   follower    --nothing fetched in time--> prospective
//   resigned    --election timer--> unattached, epoch + 1
//   any         --higher epoch--> unattached, or follower when that epoch's leader is known
// Observers (brokers) are only ever unattached or followers.
//
// Follows Kafka's QuorumState and its EpochState classes (4.1).
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/planted_fault.h"

namespace eventarium::kafka {

enum class RaftRole : std::uint8_t {
  unattached,
  voted,
  prospective,
  candidate,
  leader,
  follower,
  resigned
};
std::string_view name_of(RaftRole role);

/// What the quorum-state file holds: on the disk before anybody is told.
struct ElectionState {
  std::int32_t epoch = 0;
  NodeId leader;  // of the epoch, if known
  NodeId voted;   // for whom, in the epoch
  bool operator==(const ElectionState&) const = default;
};

class QuorumState {
 public:
  QuorumState(std::vector<NodeId> voters, PlantedFaults planted);

  RaftRole role() const { return role_; }
  std::int32_t epoch() const { return election_.epoch; }
  NodeId leader() const { return election_.leader; }
  const ElectionState& election() const { return election_; }
  const std::vector<NodeId>& voters() const { return voters_; }
  bool is_voter(NodeId node) const;
  /// How many voters decide.
  std::size_t majority() const { return voters_.size() / 2 + 1; }
  bool is_leader() const { return role_ == RaftRole::leader; }

  /// The role to wake up in after the process was down.
  void restore(const ElectionState& election, NodeId self);
  void become_unattached(std::int32_t epoch);  // epoch >= own
  void become_voted(NodeId candidate);         // in the present epoch
  void become_prospective();
  void become_candidate(NodeId self);
  void become_leader(NodeId self);
  void become_follower(std::int32_t epoch, NodeId leader);  // epoch >= own
  void become_resigned() { role_ = RaftRole::resigned; }

  /// Why `candidate`, whose epoch is the present one, does not get the (pre-)vote; empty: it does.
  /// `log_is_current`: its log is at least as long as ours.
  std::string_view refusal(NodeId candidate, bool pre_vote, bool log_is_current) const;

  /// The follower has had an answer from its leader, and so knows that it lives.
  void has_fetched() { fetched_ = true; }

  // ---- prospective and candidate: the count
  void count_vote(NodeId voter, bool granted);
  bool has_answered(NodeId voter) const;
  bool is_elected() const { return granted_.size() >= majority(); }
  bool is_rejected() const { return voters_.size() - refused_.size() < majority(); }

 private:
  void enter(RaftRole role);

  std::vector<NodeId> voters_;
  PlantedFaults planted_;
  RaftRole role_ = RaftRole::unattached;
  ElectionState election_;
  bool fetched_ = false;                   // valid as follower
  std::vector<NodeId> granted_, refused_;  // valid as prospective and candidate
};

}  // namespace eventarium::kafka
