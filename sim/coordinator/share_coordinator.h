// The share coordinator, a part of every broker: keeps for the leaders of partitions what they know
// of share partitions, in those partitions of __share_group_state that its broker leads. It knows
// nothing of records and groups; what it keeps is a text with two numbers that fence.
//
//   Read   of a leader epoch that is older than the newest seen --> FENCED_LEADER_EPOCH
//          newer: the epoch is written first, so that the former leader can write no more
//   Write  older leader epoch --> FENCED_LEADER_EPOCH, older state epoch --> FENCED_STATE_EPOCH
//          else written, answered when it is replicated
//
// Kafka writes snapshots and updates between them; here each write is a snapshot.
// Follows Kafka's ShareCoordinatorService and ShareCoordinatorShard (4.1).
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "sim/broker/broker_part.h"
#include "sim/broker/share_protocol.h"
#include "sim/coordinator/coordinator_log.h"

namespace eventarium::kafka {

class ShareCoordinator final : public BrokerPart, private CoordinatorLog::Owner {
 public:
  struct Kept {
    std::int32_t state_epoch = 0, leader_epoch = -1;
    std::string state;  // empty: no leader has written yet
    bool operator==(const Kept&) const = default;
  };

  ShareCoordinator();

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override;
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override;

  /// Null when nothing is kept here. `key`: share_state_key().
  const Kept* find(const std::string& key) const;

 private:
  /// An answer that waits until what it says is kept.
  struct Waiting {
    RequestTicket ticket;
    Header header;
    std::string key;
    bool is_read = false;
  };

  // CoordinatorLog::Owner
  void replay(std::int32_t partition, const CoordinatorEntry& entry,
              const ProducerStamp& stamp) override;
  void replay_marker(std::int32_t, const ProducerStamp&) override {}
  void on_loaded(engine::Runtime&, std::int32_t) override {}
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override;
  std::size_t entries(std::int32_t partition) const override;

  void read(engine::Runtime& runtime, RequestTicket ticket,
            const ReadShareGroupStateRequest& request);
  void write(engine::Runtime& runtime, RequestTicket ticket,
             const WriteShareGroupStateRequest& request);
  void keep(engine::Runtime& runtime, Waiting waiting);
  void answer(engine::Runtime& runtime, const Waiting& waiting, Error error);

  CoordinatorLog log_;
  BrokerServices* services_ = nullptr;
  std::map<std::string, Kept> kept_;
  std::map<std::uint64_t, Waiting> waiting_;  // by the log's token
};

}  // namespace eventarium::kafka
