// What a consumer needs to know of its membership in a group, whichever protocol it speaks, and
// what a membership asks of its consumer. Follows the seam between Kafka's ConsumerCoordinator /
// ConsumerMembershipManager and SubscriptionState (4.1).
//
// poll() is the application's thread: rebalances happen there, so that an application never loses
// a partition while it works on its records. background() is Kafka's heartbeat thread: it runs
// whenever anything happens to the node, busy or not.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

enum class Standing : std::uint8_t {
  member,       // in good standing: it may commit
  rebalancing,  // it joins: a commit has to wait for the next poll() (RebalanceInProgressException)
  not_member    // has been removed, or has left (CommitFailedException)
};

enum class RevokeReason : std::uint8_t { revoked, lost, closed };

/// The consumer, as its membership sees it.
class MembershipListener {
 public:
  virtual ~MembershipListener() = default;
  virtual PartitionList assigned_partitions() const = 0;
  /// Commits positions where the consumer is to do that by itself. True when that has ended, well
  /// or not; asked again otherwise.
  virtual bool commit_before_rebalance(engine::Runtime& runtime) = 0;
  /// Positions and fetched records of what is revoked are dropped.
  virtual void revoke_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                                 RevokeReason reason) = 0;
  virtual void assign_partitions(engine::Runtime& runtime, const PartitionList& partitions,
                                 std::int32_t generation) = 0;
};

class GroupMembership {
 public:
  virtual ~GroupMembership() = default;
  virtual void start(engine::Runtime& runtime) = 0;
  /// The application is inside poll().
  virtual void poll(engine::Runtime& runtime) = 0;
  /// poll() has returned records: max.poll.interval.ms runs.
  virtual void left_poll(engine::Runtime& runtime) = 0;
  virtual void background(engine::Runtime& runtime) = 0;
  /// An answer on the coordinator's connection. False when it isn't the membership's.
  virtual bool handle_response(engine::Runtime& runtime, const Response& response) = 0;
  virtual void requests_lost(engine::Runtime& runtime, const std::vector<std::uint32_t>& lost) = 0;
  /// The soonest time after `now` at which poll() or background() has something to do.
  virtual SimTime next_deadline(SimTime now) const = 0;

  /// Else the classic one.
  virtual bool speaks_consumer_protocol() const = 0;
  virtual Standing standing() const = 0;
  virtual const std::string& member_id() const = 0;
  /// Generation, or member epoch.
  virtual std::int32_t generation() const = 0;
  /// A commit made in that generation was refused with this error.
  virtual void commit_refused(engine::Runtime& runtime, Error error, std::int32_t generation) = 0;
  /// close(): says goodbye if that can be said at once.
  virtual void leave(engine::Runtime& runtime) = 0;
  virtual void forget_all() = 0;
  /// An exception that Kafka throws out of poll(); empty: none.
  virtual const std::string& failure() const = 0;
};

}  // namespace eventarium::kafka
