// Mistakes that tests plant into the simulator on purpose, to see that a checker finds them. Off
// unless a test switches one on; a run with one is wrong by intention. Each line says what the
// code does wrong where it asks has().
#pragma once

#include <cstdint>

namespace eventarium {

enum class PlantedFault : std::uint8_t {
  high_watermark_one_early,            // leader: HW one past what all in-sync replicas have
  high_watermark_ignores_joiner,       // leader: maximal ISR without the replica being added
  acknowledge_before_replication,      // leader: acks=all answered right after the append
  isr_expand_without_catch_up,         // leader: proposes a follower that lags
  isr_change_effective_at_once,        // leader: doesn't wait for the controller's answer
  min_isr_ignored,                     // leader: appends and advances HW under min ISR
  no_truncation_on_divergence,         // follower: keeps its suffix and appends behind it
  truncate_to_high_watermark,          // follower: the old rule, which loses committed records
  stale_leader_epoch_accepted,         // leader: serves fetches of an older epoch's follower
  zombie_leader_keeps_leading,         // broker: ignores that it has lost a leadership
  consumer_reads_past_hw,              // leader: fetches of consumers reach the log end
  offset_given_twice,                  // log: an append now and then reuses the last offset
  unclean_election_when_clean,         // controller: elects the first live replica, in sync or not
  epoch_not_bumped,                    // controller: a new leader without a new leader epoch
  stale_partition_epoch_accepted,      // controller: AlterPartition built on an old state
  fenced_broker_in_isr,                // controller: takes fenced brokers into an in-sync set
  double_vote,                         // Raft: votes for two candidates in one epoch
  vote_for_short_log,                  // Raft: ignores whose log is longer
  commit_without_majority,             // Raft: the leader commits what it alone has
  commit_of_old_epoch,                 // Raft: commits old entries before one of its own epoch
  metadata_applied_uncommitted,        // broker: acts on metadata that is not committed
  fsync_skipped_by_voters,             // Raft: a vote or entry is forgotten by a power loss
  commit_of_old_generation_accepted,   // group coordinator: takes commits of fenced members
  commit_answered_before_replication,  // group coordinator: says kept what only it has
  two_owners_of_a_partition,           // group coordinator: gives a partition to two members
  offsets_lost_on_failover,            // group coordinator: a new one doesn't read the positions
  session_never_expires,               // group coordinator: dead members keep their partitions
  duplicate_sequence_appended,         // leader: writes a producer's batch again that it has
  fenced_epoch_accepted,               // leader: takes batches of a producer that was replaced
  lso_ignores_open_transaction,        // leader: read_committed fetches reach the high watermark
  aborted_list_missing,                // leader: doesn't tell read_committed what was aborted
  marker_lost_for_partition,           // leader: partition 0 of a transaction gets no marker
  share_lock_ignored,                  // leader: gives out records that somebody has
  share_lock_never_ends,               // leader: what a silent member has stays with it
  share_delivery_count_not_kept,       // leader: the next one counts deliveries from 0
  share_acknowledgement_of_another_accepted,  // leader: doesn't look who has the record
  // In services; tests/unit catches them.
  outbox_marked_before_acknowledgement,  // service: an outbox's row is gone before it is stored
  deduplication_outside_transaction,     // service: remembers a record after its effect, not with
  put_aside_not_awaited,                 // service: passes a record before its copy is acknowledged
  count
};

class PlantedFaults {
 public:
  PlantedFaults() = default;
  explicit PlantedFaults(PlantedFault fault) : bits_(bit(fault)) {}
  bool has(PlantedFault fault) const { return (bits_ & bit(fault)) != 0; }

 private:
  static std::uint64_t bit(PlantedFault fault) { return 1ULL << static_cast<unsigned>(fault); }
  std::uint64_t bits_ = 0;
};

}  // namespace eventarium
