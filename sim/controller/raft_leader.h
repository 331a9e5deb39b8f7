// What the leader of the metadata quorum knows of the others: how far each has copied its log, who
// follows already, and whether a majority still does. Decides what is committed. Pure rules.
// Follows Kafka's LeaderState (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/planted_fault.h"
#include "sim/base/time.h"

namespace eventarium::kafka {

class RaftLeader {
 public:
  /// `epoch_start`: offset of its first own entry.
  RaftLeader(NodeId self, const std::vector<NodeId>& voters, std::int64_t epoch_start, SimTime now,
             PlantedFaults planted);

  /// A voter's fetch shows that it has the entries below `end_offset`. True when a majority has
  /// been seen since check_quorum_from() was last set to now.
  bool fetched(NodeId voter, std::int64_t end_offset, SimTime now);
  /// The leader's own entries below it are on its disk.
  void flushed(std::int64_t end_offset) { own_end_ = end_offset; }

  /// Entries below it hold for good: a majority has them, and one of this epoch is among them.
  std::int64_t high_watermark() const;

  /// Since then a majority has not been seen.
  SimTime check_quorum_from() const { return check_quorum_from_; }
  std::int64_t epoch_start() const { return epoch_start_; }

  bool follows(NodeId voter) const { return voters_.at(voter).follows; }
  void acknowledged(NodeId voter) { voters_.at(voter).follows = true; }
  /// Other voters, the longest log first.
  std::vector<NodeId> successors() const;

 private:
  struct Voter {
    std::int64_t end_offset = -1;  // -1: not known yet
    bool follows = false;          // it knows that this node leads
    bool seen = false;             // it has fetched since check_quorum_from_
  };

  std::int64_t epoch_start_;
  PlantedFaults planted_;
  std::map<NodeId, Voter> voters_;  // the others
  std::int64_t own_end_ = 0;
  SimTime check_quorum_from_;
};

}  // namespace eventarium::kafka
