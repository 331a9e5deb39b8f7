// One partition on one broker: its role, the high watermark, and as the leader its followers and
// in-sync replicas. It decides and applies; it knows nothing of requests, clients or the network.
//
//            make_leader             make_follower
//   none     -> leader, new epoch    -> follower
//   leader   new epoch: keeps its    -> follower: forgets its followers and the pending change
//            followers' offsets;     of the in-sync set; what waits here is answered
//            same epoch: the new     NOT_LEADER_OR_FOLLOWER
//            in-sync set counts
//   follower -> leader: knows no     new epoch: fetches from the new leader
//            follower's offset
//   A state that is not newer than the present one (partition epoch) changes nothing.
//
//   log start offset <= high watermark <= log end offset
//   consumers read below the high watermark, followers up to the log end
//
// Follows Kafka's Partition (4.1).
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/cluster_image.h"
#include "sim/broker/cluster_protocol.h"
#include "sim/broker/errors.h"
#include "sim/broker/isr_state.h"
#include "sim/broker/log_manager.h"
#include "sim/broker/protocol.h"
#include "sim/broker/replica.h"
#include "sim/broker/replication_options.h"
#include "sim/broker/topic_config.h"

namespace eventarium::kafka {

class Partition {
 public:
  enum class Role : std::uint8_t { none, leader, follower };
  struct RoleChange {
    bool applied = false;    // false: the state was not newer
    bool new_epoch = false;  // of the leader
    bool was_leader = false;
  };
  /// What a fetch meets before anything is read.
  struct ReadCheck {
    Error error = Error::none;
    EpochEnd diverging{};  // epoch >= 0: the follower must cut its log first
  };
  struct IsrProposal {
    AlterPartitionRequest::Partition wish;
    std::vector<NodeId> changed;  // who joins or leaves
  };
  enum class IsrAnswer : std::uint8_t { ignored, committed, refused };

  /// `index` is this broker's number for the partition. `options` outlives the partition, and so
  /// does `stored` unless the replica has been dropped.
  Partition(const ReplicationOptions& options, std::uint32_t index, StoredLog& stored,
            TopicConfig config);

  const TopicPartition& tp() const { return tp_; }
  std::uint32_t index() const { return index_; }
  const PartitionLog& log() const { return log_; }
  /// For the log manager, which makes all changes of the log but those of the high watermark.
  StoredLog& stored() { return stored_; }
  Role role() const { return role_; }
  bool is_leader() const { return role_ == Role::leader; }
  /// The newest state known: from the metadata, or from the controller's answer.
  const PartitionImage& image() const { return *state_; }
  std::int32_t leader_epoch() const { return state_ ? state_->leader_epoch : -1; }
  std::int64_t high_watermark() const { return log_.high_watermark(); }
  const IsrState& isr() const { return isr_; }
  const std::vector<Replica>& followers() const { return followers_; }
  /// Null when it is none, or this broker does not lead.
  const Replica* find_follower(NodeId id) const;
  const TopicConfig& config() const { return config_; }
  void set_config(const TopicConfig& config) { config_ = config; }
  /// min.insync.replicas, at most the number of replicas (since 3.7).
  std::size_t effective_min_isr() const;

  // ---- role: partition.cpp
  RoleChange make_leader(PartitionState state, SimTime now);
  RoleChange make_follower(PartitionState state);

