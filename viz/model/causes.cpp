// Why something happened: the chain of causes of an event as sentences, with the setting that
// decided where one did.
#include <algorithm>

#include <fmt/format.h>

#include "viz/model/inspector.h"

namespace eventarium::viz {
namespace {

/// A message's departure says nothing that its arrival, next in the chain, doesn't say.
bool is_departure_of(const trace::Event& first, const trace::Event& next) {
  const auto* sent = first.as<trace::MessageSent>();
  const auto* arrived = next.as<trace::MessageArrived>();
  return sent != nullptr && arrived != nullptr && sent->message == arrived->message;
}

/// The setting that decides when or whether `event` happens; empty when none does.
std::string setting_of(const trace::Event& event) {
  if (const auto* sent = event.as<trace::MessageSent>()) {
    if (sent->label == "Produce") return "linger.ms, batch.size";
    if (sent->label == "FetchResponse") return "fetch.min.bytes, fetch.max.wait.ms";
  }
  if (const auto* batched = event.as<trace::RecordBatched>())
    return batched->by == "explicit" ? "" : "partitioner.class";
  if (event.as<trace::SendRetried>()) return "retry.backoff.ms, request.timeout.ms";
  if (const auto* failed = event.as<trace::SendFailed>())
    if (failed->error.find("TimeoutException") != std::string::npos) return "delivery.timeout.ms";
  if (event.as<trace::PositionReset>()) return "auto.offset.reset";
  if (event.as<trace::BrokerFenced>()) return "broker.session.timeout.ms";
  if (event.as<trace::IsrChangeProposed>()) return "replica.lag.time.max.ms";
  if (event.as<trace::SegmentRolled>()) return "segment.ms, segment.bytes";
  if (const auto* changed = event.as<trace::PartitionChanged>())
    if (changed->unclean) return "unclean.leader.election.enable";
  if (const auto* start = event.as<trace::LogStartAdvanced>())
    if (start->reason.rfind("retention", 0) == 0) return "retention.ms, retention.bytes";
  if (const auto* refused = event.as<trace::ProduceRefused>())
    if (refused->error == "NOT_ENOUGH_REPLICAS") return "min.insync.replicas";
  if (const auto* late = event.as<trace::ProduceTimedOut>())
    return late->error == "NOT_ENOUGH_REPLICAS_AFTER_APPEND" ? "min.insync.replicas"
                                                             : "request.timeout.ms";
  if (const auto* called = event.as<trace::CallFailed>())
    if (called->reason.find("time-out") != std::string::npos) return "bus.call_timeout";
  if (const auto* returned = event.as<trace::QueueReturned>())
    if (returned->reason.find("time-out") != std::string::npos) return "bus.visibility_timeout";
  if (event.as<trace::QueueDeadLettered>()) return "bus.max_deliveries";
  return {};
}

}  // namespace

std::vector<Reason> causes_of(const History& history, Position position, std::size_t links_max) {
  std::vector<Position> chain;
  // Ids fall along the chain in any sound trace; in a damaged one that is what ends the loop.
  for (Position at = position; at != no_position;) {
    chain.push_back(at);
    const Position cause = history.find(history[at].cause);
    if (cause == no_position || cause >= at) break;
    at = cause;
  }
  std::reverse(chain.begin(), chain.end());
  std::vector<Reason> reasons;
  std::string carried;
  for (std::size_t i = 0; i < chain.size(); ++i) {
    const trace::Event& event = history[chain[i]];
    const std::string sentence = history.sentence(chain[i]);
    if (sentence.empty()) continue;
    std::string setting = setting_of(event);
    if (i + 1 < chain.size() && is_departure_of(event, history[chain[i + 1]])) {
      carried = std::move(setting);  // what let it go is told with its arrival
      continue;
    }
    if (setting.empty()) setting = std::move(carried);
    carried.clear();
    reasons.push_back({event.t, sentence, chain[i], std::move(setting)});
  }
  if (reasons.size() > links_max && links_max >= 3) {
    const std::size_t left_out = reasons.size() - links_max + 1;
    const auto first = reasons.begin() + static_cast<std::ptrdiff_t>(links_max / 2);
    const Reason gap{first->t, fmt::format("… {} steps …", left_out), first->position, {}};
    const auto kept = reasons.erase(first, first + static_cast<std::ptrdiff_t>(left_out));
    reasons.insert(kept, gap);
  }
  return reasons;
}

}  // namespace eventarium::viz
