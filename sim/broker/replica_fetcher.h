// Pulls the partitions that this broker follows from one leader: one fetch in flight, listing all
// of them; the next one, with the new log ends, tells the leader what has been received.
//
//   the fetcher   idle --a partition is ready--> waiting for the answer --answer--> (fsync) -->
//   idle
//                 waiting --disconnect, replica.socket.timeout.ms--> idle, all of them delayed
//   a partition   fetching --diverging epoch--> its log is cut --> fetching
//                 fetching --OFFSET_OUT_OF_RANGE--> out of range: asks where the leader's log
//                            begins and ends --> cut or begun anew --> fetching
//                 any --FENCED_LEADER_EPOCH in its present epoch--> failed until newer metadata
//                 any --other errors--> delayed by replica.fetch.backoff.ms --> fetching
//
// Follows Kafka's AbstractFetcherThread and ReplicaFetcherThread (4.1) without fetch sessions.
#pragma once

#include <cstdint>
#include <vector>

#include "sim/broker/components.h"
#include "sim/broker/partition.h"
#include "sim/broker/protocol.h"
#include "sim/broker/replication_options.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

class ReplicaFetcher {
 public:
  /// `number` among those of the same leader; `token` is the value of its timers' tokens.
  ReplicaFetcher(const ReplicationOptions& options, LogManager& logs, NodeId leader,
                 std::uint32_t number, std::uint64_t token);

  NodeId leader() const { return leader_; }
  engine::Lane lane() const;
  std::size_t size() const { return items_.size(); }

  /// Fetches the partition from its log end on, in its present leader epoch. It may be here
  /// already. The partition must live until remove().
  void add(Partition& partition);
  void remove(const Partition& partition);
  /// Sends the next request if none is on its way and something is ready. `broker_epoch` is this
  /// broker's.
  void run(engine::Runtime& runtime, std::int64_t broker_epoch);

  void on_fetched(engine::Runtime& runtime, const FetchResponse& response);
  void on_offsets(engine::Runtime& runtime, const ListOffsetsResponse& response);
  /// What was fetched last is on the disk (flush.messages).
  void on_flushed(engine::Runtime& runtime);
  void on_timer(engine::Runtime& runtime);
  void on_disconnect(engine::Runtime& runtime);

 private:
  enum class State : std::uint8_t { fetching, out_of_range, failed };
  enum class Waiting : std::uint8_t { no, for_fetch, for_offsets, for_disk };
  struct Item {
    Partition* partition;
    std::int32_t leader_epoch;
    State state = State::fetching;
    SimTime ready_at{};
  };
  /// What was asked in the request that is on its way.
  struct Asked {
    std::size_t place;  // in items_, unless that has changed meanwhile
    const Partition* partition;
    std::int32_t leader_epoch;
    std::int64_t offset;
  };

  void send_fetch(engine::Runtime& runtime, std::int64_t broker_epoch);
  bool send_list_offsets(engine::Runtime& runtime);
  template <class R>
  void send(engine::Runtime& runtime, std::unique_ptr<R> request, Waiting waiting);
  Item* find(const Asked& asked);
  void take(engine::Runtime& runtime, Item& item, const FetchResponse::Partition& answer);
  void take_offsets(engine::Runtime& runtime, Item& item, std::int64_t start, std::int64_t end);
  void delay(engine::Runtime& runtime, Item& item);
  void delay_asked(engine::Runtime& runtime);
  void flush(engine::Runtime& runtime);
  void wake_at(engine::Runtime& runtime, SimTime at);

  const ReplicationOptions& options_;
  LogManager& logs_;
  NodeId leader_;
  std::uint32_t number_;
  std::uint64_t token_;
  std::vector<Item> items_;  // by topic and partition
  std::size_t first_ = 0;    // of the next request, so that each gets its turn when bytes are few
  Waiting waiting_ = Waiting::no;
  std::vector<Asked> asked_;  // valid while waiting for an answer
  std::uint32_t correlation_id_ = 0;
  SimTime deadline_ = SimTime::max();  // of the answer
  SimTime timer_at_ = SimTime::max();  // when the earliest timer set fires; max: none is set
};

}  // namespace eventarium::kafka
