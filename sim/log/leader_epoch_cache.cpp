#include "sim/log/leader_epoch_cache.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::kafka {

std::optional<std::int32_t> LeaderEpochCache::latest_epoch() const {
  if (entries_.empty()) return std::nullopt;
  return entries_.back().epoch;
}

void LeaderEpochCache::assign(std::int32_t epoch, std::int64_t start_offset) {
  EVENTARIUM_CHECK(epoch >= 0 && start_offset >= 0, "an epoch begins somewhere");
  if (!entries_.empty() && entries_.back().epoch == epoch &&
      start_offset >= entries_.back().start_offset)
    return;
  while (!entries_.empty() &&
         (entries_.back().epoch >= epoch || entries_.back().start_offset >= start_offset))
    entries_.pop_back();
  entries_.push_back({epoch, start_offset});
}

EpochEnd LeaderEpochCache::end_offset_for(std::int32_t epoch, std::int64_t log_end_offset) const {
  if (epoch < 0 || entries_.empty()) return {};
  if (entries_.back().epoch == epoch) return {epoch, log_end_offset};
  const auto higher =
      std::upper_bound(entries_.begin(), entries_.end(), epoch,
                       [](std::int32_t asked, const Entry& entry) { return asked < entry.epoch; });
  if (higher == entries_.end()) return {};
  // Older than all that is known: it ends before the first record here, under its own name.
  if (higher == entries_.begin()) return {epoch, higher->start_offset};
  return {std::prev(higher)->epoch, higher->start_offset};
}

std::optional<std::int32_t> LeaderEpochCache::epoch_for(std::int64_t offset) const {
  const auto above = std::upper_bound(
      entries_.begin(), entries_.end(), offset,
      [](std::int64_t asked, const Entry& entry) { return asked < entry.start_offset; });
  if (above == entries_.begin()) return std::nullopt;
  return std::prev(above)->epoch;
}

void LeaderEpochCache::truncate_from_end(std::int64_t end_offset) {
  while (!entries_.empty() && entries_.back().start_offset >= end_offset) entries_.pop_back();
}

void LeaderEpochCache::truncate_from_start(std::int64_t start_offset) {
  std::optional<std::int32_t> epoch_there;
  auto kept = entries_.begin();
  for (; kept != entries_.end() && kept->start_offset <= start_offset; ++kept)
    epoch_there = kept->epoch;
  if (!epoch_there) return;
  entries_.erase(entries_.begin(), kept);
  entries_.insert(entries_.begin(), {*epoch_there, start_offset});
}

}  // namespace eventarium::kafka
