// Everything read of a trace so far, append-only, with the indices that make looking back cheap:
// the life of a record, the events of a node, messages, logs, sentences. Knows no playhead: a
// position is a number of events, and every question about the past is asked with one.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"
#include "sim/trace/event.h"
#include "sim/trace/narrator.h"
#include "sim/trace/node_names.h"
#include "viz/model/effect_ledger.h"
#include "viz/model/transaction_markers.h"

namespace eventarium::viz {

/// Index of an event in a History, from 0. As a moment: "the first n events have happened".
using Position = std::uint32_t;
inline constexpr Position no_position = 0xffffffff;

enum class Role {
  producer,
  broker,
  controller,
  zookeeper,
  admin,
  consumer,
  service,
  queue,
  station,
  other
};
Role role_from(std::string_view name);  // as in NodeDeclared; unknown names are `other`
/// True for brokers, queues and stations: what producers publish to and consumers read from.
bool is_channel(Role role);
/// True for those that run the cluster and carry no records: controllers, ZooKeeper, the admin.
bool is_management(Role role);

/// A node as it was declared. Nothing of it changes.
struct NodeInfo {
  NodeId id;
  std::string name, role_name, label;
  Role role = Role::other;
  double bandwidth_bytes_per_s = 0;
  Duration latency{};
  Position declared = no_position;
};

struct MessageInfo {
  MessageId id;
  NodeId from, to;
  SimTime sent{};
  SimTime launched{};              // when it left at last: later than `sent` if its way had stalled
  SimTime ended{};                 // arrived or lost; meaningful when `end` is set
  Position sent_at = no_position;  // the MessageSent; its label, size and records are there
  Position end = no_position;      // the MessageArrived or MessageLost, when there is one
  bool lost = false;
  bool routine = false;       // said all the time, says nothing new: a heartbeat, an empty fetch
  std::uint32_t records = 0;  // that it carries
  RecordId first_record;
  std::uint32_t link = 0;  // index into History::links()
};

struct RecordInfo {
  Position produced = no_position;  // the RecordProduced; no_position if the trace lacks it
  std::vector<Position> events;     // all events that name the record, in order
};

/// One batch of one replica's log.
struct LogBatch {
  Position appended;  // the BatchAppended
  std::int64_t base_offset;
  std::int64_t next_offset;  // base_offset + number of records
};

struct PartitionId {
  std::string topic;
  std::int64_t partition = 0;
  auto operator<=>(const PartitionId&) const = default;
};
/// "orders-1"
std::string to_text(const PartitionId& partition);

struct ReplicaId {
  PartitionId partition;
  NodeId broker;
  auto operator<=>(const ReplicaId&) const = default;
};

/// A node that is going to publish to a topic.
struct Publisher {
  std::string node, topic;
};

/// A pair of nodes that have exchanged messages, or are expected to; `a` sends the first one.
struct LinkInfo {
  NodeId a, b;
  std::uint64_t messages = 0;
  auto operator<=>(const LinkInfo&) const = default;
};

class History {
 public:
  /// Who is going to publish what: their links are there as soon as both ends are known. Links of
  /// readers need no telling, the trace declares subscriptions. Call before the first event.
  void expect(std::vector<Publisher> publishers) { publishers_ = std::move(publishers); }

  /// Events must come in the order of the trace.
  void append(trace::Event event);

  Position size() const { return static_cast<Position>(events_.size()); }
  bool empty() const { return events_.empty(); }
  const trace::Event& operator[](Position position) const { return events_[position]; }
  /// no_position when the trace has no such event (yet).
  Position find(EventId id) const;
  /// Number of events at or before `t`.
  Position at(SimTime t) const;
  SimTime last_time() const { return empty() ? SimTime{} : events_.back().t; }

  // ---- nodes
  const std::vector<NodeInfo>& nodes() const { return nodes_; }  // index = NodeId::value
  /// Null for a node that was never declared.
  const NodeInfo* node(NodeId id) const;
  const trace::NodeNames& names() const { return names_; }
  const std::string& name(NodeId id) const { return names_.name(id); }
  /// Events that happened to the node, in order.
  const std::vector<Position>& events_of(NodeId id) const;

  // ---- records
  /// Null for an unknown record.
  const RecordInfo* record(RecordId id) const;
  /// Its RecordProduced, or null.
  const trace::RecordProduced* produced(RecordId id) const;
  /// CloudEvents id ("order-17"), or "record 17" when the trace lacks its RecordProduced.
  std::string record_name(RecordId id) const;
  /// By CloudEvents id; the first one that has it.
  std::optional<RecordId> find_record(std::string_view event_id) const;
  std::uint64_t record_count() const { return record_order_.size(); }
  /// In order of first appearance.
  const std::vector<RecordId>& records() const { return record_order_; }

  // ---- messages and links
  const MessageInfo* message(MessageId id) const;
  /// In order of MessageSent, which is the order of ids.
  const std::deque<MessageInfo>& messages() const { return messages_; }
  /// Indices into messages() of those that were lost, in order of their loss.
  const std::vector<std::uint32_t>& lost_messages() const { return lost_messages_; }
  /// In order of first message or of being expected. Grows only at its end.
  const std::vector<LinkInfo>& links() const { return links_; }

