// Is what the consumer has read still in the log? Another leader may have less of it: an unclean
// election, or a loss of power. Before it fetches from a new leader, a consumer asks where the
// epoch of its last record ends there. Follows Kafka's OffsetsForLeaderEpochUtils and
// SubscriptionState.maybeCompleteValidation (4.1, KIP-320).
//
//   fetching --metadata: a newer leader epoch--> validating --the epoch ends at or behind the
//                                                 position--> fetching
//                                               --it ends before--> fetching from there on, or with
//                                                 auto.offset.reset=none an exception
//                                               --unknown to the leader--> auto.offset.reset
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/client/consumer.h"

namespace eventarium::kafka {

/// A position without a record before it can't be wrong.
bool Consumer::needs_validation(const TopicPartition& tp, const Position& position) const {
  return position.epoch >= 0 &&
         core_.metadata.partition(tp).leader_epoch > position.validated_epoch &&
         core_.metadata.partition(tp).leader_epoch > position.epoch;
}

void Consumer::send_validations(engine::Runtime& runtime) {
  for (auto& [node, partitions] : sendable(runtime, true)) {
    auto request = std::make_unique<OffsetForLeaderEpochRequest>();
    Request sent{node, {}, false, {}};
    for (const TopicPartition& tp : partitions) {
      const auto entry = positions_.find(tp);
      const Position& position = entry->second;
      if (!needs_validation(tp, position)) continue;
      request->partitions.push_back(
          {tp, core_.metadata.partition(tp).leader_epoch, position.epoch});
      sent.partitions.push_back(tp);
      set_in_flight(entry, true);
    }
    if (sent.partitions.empty()) continue;
    const std::uint32_t id = core_.network.send(runtime, node, std::move(request));
    requests_[id] = std::move(sent);
  }
}

void Consumer::on_epoch_ends(engine::Runtime& runtime,
                             const OffsetForLeaderEpochResponse& response) {
  requests_.erase(response.header.correlation_id);
  for (const auto& answer : response.partitions) {
    const auto found = positions_.find(answer.tp);
    if (found == positions_.end()) continue;
    Position& position = found->second;
    set_in_flight(found, false);
    if (!position.offset) continue;
    if (answer.error != Error::none) {
      retry_later(runtime, position, answer.error);
      continue;
    }
    if (answer.end.epoch < 0 || answer.end.end_offset < *position.offset) {
      on_truncation(runtime, answer.tp, position, answer.end);
      if (failed_) return;
    }
    position.validated_epoch = core_.metadata.partition(answer.tp).leader_epoch;
  }
}

void Consumer::on_truncation(engine::Runtime& runtime, const TopicPartition& tp, Position& position,
                             EpochEnd end) {
  const std::int64_t offset = *position.offset;
  if (options_.auto_offset_reset == ConsumerOptions::Reset::none)
    return throw_out_of_poll(
        runtime, fmt::format("LogTruncationException: {} no longer has what was read up to offset "
                             "{}, and auto.offset.reset=none",
                             to_text(tp), offset));
  runtime.set_cause(runtime.emit(trace::ClientWarning{fmt::format(
      "the new leader of {} does not have what was read up to offset {}: records were lost",
      to_text(tp), offset)}));
  position.epoch = -1;
  position.offset.reset();
  if (end.epoch < 0) return;  // to where auto.offset.reset says
  position.offset = end.end_offset;
  runtime.emit(trace::PositionReset{tp.topic, tp.partition, "truncation", end.end_offset});
}

}  // namespace eventarium::kafka
