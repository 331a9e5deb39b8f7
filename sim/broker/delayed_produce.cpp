#include "sim/broker/delayed_produce.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

void DelayedProducePurgatory::park(DelayedProduce produce) {
  const RequestTicket ticket = produce.ticket;
  for (const DelayedProduce::Batch& batch : produce.batches) {
    if (watches_.size() <= batch.partition) watches_.resize(batch.partition + 1);
    std::deque<Watch>& watches = watches_[batch.partition];
    // Nearly always at the end; a log that was truncated begins again at lower offsets.
    const auto place = std::upper_bound(
        watches.begin(), watches.end(), batch.required_offset,
        [](std::int64_t offset, const Watch& watch) { return offset < watch.required_offset; });
    watches.insert(place, {batch.required_offset, ticket});
  }
  produce.pending = produce.batches.size();
  if (by_slot_.size() <= ticket.slot) by_slot_.resize(ticket.slot + 1);
  by_slot_[ticket.slot] = std::move(produce);
  ++size_;
}

DelayedProduce* DelayedProducePurgatory::find(RequestTicket ticket) {
  if (ticket.serial == 0 || ticket.slot >= by_slot_.size()) return nullptr;
  DelayedProduce& produce = by_slot_[ticket.slot];
  return produce.ticket == ticket ? &produce : nullptr;
}

DelayedProduce DelayedProducePurgatory::remove(RequestTicket ticket) {
  DelayedProduce produce = std::move(by_slot_[ticket.slot]);
  by_slot_[ticket.slot].ticket = {};
  --size_;
  return produce;
}

std::vector<DelayedProduce> DelayedProducePurgatory::check(std::uint32_t number,
                                                           const Partition* partition) {
  std::vector<DelayedProduce> complete;
  if (watches_.size() <= number) return complete;
  std::deque<Watch>& watches = watches_[number];
  while (!watches.empty()) {
    const Watch watch = watches.front();
    DelayedProduce* produce = find(watch.ticket);
    if (produce) {
      const std::optional<Error> result = partition
                                              ? partition->check_replicated(watch.required_offset)
                                              : std::optional(Error::not_leader_or_follower);
      if (!result) break;  // the ones behind it wait for more
      for (DelayedProduce::Batch& batch : produce->batches) {
        if (batch.partition != number || batch.required_offset != watch.required_offset ||
            !batch.pending)
          continue;
        batch.pending = false;
        produce->answers[batch.answer].error = *result;
        if (*result != Error::none) produce->answers[batch.answer].base_offset = -1;
        --produce->pending;
      }
      if (produce->pending == 0) complete.push_back(remove(watch.ticket));
    }
    watches.pop_front();
  }
  return complete;
}

std::optional<DelayedProduce> DelayedProducePurgatory::expire(RequestTicket ticket) {
  if (!find(ticket)) return std::nullopt;
  DelayedProduce produce = remove(ticket);
  for (const DelayedProduce::Batch& batch : produce.batches) {
    if (!batch.pending) continue;
    produce.answers[batch.answer].error = Error::request_timed_out;
    produce.answers[batch.answer].base_offset = -1;
  }
  return produce;
}

void DelayedProducePurgatory::forget(RequestTicket ticket) {
  if (find(ticket)) remove(ticket);
}

void DelayedProducePurgatory::clear() {
  by_slot_.clear();
  watches_.clear();
  size_ = 0;
}

}  // namespace eventarium::kafka
