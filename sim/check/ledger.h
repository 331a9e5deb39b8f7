// The ledger of every record, folded from the trace alone: who published it, whether the publisher
// was told that it is in, where it stands, who was handed it how often, what came of it. It works
// while a run goes on and on a trace read back, and its verdict is true at any moment.
//
// What the verdict counts. A *pair* is one record and one reader that should get it: a consumer, or
// in Kafka a group, whichever of its members gets it.
//   produced           records published
//   acknowledged       records whose publisher was told "it is in" (direct call: every receiver
//                      has answered; queue: stored; broadcast: on air; Kafka: as acks says)
//   failed             records whose publisher gave up and was told so, or ended before it was told
//                      anything and of which nothing is left: stored nowhere, not on their way,
//                      handed to nobody. In Kafka and in a queue a record may be stored and
//                      delivered although its publisher gave up.
//   stored             records that stand in a log (Kafka: of any replica), were stored in a queue
//                      or were on air
//   delivered          pairs handed over at least once
//   processed          pairs whose handler has finished without failing
//   lost_acknowledged  records that were acknowledged and can't reach everybody any more. In a
//                      queue it was never stored; a broadcast was lost on its way to somebody who
//                      was connected; who wasn't tuned in was promised nothing. What is still on
//                      its way is not lost. In Kafka it can't be read any more:
//                      - the partition has a leader that has taken over, and it is not in that
//                        leader's log. Other replicas may hold it still: they will cut it off.
//                      - nobody leads (or who does has yet to take over, or is down): it is neither
//                        in the log of the last leader nor in one of a replica that may lead, in
//                        sync or eligible. As long as one of those holds it, it may come back.
//                      What retention or compaction deleted, or went with its topic, isn't lost.
//                      losses.h says of each lost record how it was lost.
//   expired            pairs whose record was deleted by retention, or with its topic, before the
//                      consumer got it; what nobody had got and nobody was to get counts once
//   compacted          records that compaction has removed from some replica's log
//   truncated          records that were cut off the end of some replica's log, even if they came
//                      back
//   aborted            records of transactions that were aborted: they stay in the log, and
//                      read_committed consumers pass over them
//   unprocessed        pairs handed over and not processed, to nobody who still works on them: its
//                      handler failed, or the process that had it has ended
//   duplicated         pairs handed over more than once; for a queue, where one receiver gets
//                      each record, records handed over more than once to anybody
//   out_of_order       pairs handed over for the first time after a later record of the same
//                      producer, topic and key. Records without a key promise no order.
//   undelivered        pairs still to come: in Kafka, what stands in the leader's log (without a
//                      leader: in the log of the replica that is next to be it) at or after the
//                      offset where the consumer began, above the high watermark too; direct call:
//                      every declared receiver of every record that the caller has not given up;
//                      queue: stored and handed to nobody (counts once); broadcast: on its way to
//                      somebody who was connected.
//                      What is with its publisher or on its way to a log, a queue or a station
//                      waits, too: in Kafka for everybody who reads its partition, elsewhere and
//                      where nobody does it counts once. Where a Kafka consumer without a position
//                      begins: it wants its partitions and has got nothing, so with
//                      auto.offset.reset earliest (or none, which will never get anything) all that
//                      the log holds waits for it; with latest what was written since it first
//                      started. Its position, once it has one, decides: what latest has skipped
//                      will not come and waits no longer.
//   skipped            pairs that waited until the consumer's position was reset to a later offset:
//                      they stand in the log and will not come
//   dead_lettered      records that a queue gave up delivering, that a share group has archived
//                      (rejected, or delivered in vain as often as may be), or that a service
//                      published to a dead-letter topic
//   put_aside          pairs whose reader's handler failed and published a copy elsewhere, a retry
//                      topic or the dead-letter topic; they are not among the unprocessed ones
// So every record of a Kafka topic or a queue is failed, lost, expired, compacted, waiting, stored
// or delivered.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/check/cluster_facts.h"
#include "sim/check/dense.h"
#include "sim/check/log_state.h"
#include "sim/check/losses.h"
#include "sim/check/settled.h"
#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::check {