  // ---- appending and reading as the leader: partition.cpp
  /// What speaks against appending the batch now, in Kafka's order: leadership, in-sync replicas
  /// (acks -1 only), size, records without a key in a compacted topic, the segment's size. `acks`
  /// is 0, 1 or -1. The producer comes after that: check_producer().
  Error check_append(const RecordBatch& batch, std::int16_t acks) const;
  /// As it will be written: LogAppendTime stamps its records with `now`.
  RecordBatch stamped(RecordBatch batch, SimTime now) const;
  /// The batch is in the log.
  void appended(const RecordBatch& batch);
  /// flush.messages: the last append must be on the disk before it counts as done.
  bool must_flush() const;
  /// The log manager knows that everything below `offset` has reached the disk.
  void flushed(std::int64_t offset);
  /// NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH or none. Who doesn't know
  /// an epoch passes -1.
  Error check_leader(std::int32_t current_leader_epoch) const;
  /// `follower`: none for a consumer.
  ReadCheck check_read(const FetchRequest::Partition& asked, NodeId follower) const;
  /// The first offset that a consumer or a follower may not read.
  std::int64_t readable_end(bool follower, Isolation isolation = Isolation::read_uncommitted) const;
  /// Of aborted transactions between two offsets, for read_committed.
  std::vector<AbortedTransaction> aborted(std::int64_t from, std::int64_t up_to) const;
  /// What the batch's producer has done speaks against it; `duplicate`: it is in the log already.
  ProducerCheck check_producer(const RecordBatch& batch) const;
  /// Planted: it takes batches of replaced producers, whoever says that they are.
  bool takes_fenced_batches() const {
    return options_.planted.has(PlantedFault::fenced_epoch_accepted);
  }
  /// The last stable offset, when there have been transactions here and it has advanced since the
  /// last call in this leader epoch.
  std::optional<std::int64_t> newly_stable();
  /// A new leader's high watermark may lag behind what clients have seen: it can't say yet where
  /// the partition ends for them (OFFSET_NOT_AVAILABLE).
  bool knows_end() const { return high_watermark() >= epoch_start_offset_; }

  // ---- followers and in-sync replicas, as the leader: partition_isr.cpp
  /// The follower fetches from `fetch_offset`. True when its offset has changed. No follower of
  /// that id: false.
  bool update_follower(NodeId follower, std::int64_t fetch_offset, SimTime now,
                       std::int64_t leader_end_offset, std::int64_t broker_epoch);
  /// Raises the high watermark to what everybody in the maximal set, and every follower about to
  /// join it, has; not while too few replicas are in sync. True when it moved.
  bool advance_high_watermark(SimTime now, const ClusterImage& cluster);
  /// None while it is pending; for acks=all. NOT_ENOUGH_REPLICAS_AFTER_APPEND, or success as
  /// Error::none.
  std::optional<Error> check_replicated(std::int64_t required_offset) const;
  /// The follower has caught up and may join. Nothing while a change is pending.
  std::optional<IsrProposal> propose_expand(NodeId follower, const ClusterImage& cluster);
  /// Who has not been caught up for replica.lag.time.max.ms leaves.
  std::optional<IsrProposal> propose_shrink(SimTime now);
  /// Has to be told every answer; nothing is proposed while one is on its way.
  IsrAnswer on_isr_answer(const AlterPartitionResponse::Partition& answer);

  // ---- as a follower: partition.cpp
  /// min(the leader's high watermark, log end offset), whatever it was before.
  void follow_high_watermark(std::int64_t leader_high_watermark);

 private:
  bool eligible(const Replica& replica, const ClusterImage& cluster) const;
  bool has_caught_up(const Replica& replica) const;
  bool may_propose() const { return is_leader() && !isr_.pending() && !awaiting_isr_answer_; }
  bool under_min_isr() const { return isr_.committed().size() < effective_min_isr(); }
  /// The leader's own contribution to the high watermark: not what still waits for the disk.
  std::int64_t own_end() const;
  void set_followers(SimTime now, bool new_epoch, bool new_leader);
  IsrProposal propose(std::vector<NodeId> isr, std::vector<NodeId> changed);

  const ReplicationOptions& options_;
  TopicPartition tp_;
  std::uint32_t index_;
  StoredLog& stored_;
  PartitionLog& log_;  // in stored_
  TopicConfig config_;
  Role role_ = Role::none;
  PartitionState state_;                 // null while the role is none
  std::int64_t epoch_start_offset_ = 0;  // as the leader: the log end when the epoch began
  std::int64_t told_stable_ = -1;        // as the leader, in this epoch
  std::int64_t unflushed_from_ = std::numeric_limits<std::int64_t>::max();
  IsrState isr_;  // as the leader
  bool awaiting_isr_answer_ = false;
  std::vector<Replica> followers_;  // as the leader, in assignment order
};

}  // namespace eventarium::kafka
