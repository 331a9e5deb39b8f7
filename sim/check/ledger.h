// The ledger of every record, folded from the trace alone: who published it, whether the publisher
// was told that it is in, where it stands, who was handed it how often, what came of it. It works
// while a run goes on and on a trace read back, and its verdict is true at any moment.
//
// What the verdict counts. A *pair* is one record and one consumer that should get it.
//   produced           records published
//   acknowledged       records whose publisher was told "it is in" (direct call: every receiver
//                      has answered; queue: stored; broadcast: on air; Kafka: as acks says)
//   failed             records whose publisher gave up and was told so, or ended before it was told
//                      anything and of which nothing is left: stored nowhere, not on their way,
//                      handed to nobody. In Kafka and in a queue a record may be stored and
//                      delivered although its publisher gave up.
//   delivered          pairs handed over at least once
//   processed          pairs whose handler has finished without failing
//   lost_acknowledged  records that were acknowledged and can't reach everybody any more: in
//                      Kafka it stands in no log; in a queue it was never stored; a broadcast was
//                      lost on its way to somebody who was connected. What is still on its way is
//                      not lost. Who wasn't tuned in to a broadcast was promised nothing.
//   duplicated         pairs handed over more than once; for a queue, where one receiver gets
//                      each record, records handed over more than once to anybody
//   out_of_order       pairs handed over for the first time after a later record of the same
//                      producer, topic and key. Records without a key promise no order.
//   undelivered        pairs still to come: in Kafka, what stands in the log at or after the
//                      offset where the consumer began; direct call: every declared receiver of
//                      every record that the caller has not given up; queue: stored and handed to
//                      nobody (counts once); broadcast: on its way to somebody who was connected.
//                      What is with its publisher or on its way to a log, a queue or a station
//                      waits, too: in Kafka for everybody who reads its partition, elsewhere and
//                      where nobody does it counts once. Where a Kafka consumer without a position
//                      begins: it wants its partitions and has got nothing, so with
//                      auto.offset.reset earliest (or none, which will never get anything) all that
//                      the log holds waits for it; with latest what was written since it first
//                      started. Its position, once it has one, decides: what latest has skipped
//                      will not come and waits no longer.
// So every record of a Kafka topic or a queue is failed, lost, waiting, stored or delivered.
//   dead_lettered      records that a queue gave up delivering
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "sim/check/log_state.h"
#include "sim/trace/event.h"
#include "sim/trace/node_names.h"

namespace eventarium::check {

/// What one consumer had of one record.
struct Handing {
  NodeId consumer;
  std::uint32_t deliveries = 0;  // 0: it should have it and has not
  std::uint32_t processed = 0;
  bool out_of_order = false;
  SimTime first_delivered{}, first_processed{};
};

struct RecordEntry {
  RecordId id;
  NodeId producer;
  std::string event_id, event_type, topic;
  SimTime produced{};
  bool keyed = false;
  bool acknowledged = false, stored = false, dead_lettered = false;
  bool given_up = false;                       // its publisher was told so
  bool at_producer = true;                     // its publisher's process remembers it
  bool broadcast = false;                      // it was on air
  std::uint32_t copies = 0;                    // in the logs of all brokers
  std::int64_t partition = -1;                 // Kafka: of its batch; -1: not chosen yet
  std::uint32_t stream = 0;                    // records of one producer, topic and key share it
  std::vector<Handing> handings;               // in order of first delivery
  std::vector<NodeId> promised;                // broadcast: who was connected
  std::vector<NodeId> travelling_to, held_by;  // messages under way; who received one

