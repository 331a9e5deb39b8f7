#include "sim/check/share_invariants.h"

#include <algorithm>

#include <fmt/format.h>

namespace eventarium::check {

void ShareInvariants::on_event(const trace::Event& event) {
  if (const auto* acquired = event.as<trace::RecordsAcquired>()) {
    on_acquired(event, *acquired);
  } else if (const auto* settled = event.as<trace::RecordsSettled>()) {
    on_settled(event, *settled);
  } else if (const auto* advanced = event.as<trace::ShareStartAdvanced>()) {
    on_start(event, *advanced);
  } else if (const auto* taken = event.as<trace::LeadershipTaken>()) {
    const PartitionKey partition{taken->topic, taken->partition};
    leaders_[partition] = event.node;
    for (auto& [key, share] : shares_) {
      if (key.second != partition) continue;
      share.held.clear();
      share.given.clear();
      share.start = -1;
    }
  }
}

ShareInvariants::Share* ShareInvariants::share(const trace::Event& event, const std::string& group,
                                               const std::string& topic, std::int64_t partition) {
  const PartitionKey key{topic, partition};
  const auto leader = leaders_.find(key);
  if (leader != leaders_.end() && leader->second != event.node) return nullptr;
  for (const auto& [known, state] : ledger_.logs().partitions())
    if (state.ever_excused && (known == key || known.topic == "__share_group_state"))
      return nullptr;
  return &shares_[{group, key}];
}

void ShareInvariants::on_acquired(const trace::Event& event,
                                  const trace::RecordsAcquired& acquired) {
  Share* const share = this->share(event, acquired.group, acquired.topic, acquired.partition);
  if (!share) return;
  std::int64_t offset = acquired.base_offset;
  for (const RecordId record : acquired.records) {
    const auto what = [&] {
      return fmt::format("{} gives offset {} of {}-{} to {}", named(event.node), offset,
                         acquired.topic, acquired.partition, named(acquired.client));
    };
    Held& holder = share->held[offset];
    if (holder.client.valid() && holder.until > event.t)
      findings_.violated(Invariant::one_holder_at_a_time,
                         fmt::format("{} while {} has it", what(), named(holder.client)),
                         {event.node, acquired.client, holder.client}, {record});
    holder = {acquired.client, event.t + acquired.lock};
    if (share->finished.contains(offset))
      findings_.violated(Invariant::finished_stays_finished,
                         what() + ", which was finished, and that was kept",
                         {event.node, acquired.client}, {record});
    const auto ended = share->ended.find(offset);
    const std::uint64_t before =
        std::max(share->given[offset], ended == share->ended.end() ? 0 : ended->second);
    if (acquired.delivery_count <= before ||
        (acquired.delivery_limit > 0 && acquired.delivery_count > acquired.delivery_limit))
      findings_.violated(Invariant::deliveries_are_counted,
                         fmt::format("{} as delivery {} of {}; {} are known to have been", what(),
                                     acquired.delivery_count, acquired.delivery_limit, before),
                         {event.node, acquired.client}, {record});
    share->given[offset] = acquired.delivery_count;
    ++offset;
  }
}

/// What was acknowledged is told when it is kept.
void ShareInvariants::on_settled(const trace::Event& event, const trace::RecordsSettled& settled) {
  Share* const share = this->share(event, settled.group, settled.topic, settled.partition);
  if (!share) return;
  const bool kept = settled.reason == "acknowledged";
  std::int64_t offset = settled.base_offset;
  for (const RecordId record : settled.records) {
    const auto holder = share->held.find(offset);
    if (kept && holder != share->held.end() && holder->second.client.valid() &&
        holder->second.client != settled.client)
      findings_.violated(
          Invariant::who_has_it_acknowledges,
          fmt::format("{} takes {}'s word for offset {} of {}-{}, which {} has", named(event.node),
                      named(settled.client), offset, settled.topic, settled.partition,
                      named(holder->second.client)),
          {event.node, settled.client, holder->second.client}, {record});
    if (holder != share->held.end()) share->held.erase(holder);
    if (kept && settled.outcome == "released") share->ended[offset] = share->given[offset];
    if (kept && settled.outcome != "released") share->finished.insert(offset);
    ++offset;
  }
}

void ShareInvariants::on_start(const trace::Event& event,
                               const trace::ShareStartAdvanced& advanced) {
  Share* const share = this->share(event, advanced.group, advanced.topic, advanced.partition);
  if (!share) return;
  if (advanced.offset < share->start)
    findings_.violated(Invariant::share_start_never_falls,
                       fmt::format("{} says that {} begins at offset {} of {}-{}; that was {}",
                                   named(event.node), advanced.group, advanced.offset,
                                   advanced.topic, advanced.partition, share->start),
                       {event.node});
  share->start = advanced.offset;
}

}  // namespace eventarium::check
