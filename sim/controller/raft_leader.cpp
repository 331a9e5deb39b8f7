#include "sim/controller/raft_leader.h"

#include <algorithm>
#include <functional>

namespace eventarium::kafka {

RaftLeader::RaftLeader(NodeId self, const std::vector<NodeId>& voters, std::int64_t epoch_start,
                       SimTime now, PlantedFaults planted)
    : epoch_start_(epoch_start), planted_(planted), check_quorum_from_(now) {
  for (const NodeId voter : voters)
    if (voter != self) voters_[voter];
}

bool RaftLeader::fetched(NodeId node, std::int64_t end_offset, SimTime now) {
  const auto found = voters_.find(node);
  if (found == voters_.end()) return false;
  found->second.end_offset = end_offset;
  found->second.follows = true;
  found->second.seen = true;
  std::size_t seen = 1;  // the leader sees itself
  for (const auto& [id, voter] : voters_) seen += voter.seen ? 1 : 0;
  if (seen <= (voters_.size() + 1) / 2) return false;
  for (auto& [id, voter] : voters_) voter.seen = false;
  check_quorum_from_ = now;
  return true;
}

std::int64_t RaftLeader::high_watermark() const {
  if (planted_.has(PlantedFault::commit_without_majority)) return own_end_;
  std::vector<std::int64_t> ends = {own_end_};
  for (const auto& [id, voter] : voters_) ends.push_back(voter.end_offset);
  std::sort(ends.begin(), ends.end(), std::greater<>());
  const std::int64_t majority_has = ends[ends.size() / 2];
  // What earlier leaders wrote is committed only together with an entry of this epoch: a voter
  // that lacks it could else still win an election and overwrite it.
  if (majority_has <= epoch_start_ && !planted_.has(PlantedFault::commit_of_old_epoch)) return -1;
  return majority_has;
}

std::vector<NodeId> RaftLeader::successors() const {
  std::vector<NodeId> nodes;
  for (const auto& [id, voter] : voters_) nodes.push_back(id);
  std::stable_sort(nodes.begin(), nodes.end(), [this](NodeId a, NodeId b) {
    return voters_.at(a).end_offset > voters_.at(b).end_offset;
  });
  return nodes;
}

}  // namespace eventarium::kafka
