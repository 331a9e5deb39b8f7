// What travels between nodes. The engine moves payloads and never looks inside; protocols (Kafka,
// queue, ...) define payload types and recognise their own.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <type_traits>
#include <typeinfo>
#include <utility>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium::engine {

/// Base of everything that can be sent. Immutable once sent.
class Payload {
 public:
  virtual ~Payload() = default;
  /// What an observer calls it, e.g. "Produce".
  virtual std::string_view label() const = 0;
  /// Records inside, for the trace.
  virtual void append_records(std::vector<RecordId>&) const {}
};

/// `payload` as P, or null when it is something else. Most are asked many times what they are: a
/// type from which none derives is known by one look.
template <class P>
const P* payload_as(const Payload* payload) {
  if constexpr (std::is_final_v<P>) {
    return payload && &typeid(*payload) == &typeid(P) ? static_cast<const P*>(payload) : nullptr;
  } else {
    return dynamic_cast<const P*>(payload);
  }
}

/// Which of the connections between two nodes. A client opens its own one for each of its purposes
/// (Kafka: produce, fetch, replica fetcher, heartbeats), and answers go back on the lane that the
/// request came on. Two nodes that are each other's clients differ in `opener`. The default lane
/// belongs to nobody and serves nodes that need only one.
struct Lane {
  NodeId opener;
  std::uint8_t purpose = 0;
  auto operator<=>(const Lane&) const = default;
};

struct Message {
  MessageId id;
  NodeId source;
  NodeId destination;
  Lane lane;
  std::uint64_t size_bytes = 0;
  EventId cause;  // the MessageSent, then the MessageArrived event
  std::unique_ptr<const Payload> payload;

  /// The payload as P, or null when it is something else.
  template <class P>
  const P* as() const {
    return payload_as<P>(payload.get());
  }
};

}  // namespace eventarium::engine
