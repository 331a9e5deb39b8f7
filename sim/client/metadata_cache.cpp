#include "sim/client/metadata_cache.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

void MetadataCache::add_topic(const std::string& topic) {
  if (!topics_.try_emplace(topic).second) return;
  update_requested_ = true;
  not_before_ = SimTime{};
  topic_added_while_in_flight_ = in_flight_;
}

SimTime MetadataCache::next_update() const {
  if (in_flight_ || topics_.empty()) return SimTime::max();
  const SimTime wanted = update_requested_ ? SimTime{} : refreshed_at_ + options_.metadata_max_age;
  return std::max(wanted, not_before_);
}

MetadataRequest MetadataCache::make_request() const {
  MetadataRequest request;
  for (const auto& [name, topic] : topics_) request.topics.push_back(name);
  return request;
}

void MetadataCache::sent() {
  in_flight_ = true;
  topic_added_while_in_flight_ = false;
}

void MetadataCache::failed(SimTime now, RandomStream& random) {
  in_flight_ = false;
  update_requested_ = true;
  not_before_ = now + options_.retry_backoff.after(failures_++, random);
}

MetadataCache::Topic MetadataCache::read_topic(const MetadataResponse::Topic& answer,
                                               const Topic& before, bool& incomplete) {
  if (answer.error != Error::none) {
    incomplete = true;
    Topic topic = before;  // what was known stays: the broker may be the one that is behind
    topic.missing = true;
    return topic;
  }
  Topic topic;
  for (const MetadataResponse::Partition& partition : answer.partitions) {
    topic.partitions.push_back({partition.leader, partition.leader_epoch});
    if (partition.leader.valid()) topic.summary.available.push_back(partition.partition);
    incomplete = incomplete || partition.error != Error::none;
  }
  topic.summary.count = static_cast<std::int32_t>(topic.partitions.size());
  return topic;
}

bool MetadataCache::apply(const MetadataResponse& response, SimTime now, RandomStream& random) {
  in_flight_ = false;
  failures_ = 0;
  refreshed_at_ = now;
  bool incomplete = false, changed = false;
  for (const MetadataResponse::Topic& answer : response.topics) {
    const auto found = topics_.find(answer.name);
    if (found == topics_.end()) continue;
    Topic topic = read_topic(answer, found->second, incomplete);
    changed = changed || !(topic == found->second);
    found->second = std::move(topic);
  }
  if (!response.brokers.empty() && brokers_ != response.brokers) {
    brokers_ = response.brokers;
    changed = true;
  }
  equal_answers_ = changed ? 0 : equal_answers_ + 1;
  update_requested_ = incomplete || topic_added_while_in_flight_;
  const std::uint32_t pauses = equal_answers_ > 0 ? equal_answers_ - 1 : 0;
  not_before_ =
      topic_added_while_in_flight_ ? SimTime{} : now + options_.retry_backoff.after(pauses, random);
  return changed;
}

bool MetadataCache::learn_leader(const TopicPartition& tp, const LeaderHint& hint) {
  const auto found = topics_.find(tp.topic);
  const auto index = static_cast<std::size_t>(tp.partition);
  if (!hint.leader.valid() || found == topics_.end()) return false;
  Topic& topic = found->second;
  if (index >= topic.partitions.size() || topic.partitions[index].leader_epoch >= hint.leader_epoch)
    return false;
  topic.partitions[index] = {hint.leader, hint.leader_epoch};
  auto& available = topic.summary.available;
  const auto place = std::lower_bound(available.begin(), available.end(), tp.partition);
  if (place == available.end() || *place != tp.partition) available.insert(place, tp.partition);
  return true;
}

const TopicPartitions* MetadataCache::topic(const std::string& name) const {
  const auto found = topics_.find(name);
  if (found == topics_.end() || found->second.partitions.empty()) return nullptr;
  return &found->second.summary;
}

PartitionMetadata MetadataCache::partition(const std::string& topic, std::int32_t number) const {
  const auto found = topics_.find(topic);
  if (found == topics_.end() || number < 0) return {};
  const auto index = static_cast<std::size_t>(number);
  const auto& partitions = found->second.partitions;
  return index < partitions.size() ? partitions[index] : PartitionMetadata{};
}

bool MetadataCache::is_missing(const std::string& topic) const {
  const auto found = topics_.find(topic);
  return found != topics_.end() && found->second.missing;
}

void MetadataCache::forget_all() { *this = MetadataCache(options_, bootstrap_); }

}  // namespace eventarium::kafka
