// One partition as a share group sees it, on the partition's leader (KIP-932): which records are
// free, with whom each of the others is and until when, how often it was handed out, and where the
// group is done. Plain state: knows no requests, no log and no network.
//
//   a record     acquire                         acknowledge              lock over, member gone
//   -------------------------------------------------------------------------------------------
//   available    --> acquired, count + 1         INVALID_RECORD_STATE     -
//   acquired     -                               accept --> acknowledged  --> available, or
//   archived
//                                                release --> available,   when that was the last
//                                                  or archived as there   delivery allowed
//                                                reject --> archived
//   acknowledged, archived: finished             INVALID_RECORD_STATE     -
//
//   What is acknowledged or given back counts when it is kept: until complete() says so the record
//   is on its way to its new state, with nobody, and goes back when it could not be kept.
//
//   start offset: everything below is finished; end offset: the next record never handed out.
//   At most max.record.locks records lie between them.
//
// Follows Kafka's SharePartition (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/broker/share_protocol.h"

namespace eventarium::kafka {

struct SharePartitionOptions {
  std::uint32_t delivery_count_limit = 5;  // group.share.delivery.count.limit
  Duration lock_duration = 30s;            // group.share.record.lock.duration.ms
  std::size_t record_locks_max = 2000;     // group.share.partition.max.record.locks
  // Planted, in tests.
  bool anybody_acknowledges = false, forgets_counts = false, locks_never_end = false,
       ignores_locks = false;
};

class SharePartition {
 public:
  enum class State : std::uint8_t { available, acquired, acknowledged, archived };
  struct InFlight {
    State state = State::available;
    std::uint32_t delivery_count = 0;
    std::string member;  // acquired: who has it
    NodeId client;
    SimTime locked_until{};
    std::optional<State> becoming;  // on its way there
    bool operator==(const InFlight&) const = default;
  };
  /// Records that have come to the same end, one after the other.
  struct Settled {
    std::int64_t first_offset = 0, last_offset = 0;
    State state = State::available;
    NodeId client;
    bool too_often = false;  // archived because it was delivered as often as it may be
  };

  SharePartition(const SharePartitionOptions& options, std::int64_t start_offset)
      : options_(options), start_offset_(start_offset), end_offset_(start_offset) {}

  std::int64_t start_offset() const { return start_offset_; }
  std::int64_t end_offset() const { return end_offset_; }
  const std::map<std::int64_t, InFlight>& in_flight() const { return in_flight_; }
  /// Nothing at all to hand out below `readable_end`.
  bool has_nothing(std::int64_t readable_end) const;
  /// The first offset that acquire() would look at.
  std::int64_t next_offset() const;

  /// Hands out up to `records_max` of these offsets (of the log's records, ascending, from
  /// next_offset() on): free ones, and ones after the end, as far as there is room. Ranges of one
  /// delivery count, in offset order. Gaps of the log are passed over and count as finished.
  std::vector<ShareFetchResponse::Acquired> acquire(const std::vector<std::int64_t>& offsets,
                                                    std::size_t records_max,
                                                    const std::string& member, NodeId client,
                                                    SimTime now);
  /// INVALID_RECORD_STATE, and nothing is changed, unless the member has all of these records that
  /// there are. `settled` is added to.
  Error acknowledge(const ShareAcknowledgement& asked, const std::string& member,
                    std::vector<Settled>& settled);
  /// The same, in two steps: nothing of it is final before complete() has got what is `settled`
  /// here. Not kept: the member has it again, until its lock is over.
  Error begin_acknowledge(const ShareAcknowledgement& asked, const std::string& member,
                          std::vector<Settled>& settled);
  void complete(const std::vector<Settled>& settled, bool kept);
  /// Locks that are over; what the member has, when it is gone.
  std::vector<Settled> expire(SimTime now);
  std::vector<Settled> release(const std::string& member);
  SimTime next_expiry() const;  // SimTime::max(): nothing is locked

  /// Up to there the log holds nothing that could be handed out.
  void pass_over(std::int64_t offset);
  /// The log begins there now: retention has taken what lies below.
  void advance_log_start(std::int64_t offset);

  /// What is kept of it, and back.
  std::string encode() const;
  static SharePartition decode(const SharePartitionOptions& options, const std::string& value);

 private:
  State free_again(InFlight& record) const;
  State when_free(const InFlight& record) const;
  void settle(std::int64_t offset, State state, NodeId client, bool too_often,
              std::vector<Settled>& settled) const;
  void advance();

  SharePartitionOptions options_;
  std::int64_t start_offset_, end_offset_;
  std::map<std::int64_t, InFlight> in_flight_;  // between start and end
};

}  // namespace eventarium::kafka
