// What is seen at the playhead: a fold of the first n events of a history. A plain value; equal
// moments give equal worlds however one got there. Whatever grows with the run (logs, records,
// sentences) stays in the History and is asked for with World::moment.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/trace/event.h"
#include "viz/model/group_view.h"
#include "viz/model/history.h"

namespace eventarium::viz {

struct ActiveFault {
  std::string fault;  // as in FaultInjected
  NodeId peer;        // for faults between two nodes
  std::string detail;
  SimTime since{};
  EventId event;
  bool operator==(const ActiveFault&) const = default;
};

/// A batch in a producer: being filled, or sent and not yet answered.
struct PendingBatch {
  PartitionId partition;
  std::uint64_t number = 0;
  bool sent = false;
  std::vector<RecordId> records;
  bool operator==(const PendingBatch&) const = default;
};

struct PublisherView {
  std::uint64_t produced = 0, acknowledged = 0, failed = 0, retries = 0;
  std::vector<RecordId> pending;      // produced, neither acknowledged nor failed, oldest first
  std::vector<PendingBatch> batches;  // Kafka only; a subset of pending
  bool operator==(const PublisherView&) const = default;
};

struct EffectView {
  std::string name;
  std::uint64_t times = 0, repeated = 0;
  std::string latest;  // in plain words
  SimTime latest_at{};
  bool operator==(const EffectView&) const = default;
};

struct Busy {
  RecordId record;
  SimTime since{}, until{};
  bool operator==(const Busy&) const = default;
};

/// Where a consumer is in a partition.
struct ReadPosition {
  PartitionId partition;
  std::int64_t offset = 0;  // reads this one next
  bool operator==(const ReadPosition&) const = default;
};

struct ReceiverView {
  std::uint64_t delivered = 0, processed = 0, ignored = 0, failed = 0;
  std::uint64_t skipped = 0, dropped = 0;          // by its handler: done before; no room
  std::uint64_t put_aside = 0, dead_lettered = 0;  // after a failure; the second among the first
  std::uint64_t answered = 0, unanswered = 0;      // of its own questions
  std::vector<RecordId> inbox;                     // handed over, handler not begun; oldest first
  std::vector<Busy> busy;                          // what its workers are at, oldest first
  std::vector<EffectView> effects;                 // in order of first occurrence
  std::vector<ReadPosition> positions;             // sorted by partition; Kafka only
  bool operator==(const ReceiverView&) const = default;
};

struct Lease {
  RecordId record;
  NodeId receiver;
  std::uint64_t attempt = 0;
  SimTime until{};
  bool operator==(const Lease&) const = default;
};

struct QueueView {
  std::vector<RecordId> visible;  // waiting for a receiver, oldest first
  std::vector<Lease> leased;      // oldest first
  std::vector<RecordId> dead_letters;
  std::uint64_t stored = 0, deleted = 0;
  bool operator==(const QueueView&) const = default;
};

struct StationView {
  std::vector<NodeId> subscribers;      // in order of joining
  std::uint64_t sent = 0, unheard = 0;  // broadcasts; those that nobody listened to
  bool operator==(const StationView&) const = default;
};

/// A broker as the active controller counts on it. A run begins with brokers that it knows.
struct MembershipView {
  bool fenced = false;        // may not lead, is in no in-sync set, clients don't see it
  bool leaving = false;       // controlled shutdown: its leaderships move away
  bool unregistered = false;  // forgotten
  bool expired = false;       // ZooKeeper: its session is over, so that nobody counts on it
  std::int64_t epoch = -1;    // of its registration; -1: that of before the run
  std::string reason;         // why it is fenced, or may not come back yet
  SimTime changed_at{};
  bool operator==(const MembershipView&) const = default;
};

/// What a node has to do with the quorum of controllers, or with the ensemble.
struct ControllerView {
  bool active = false;      // believes that it is the active controller
  std::int64_t epoch = -1;  // in which it is or was
  std::string raft_role;    // leader, follower, candidate, ...; empty: not a voter
  std::int64_t raft_epoch = -1;
  NodeId raft_leader;               // whom it follows
  NodeId voted_for;                 // in raft_epoch
  std::int64_t log_end_offset = 0;  // of its copy of the metadata log
  std::int64_t applied = 0;         // brokers: entries below it have been replayed
  bool leads_ensemble = false;      // ZooKeeper
  std::int64_t ensemble_epoch = -1;
  SimTime changed_at{};
  bool operator==(const ControllerView&) const = default;
};

struct NodeView {
  NodeId id;
  Role role = Role::other;
  bool declared = false;
  bool running = false;
  std::uint64_t incarnation = 0;
  std::string stop_reason;  // clean, crash, power_loss; empty while running or before the start
  std::string failure;      // ConsumerFailed: it runs, but reads no more; empty after a start
  SimTime changed_at{};     // when it last started or stopped
  std::vector<ActiveFault> faults;  // oldest first
  std::string warning;              // latest ClientWarning
  SimTime warning_at{};
  std::uint64_t refused = 0;  // brokers: batches refused
  PublisherView publisher;
  ReceiverView receiver;
  QueueView queue;
  StationView station;
  MembershipView member;
  ControllerView controller;
  bool operator==(const NodeView&) const = default;

