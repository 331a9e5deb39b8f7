// Raft's promises, as the voters of the metadata log keep them, and one controller at a time. The
// entries that a run begins with aren't told; what is compared begins with the first that is.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class QuorumInvariants {
 public:
  QuorumInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_event(const trace::Event& event);

 private:
  /// A voter's metadata log: the epoch of each entry.
  struct Entries {
    std::int64_t base_offset = -1;
    std::vector<std::int64_t> epochs;
    bool power_lost = false;  // what it had not flushed may be gone, and nothing tells
    std::int64_t end_offset() const {
      return base_offset + static_cast<std::int64_t>(epochs.size());
    }
    bool known() const { return base_offset >= 0; }
    /// -1 where it isn't known.
    std::int64_t epoch_at(std::int64_t offset) const {
      if (!known() || offset < base_offset || offset >= end_offset()) return -1;
      return epochs[static_cast<std::size_t>(offset - base_offset)];
    }
    void cut(std::int64_t offset);
  };
  void on_role(NodeId node, const trace::RaftRoleChanged& role);
  void on_appended(NodeId node, const trace::MetadataAppended& appended);
  void on_committed(NodeId node, const trace::MetadataCommitted& committed);
  void one_controller_per_epoch(NodeId node, std::int64_t epoch, bool raft);
  void one_vote_per_epoch(NodeId voter, NodeId candidate, std::int64_t epoch);
  void winner_has_all_committed(NodeId winner, std::int64_t epoch);
  void committed_metadata_stays(NodeId node, std::int64_t cut_at);
  void committed_is_the_same(NodeId leader, const trace::MetadataCommitted& committed);
  void majority_has_committed(NodeId leader, const trace::MetadataCommitted& committed);
  void commits_own_epoch_first(NodeId leader, const trace::MetadataCommitted& committed);
  std::string named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const Findings& findings_;
  std::map<NodeId, Entries> voters_;
  Entries committed_;
  std::map<std::int64_t, NodeId> raft_leaders_, controllers_;  // by epoch
  std::map<std::pair<NodeId, std::int64_t>, NodeId> votes_;    // by voter and epoch
};

}  // namespace eventarium::check
