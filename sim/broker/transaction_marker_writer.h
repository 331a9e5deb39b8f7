// Ends transactions in the partitions that this broker leads: a coordinator has decided, and every
// partition gets a marker, a control batch of one record, which is replicated like any other. The
// request is answered when every partition of it has its marker in all in-sync replicas, or an
// error. It decides nothing.
//
//   WriteTxnMarkers --> one append for each partition --all reported--> answered
//                       an append that succeeded is told to the other parts of the process first
//
// Follows Kafka's KafkaApis.handleWriteTxnMarkersRequest (4.1).
#pragma once

#include <cstdint>
#include <functional>
#include <map>

#include "sim/base/planted_fault.h"
#include "sim/broker/broker_part.h"

namespace eventarium::kafka {

class TransactionMarkerWriter final : public BrokerPart {
 public:
  /// The marker is below the partition's high watermark.
  using Written =
      std::function<void(engine::Runtime&, const TopicPartition&, ProducerIdAndEpoch, bool commit)>;

  TransactionMarkerWriter(PlantedFaults planted, Written written)
      : planted_(planted), written_(std::move(written)) {}

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override;

 private:
  struct Asked {
    RequestTicket ticket;
    Header header;
    std::vector<WriteTxnMarkersResponse::Partition> answers;
    std::size_t waiting = 0;
  };
  struct Append {
    std::uint64_t request = 0;
    std::size_t answer = 0;
    ProducerIdAndEpoch producer;
    bool commit = false;
  };
  void write(engine::Runtime& runtime, std::uint64_t request,
             const WriteTxnMarkersRequest::Marker& marker, const TopicPartition& tp);
  void answer(engine::Runtime& runtime, std::uint64_t request);

  PlantedFaults planted_;
  Written written_;
  BrokerServices* services_ = nullptr;
  std::map<std::uint64_t, Asked> asked_;
  std::map<std::uint64_t, Append> appends_;  // by token
  std::uint64_t last_request_ = 0, last_append_ = 0;
};

/// The control batch with which a transaction ends (Kafka's EndTransactionMarker and
/// MemoryRecords.withEndTransactionMarker, 4.1).
RecordBatch make_marker(engine::Runtime& runtime, const WriteTxnMarkersRequest::Marker& marker);

}  // namespace eventarium::kafka
