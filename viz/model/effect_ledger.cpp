// See effect_ledger.h.
#include "viz/model/effect_ledger.h"

#include <algorithm>
#include <utility>

namespace eventarium::viz {

void EffectLedger::append(std::uint32_t position, const trace::Event& event) {
  const auto* done = event.as<trace::SideEffectDone>();
  if (done == nullptr) return;
  // Without a key each one is another effect: nobody has said that it must not be repeated.
  const std::string key = done->idempotency_key.empty()
                              ? done->effect + " #" + std::to_string(position)
                              : done->idempotency_key;
  const auto [found, is_new] = index_.try_emplace(key, kept_.size());
  if (is_new) kept_.push_back({key, done->effect, {}});
  Kept& kept = kept_[found->second];
  kept.done.emplace_back(position, done->text);
  Counts counts = counts_.empty() ? Counts{} : counts_.back().second;
  ++counts.times;
  if (is_new) ++counts.keys;
  if (kept.done.size() == 2) ++counts.repeated;
  counts_.emplace_back(position, counts);
}

EffectLedger::Counts EffectLedger::counts(std::uint32_t moment) const {
  const auto after = std::lower_bound(
      counts_.begin(), counts_.end(), moment,
      [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
  return after == counts_.begin() ? Counts{} : std::prev(after)->second;
}

std::vector<EffectEntry> EffectLedger::entries(std::uint32_t moment,
                                               std::size_t entries_max) const {
  struct Seen {
    const Kept* kept;
    std::size_t times;
  };
  std::vector<Seen> seen;
  for (const Kept& kept : kept_) {
    const auto end = std::lower_bound(
        kept.done.begin(), kept.done.end(), moment,
        [](const auto& entry, std::uint32_t wanted) { return entry.first < wanted; });
    if (end != kept.done.begin())
      seen.push_back({&kept, static_cast<std::size_t>(end - kept.done.begin())});
  }
  std::sort(seen.begin(), seen.end(), [](const Seen& a, const Seen& b) {
    if ((a.times > 1) != (b.times > 1)) return a.times > 1;
    return a.kept->done[a.times - 1].first > b.kept->done[b.times - 1].first;
  });
  if (seen.size() > entries_max) seen.resize(entries_max);
  std::vector<EffectEntry> entries;
  for (const Seen& one : seen) {
    EffectEntry entry{one.kept->key, one.kept->effect, one.kept->done[one.times - 1].second, {}};
    for (std::size_t i = 0; i < one.times; ++i) entry.times.push_back(one.kept->done[i].first);
    entries.push_back(std::move(entry));
  }
  return entries;
}

}  // namespace eventarium::viz
