// acks=all requests that have been appended and wait until the in-sync replicas have them, or until
// their time is over. It keeps them, and decides when one is complete; the broker answers.
//
//   parked --each batch: below the high watermark, or leadership lost--> complete
//   parked --its timeout has passed: REQUEST_TIMED_OUT for the batches that still wait--> complete
//   The batches stay in the log whatever the answer.
//
// Follows Kafka's DelayedProduce and DelayedOperationPurgatory (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

#include "sim/broker/partition.h"
#include "sim/broker/protocol.h"
#include "sim/broker/request_channel.h"
#include "sim/engine/message.h"

namespace eventarium::kafka {

struct DelayedProduce {
  /// One batch that was appended.
  struct Batch {
    std::size_t answer = 0;            // its place in the response
    std::uint32_t partition = 0;       // the broker's number
    std::int64_t required_offset = 0;  // the high watermark that it waits for
    bool pending = true;
  };
  RequestTicket ticket;
  engine::Message message;  // carries the ProduceRequest
  std::vector<ProduceResponse::Partition> answers;
  std::vector<Batch> batches;
  std::size_t pending = 0;  // batches that wait

  const ProduceRequest& request() const { return *message.as<ProduceRequest>(); }
};

class DelayedProducePurgatory {
 public:
  void park(DelayedProduce produce);
  /// Looks at what waits for the partition, which the broker calls `number` (null: it has no
  /// replica of it any more). Returns the requests that are complete now, which are forgotten.
  std::vector<DelayedProduce> check(std::uint32_t number, const Partition* partition);
  /// Its time is over: the batches that wait get REQUEST_TIMED_OUT. Nothing when it is not here.
  std::optional<DelayedProduce> expire(RequestTicket ticket);
  /// Forgets it: its connection is gone.
  void forget(RequestTicket ticket);

  std::size_t size() const { return size_; }
  void clear();

 private:
  struct Watch {
    std::int64_t required_offset = 0;
    RequestTicket ticket;
  };
  DelayedProduce* find(RequestTicket ticket);
  DelayedProduce remove(RequestTicket ticket);

  std::vector<DelayedProduce> by_slot_;     // serial 0: none
  std::vector<std::deque<Watch>> watches_;  // by partition, ascending offsets
  std::size_t size_ = 0;
};

}  // namespace eventarium::kafka
