// The invariants by name, and how the functions that check them tell of a violation.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/base/ids.h"

namespace eventarium::check {

enum class Invariant : std::uint8_t {
  // who leads a partition: partition_invariants.h
  one_leader_per_epoch,
  leader_change_raises_epoch,
  partition_epochs_grow,
  clean_leader_was_in_sync,
  leader_is_in_sync,
  no_fenced_broker_in_sync,
  joiner_has_caught_up,
  leads_when_chosen,
  // what brokers know of it: metadata_invariants.h
  committed_metadata_only,
  knows_a_newer_leader,
  // logs: log_invariants.h
  offset_given_once,
  nothing_from_nothing,
  follower_knows_its_leader,
  high_watermark_within_in_sync,
  min_isr_respected,
  logs_equal_below_high_watermark,
  committed_stays,
  acknowledged_on_all_in_sync,
  // consumers: consumer_invariants.h
  only_committed_is_read,
  read_is_what_was_written,
  read_in_order_without_gap,
  // groups: group_invariants.h
  generations_grow,
  one_member_per_partition,
  current_members_commit,
  committed_was_read,
  committed_position_is_kept,
  // share groups: share_invariants.h
  one_holder_at_a_time,
  who_has_it_acknowledges,
  finished_stays_finished,
  deliveries_are_counted,
  share_start_never_falls,
  // producers that are known, transactions: transaction_invariants.h
  written_once,
  older_producers_are_refused,
  stable_offset_stops_at_open,
  read_committed_reads_committed,
  all_or_nothing,
  every_partition_gets_its_marker,
  // controllers: quorum_invariants.h
  one_controller_per_epoch,
  one_vote_per_epoch,
  winner_has_all_committed,
  committed_metadata_stays,
  majority_has_committed,
  commits_own_epoch_first,
  count
};

class Ledger;

/// Whether a reader misses something when it passes over the record: not a transaction's marker,
/// and nothing of an aborted transaction.
bool is_to_be_read(const Ledger& ledger, RecordId record);

/// Takes what the checking functions find.
struct Findings {
  std::function<void(Invariant which, std::string text, std::vector<NodeId> nodes,
                     std::vector<RecordId> records)>
      report;

  void violated(Invariant which, std::string text, std::vector<NodeId> nodes = {},
                std::vector<RecordId> records = {}) const {
    report(which, std::move(text), std::move(nodes), std::move(records));
  }
};

}  // namespace eventarium::check
