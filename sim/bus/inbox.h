// Deliveries that have reached a subscriber and wait for its handler, one at a time, in order of
// arrival. Volatile: it is gone when the process dies. Knows no protocol; each subscriber keeps
// what it needs to answer under the delivery's handle.
#pragma once

#include <cstdint>
#include <deque>

#include "sim/bus/channel.h"

namespace eventarium::bus {

class Inbox {
 public:
  /// Queues the delivery under the current cause and gives it a handle (returned, never 0, never
  /// used again). feed() hands it on.
  std::uint64_t add(engine::Runtime& runtime, Delivery delivery);

  /// Hands deliveries to the listener as long as it is free: RecordsDelivered, then on_delivery.
  /// A listener that finishes inside on_delivery gets the next one from the same loop, so that a
  /// long inbox is no deep recursion.
  void feed(engine::Runtime& runtime, Listener& listener);

  /// The handler is done with `handle`. False when that is not what it was working on (a handle
  /// of a former life): then nothing changes.
  bool finish(std::uint64_t handle);

  /// Handed to the listener and not finished.
  bool busy() const { return current_ != 0; }
  /// Nothing waits and nothing is being handled.
  bool idle() const { return current_ == 0 && waiting_.empty(); }
  void clear();

 private:
  struct Item {
    Delivery delivery;
    EventId cause;
  };
  std::deque<Item> waiting_;
  std::uint64_t current_ = 0;
  std::uint64_t last_handle_ = 0;
  bool feeding_ = false;
};

}  // namespace eventarium::bus
