// The producer's queues: one per partition, filled by publish(), drained by the sender. It also
// keeps the account of buffer.memory. It decides what could be sent; it sends nothing and knows
// no clock. Follows Kafka's RecordAccumulator and BufferPool (4.1).
//
// The first batch of a queue is sendable when its back-off is over and any of: another one waits
// behind it, it is full, it has waited for linger.ms, somebody waits for memory, the producer
// closes.
//
// Empty queues cost nothing: the sender's work grows with what waits, not with the topics.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "sim/client/client_options.h"
#include "sim/client/metadata_cache.h"
#include "sim/client/partitioner.h"
#include "sim/client/producer_batch.h"
#include "sim/client/transaction_manager.h"

namespace eventarium::kafka {

class RecordAccumulator {
 public:
  explicit RecordAccumulator(const ProducerOptions& options);

  struct Appended {
    BatchPtr batch;            // null: buffer.memory is exhausted, nothing was changed for good
    bool wake_sender = false;  // a batch was begun or became full
  };
  /// Puts the record into the last batch of the partition's queue or into a new one. Without a
  /// partition the sticky partitioner chooses.
  Appended append(const Record& record, const std::string& topic,
                  std::optional<std::int32_t> partition, const TopicPartitions& partitions,
                  SimTime now, RandomStream& random);

  struct Ready {
    std::set<NodeId> nodes;               // leaders of partitions with something sendable
    bool leader_unknown = false;          // something waits for a partition without a leader
    SimTime next_check = SimTime::max();  // when a batch becomes sendable by itself
  };
  /// `flush`: everything that isn't backing off is sendable (no memory left, or closing). Also
  /// tells the sticky partitioners how long the queues are.
  Ready ready(const MetadataCache& metadata, SimTime now, bool flush);

  /// One batch for each partition led by `node`, sendable by itself or not, up to
  /// max.request.size together. They are closed, and no longer in the queues. With `manager`, they
  /// are numbered, and it is asked of each; as in Kafka, one that has to wait holds up the rest of
  /// the request.
  std::vector<BatchPtr> drain(const MetadataCache& metadata, NodeId node, SimTime now,
                              TransactionManager* manager = nullptr);
  /// For partitioner.availability.timeout.ms: a ready node could be sent to, or could not.
  void note_node(NodeId node, SimTime now, bool can_send);

  /// Back to the front of its queue, to be sent again after its back-off. What has a sequence
  /// number goes behind those with lower ones.
  void put_back(const BatchPtr& batch, SimTime now, Duration backoff);
  /// Replaces a batch that the broker finds too large by smaller ones at the front of its queue
  /// (KAFKA-8350: what was split before is halved, so that this comes to an end), and returns them.
  std::vector<BatchPtr> split(const BatchPtr& batch, SimTime now);
  /// Takes out what has waited longer than delivery.timeout.ms since its creation.
  std::vector<BatchPtr> take_expired(SimTime now);
  /// Takes out everything that waits to be sent; `unnumbered`: only what never was.
  std::vector<BatchPtr> take_all(bool unnumbered = false);
  SimTime next_expiry() const;

  /// A muted partition has a batch in flight and must not get another one.
  void mute(const TopicPartition& tp) { muted_.insert(tp); }
  void unmute(const TopicPartition& tp) { muted_.erase(tp); }

  /// The batch is done: its memory can be used again.
  void release(ProducerBatch& batch);
  std::uint64_t available_bytes() const { return available_bytes_; }
  void forget_all();

 private:
  using Queue = std::deque<BatchPtr>;
  struct Topic {
    explicit Topic(std::uint64_t switch_bytes) : sticky(switch_bytes) {}
    StickyPartitioner sticky;
    std::map<std::int32_t, Queue> waiting;  // the queues that are not empty
    std::vector<bool> tried;                // partitions that have had a batch
    std::int32_t tried_count = 0;
  };
  struct NodeTimes {
    SimTime ready{}, drained{};
  };

  Topic& topic(const std::string& name);
  Queue& queue_of(Topic& topic, std::int32_t partition);
  void put_in_order(const BatchPtr& batch);
  BatchPtr begin_batch(const Record& record, TopicPartition tp, SimTime now);
  void check_queue(const PartitionMetadata& partition, const ProducerBatch& first,
                   std::size_t queued, SimTime now, bool flush, Ready& ready) const;
  void update_load(const std::string& name, Topic& topic, const MetadataCache& metadata);
  bool is_unavailable(NodeId leader) const;
  bool is_backing_off(const ProducerBatch& batch, const PartitionMetadata& partition,
                      SimTime now) const;

  ProducerOptions options_;
  std::map<std::string, Topic> topics_;
  std::set<TopicPartition> muted_;
  std::map<NodeId, TopicPartition> drain_from_;
  std::map<NodeId, NodeTimes> node_times_;
  std::uint64_t available_bytes_;
  std::uint64_t last_number_ = 0;
};

}  // namespace eventarium::kafka
