// See transaction_markers.h.
#include "viz/model/transaction_markers.h"

namespace eventarium::viz {

void TransactionMarkers::append(std::uint32_t position, const trace::Event& event) {
  const auto* batch = event.as<trace::BatchAppended>();
  if (batch == nullptr || batch->as_follower || batch->control.empty()) return;
  markers_[{batch->topic, batch->partition, batch->producer_id}].push_back(
      {batch->base_offset, position, batch->control == "commit"});
}

CellFate TransactionMarkers::fate(const trace::BatchAppended& batch, std::int64_t offset,
                                  std::uint32_t moment) const {
  if (!batch.control.empty())
    return batch.control == "commit" ? CellFate::commit_marker : CellFate::abort_marker;
  if (!batch.transactional) return CellFate::plain;
  const auto found = markers_.find({batch.topic, batch.partition, batch.producer_id});
  if (found == markers_.end()) return CellFate::open;
  // The nearest one behind it; of two at one offset (a log was cut off) the later one holds.
  const Marker* nearest = nullptr;
  for (auto at = found->second.rbegin(); at != found->second.rend(); ++at) {
    if (at->position >= moment) continue;
    if (at->offset <= offset) break;
    if (nearest == nullptr || at->offset < nearest->offset) nearest = &*at;
  }
  if (nearest == nullptr) return CellFate::open;
  return nearest->commit ? CellFate::committed : CellFate::aborted;
}

}  // namespace eventarium::viz
