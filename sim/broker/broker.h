// A Kafka broker: the node that answers clients and followers. It takes requests apart, asks its
// replica manager, and answers now or later: an acks=all batch that the in-sync replicas don't
// have yet, a fetch that finds too little, a batch that must be on the disk first. It learns from
// its cluster link what it leads and whom it follows. Follows Kafka's BrokerServer, KafkaApis
// (4.1).
//
//   start --> starting: logs are loaded, clients are refused, the link registers
//   metadata has caught up --> leads and follows; the link asks to be unfenced --> running
//   asked to stop --> controlled shutdown: serves on, until nothing is led here --> ends cleanly
//   stop clean: flush    crash: the logs stay (the page cache is the system's), all that waits is
//   forgotten            power loss: at the next start the logs are cut to what was fsynced
//
//   broker.cpp   life, dispatch, whatever waits        broker_requests.cpp   the requests
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "sim/base/config_keys.h"
#include "sim/base/planted_fault.h"
#include "sim/broker/broker_parts.h"
#include "sim/broker/cluster_link.h"
#include "sim/broker/delayed_produce.h"
#include "sim/broker/fetch_purgatory.h"
#include "sim/broker/log_manager.h"
#include "sim/broker/replica_manager.h"
#include "sim/broker/request_channel.h"
#include "sim/broker/transaction_verifier.h"
#include "sim/engine/node.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// What handling a request costs the broker's CPU. Orders of magnitude of a Java broker on a core
/// of 1e9 flop/s: 20 µs for a request, and 0.5 ns for each byte that is appended, on the leader and
/// on followers, which is checked against its CRC; bytes fetched from it are not touched
/// (sendfile).
constexpr double request_work_flops = 20'000;
constexpr double produced_byte_work_flops = 0.5;

struct BrokerOptions {
  Config config;  // broker scope, checked
  PlantedFaults planted{};
};

class Broker : public engine::Node, public ClusterListener {
 public:
  Broker(BrokerOptions options, std::unique_ptr<ClusterLink> link);

  /// A coordinator or another part of the same process, before its first start.
  void add_part(std::unique_ptr<BrokerPart> part) { parts_.add(std::move(part)); }

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  bool on_stop_request(engine::Runtime& runtime) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  double handling_work_flops(const engine::Message& message) const override;

  void on_metadata(engine::Runtime& runtime, const std::vector<TopicPartition>& changed) override;
  void on_partition_altered(engine::Runtime& runtime,
                            const AlterPartitionResponse::Partition& answer) override;
  void on_shutdown_granted(engine::Runtime& runtime) override;

  const ReplicaManager& replicas() const { return replicas_; }
  const LogManager& logs() const { return logs_; }
  const ClusterLink& link() const { return *link_; }
  std::size_t parked_fetches() const { return fetches_.size(); }
  std::size_t parked_produces() const { return produces_.size(); }

 private:
  /// Appended, and on its way to the disk (flush.messages).
  struct Flushing {
    RequestTicket ticket;
    engine::Message message;
    AppendOutcome outcome;
  };

  /// A produce request that waits for what the transaction's coordinator says of partitions.
  struct Verifying {
    RequestChannel::Taken produce;
    PartitionList asked;
  };

  // broker.cpp
  bool serves_clients() const;
  void announce(engine::Runtime& runtime) const;
  void logs_loaded(engine::Runtime& runtime);
  void settle(engine::Runtime& runtime);
  void look_at(engine::Runtime& runtime, ReplicaManager::Touched touched);
  void time_is_over(engine::Runtime& runtime, RequestTicket ticket);

  // broker_requests.cpp
  void handle(engine::Runtime& runtime, RequestChannel::Taken taken);
  void respond(engine::Runtime& runtime, RequestTicket ticket, Header header,
               std::unique_ptr<Response> response);
  void answer_metadata(engine::Runtime& runtime, RequestTicket ticket,
                       const MetadataRequest& request);
  void answer_list_offsets(engine::Runtime& runtime, RequestTicket ticket,
                           const ListOffsetsRequest& request);
  void answer_epochs(engine::Runtime& runtime, RequestTicket ticket,
                     const OffsetForLeaderEpochRequest& request);
  void answer_producer_id(engine::Runtime& runtime, RequestTicket ticket,
                          const InitProducerIdRequest& request);
  void take_produce(engine::Runtime& runtime, RequestChannel::Taken taken);
  void on_verified(engine::Runtime& runtime, std::uint64_t id, Error error);
  void append_produce(engine::Runtime& runtime, RequestChannel::Taken taken,
                      const std::map<TopicPartition, Error>& unverified);
  void finish_produce(engine::Runtime& runtime, Flushing produce);
  void answer_produce(engine::Runtime& runtime, RequestTicket ticket, Header header,
                      std::vector<ProduceResponse::Partition> answers);
  void tell_dropped(engine::Runtime& runtime, const engine::Message& message);
  void answer_delayed(engine::Runtime& runtime, DelayedProduce produce);
  void take_fetch(engine::Runtime& runtime, RequestChannel::Taken taken);
  void answer_fetch(engine::Runtime& runtime, RequestTicket ticket, const FetchRequest& request,
                    const FetchPlan& plan);
  void answer_parked(engine::Runtime& runtime, ParkedFetch fetch);

  BrokerOptions options_;
  std::unique_ptr<ClusterLink> link_;
  LogManager logs_;
  ReplicaManager replicas_;
  bool announced_ = false;
  // Volatile.
  bool has_metadata_ = false;
  RequestChannel channel_;
  DelayedProducePurgatory produces_;
  FetchPurgatory fetches_;
  BrokerParts parts_;
  TransactionVerifier* verifier_ = nullptr;  // one of the parts
  std::map<std::uint64_t, Verifying> verifying_;
  std::uint64_t last_verification_ = 0;
  std::map<std::uint64_t, Flushing> flushing_;  // by the token of their fsync
  std::uint64_t last_flush_ = 0;
};

}  // namespace eventarium::kafka
