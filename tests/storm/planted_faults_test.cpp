// The checkers are tested by breaking the simulator: every planted fault must be caught by one of
// them, in one of the first storms. A fault that nothing catches is a missing checker.
#include <doctest/doctest.h>

#include <cstdio>
#include <iterator>

#include <fmt/format.h>

#include "tests/storm/storm_runs.h"

namespace eventarium::storm {
namespace {

struct Plant {
  PlantedFault fault;
  const char* name;
};

constexpr Plant plants[] = {
    {PlantedFault::high_watermark_one_early, "high_watermark_one_early"},
    {PlantedFault::high_watermark_ignores_joiner, "high_watermark_ignores_joiner"},
    {PlantedFault::acknowledge_before_replication, "acknowledge_before_replication"},
    {PlantedFault::isr_expand_without_catch_up, "isr_expand_without_catch_up"},
    {PlantedFault::isr_change_effective_at_once, "isr_change_effective_at_once"},
    {PlantedFault::min_isr_ignored, "min_isr_ignored"},
    {PlantedFault::no_truncation_on_divergence, "no_truncation_on_divergence"},
    {PlantedFault::truncate_to_high_watermark, "truncate_to_high_watermark"},
    {PlantedFault::stale_leader_epoch_accepted, "stale_leader_epoch_accepted"},
    {PlantedFault::zombie_leader_keeps_leading, "zombie_leader_keeps_leading"},
    {PlantedFault::consumer_reads_past_hw, "consumer_reads_past_hw"},
    {PlantedFault::offset_given_twice, "offset_given_twice"},
    {PlantedFault::unclean_election_when_clean, "unclean_election_when_clean"},
    {PlantedFault::epoch_not_bumped, "epoch_not_bumped"},
    {PlantedFault::stale_partition_epoch_accepted, "stale_partition_epoch_accepted"},
    {PlantedFault::fenced_broker_in_isr, "fenced_broker_in_isr"},
    {PlantedFault::double_vote, "double_vote"},
    {PlantedFault::vote_for_short_log, "vote_for_short_log"},
    {PlantedFault::commit_without_majority, "commit_without_majority"},
    {PlantedFault::commit_of_old_epoch, "commit_of_old_epoch"},
    {PlantedFault::metadata_applied_uncommitted, "metadata_applied_uncommitted"},
    {PlantedFault::fsync_skipped_by_voters, "fsync_skipped_by_voters"},
};

/// Looked for where there are groups and transactions.
constexpr Plant group_plants[] = {
    {PlantedFault::commit_of_old_generation_accepted, "commit_of_old_generation_accepted"},
    {PlantedFault::commit_answered_before_replication, "commit_answered_before_replication"},
    {PlantedFault::two_owners_of_a_partition, "two_owners_of_a_partition"},
    {PlantedFault::offsets_lost_on_failover, "offsets_lost_on_failover"},
    {PlantedFault::session_never_expires, "session_never_expires"},
    {PlantedFault::duplicate_sequence_appended, "duplicate_sequence_appended"},
    {PlantedFault::fenced_epoch_accepted, "fenced_epoch_accepted"},
    {PlantedFault::lso_ignores_open_transaction, "lso_ignores_open_transaction"},
    {PlantedFault::aborted_list_missing, "aborted_list_missing"},
    {PlantedFault::marker_lost_for_partition, "marker_lost_for_partition"},
};

/// Looked for where there are share groups.
constexpr Plant share_plants[] = {
    {PlantedFault::share_lock_ignored, "share_lock_ignored"},
    {PlantedFault::share_lock_never_ends, "share_lock_never_ends"},
    {PlantedFault::share_delivery_count_not_kept, "share_delivery_count_not_kept"},
    {PlantedFault::share_acknowledgement_of_another_accepted,
     "share_acknowledgement_of_another_accepted"},
};

struct Caught {
  std::uint64_t seed = 0;  // 0: by nothing
  std::string by;
};

Caught catch_in_storms(PlantedFaults planted, bool power_loss, std::uint64_t seeds,
                       bool groups = false, bool shares = false) {
  Caught caught;
  run_storms(
      seeds,
      [&](std::size_t i) {
        StormRun run;
        run.seed = i + 1;
        run.intensity = 4 + static_cast<int>(i % 7);
        run.power_loss = power_loss;
        run.groups = groups;
        run.shares = shares;
        run.planted = planted;
        return run;
      },
      [&](const StormRun& run, const StormOutcome& outcome) {
        if (!outcome.first_broken.empty())
          caught = {run.seed, outcome.first_broken};
        else if (outcome.lost > 0 && !run.power_loss)  // that may lose records all by itself
          caught = {run.seed, "the ledger: " + outcome.first_loss};
        else if (!outcome.crash.empty())
          caught = {run.seed, "an assertion: " + outcome.crash};
        else if ((run.groups || run.shares) && !outcome.unmet.empty())
          caught = {run.seed, "the ledger: " + outcome.unmet.substr(0, outcome.unmet.find('\n'))};
        return caught.seed == 0;
      });
  return caught;
}

TEST_CASE("planted faults are caught by a checker within 200 storms") {
  // Those from there on are a service's; tests/unit catches them.
  CHECK(std::size(plants) + std::size(group_plants) + std::size(share_plants) ==
        static_cast<std::size_t>(PlantedFault::outbox_marked_before_acknowledgement));
  const std::uint64_t seeds = from_environment("EVENTARIUM_PLANTED_SEEDS", 200);
  const char* only = std::getenv("EVENTARIUM_PLANTED");
  std::string table = fmt::format("{:<32} {:>5}  {}\n", "PLANTED FAULT", "SEED", "CAUGHT BY");
  for (const Plant& plant : plants) {
    if (only && *only && std::string(only) != plant.name) continue;
    const bool power_loss = plant.fault == PlantedFault::fsync_skipped_by_voters;
    const Caught caught = catch_in_storms(PlantedFaults(plant.fault), power_loss, seeds);
    table += fmt::format("{:<32} {:>5}  {}\n", plant.name, caught.seed, caught.by);
    const std::string name = plant.name;
    CHECK_MESSAGE(caught.seed != 0, name, ": nothing catches it");
    CHECK_MESSAGE(!caught.by.starts_with("an assertion"), name, ": ", caught.by);
  }
  std::fputs(table.c_str(), stdout);
}

TEST_CASE("planted faults of groups and transactions are caught within 200 storms") {
  const std::uint64_t seeds = from_environment("EVENTARIUM_PLANTED_SEEDS", 200);
  std::string table = fmt::format("{:<36} {:>5}  {}\n", "PLANTED FAULT", "SEED", "CAUGHT BY");
  for (const Plant& plant : group_plants) {
    const Caught caught = catch_in_storms(PlantedFaults(plant.fault), false, seeds, true);
    table += fmt::format("{:<36} {:>5}  {}\n", plant.name, caught.seed, caught.by);
    const std::string name = plant.name;
    CHECK_MESSAGE(caught.seed != 0, name, ": nothing catches it");
    CHECK_MESSAGE(!caught.by.starts_with("an assertion"), name, ": ", caught.by);
  }
  std::fputs(table.c_str(), stdout);
}

TEST_CASE("planted faults of share groups are caught within 200 storms") {
  const std::uint64_t seeds = from_environment("EVENTARIUM_PLANTED_SEEDS", 200);
  std::string table = fmt::format("{:<44} {:>5}  {}\n", "PLANTED FAULT", "SEED", "CAUGHT BY");
  for (const Plant& plant : share_plants) {
    const Caught caught = catch_in_storms(PlantedFaults(plant.fault), false, seeds, false, true);
    table += fmt::format("{:<44} {:>5}  {}\n", plant.name, caught.seed, caught.by);
    const std::string name = plant.name;
    CHECK_MESSAGE(caught.seed != 0, name, ": nothing catches it");
    CHECK_MESSAGE(!caught.by.starts_with("an assertion"), name, ": ", caught.by);
  }
  std::fputs(table.c_str(), stdout);
}

TEST_CASE("where nothing is planted nothing is caught in the same storms") {
  const std::uint64_t seeds = from_environment("EVENTARIUM_PLANTED_SEEDS", 200);
  for (const bool power_loss : {false, true}) {
    CAPTURE(power_loss);
    const Caught caught = catch_in_storms(PlantedFaults(), power_loss, seeds);
    CHECK(caught.seed == 0);
    CHECK(caught.by == "");
  }
}

}  // namespace
}  // namespace eventarium::storm
