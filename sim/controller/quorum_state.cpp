#include "sim/controller/quorum_state.h"

#include <algorithm>
#include <array>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {
namespace {

bool contains(const std::vector<NodeId>& nodes, NodeId node) {
  return std::find(nodes.begin(), nodes.end(), node) != nodes.end();
}

}  // namespace

std::string_view name_of(RaftRole role) {
  static constexpr std::array<std::string_view, 7> names = {
      "unattached", "voted", "prospective", "candidate", "leader", "follower", "resigned"};
  return names[static_cast<std::size_t>(role)];
}

QuorumState::QuorumState(std::vector<NodeId> voters, PlantedFaults planted)
    : voters_(std::move(voters)), planted_(planted) {}

bool QuorumState::is_voter(NodeId node) const { return contains(voters_, node); }

void QuorumState::enter(RaftRole role) {
  role_ = role;
  fetched_ = false;
  granted_.clear();
  refused_.clear();
}

void QuorumState::restore(const ElectionState& election, NodeId self) {
  election_ = election;
  // A leader that was down may have missed its successor: it must not act in its old epoch.
  if (election.leader == self) {
    enter(RaftRole::resigned);
  } else if (election.leader.valid()) {
    enter(RaftRole::follower);
  } else if (election.voted == self) {
    enter(RaftRole::candidate);
    count_vote(self, true);
  } else {
    enter(election.voted.valid() ? RaftRole::voted : RaftRole::unattached);
  }
}

void QuorumState::become_unattached(std::int32_t epoch) {
  EVENTARIUM_CHECK(epoch >= election_.epoch, "epochs never fall");
  const NodeId voted = epoch == election_.epoch ? election_.voted : NodeId{};
  election_ = {epoch, NodeId{}, voted};
  enter(voted.valid() ? RaftRole::voted : RaftRole::unattached);
}

void QuorumState::become_voted(NodeId candidate) {
  election_.voted = candidate;
  enter(RaftRole::voted);
}

void QuorumState::become_prospective() { enter(RaftRole::prospective); }

void QuorumState::become_candidate(NodeId self) {
  election_ = {election_.epoch + 1, NodeId{}, self};
  enter(RaftRole::candidate);
  count_vote(self, true);
}

void QuorumState::become_leader(NodeId self) {
  election_.leader = self;
  enter(RaftRole::leader);
}

void QuorumState::become_follower(std::int32_t epoch, NodeId leader) {
  EVENTARIUM_CHECK(epoch >= election_.epoch, "epochs never fall");
  const NodeId voted = epoch == election_.epoch ? election_.voted : NodeId{};
  election_ = {epoch, leader, voted};
  enter(RaftRole::follower);
}

std::string_view QuorumState::refusal(NodeId candidate, bool pre_vote, bool log_is_current) const {
  if (planted_.has(PlantedFault::vote_for_short_log)) log_is_current = true;
  if (role_ == RaftRole::leader) return "leads itself";
  if (pre_vote) {
    // A follower whose leader answers has no reason for an election.
    if (role_ == RaftRole::follower && fetched_) return "has a leader";
    return log_is_current ? "" : "log is shorter";
  }
  if (planted_.has(PlantedFault::double_vote)) return log_is_current ? "" : "log is shorter";
  if (election_.voted.valid())
    return election_.voted == candidate && !election_.leader.valid() ? "" : "voted for another";
  if (election_.leader.valid()) return "has a leader";
  return log_is_current ? "" : "log is shorter";
}

void QuorumState::count_vote(NodeId voter, bool granted) {
  if (!is_voter(voter) || has_answered(voter)) return;
  (granted ? granted_ : refused_).push_back(voter);
}

bool QuorumState::has_answered(NodeId voter) const {
  return contains(granted_, voter) || contains(refused_, voter);
}

}  // namespace eventarium::kafka
