// Which partition a record goes to, unless it names one itself:
//   a key                          -> murmur2, see murmur2.h
//   no key, built-in partitioner   -> sticky: one partition until about batch.size bytes went
//                                     there, then a random one, short queues preferred (KIP-794)
//   RoundRobinPartitioner          -> the next available one, keys ignored
// Follows Kafka's BuiltInPartitioner and RoundRobinPartitioner (4.1). Knows no queues and no
// network: it is told how long the queues are.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/base/random.h"

namespace eventarium::kafka {

/// What a partitioner must know of a topic.
struct TopicPartitions {
  std::int32_t count = 0;               // > 0 once the topic is known
  std::vector<std::int32_t> available;  // with a leader, ascending
};

/// Length of the queue of unsent batches of a partition.
struct QueueLength {
  std::int32_t partition = 0;
  std::uint32_t batches = 0;
};

/// The sticky choice for one topic.
class StickyPartitioner {
 public:
  /// `switch_bytes`: batch.size, at least 1.
  explicit StickyPartitioner(std::uint64_t switch_bytes) : switch_bytes_(switch_bytes) {}

  /// The partition for the next record; drawn when there is none yet.
  std::int32_t current(const TopicPartitions& topic, RandomStream& random);
  /// `size_bytes` went to the current partition. Switches when it has had its share and none of
  /// its batches is half full (`all_batches_full`), or twice its share anyway.
  void appended(std::uint64_t size_bytes, bool all_batches_full, const TopicPartitions& topic,
                RandomStream& random);

  /// Prefers short queues from now on. `queues` holds the partitions that may be chosen;
  /// `topic_partitions` is how many there are in all. Equal queues make no difference unless
  /// some partition is missing. An empty list: no preference.
  void set_queue_lengths(const std::vector<QueueLength>& queues, std::int32_t topic_partitions);
  /// The same for a topic of which every partition may be chosen, told by the queues that are not
  /// empty alone, in ascending order: what it costs doesn't grow with the topic.
  void set_busy_queues(std::vector<QueueLength> busy, std::int32_t topic_partitions);

 private:
  std::int32_t draw_by_busy_queues(RandomStream& random) const;
  std::int32_t draw(const TopicPartitions& topic, RandomStream& random) const;

  std::uint64_t switch_bytes_;
  std::optional<std::int32_t> current_;
  std::uint64_t produced_bytes_ = 0;
  std::vector<QueueLength> busy_;      // empty: see cumulative_weights_
  std::int32_t topic_partitions_ = 0;  // with busy_
  std::vector<std::int32_t> weighted_partitions_;
  std::vector<std::uint64_t> cumulative_weights_;  // empty: no preference
};

/// For one topic.
class RoundRobinPartitioner {
 public:
  std::int32_t next(const TopicPartitions& topic);

 private:
  std::uint32_t counter_ = 0;
};

}  // namespace eventarium::kafka