  /// It ran once and doesn't now.
  bool down() const { return !running && incarnation > 0; }
  /// ... because it was switched off, which is no failure.
  bool stopped_cleanly() const { return down() && stop_reason == "clean"; }
  /// The latest of its faults with this name, or null.
  const ActiveFault* fault(std::string_view name) const;
};

/// A broker's copy of a partition, as the broker itself sees it.
struct ReplicaView {
  NodeId broker;
  std::int64_t log_start_offset = 0;
  std::int64_t log_end_offset = 0;
  std::int64_t high_watermark = 0;
  std::int64_t last_stable_offset = -1;  // -1: it has said nothing of transactions
  std::uint64_t segments = 1;
  bool leads = false;              // it believes so: another one may have been elected
  std::int64_t leader_epoch = -1;  // the latest that it knows
  NodeId follows;                  // none when it leads, or knows no leader
  SimTime isr_changed_at{};        // when it joined or left the in-sync set
  bool operator==(const ReplicaView&) const = default;
};

struct PartitionView {
  PartitionId id;
  NodeId leader;  // none when there is none
  std::int64_t leader_epoch = 0;
  std::int64_t partition_epoch = 0;
  std::vector<ReplicaView> replicas;  // assignment order; those that were given up come last
  std::size_t assigned = 0;           // so many of them are in the assignment
  std::vector<NodeId> isr, elr, adding, removing;
  std::int64_t min_isr = 1;                        // min.insync.replicas of the topic
  bool unclean = false;                            // the leader was not in sync when it was elected
  std::vector<OpenTransaction> open_transactions;  // in order of first offset
  std::string reason;                              // of the latest change
  SimTime changed_at{};
  bool operator==(const PartitionView&) const = default;

