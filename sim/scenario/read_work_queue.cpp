// Reads whether a service's records are handled by threads of its own, and what happens when these
// are too slow.
#include <algorithm>

#include <fmt/format.h>

#include "sim/scenario/draft.h"
#include "sim/scenario/keys.h"

namespace eventarium::scenario {
namespace {

/// Why the service can't have such a queue; empty when it can.
std::string refusal(const Service& service, const Draft& draft) {
  if (draft.scenario.channel != Channel::kafka)
    return "poll() and a queue behind it are Kafka's consumers'; there is no Kafka here";
  if (service.share_group) return "a share group has its work queue in the brokers: add instances";
  if (service.commit == Commit::transaction)
    return "a transaction is one thread's; say commit: after, or add instances";
  return "";
}

}  // namespace

void read_work_queue(const MapReader& map, Service& service, Draft& draft) {
  constexpr const char* keys[] = {"workers", "queue", "when_full"};
  const auto given = std::ranges::find_if(keys, [&](const char* key) { return map.has(key); });
  if (given == std::end(keys)) return;
  WorkQueue queue;
  map.integer("workers", queue.workers);
  map.integer("queue", queue.size);
  std::string word;
  if (map.choice("when_full", word)) queue.when_full = meant<WhenFull>("service.when_full", word);
  const std::string why_not = refusal(service, draft);
  if (!why_not.empty())
    draft.problems.add(map.place_of(*given), fmt::format("{}: {}", *given, why_not));
  else
    service.queue = queue;
}

}  // namespace eventarium::scenario
