// What stands in the logs of all brokers and who is in charge of them, folded from the trace: per
// partition the leader, the in-sync replicas and the epochs as the controllers have committed them,
// who has taken the lead, and per replica the records by offset. For tables, expectations, the
// verdict and the invariants.
//
//   a partition   PartitionCreated/Changed: leader L, epoch e
//   ------------------------------------------------------------------------------------------
//   led by L, e   LeadershipTaken(L, e): L's log is the partition's log, whatever others hold
//   taken over    until then the log of the former leader is: it may still come back
//   not settled   no leader, or one that has yet to take over, or whose process has ended
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/check/dense.h"
#include "sim/check/replica_log.h"
#include "sim/trace/event.h"

namespace eventarium::check {

struct PartitionKey {
  std::string topic;
  std::int64_t partition = 0;
  auto operator<=>(const PartitionKey&) const = default;
};

bool contains(const std::vector<NodeId>& nodes, NodeId node);

struct PartitionState {
  NodeId leader;  // none: nobody leads it
  std::int64_t leader_epoch = 0, partition_epoch = 0;
  std::vector<NodeId> replicas, isr, elr, adding, removing;
  /// min.insync.replicas of the topic: the lowest that was ever in force, as leaders learn of a
  /// higher one a moment later.
  std::int64_t lowest_min_isr = 1;

  // Who has begun to lead last, in which epoch and from which offset, and in which of its lives.
  NodeId taken_by;
  std::int64_t taken_epoch = -1, taken_start = 0;
  std::uint32_t taken_life = 0;
  /// Where each leader's epoch began, in order.
  std::vector<std::pair<std::int64_t, std::int64_t>> epoch_starts;
  /// Elected uncleanly, not yet taken over; and whether that has ever happened.
  bool unclean_pending = false, ever_unclean = false;
  /// Records that were readable once may be gone for an allowed reason (unclean election, or a
  /// leader whose machine lost power).
  bool ever_excused = false;
  bool ever_compacted = false;  // some replica has holes

  std::int64_t high_watermark = 0;  // the leader's
  /// Highest high watermark of any leader, within what the newest leader's log held when it took
  /// over: what stands below was readable and must stay so.
  std::int64_t committed = 0;
  std::int64_t committed_ever = 0;
  ReplicaLogs logs;

  /// The leader's log. Without a leader: the former one's when it may come back, else the longest
  /// of those who may; where nobody may, the longest of all. Of equally long ones the lowest
  /// node's.
  const ReplicaLog& log() const;
  /// Up to where a log whose last batch is of `epoch` can be the same as the leader's: what a later
  /// leader wrote is another copy, even of the same records. `nowhere` when there was none.
  std::int64_t first_start_after(std::int64_t epoch) const;
  bool may_lead(NodeId broker) const { return contains(isr, broker) || contains(elr, broker); }
};

/// A number for each partition, from 0, in order of first mention.
class PartitionNumbers {
 public:
  static constexpr std::uint32_t none = 0xFFFFFFFF;
  std::uint32_t add(const std::string& topic, std::int64_t partition);
  std::uint32_t find(const std::string& topic, std::int64_t partition) const;
  const PartitionKey& key(std::uint32_t number) const { return keys_[number]; }
  std::size_t size() const { return keys_.size(); }

 private:
  using Topic = std::vector<std::uint32_t>;  // number by partition
  const Topic* topic(const std::string& name) const;
  static constexpr std::int64_t dense_limit = 100'000;

  std::unordered_map<std::string, Topic> topics_;  // looked up only, never iterated
  std::map<PartitionKey, std::uint32_t> sparse_;   // partitions with absurd numbers
  std::vector<PartitionKey> keys_;
  mutable const std::string* last_name_ = nullptr;
  mutable const Topic* last_topic_ = nullptr;
};

class LogState : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override;

  const std::map<PartitionKey, PartitionState>& partitions() const { return partitions_; }
  /// Null when nothing is known of it.
  const PartitionState* find(const std::string& topic, std::int64_t partition) const;
  const PartitionNumbers& numbers() const { return numbers_; }
  /// By number of numbers(); null when nothing is known of it.
  const PartitionState* by_number(std::uint32_t number) const {
    return number < states_.size() ? states_[number] : nullptr;
  }
  std::uint32_t number(const std::string& topic, std::int64_t partition) {
    return numbers_.add(topic, partition);
  }

  /// The leader has taken over, and its process has not ended since.
  bool settled(const PartitionState& partition) const;
  /// Its process runs, or nothing is known of it.
  bool is_running(NodeId node) const { return lives_.get(node) % 2 == 0; }
  /// Replicas whose records count: what stands in none of these logs can't be read any more.
  std::vector<const ReplicaLog*> counting_logs(const PartitionState& partition) const;

 private:
  PartitionState& obtain(const std::string& topic, std::int64_t partition);
  void on_changed(const trace::PartitionChanged& changed);
  void on_taken(NodeId node, const trace::LeadershipTaken& taken);
  void on_high_watermark(NodeId node, const std::string& topic, std::int64_t partition,
                         std::int64_t high_watermark);
  void on_stopped(NodeId node, bool power_loss);
  std::vector<PartitionState*> states_of(const std::string& topic);
  void delete_topic(const std::string& topic);

  std::map<PartitionKey, PartitionState> partitions_;
  PartitionNumbers numbers_;
  std::vector<PartitionState*> states_;  // by number
  ByNode<std::uint32_t> lives_;          // even: runs; +1 at each end and start
};

}  // namespace eventarium::check
