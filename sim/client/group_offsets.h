// A group's positions, as a member keeps them with the coordinator: commits, and where to begin.
// Follows the offset half of Kafka's ConsumerCoordinator (4.1).
//
//   waited for (commitSync, before a rebalance):
//     begin_commit() --> sent --ok--> done
//                        sent --retriable error, connection lost--> sent again after a pause, until
//                               its time is over
//                        not a member, or the coordinator says so--> done, failed
//   not waited for (auto-commit): commit_async() --> sent once; its failure is told of
//   where to begin: fetch_committed() --> OffsetFetch --> the fetcher's start_at / start_by_reset
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/client/coordinator_link.h"
#include "sim/client/fetcher.h"
#include "sim/client/group_membership.h"

namespace eventarium::kafka {

using Offsets = std::map<TopicPartition, OffsetAndEpoch>;

class GroupOffsets {
 public:
  /// `membership` is null for a consumer of assigned partitions: it commits without being a member.
  GroupOffsets(const ConsumerOptions& options, CoordinatorLink& link, Fetcher& fetcher,
               GroupMembership* membership)
      : options_(options), link_(link), fetcher_(fetcher), membership_(membership) {}

  /// Begins a commit that is waited for; none may be under way. `how` is OffsetCommitAsked's.
  /// Without offsets it is done at once. It may take `patience`.
  void begin_commit(engine::Runtime& runtime, Offsets offsets, std::string how, Duration patience);
  bool waits() const { return waited_.has_value() && !waited_->done; }
  /// True or false once, when the commit that is waited for has ended well or not.
  std::optional<bool> take_outcome();
  /// Sends what waits for the end of a pause or for the coordinator.
  void step(engine::Runtime& runtime);

  /// False when it can't be sent now: nothing happens then.
  bool commit_async(engine::Runtime& runtime, const Offsets& offsets, const std::string& how);
  /// Once, when a commit that wasn't waited for has failed and may be tried again soon.
  bool take_async_retry() { return std::exchange(async_retry_, false); }

  /// Asks for the positions that the fetcher waits for.
  void fetch_committed(engine::Runtime& runtime);
  bool handle_response(engine::Runtime& runtime, const Response& response);
  void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost);
  SimTime next_deadline(SimTime now) const;
  void forget_all();

 private:
  struct Commit {
    Offsets offsets;
    std::string how;
    SimTime gives_up_at{};
    SimTime retry_at{};
    std::uint32_t failures = 0;
    std::uint32_t request = 0;  // in flight; 0: none
    std::int32_t generation = -1;
    bool announced = false;
    bool done = false, ok = false;
  };

  std::uint32_t send_commit(engine::Runtime& runtime, const Offsets& offsets,
                            std::int32_t& generation);
  void announce(engine::Runtime& runtime, const Offsets& offsets, const std::string& how);
  void on_commit(engine::Runtime& runtime, const OffsetCommitResponse& response);
  void end_waiting(engine::Runtime& runtime, bool ok, const std::string& error);
  void retry_commit(engine::Runtime& runtime, std::string_view error);
  void on_committed_offsets(engine::Runtime& runtime, const OffsetFetchResponse& response);
  void retry_fetch(engine::Runtime& runtime);

  const ConsumerOptions& options_;
  CoordinatorLink& link_;
  Fetcher& fetcher_;
  GroupMembership* membership_;
  std::optional<Commit> waited_;
  std::map<std::uint32_t, std::int32_t> async_;  // in flight: the generation of each
  bool async_retry_ = false;
  std::uint32_t fetch_ = 0;  // OffsetFetch in flight; 0: none
  SimTime fetch_retry_at_{};
  std::uint32_t fetch_failures_ = 0;
};

}  // namespace eventarium::kafka
