#include "sim/broker/fetch_purgatory.h"

#include <utility>

namespace eventarium::kafka {

void FetchPurgatory::park(ParkedFetch fetch) {
  const std::uint64_t id = next_id_++;
  for (const auto& partition : fetch.request().partitions) watchers_[partition.tp].insert(id);
  parked_.emplace(id, std::move(fetch));
}

std::optional<ParkedFetch> FetchPurgatory::take(std::uint64_t id) {
  const auto found = parked_.find(id);
  if (found == parked_.end()) return std::nullopt;
  ParkedFetch fetch = std::move(found->second);
  parked_.erase(found);
  for (const auto& partition : fetch.request().partitions) watchers_[partition.tp].erase(id);
  return fetch;
}

std::vector<std::uint64_t> FetchPurgatory::watchers_of(const TopicPartition& tp) const {
  const auto found = watchers_.find(tp);
  if (found == watchers_.end()) return {};
  return {found->second.begin(), found->second.end()};
}

const ParkedFetch* FetchPurgatory::find(std::uint64_t id) const {
  const auto found = parked_.find(id);
  return found == parked_.end() ? nullptr : &found->second;
}

std::vector<std::uint64_t> FetchPurgatory::of_client(NodeId client, engine::Lane lane) const {
  std::vector<std::uint64_t> ids;
  for (const auto& [id, fetch] : parked_)
    if (fetch.message.source == client && fetch.message.lane == lane) ids.push_back(id);
  return ids;
}

void FetchPurgatory::clear() {
  parked_.clear();
  watchers_.clear();
}

}  // namespace eventarium::kafka
