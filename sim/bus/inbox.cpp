// See inbox.h.
#include "sim/bus/inbox.h"

#include <utility>

#include "sim/bus/cause_scope.h"

namespace eventarium::bus {

std::uint64_t Inbox::add(engine::Runtime& runtime, Delivery delivery) {
  delivery.handle = ++last_handle_;
  waiting_.push_back({std::move(delivery), runtime.current_cause()});
  return last_handle_;
}

void Inbox::feed(engine::Runtime& runtime, Listener& listener) {
  if (feeding_) return;  // the loop below is running further down the stack
  feeding_ = true;
  while (current_ == 0 && !waiting_.empty()) {
    const Item item = std::move(waiting_.front());
    waiting_.pop_front();
    current_ = item.delivery.handle;
    const EventId delivered = runtime.emit_because(
        item.cause, trace::RecordsDelivered{.records = {item.delivery.record.id},
                                            .topic = item.delivery.topic,
                                            .partition = item.delivery.partition,
                                            .base_offset = item.delivery.offset,
                                            .attempt = item.delivery.attempt});
    const CauseScope scope(runtime, delivered);
    listener.on_delivery(runtime, item.delivery);
  }
  feeding_ = false;
}

bool Inbox::finish(std::uint64_t handle) {
  if (handle == 0 || handle != current_) return false;
  current_ = 0;
  return true;
}

void Inbox::clear() {
  waiting_.clear();
  current_ = 0;
}

}  // namespace eventarium::bus
