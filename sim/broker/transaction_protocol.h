// What producers, their transaction coordinator and the leaders of partitions say to each other:
// Kafka's transaction protocol (4.1, transaction.version 2: the leader of a partition tells the
// coordinator of the first batch of a transaction, and the epoch grows with every transaction).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

struct ProducerIdAndEpoch {
  std::int64_t producer_id = -1;
  std::int16_t epoch = -1;
  bool operator==(const ProducerIdAndEpoch&) const = default;
};

// ---- InitProducerId: to the coordinator, or without a transactional.id to any broker
struct InitProducerIdRequest final : Request {
  std::string transactional_id;  // empty: idempotence only
  Duration transaction_timeout{};
  ProducerIdAndEpoch current;  // known: another epoch of it is asked for

  std::string_view label() const override { return "InitProducerId"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: CONCURRENT_TRANSACTIONS while a former transaction is being ended,
/// INVALID_TRANSACTION_TIMEOUT, PRODUCER_FENCED, NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS.
struct InitProducerIdResponse final : Response {
  Error error = Error::none;
  ProducerIdAndEpoch producer;

  std::string_view label() const override { return "InitProducerIdResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- AddPartitionsToTxn: from the leader of a partition, before the transaction's first batch
struct AddPartitionsToTxnRequest final : Request {
  std::string transactional_id;
  ProducerIdAndEpoch producer;
  PartitionList partitions;

  std::string_view label() const override { return "AddPartitionsToTxn"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: INVALID_PRODUCER_EPOCH, CONCURRENT_TRANSACTIONS, INVALID_TXN_STATE, NOT_COORDINATOR, ...
struct AddPartitionsToTxnResponse final : Response {
  Error error = Error::none;

  std::string_view label() const override { return "AddPartitionsToTxnResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- TxnOffsetCommit: positions that count when the transaction is committed; to the group's
// coordinator, which adds its own partition to the transaction
struct TxnOffsetCommitRequest final : Request {
  std::string transactional_id;
  ProducerIdAndEpoch producer;
  std::string group;
  std::int32_t generation = -1;  // or member epoch
  std::string member_id, instance_id;
  std::vector<OffsetCommitRequest::Partition> partitions;

  std::string_view label() const override { return "TxnOffsetCommit"; }
  std::uint64_t size_bytes() const override;
};

struct TxnOffsetCommitResponse final : Response {
  std::vector<OffsetCommitResponse::Partition> partitions;

  std::string_view label() const override { return "TxnOffsetCommitResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- EndTxn: the decision; answered when the coordinator has it for good
struct EndTxnRequest final : Request {
  std::string transactional_id;
  ProducerIdAndEpoch producer;
  bool commit = false;

  std::string_view label() const override { return "EndTxn"; }
  std::uint64_t size_bytes() const override;
};

/// `producer`: with which to go on, its epoch is one higher.
struct EndTxnResponse final : Response {
  Error error = Error::none;
  ProducerIdAndEpoch producer;

  std::string_view label() const override { return "EndTxnResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- WriteTxnMarkers: from the coordinator to the leaders of the transaction's partitions
struct WriteTxnMarkersRequest final : Request {
  struct Marker {
    ProducerIdAndEpoch producer;
    bool commit = false;
    std::int32_t coordinator_epoch = 0;  // leader epoch of the coordinator's own partition
    PartitionList partitions;
  };
  std::vector<Marker> markers;

  std::string_view label() const override { return "WriteTxnMarkers"; }
  std::uint64_t size_bytes() const override;
};

struct WriteTxnMarkersResponse final : Response {
  struct Partition {
    std::int64_t producer_id = -1;
    TopicPartition tp;
    Error error = Error::none;
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "WriteTxnMarkersResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
