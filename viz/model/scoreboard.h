// The verdict so far, always true, with the records behind every number. Incremental: each event
// may put a record behind a number or take it away, and the log of these changes answers for any
// moment of the past. The definitions are those of the report's ledger (a test compares the two).
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "viz/model/history.h"
#include "viz/model/standing.h"

namespace eventarium::viz {

enum class Score {
  produced,       // records published
  acknowledged,   // records whose publisher was told that they are in
  waiting,        // records that somebody is still to get
  delivered,      // pairs of record and receiver handed over at least once
  processed,      // pairs whose handler has finished without failing
  lost,           // records acknowledged that can't reach everybody any more
  duplicated,     // pairs handed over more than once
  out_of_order,   // pairs handed over after a later record of the same producer, topic and key
  failed,         // records that the publisher gave up, or that were gone with it
  dead_lettered,  // records that a queue or a share group gave up delivering
  expired,        // pairs whose record retention deleted unread; what nobody was to get, once
  skipped,        // pairs that waited until the receiver's position jumped over them
};
inline constexpr std::size_t score_count = 12;
/// The five of the top bar, in its order.
inline constexpr std::array<Score, 5> top_bar_scores = {
    Score::acknowledged, Score::lost, Score::duplicated, Score::out_of_order, Score::waiting};

std::string_view score_name(Score score);  // "out of order"
std::string_view score_doc(Score score);   // its definition in one sentence

class Scoreboard {
 public:
  /// `position` is the event's place in the history, which has it already.
  void append(const History& history, Position position);

  /// When the first `moment` events have happened.
  std::uint64_t count(Score score, Position moment) const;
  /// The records behind that number, each once, in the order in which they got there.
  std::vector<RecordId> records(Score score, Position moment) const;
  /// The event that put the record behind the number, the latest time before `moment`: of a lost
  /// record what sealed it. no_position when it isn't there.
  Position since(Score score, RecordId record, Position moment) const;

 private:
  enum class Channel { unknown, kafka, direct, queue, broadcast };
  using Values = std::array<std::uint16_t, score_count>;

  struct Change {
    Position position;
    std::int32_t delta;  // of the pairs or records that this record contributes
    RecordId record;
    std::uint64_t count;  // after the change
  };
  struct Receiver {
    NodeId node;
    std::uint32_t deliveries = 0;
    bool processed = false, out_of_order = false;
  };
  struct Fate {  // of a record, at the end of the history
    NodeId producer;
    std::string stream;  // producer, topic and key; empty without a key
    std::string topic;
    bool acknowledged = false, given_up = false, stored = false, dead = false, broadcast = false;
    bool at_producer = true;                     // its process remembers the record
    bool expired = false, compacted = false;     // retention, compaction has deleted it somewhere
    std::int64_t partition = -1;                 // Kafka: of its batch; -1: not chosen yet
    std::int64_t offset = -1;                    // Kafka: that a leader gave it last
    std::vector<Receiver> receivers;             // who was handed it: consumers, or groups
    std::vector<NodeId> wanted_by;               // broadcast: who was connected
    std::vector<NodeId> travelling_to, held_by;  // messages under way; who received one
    Values values{};

    Receiver* receiver(NodeId node);
    const Receiver* receiver(NodeId node) const;
    bool on_its_way_to(NodeId node) const;
    bool nowhere() const { return travelling_to.empty() && held_by.empty(); }
    bool was_kept() const { return stored || broadcast; }
    bool was_deleted() const { return expired || compacted; }
  };
  struct Subscription {
    NodeId node;
    PartitionId partition;  // -1: all of the topic, or a group's choice
    std::string reset;      // auto.offset.reset
  };
  struct Beginning {
    std::int64_t offset;
    bool has_position;
    std::int64_t position = 0;                                     // once it has one
    std::vector<std::pair<std::int64_t, std::int64_t>> skipped{};  // [from, to): jumped over
    bool has_skipped(std::int64_t at) const;
  };
  struct Update;  // what one event changes: scoreboard.cpp

  Values values_of(RecordId record, const Fate& fate) const;
  bool is_lost(RecordId record, const Fate& fate) const;
  bool is_waiting(RecordId record, const Fate& fate) const;
  bool has_failed(RecordId record, const Fate& fate) const;  // given up, or gone with its publisher
  /// With its publisher, or under way to where it is kept.
  bool is_on_its_way(RecordId record, const Fate& fate) const;
  bool somebody_is_to_get(const Fate& fate) const;
  /// Of the records that stand in the partition's log: how many readers are still to get it, and
  /// how many have skipped it.
  std::pair<std::uint64_t, std::uint64_t> unread_pairs(RecordId record, const Fate& fate) const;
  std::uint64_t expired_pairs(RecordId record, const Fate& fate) const;
  /// Calls visit(node, its Beginning) for those who read the partition; of all partitions of the
  /// topic when `partition` is negative.
  template <class Visit>
  void for_readers(const std::string& topic, std::int64_t partition, Visit&& visit) const;
  void settle(Position position, RecordId record, Fate& fate);
  /// Who stands for the consumer's group: its first member; without a group itself.
  NodeId reader_of(NodeId consumer) const;

  std::array<std::vector<Change>, score_count> changes_;
  Channel channel_ = Channel::unknown;
  std::multimap<std::string, NodeId> subscriptions_;              // by topic
  std::map<std::pair<PartitionId, NodeId>, Beginning> began_at_;  // as in the ledger
  std::vector<Subscription> wanted_;                              // Kafka: where they begin
  std::map<std::string, std::set<std::int64_t>> partitions_;      // Kafka: by topic
  std::map<std::string, NodeId> first_of_group_;                  // its first member
  std::map<NodeId, NodeId> reader_;                               // members: who stands for them
  Standing standing_;
  std::map<PartitionId, std::vector<RecordId>> expired_;  // what retention has deleted
  std::set<NodeId> keep_logs_;  // brokers: what they send stands in their logs already
  std::map<std::pair<NodeId, std::string>, std::uint64_t> latest_;  // (receiver, stream): order
  std::map<NodeId, std::set<RecordId>> remembered_by_;              // to look at when it stops
  std::unordered_map<RecordId, Fate> fates_;                        // looked up only
  std::unordered_map<RecordId, std::uint64_t> order_;               // of publication
};

}  // namespace eventarium::viz
