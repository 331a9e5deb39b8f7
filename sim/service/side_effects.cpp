// See side_effects.h.
#include "sim/service/side_effects.h"

namespace eventarium::service {

std::uint64_t SideEffectLedger::times(const std::string& idempotency_key) const {
  const auto found = times_.find(idempotency_key);
  return found == times_.end() ? 0 : found->second;
}

std::uint64_t SideEffectLedger::repeated() const {
  std::uint64_t count = 0;
  for (const auto& [key, times] : times_) count += times > 1 ? 1 : 0;
  return count;
}

bool SideEffectLedger::refuses(const std::string& service, const std::string& event_id, int every,
                               int times) {
  Refusals& refusals = refusals_[service];
  const auto [entry, added] = refusals.refused_still.emplace(event_id, 0);
  if (added && ++refusals.events % static_cast<std::uint64_t>(every) == 0) entry->second = times;
  if (entry->second == 0) return false;
  --entry->second;
  return true;
}

}  // namespace eventarium::service
