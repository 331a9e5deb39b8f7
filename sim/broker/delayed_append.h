// What parts of the broker's process have appended and wait for the in-sync replicas to have. It
// keeps them by number; who wrote them and who is told is not its business. The twin of
// delayed_produce.h for writers that are no clients.
// Follows Kafka's DelayedProduce as ReplicaManager.appendRecords uses it for coordinators (4.1).
#pragma once

#include <cstdint>
#include <deque>
#include <utility>
#include <vector>

#include "sim/broker/errors.h"
#include "sim/broker/partition.h"

namespace eventarium::kafka {

class DelayedAppends {
 public:
  /// What an append has come to.
  using Result = std::pair<std::uint64_t, Error>;

  /// It waits until the high watermark of the partition, which the broker calls `number`, has
  /// reached `required_offset`.
  void park(std::uint64_t id, std::uint32_t number, std::int64_t required_offset);
  /// Looks at what waits for the partition (null: there is no replica of it here any more). The
  /// ones that are decided are forgotten, in the order of their offsets.
  std::vector<Result> check(std::uint32_t number, const Partition* partition);
  /// Forgets it. False when it does not wait here.
  bool forget(std::uint64_t id);

  void clear() { watches_.clear(); }

 private:
  struct Watch {
    std::int64_t required_offset = 0;
    std::uint64_t id = 0;
  };
  std::vector<std::deque<Watch>> watches_;  // by partition, ascending offsets
};

}  // namespace eventarium::kafka