  // ---- logs
  /// The latest known assignment of each partition: its replicas, preferred leader first.
  const std::map<PartitionId, std::vector<NodeId>>& assignments() const { return assignments_; }
  /// How often an assignment was made or changed.
  std::size_t assignment_changes() const { return assignment_changes_; }
  const std::map<ReplicaId, std::vector<LogBatch>>& logs() const { return logs_; }
  /// The record at `offset` of a replica as of `moment`, and the BatchAppended that holds it.
  /// Nothing when the replica has no such offset.
  struct Cell {
    RecordId record;
    Position appended;
  };
  std::optional<Cell> cell(const ReplicaId& replica, std::int64_t offset, Position moment) const;
  /// What that cell counts for as of `moment`: open, committed, aborted, a marker, ...
  CellFate fate(const Cell& cell, std::int64_t offset, Position moment) const;

  // ---- groups and the outside world
  /// The group.id of each group that somebody was declared for, in order of declaration, with its
  /// members in theirs.
  struct Group {
    std::string name;
    std::vector<NodeId> members;
  };
  const std::vector<Group>& groups() const { return groups_; }
  const EffectLedger& effects() const { return effects_; }

  // ---- the cluster
  /// The PartitionCreated and PartitionChanged of a partition, in order.
  const std::vector<Position>& changes_of(const PartitionId& partition) const;
  /// MetadataAppended that say something in words: the leader's own, no copies.
  const std::vector<Position>& metadata() const { return metadata_; }
  const std::vector<Position>& violations() const { return violations_; }  // InvariantViolated
  const std::vector<Position>& operations() const { return operations_; }  // OperationAsked
  /// Story events that matter more than what goes on all the time: faults, losses, elections,
  /// rebalances, fencing.
  const std::vector<Position>& turning_points() const { return turning_points_; }

  // ---- sentences
  /// What the narration says of an event: the story's words where it tells the event, else the
  /// detailed ones; empty when there are none.
  std::string sentence(Position position) const;
  bool is_story(Position position) const { return story_[position]; }
  /// The next story event at or after `from`; no_position when there is none (yet).
  Position next_story(Position from) const;
  /// The last story event before `before`; no_position when there is none.
  Position previous_story(Position before) const;

 private:
  void index_node(Position position, const trace::Event& event);
  void index_expected(const trace::Event& event);
  void expect_links();
  void expect_links_of(const PartitionId& partition, NodeId leader);
  std::size_t link_between(NodeId first, NodeId second);
  void index_message(Position position, const trace::Event& event);
  void index_records(Position position, const trace::Event& event);
  void index_log(Position position, const trace::Event& event);
  void index_cluster(Position position, const trace::Event& event);
  void index_group(NodeId member, const std::string& group);
  void tell(const trace::Event& event);

  std::deque<trace::Event> events_;
  std::vector<NodeInfo> nodes_;
  trace::NodeNames names_;
  std::vector<std::vector<Position>> node_events_;
  std::unordered_map<RecordId, RecordInfo> records_;  // looked up only
  std::vector<RecordId> record_order_;
  std::unordered_set<RecordId> internal_records_;                 // looked up only
  std::unordered_map<std::string, RecordId> record_by_event_id_;  // looked up only
  std::deque<MessageInfo> messages_;
  std::unordered_map<MessageId, std::uint32_t> message_index_;  // looked up only
  std::vector<std::uint32_t> lost_messages_;
  std::map<std::pair<NodeId, NodeId>, SimTime> retried_at_;  // by (from, to): end of latest stall
  struct Subscriber {
    NodeId node;
    std::string topic, channel;
    std::int64_t partition;  // -1: all
  };
  std::vector<Publisher> publishers_;
  std::vector<Subscriber> subscribers_;
  std::map<PartitionId, NodeId> leaders_;  // latest, whatever the playhead
  std::vector<LinkInfo> links_;
  std::map<std::pair<NodeId, NodeId>, std::size_t> link_index_;
  std::map<ReplicaId, std::vector<LogBatch>> logs_;
  std::map<PartitionId, std::vector<NodeId>> assignments_;
  std::size_t assignment_changes_ = 0;
  std::set<ReplicaId> truncated_;
  // Removed by compaction: when, by replica and record. The inner one is looked up only.
  std::map<ReplicaId, std::unordered_map<RecordId, Position>> compacted_;
  std::map<PartitionId, std::vector<Position>> changes_;
  std::vector<Position> metadata_, violations_, operations_, turning_points_;
  std::vector<Group> groups_;
  EffectLedger effects_;
  TransactionMarkers markers_;
  trace::Narrator story_narrator_{trace::Detail::story}, full_narrator_{trace::Detail::all};
  std::vector<bool> story_;
  std::vector<Position> story_positions_;
  std::string sentences_;  // all of them, one after the other
  std::vector<std::uint64_t> sentence_ends_;
};

/// The records that an event names, in its own order.
std::vector<RecordId> records_of(const trace::Event& event);

}  // namespace eventarium::viz