  /// In effect: there can't be more than there are replicas (Partition.effectiveMinIsr).
  std::int64_t effective_min_isr() const {
    return std::min(min_isr, static_cast<std::int64_t>(assigned));
  }
  const ReplicaView* replica(NodeId broker) const;
  ReplicaView* replica(NodeId broker);
  bool is_assigned(NodeId broker) const;
  bool in_sync(NodeId broker) const;
  bool offline() const { return !leader.valid(); }
  bool under_replicated() const { return isr.size() < assigned; }
  /// `replica` takes itself for the leader and is not, or not in the epoch that counts.
  bool stale_leader(const ReplicaView& replica) const;
  /// Records that the replica has not got and the leader has.
  std::int64_t lag(const ReplicaView& replica) const;
  /// The leader's, or the highest known when nobody leads.
  std::int64_t log_end_offset() const;
  std::int64_t high_watermark() const;
  /// The leader's: the first offset of the oldest open transaction; -1 where there are none.
  std::int64_t last_stable_offset() const;
};

/// A connection that waits to retransmit.
struct StalledWay {
  NodeId from, to;
  std::string reason;
  SimTime since{}, retry_at{};
  bool operator==(const StalledWay&) const = default;
};

struct World {
  Position moment = 0;          // number of events folded in
  SimTime t{};                  // of the playhead: at or after the last event folded in
  std::vector<NodeView> nodes;  // index = NodeId::value
  std::map<PartitionId, PartitionView> partitions;
  std::map<std::string, GroupView> groups;              // by group.id
  std::map<std::string, TransactionView> transactions;  // by transactional.id
  std::vector<MessageId> in_flight;                     // sorted; sent, neither arrived nor lost
  std::vector<StalledWay> stalled;                      // sorted by (from, to)
  Position narrated = no_position;                      // the latest story event
  NodeId controller;  // the latest that was elected and has not resigned
  std::int64_t controller_epoch = -1;
  std::int64_t metadata_committed = 0;  // entries of the metadata log below it hold for good
  std::vector<ActiveFault> faults;      // of the network as a whole: no node's own
  bool ended = false;                   // RunEnded
  std::uint64_t expectations_met = 0, expectations_broken = 0;
  bool operator==(const World&) const = default;

  const NodeView* node(NodeId id) const;
  const PartitionView* partition(const PartitionId& id) const;
  const GroupView* group(const std::string& name) const;
  /// The group that the node is a member of; null for none.
  const GroupView* group_of(NodeId client) const;
  /// The way from `from` to `to` is interrupted: an end is down, cut off or the way stalls.
  bool way_blocked(NodeId from, NodeId to) const;

  /// Folds in event number `moment` of the history.
  void apply(const History& history);
};

/// Consumers' positions in a partition, in order of NodeId: (consumer, offset).
std::vector<std::pair<NodeId, std::int64_t>> readers_of(const World& world,
                                                        const PartitionId& partition);

/// How far a group is behind in one partition, as kafka-consumer-groups.sh counts it.
struct GroupLag {
  PartitionId partition;
  std::optional<std::int64_t> committed;  // nothing: no position is kept
  std::optional<std::int64_t> position;   // of who reads it now
  std::int64_t log_start = 0, log_end = 0;
  std::int64_t lag() const {
    return std::max<std::int64_t>(log_end - committed.value_or(log_start), 0);
  }
};
/// Partitions of all that the group wants or has a position in, in order.
std::vector<GroupLag> lags_of(const World& world, const GroupView& group);
/// Sum over them; where no position is kept, from the beginning of the log.
std::int64_t lag_of(const World& world, const GroupView& group);

/// Sums over the partitions, as Kafka's metrics of these names.
struct ClusterHealth {
  std::size_t partitions = 0, offline = 0, under_replicated = 0, under_min_isr = 0;
  std::size_t brokers = 0, brokers_up = 0, brokers_fenced = 0;
  bool operator==(const ClusterHealth&) const = default;
};
ClusterHealth health_of(const World& world);

/// What a broker has to do: partitions that it leads and follows, and how many of each go badly.
struct BrokerLoad {
  std::size_t led = 0, followed = 0;
  std::size_t under_replicated = 0;  // of those it leads
  std::size_t out_of_sync = 0;       // of those it follows
};
BrokerLoad load_of(const World& world, NodeId broker);

/// Seeks by the nearest keyframe and a fold from there. Keyframes lie every `interval` events;
/// when there are more than `keyframes_max`, every second one goes and the interval doubles.
class Replay {
 public:
  explicit Replay(Position interval = 512, std::size_t keyframes_max = 64);

  /// The world when the first `moment` events (at most history.size()) have happened and the
  /// playhead stands at `t`. Valid until the next call.
  const World& seek(const History& history, Position moment, SimTime t);
  const World& world() const { return world_; }
  std::size_t keyframes() const { return frames_.size(); }
  /// For a new history.
  void clear();

 private:
  void keep_frame();

  Position interval_, first_interval_;
  std::size_t keyframes_max_;
  std::map<Position, World> frames_;
  World world_;
};

}  // namespace eventarium::viz
