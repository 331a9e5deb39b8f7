#include "sim/broker/fetch_purgatory.h"

#include <algorithm>
#include <utility>

namespace eventarium::kafka {

void FetchPurgatory::park(ParkedFetch fetch) {
  const RequestTicket ticket = fetch.ticket;
  for (const std::uint32_t partition : fetch.partitions) {
    if (watchers_.size() <= partition) watchers_.resize(partition + 1);
    std::vector<RequestTicket>& watchers = watchers_[partition];
    // A connection has one request at a time: its former fetch is gone.
    std::erase_if(watchers, [&](RequestTicket t) { return t.slot == ticket.slot; });
    watchers.push_back(ticket);
  }
  if (by_slot_.size() <= ticket.slot) by_slot_.resize(ticket.slot + 1);
  by_slot_[ticket.slot] = std::move(fetch);
  ++size_;
}

std::optional<ParkedFetch> FetchPurgatory::take(RequestTicket ticket) {
  if (!find(ticket)) return std::nullopt;
  ParkedFetch fetch = std::move(by_slot_[ticket.slot]);
  by_slot_[ticket.slot].ticket = {};
  --size_;
  return fetch;
}

const ParkedFetch* FetchPurgatory::find(RequestTicket ticket) const {
  if (ticket.serial == 0 || ticket.slot >= by_slot_.size()) return nullptr;
  const ParkedFetch& fetch = by_slot_[ticket.slot];
  return fetch.ticket == ticket ? &fetch : nullptr;
}

const std::vector<RequestTicket>& FetchPurgatory::watchers_of(std::uint32_t partition) {
  if (watchers_.size() <= partition) watchers_.resize(partition + 1);
  std::vector<RequestTicket>& watchers = watchers_[partition];
  std::erase_if(watchers, [&](RequestTicket ticket) { return !find(ticket); });
  return watchers;
}

void FetchPurgatory::clear() {
  by_slot_.clear();
  watchers_.clear();
  size_ = 0;
}

}  // namespace eventarium::kafka
