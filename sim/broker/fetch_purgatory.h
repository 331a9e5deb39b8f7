// Fetches that wait at the broker (long poll) until there is enough to read or their time is
// over. It only keeps them and knows who waits for which partition; the broker answers them.
// Follows Kafka's DelayedFetch and DelayedOperationPurgatory (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "sim/broker/protocol.h"
#include "sim/engine/message.h"

namespace eventarium::kafka {

struct ParkedFetch {
  engine::Message message;  // carries the FetchRequest
  TimerId timer;

  const FetchRequest& request() const { return *message.as<FetchRequest>(); }
};

class FetchPurgatory {
 public:
  /// The number under which the fetch is kept, for its timer's token.
  std::uint64_t next_id() const { return next_id_; }
  void park(ParkedFetch fetch);

  /// The fetch, which is forgotten; nothing when it has been answered already.
  std::optional<ParkedFetch> take(std::uint64_t id);
  /// Fetches that wait for the partition, oldest first.
  std::vector<std::uint64_t> watchers_of(const TopicPartition& tp) const;
  /// Null when it has been answered already.
  const ParkedFetch* find(std::uint64_t id) const;
  /// Fetches on a client's connection, which is gone; oldest first.
  std::vector<std::uint64_t> of_client(NodeId client, engine::Lane lane) const;

  std::size_t size() const { return parked_.size(); }
  void clear();

 private:
  std::map<std::uint64_t, ParkedFetch> parked_;
  std::map<TopicPartition, std::set<std::uint64_t>> watchers_;
  std::uint64_t next_id_ = 1;
};

}  // namespace eventarium::kafka