/// What one consumer had of one record.
struct Handing {
  NodeId consumer;
  std::uint32_t deliveries = 0;  // 0: passed over, the transaction was aborted
  std::uint32_t processed = 0;
  std::uint16_t life = 0;  // of the consumer, at the last delivery
  bool put_aside = false;  // its handler failed with it and published a copy elsewhere
  bool failed = false;     // the last time that its handler had it
  bool out_of_order = false;
  SimTime first_delivered{}, first_processed{};
};

/// What is known of one record; texts and lists are the ledger's to tell. Small, because there may
/// be many millions.
struct RecordEntry {
  RecordId id;
  SimTime produced{}, acknowledged_at{};
  std::int64_t offset = -1;     // Kafka: where the last leader that wrote it put it
  std::int32_t partition = -1;  // Kafka: of its batch; -1: not chosen yet
  NodeId producer;
  std::uint32_t topic = 0, event_type = 0;
  CountedTexts::Place event_id;
  std::uint32_t stream = 0;            // records of one producer, topic and key share it
  std::uint32_t first_handing = none;  // in order of first delivery
  std::uint32_t way = none;            // where messages with it are
  std::uint16_t life = 0;              // of its producer, when it made the record
  bool keyed : 1 = false;
  bool acknowledged : 1 = false;
  bool stored : 1 = false;  // in a queue
  bool dead_lettered : 1 = false;
  bool given_up : 1 = false;   // its publisher was told so
  bool broadcast : 1 = false;  // it was on air
  bool expired : 1 = false;    // retention deleted it from some replica
  bool compacted : 1 = false;  // compaction removed it from some replica
  bool truncated : 1 = false;  // it was cut off some replica's log
  bool sealed : 1 = false;     // it left the partition's log: see losses.h
  bool aborted : 1 = false;    // with its transaction
  bool settled : 1 = false;    // counted, and to be forgotten

  static constexpr std::uint32_t none = 0xFFFFFFFF;
};

struct SideEffect {
  std::string effect, idempotency_key, text;
  NodeId service;
  RecordId record;
  std::uint64_t times = 0;  // 1; more: a repeat
};

/// A count, and the records behind it (each once, in order of publication).
struct Number {
  std::uint64_t count = 0;
  std::vector<RecordId> records;
};

struct Verdict {
  Number produced, acknowledged, failed, stored, delivered, processed, lost_acknowledged, expired,
      compacted, truncated, aborted, unprocessed, duplicated, out_of_order, undelivered, skipped,
      dead_lettered, put_aside;
};

/// Which records and pairs to count; what is none or empty doesn't restrict.
struct Filter {
  NodeId to{};          // pairs of this consumer: what it was handed itself; to come: its group
  std::string group{};  // pairs of this group
  NodeId from{};        // records of this producer or service
  std::string topic{};  // records of this topic

  bool operator==(const Filter&) const = default;
};

/// Percentiles by nearest rank; none without samples. Exact but for records that were settled
/// (settled.h): of those by less than a hundredth.
struct Percentiles {
  std::uint64_t samples = 0;
  std::optional<Duration> p50, p95, p99;
};
Percentiles percentiles(std::vector<Duration> samples, const DurationCounts& settled = {});

class Ledger : public trace::Sink {
 public:
  enum class Channel { unknown, kafka, direct, queue, broadcast };
  enum class Milestone { delivered, processed };

  /// Before the first event: records whose end is known are added up and forgotten (settled.h).
  /// records(), find() and the numbers' lists know them no more; all counts are the same.
  void settle_records() { settles_ = true; }

  void on_event(const trace::Event& event) override;

  Verdict verdict(const Filter& filter = {}) const;
  /// How each record of verdict().lost_acknowledged was lost.
  std::vector<LossReport> losses(const Filter& filter = {}) const;
  /// From publication to the first delivery, or to the end of its first processing.
  Percentiles latency(Milestone milestone, const Filter& filter = {}) const;

  const Chunked<RecordEntry>& records() const { return records_; }
  const RecordEntry* find(RecordId id) const;
  std::string event_id(const RecordEntry& record) const { return ids_.text(record.event_id); }
  const std::string& event_type(const RecordEntry& record) const {
    return types_.text(record.event_type);
  }
  const std::string& topic(const RecordEntry& record) const { return topics_.text(record.topic); }
  /// In order of first delivery.
  std::vector<Handing> handings(const RecordEntry& record) const;

