// Before a transaction's first batch is appended, the leader of the partition asks the
// transaction's coordinator to add the partition to it (transaction.version 2): so no batch can
// belong to a transaction that the coordinator doesn't know, or has ended. It asks and says what
// was answered; the request that waits for it, and the log, are the broker's business.
//
//   verify() --> asked --answer, or error--> done
//   asked --CONCURRENT_TRANSACTIONS: the transaction before it is still being ended--> asked again
//           after 20 ms, for 100 ms; then done with that error, and the client goes on asking
//   asked --coordinator unknown, gone, silent or loading--> done: NOT_ENOUGH_REPLICAS, retriable
//
// Follows Kafka's AddPartitionsToTxnManager and ReplicaManager.handleProduceAppend (4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "sim/broker/broker_part.h"

namespace eventarium::kafka {

class TransactionVerifier final : public BrokerPart {
 public:
  /// What a verify() has come to: with another error than none the batches may not be appended.
  using Done = std::function<void(engine::Runtime&, std::uint64_t id, Error)>;

  explicit TransactionVerifier(Done done) : done_(std::move(done)) {}

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime&, RequestTicket, const engine::Message&) override { return false; }
  bool on_message(engine::Runtime& runtime, const engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;

  /// Asks whether the producer may write to these partitions. `id` has not been used before; Done
  /// comes once, maybe from inside this call.
  void verify(engine::Runtime& runtime, std::uint64_t id, std::string transactional_id,
              ProducerIdAndEpoch producer, PartitionList partitions);
  std::size_t waiting() const { return asked_.size(); }

 private:
  struct Asked {
    std::string transactional_id;
    ProducerIdAndEpoch producer;
    PartitionList partitions;
    SimTime since{};
    NodeId coordinator;  // whom it has been sent to; none between two attempts
    std::uint32_t correlation_id = 0;
    TimerId timer;
  };
  enum TokenKind : std::uint16_t { answer_timeout, retry };

  void send(engine::Runtime& runtime, std::uint64_t id);
  void on_answer(engine::Runtime& runtime, std::uint64_t id, Error error);
  void finish(engine::Runtime& runtime, std::uint64_t id, Error error);

  Done done_;
  BrokerServices* services_ = nullptr;
  std::map<std::uint64_t, Asked> asked_;
  std::uint32_t last_correlation_id_ = 0;
};

}  // namespace eventarium::kafka
