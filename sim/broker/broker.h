// A Kafka broker: the node that answers clients. It takes requests apart, asks its replica
// manager, and answers now or later: a fetch that finds too little, a batch that must be on the
// disk first (flush.messages). Follows Kafka's KafkaApis (4.1).
//
//   start: create or recover the logs, announce the partitions it leads
//   stop clean: flush    crash: the logs stay (the page cache is the system's), all that waits is
//   forgotten            power loss: at the next start the logs are cut to what was fsynced
#pragma once

#include <cstdint>
#include <map>
#include <memory>

#include "sim/base/config_keys.h"
#include "sim/broker/cluster_image.h"
#include "sim/broker/fetch_purgatory.h"
#include "sim/broker/replica_manager.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// What handling a request costs the broker's CPU. Orders of magnitude of a Java broker on a core
/// of 1e9 flop/s: 20 µs for a request, and 0.5 ns for each byte of a produce request, which is
/// checked against its CRC; fetched bytes are not touched (sendfile).
constexpr double request_work_flops = 20'000;
constexpr double produced_byte_work_flops = 0.5;

/// Where an answer goes: back on the lane that the request came on.
struct ClientConnection {
  NodeId node;
  engine::Lane lane;
};

class Broker : public engine::Node {
 public:
  /// `config` has the broker scope and has been checked. All brokers of a cluster share the image,
  /// whose NodeIds are those of the engine.
  Broker(Config config, std::shared_ptr<const ClusterImage> image);

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  double handling_work_flops(const engine::Message& message) const override;

  const ReplicaManager& replicas() const { return replicas_; }
  std::size_t parked_fetches() const { return purgatory_.size(); }

 private:
  /// A produce request that has been appended; it may wait for the disk.
  struct PendingProduce {
    ClientConnection client;
    Header header;
    std::int16_t acks = 0;
    AppendOutcome outcome;
  };

  void announce(engine::Runtime& runtime);
  void answer_metadata(engine::Runtime& runtime, const ClientConnection& client,
                       const MetadataRequest& request);
  void take_produce(engine::Runtime& runtime, const ClientConnection& client,
                    const ProduceRequest& request);
  void answer_produce(engine::Runtime& runtime, PendingProduce produce);
  void answer_list_offsets(engine::Runtime& runtime, const ClientConnection& client,
                           const ListOffsetsRequest& request);
  void take_fetch(engine::Runtime& runtime, engine::Message message);
  void answer_fetch(engine::Runtime& runtime, const ClientConnection& client,
                    const FetchRequest& request);
  void complete_fetches(engine::Runtime& runtime, const TopicPartition& tp);

  Config config_;
  std::shared_ptr<const ClusterImage> image_;
  std::uint64_t fetch_max_bytes_;
  bool loaded_ = false;
  bool lost_power_ = false;
  ReplicaManager replicas_;
  FetchPurgatory purgatory_;
  std::map<std::uint64_t, PendingProduce> waiting_for_disk_;  // by the token of their fsync
  std::uint64_t last_flush_ = 0;
};

}  // namespace eventarium::kafka