  const std::vector<SideEffect>& side_effects() const { return side_effects_; }
  /// Everybody who wants something or was handed something, in order of declaration.
  std::vector<NodeId> consumers() const;
  /// group.id of each group, in order of declaration, with its members so far.
  const std::vector<std::pair<std::string, std::vector<NodeId>>>& groups() const { return groups_; }
  /// Who stands for the consumer's group: its first member; without a group itself.
  NodeId reader_of(NodeId consumer) const {
    const std::uint32_t first = first_member_.get(consumer);
    return first == 0 ? consumer : NodeId{first - 1};
  }
  /// Its group shares records, not partitions: it is promised no order and gets gaps.
  bool in_share_group(NodeId consumer) const { return in_share_group_.get(consumer) != 0; }
  /// Nothing when there is no such group.
  std::optional<NodeId> reader_of_group(const std::string& group) const;
  /// Offset that each consumer reads next, by partition; only those that have a position.
  std::map<std::pair<NodeId, PartitionKey>, std::int64_t> positions() const;
  const LogState& logs() const { return logs_; }
  const ClusterFacts& cluster() const { return cluster_; }
  const trace::NodeNames& names() const { return names_; }
  Channel channel() const { return channel_; }
  std::uint64_t events() const { return events_; }
  SimTime now() const { return now_; }

 private:
  struct Subscription {
    NodeId consumer;
    std::string topic;
    std::int64_t partition;  // -1: all of the topic, or a group's choice
    std::string reset;
  };
  /// Somebody who reads a partition: a consumer, or for a group its first member. `began`: the
  /// lowest offset that it was ever set to, or, while it has no position, where it would begin.
  /// `skipped`: [from, to) that a reset of its position has jumped over.
  struct Reader {
    NodeId consumer;
    std::optional<std::int64_t> began, position;
    bool began_by_position = false;
    std::vector<std::pair<std::int64_t, std::int64_t>> skipped;
    bool has_skipped(std::int64_t offset) const;
  };
  /// Messages under way with a record, and who received one and has yet to do something with it.
  struct Way {
    std::vector<NodeId> travelling_to, held_by;
    std::uint32_t record = 0;
  };
  /// A member of a group that reads a partition, as it believes itself: what it has fetched and not
  /// yet handed out lies at or after its position.
  struct Owner {
    NodeId consumer;
    std::optional<std::int64_t> position;
  };
  struct HandingNode {
    Handing handing;
    std::uint32_t next = RecordEntry::none;
  };
  struct Carrier {
    NodeId destination;
    trace::RecordList records;
  };
  struct StreamKey {
    NodeId producer;
    std::uint32_t topic;
    std::string key;
    bool operator==(const StreamKey&) const = default;
  };
  struct StreamHash {
    std::size_t operator()(const StreamKey& key) const noexcept {
      const std::size_t text = std::hash<std::string>{}(key.key);
      return text ^ ((std::size_t{key.producer.value} << 32 | key.topic) * 0x9E3779B97F4A7C15ULL);
    }
  };
  enum class End { reached, to_come, never };  // settled.cpp
  struct Counting;                             // one pass over the records: verdict.cpp
  struct Fold;                                 // by kind of event: ledger.cpp

