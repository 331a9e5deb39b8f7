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

#include "sim/client/fetcher.h"

namespace eventarium::kafka {

/// A position without a record before it can't be wrong.
bool Fetcher::needs_validation(const TopicPartition& tp, const Position& position) const {
  return position.epoch >= 0 &&
         core_.metadata.partition(tp).leader_epoch > position.validated_epoch &&
         core_.metadata.partition(tp).leader_epoch > position.epoch;
}

void Fetcher::send_validations(engine::Runtime& runtime) {
  for (auto& [node, partitions] : sendable(runtime, Need::fetch)) {
    auto request = std::make_unique<OffsetForLeaderEpochRequest>();
    Request sent{node, {}, false, {}};
    for (const TopicPartition& tp : partitions) {
      const Position& position = positions_.at(tp);
      if (!needs_validation(tp, position)) continue;
      request->partitions.push_back(
          {tp, core_.metadata.partition(tp).leader_epoch, position.epoch});
      sent.partitions.push_back(tp);
    }
    if (!sent.partitions.empty()) send(runtime, node, std::move(request), std::move(sent));
  }
}

void Fetcher::on_epoch_ends(engine::Runtime& runtime,
                            const OffsetForLeaderEpochResponse& response) {
  const std::uint32_t id = response.header.correlation_id;
  requests_.erase(id);
  for (const auto& answer : response.partitions) {
    Position* const position = answered(answer.tp, id);
    if (!position || !position->offset) continue;
    if (answer.error != Error::none) {
      retry_later(runtime, *position, answer.error);
      continue;
    }
    if (answer.end.epoch < 0 || answer.end.end_offset < *position->offset) {
      on_truncation(runtime, answer.tp, *position, answer.end);
      if (!failure_.empty()) return;
    }
    position->validated_epoch = core_.metadata.partition(answer.tp).leader_epoch;
  }
}

void Fetcher::on_truncation(engine::Runtime& runtime, const TopicPartition& tp, Position& position,
                            EpochEnd end) {
  const std::int64_t offset = *position.offset;
  if (options_.auto_offset_reset == ConsumerOptions::Reset::none) {
    failure_ = fmt::format(
        "LogTruncationException: {} no longer has what was read up to offset {}, and "
        "auto.offset.reset=none",
        to_text(tp), offset);
    return;
  }
  runtime.set_cause(runtime.emit(trace::ClientWarning{fmt::format(
      "the new leader of {} does not have what was read up to offset {}: records were lost",
      to_text(tp), offset)}));
  position.epoch = -1;
  position.offset.reset();
  position.begin = Begin::reset;
  if (end.epoch < 0) return;  // to where auto.offset.reset says
  position.offset = end.end_offset;
  runtime.emit(trace::PositionReset{tp.topic, tp.partition, "truncation", end.end_offset});
}

}  // namespace eventarium::kafka