  const Handing* handing(NodeId consumer) const;
  std::uint64_t deliveries() const;  // by anybody
  bool is_travelling() const { return !travelling_to.empty() || !held_by.empty(); }
  bool is_stored() const { return stored || copies > 0 || broadcast; }
  /// Given up, or gone with its publisher.
  bool failed() const {
    const bool gone = !acknowledged && !at_producer && !is_travelling() && !is_stored();
    return given_up || (gone && handings.empty());
  }
  /// With its publisher, or under way to a log, a queue or a station.
  bool is_on_its_way() const {
    return !is_stored() && !given_up && (is_travelling() || (at_producer && !acknowledged));
  }
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
  Number produced, acknowledged, failed, delivered, processed, lost_acknowledged, duplicated,
      out_of_order, undelivered, dead_lettered;
};

/// Which records and pairs to count; what is none or empty doesn't restrict.
struct Filter {
  NodeId to{};          // pairs of this consumer
  NodeId from{};        // records of this producer or service
  std::string topic{};  // records of this topic
};

/// Exact percentiles by nearest rank; none without samples.
struct Percentiles {
  std::uint64_t samples = 0;
  std::optional<Duration> p50, p95, p99;
};
Percentiles percentiles(std::vector<Duration> samples);

class Ledger : public trace::Sink {
 public:
  enum class Channel { unknown, kafka, direct, queue, broadcast };
  enum class Milestone { delivered, processed };

  void on_event(const trace::Event& event) override;

  Verdict verdict(const Filter& filter = {}) const;
  /// From publication to the first delivery, or to the end of its first processing.
  Percentiles latency(Milestone milestone, const Filter& filter = {}) const;

  const std::vector<RecordEntry>& records() const { return records_; }
  const RecordEntry* find(RecordId id) const;
  const std::vector<SideEffect>& side_effects() const { return side_effects_; }
  /// Everybody who wants something or was handed something, in order of declaration.
  std::vector<NodeId> consumers() const;
  /// Offset that each consumer reads next, by partition; only those that have a position.
  const std::map<std::pair<NodeId, PartitionKey>, std::int64_t>& positions() const {
    return positions_;
  }
  const LogState& logs() const { return logs_; }
  const trace::NodeNames& names() const { return names_; }
  Channel channel() const { return channel_; }
  std::uint64_t events() const { return events_; }
  SimTime now() const { return now_; }

 private:
  struct Subscription {
    NodeId consumer;
    std::string topic;
    std::int64_t partition;
    std::string reset;
  };
  /// Where a consumer began to read a partition: the lowest offset that it was ever set to, or,
  /// while it has no position, where it would.
  struct Beginning {
    std::int64_t offset;
    bool has_position;
  };
  struct Counting;  // one pass over the records: verdict.cpp

  void on_subscription(const trace::Event& event, const trace::SubscriptionDeclared& wanted);
  void on_started(NodeId node);
  void on_position(const trace::Event& event, const trace::PositionReset& reset);
  void on_produced(const trace::Event& event, const trace::RecordProduced& produced);
  void on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered);
  void on_processed(const trace::Event& event, const trace::ProcessingFinished& finished);
  void on_transport(const trace::Event& event);
  void on_queue(const trace::Event& event);
  RecordEntry* entry(RecordId id);
  /// Calls visit(entry) for those of `list` that were published in this trace.
  template <class Visit>
  void for_each(const trace::RecordList& list, Visit&& visit);

  std::vector<RecordEntry> records_;
  std::vector<SideEffect> side_effects_;
  std::vector<Subscription> subscriptions_;
  LogState logs_;
  trace::NodeNames names_;
  Channel channel_ = Channel::unknown;
  std::uint64_t events_ = 0;
  SimTime now_{};
  std::map<std::pair<NodeId, PartitionKey>, Beginning> began_at_;
  std::map<std::pair<NodeId, PartitionKey>, std::int64_t> positions_;
  // Highest index in records_ that a consumer was handed of a stream.
  std::map<std::pair<NodeId, std::uint32_t>, std::size_t> latest_of_stream_;
  // The rest is looked up only, never iterated.
  std::unordered_map<RecordId, std::size_t> index_;
  std::unordered_map<std::string, std::uint32_t> streams_;
  struct Carrier {
    NodeId destination;
    trace::RecordList records;
  };
  std::unordered_map<MessageId, Carrier> carriers_;
};

}  // namespace eventarium::check