  void on_rare(const trace::Event& event);
  void on_subscription(const trace::Event& event, const trace::SubscriptionDeclared& wanted);
  void on_started(NodeId node);
  void on_stopped(NodeId node);
  void on_position(const trace::Event& event, const trace::PositionReset& reset);
  void on_last_delivery(const trace::RecordsAcquired& acquired);
  void on_share_start(const trace::ShareStartAdvanced& start);
  void on_produced(const trace::Event& event, const trace::RecordProduced& produced);
  void on_acknowledged(const trace::Event& event, const trace::RecordsAcknowledged& acknowledged);
  void on_appended(const trace::Event& event, const trace::BatchAppended& appended);
  void on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered);
  void on_filtered(const trace::Event& event, const trace::RecordsFiltered& filtered);
  void on_transactional(const trace::BatchAppended& appended);
  void on_processed(const trace::Event& event, const trace::ProcessingFinished& finished);
  void on_sent(const trace::Event& event, const trace::MessageSent& sent);
  void on_message_end(MessageId message, bool arrived);
  void on_queue(const trace::Event& event);
  void on_put_aside(NodeId reader, const trace::RecordPutAside& aside);
  void on_log_shortened(const trace::Event& event);
  void on_leadership(const trace::Event& event, const trace::LeadershipTaken& taken);

  void settle(std::uint32_t partition, const std::vector<RecordId>& left);
  End end_of(const RecordEntry& record, std::uint32_t index) const;
  End end_of_handings(const RecordEntry& record) const;
  void retire(std::uint32_t index);
  void on_owner(const trace::Event& event);
  void own_position(NodeId consumer, std::uint32_t partition, std::int64_t position);
  void on_late_delivery(NodeId consumer, RecordId record, const std::string& topic);
  bool contains_late(const LateDelivery& late) const;
  void count_settled(const Filter& filter, Verdict& verdict) const;
  /// Calls visit(consumer, reading) for what was asked for.
  template <class Visit>
  void for_each_settled_reading(const Filter& filter, Visit&& visit) const;
  /// Calls visit(index, record) for those that are not settled.
  template <class Visit>
  void for_each_record(Visit&& visit) const;

  RecordEntry* entry(RecordId id);
  /// Calls visit(entry) for those of `list` that were published in this trace.
  template <class Visit>
  void for_each(const trace::RecordList& list, Visit&& visit);
  Handing* handing(const RecordEntry& record, NodeId consumer);
  const Handing* handing(const RecordEntry& record, NodeId consumer) const;
  template <class Visit>
  void for_each_handing(const RecordEntry& record, Visit&& visit) const;
  /// A member of the reader's has been handed it, or has passed over it.
  bool has_had(const RecordEntry& record, NodeId reader) const;
  HandingNode& add_handing(RecordEntry& record, NodeId consumer);
  Reader& reader(NodeId consumer, const std::string& topic, std::int64_t partition);
  void want(const Subscription& wanted);
  void note_consumer(NodeId node);
  void join_group(NodeId node, const std::string& group);
  Way& way(RecordEntry& record);
  void let_go(RecordEntry& record, NodeId node);
  void close_if_idle(RecordEntry& record);
  bool at_producer(const RecordEntry& record) const {
    return record.life == lives_.get(record.producer);
  }

  bool settles_ = false;
  Settled settled_;
  /// By partition: they have left a log, and their end is yet to come.
  std::map<std::uint32_t, std::vector<RecordId>> unsettled_;
  RecordId last_record_{0};  // the highest that was published
  Chunked<RecordEntry> records_;
  Chunked<HandingNode> handings_;
  CountedTexts ids_;
  Texts types_, topics_;
  std::vector<SideEffect> side_effects_;
  std::vector<Subscription> subscriptions_;
  LogState logs_;
  Losses losses_;
  ClusterFacts cluster_;
  trace::NodeNames names_;
  Channel channel_ = Channel::unknown;
  std::uint64_t events_ = 0;
  SimTime now_{};
  std::vector<std::vector<Reader>> readers_;  // by number of the partition
  std::vector<std::vector<Owner>> owners_;    // likewise; only when records are settled
  ByNode<std::uint16_t> lives_;               // of each node: +1 when its process ends
  ByNode<char> keeps_logs_;                   // brokers that have written a batch
  // Highest index in records_ + 1 that a consumer was handed of a stream.
  ByNode<std::vector<std::uint32_t>> latest_of_stream_;
  std::map<NodeId, bool> consumers_;
  std::vector<std::pair<std::string, std::vector<NodeId>>> groups_;
  ByNode<std::uint8_t> in_share_group_;
  // By group and partition: records handed over for the last time, until the start passes them.
  std::map<std::tuple<std::string, std::string, std::int64_t>, std::vector<RecordId>>
      last_deliveries_;
  ByNode<std::uint32_t> first_member_;  // of the node's group, + 1; 0: it is in none
  // Records of open transactions, by partition and producer id.
  std::map<std::pair<std::uint32_t, std::int64_t>, std::vector<std::uint32_t>> open_transactions_;
  std::vector<Way> ways_;
  std::vector<std::uint32_t> free_ways_;
  // The rest is looked up only, never iterated.
  Numbers<RecordId> index_;
  std::unordered_map<StreamKey, std::uint32_t, StreamHash> streams_;
  StreamKey stream_key_;
  std::unordered_map<MessageId, Carrier> carriers_;
  std::unordered_map<RecordId, std::vector<NodeId>> promised_;  // broadcast: who was connected
};

}  // namespace eventarium::check
