// Fetches that wait at the broker (long poll) until there is enough to read or their time is
// over. It only keeps them and knows who waits for which partition; the broker answers them.
// Follows Kafka's DelayedFetch and DelayedOperationPurgatory (4.1).
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sim/broker/protocol.h"
#include "sim/broker/request_channel.h"
#include "sim/engine/message.h"

namespace eventarium::kafka {

struct ParkedFetch {
  RequestTicket ticket;
  engine::Message message;                // carries the FetchRequest
  std::vector<std::uint32_t> partitions;  // the broker's numbers of the request's partitions

  const FetchRequest& request() const { return *message.as<FetchRequest>(); }
};

class FetchPurgatory {
 public:
  void park(ParkedFetch fetch);
  /// The fetch, which is forgotten; nothing when it is not here.
  std::optional<ParkedFetch> take(RequestTicket ticket);
  /// Null when it is not here.
  const ParkedFetch* find(RequestTicket ticket) const;
  /// Fetches that wait for the partition, in the order in which they were parked. The result is
  /// valid until the next call or park().
  const std::vector<RequestTicket>& watchers_of(std::uint32_t partition);

  std::size_t size() const { return size_; }
  void clear();

 private:
  std::vector<ParkedFetch> by_slot_;                  // serial 0: none
  std::vector<std::vector<RequestTicket>> watchers_;  // by partition; may hold former ones
  std::size_t size_ = 0;
};

}  // namespace eventarium::kafka
