#include "sim/client/partitioner.h"

#include <algorithm>
#include <utility>

#include "sim/base/check.h"

namespace eventarium::kafka {

std::int32_t StickyPartitioner::draw(const TopicPartitions& topic, RandomStream& random) const {
  EVENTARIUM_CHECK(topic.count > 0, "the topic's partitions are known");
  if (!busy_.empty()) return draw_by_busy_queues(random);
  if (!cumulative_weights_.empty()) {
    const std::uint64_t drawn = random.below(cumulative_weights_.back());
    const auto first_above =
        std::upper_bound(cumulative_weights_.begin(), cumulative_weights_.end(), drawn);
    return weighted_partitions_[static_cast<std::size_t>(first_above -
                                                         cumulative_weights_.begin())];
  }
  if (topic.available.empty())
    return static_cast<std::int32_t>(random.below(static_cast<std::uint64_t>(topic.count)));
  return topic.available[random.below(topic.available.size())];
}

std::int32_t StickyPartitioner::current(const TopicPartitions& topic, RandomStream& random) {
  if (!current_) current_ = draw(topic, random);
  return *current_;
}

void StickyPartitioner::appended(std::uint64_t size_bytes, bool all_batches_full,
                                 const TopicPartitions& topic, RandomStream& random) {
  produced_bytes_ += size_bytes;
  const bool had_its_share = produced_bytes_ >= switch_bytes_ && all_batches_full;
  if (!had_its_share && produced_bytes_ < 2 * switch_bytes_) return;
  current_ = draw(topic, random);
  produced_bytes_ = 0;
}

void StickyPartitioner::set_queue_lengths(const std::vector<QueueLength>& queues,
                                          std::int32_t topic_partitions) {
  busy_.clear();
  cumulative_weights_.clear();
  weighted_partitions_.clear();
  if (queues.empty() || topic_partitions < 2) return;
  std::uint32_t longest = 0;
  bool all_equal = true;
  for (const QueueLength& queue : queues) {
    longest = std::max(longest, queue.batches);
    all_equal = all_equal && queue.batches == queues.front().batches;
  }
  if (all_equal && queues.size() == static_cast<std::size_t>(topic_partitions)) return;
  std::uint64_t sum = 0;
  for (const QueueLength& queue : queues) {
    sum += longest + 1 - queue.batches;
    cumulative_weights_.push_back(sum);
    weighted_partitions_.push_back(queue.partition);
  }
}

void StickyPartitioner::set_busy_queues(std::vector<QueueLength> busy,
                                        std::int32_t topic_partitions) {
  cumulative_weights_.clear();
  weighted_partitions_.clear();
  busy_ = std::move(busy);
  topic_partitions_ = topic_partitions;
  const bool all_equal = busy_.size() == static_cast<std::size_t>(topic_partitions) &&
                         std::all_of(busy_.begin(), busy_.end(), [&](const QueueLength& q) {
                           return q.batches == busy_.front().batches;
                         });
  if (topic_partitions < 2 || all_equal) busy_.clear();
}

/// A partition's weight is by how much its queue is shorter than the longest one, plus 1. Walks
/// over the gaps between busy queues, which weigh the same for each partition in them.
std::int32_t StickyPartitioner::draw_by_busy_queues(RandomStream& random) const {
  std::uint64_t longest = 0, queued = 0;
  for (const QueueLength& queue : busy_) {
    longest = std::max<std::uint64_t>(longest, queue.batches);
    queued += queue.batches;
  }
  const std::uint64_t idle_weight = longest + 1;
  std::uint64_t left =
      random.below(static_cast<std::uint64_t>(topic_partitions_) * idle_weight - queued);
  std::int32_t partition = 0;
  for (const QueueLength& queue : busy_) {
    const auto gap = static_cast<std::uint64_t>(queue.partition - partition) * idle_weight;
    if (left < gap) break;
    left -= gap;
    if (left < idle_weight - queue.batches) return queue.partition;
    left -= idle_weight - queue.batches;
    partition = queue.partition + 1;
  }
  return partition + static_cast<std::int32_t>(left / idle_weight);
}

std::int32_t RoundRobinPartitioner::next(const TopicPartitions& topic) {
  const std::uint32_t n = counter_++;
  if (topic.available.empty())
    return static_cast<std::int32_t>(n % static_cast<std::uint32_t>(topic.count));
  return topic.available[n % topic.available.size()];
}

}  // namespace eventarium::kafka
