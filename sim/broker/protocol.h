// Requests and responses between clients and brokers: the fields of Kafka's protocol that matter
// here, under Kafka's names. A client numbers its requests (correlation id) and the broker echoes
// the number, and the part of the node that asked (component), in its answer.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/errors.h"
#include "sim/engine/message.h"
#include "sim/log/leader_epoch_cache.h"
#include "sim/log/record_batch.h"
#include "sim/log/topic_partition.h"

namespace eventarium::kafka {

struct Header {
  std::uint16_t component = 0;
  std::uint32_t correlation_id = 0;
};

class Request : public engine::Payload {
 public:
  Header header;
  /// On the wire, as Kafka would encode it, to within a few bytes.
  virtual std::uint64_t size_bytes() const = 0;
};

class Response : public engine::Payload {
 public:
  Header header;  // of the request
  virtual std::uint64_t size_bytes() const = 0;
};

// ---- ApiVersions: which requests the broker knows; the first request on every connection
struct ApiVersionsRequest final : Request {
  std::string_view label() const override { return "ApiVersions"; }
  std::uint64_t size_bytes() const override;
};

/// Everybody speaks 4.1 here: that an answer comes is all that it says.
struct ApiVersionsResponse final : Response {
  std::string_view label() const override { return "ApiVersionsResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- Metadata: who leads what
struct MetadataRequest final : Request {
  std::vector<std::string> topics;

  std::string_view label() const override { return "Metadata"; }
  std::uint64_t size_bytes() const override;
};

struct MetadataResponse final : Response {
  struct Partition {
    Error error = Error::none;
    std::int32_t partition = 0;
    NodeId leader;
    std::int32_t leader_epoch = 0;
    std::vector<NodeId> replicas, isr;
  };
  struct Topic {
    Error error = Error::none;
    std::string name;
    std::vector<Partition> partitions;
  };
  std::vector<NodeId> brokers;
  std::vector<Topic> topics;

  std::string_view label() const override { return "MetadataResponse"; }
  std::uint64_t size_bytes() const override;
};

/// Who leads, as far as the broker that answers knows.
struct LeaderHint {
  NodeId leader;  // none: it doesn't know
  std::int32_t leader_epoch = -1;
};

// ---- Produce: one batch per partition
struct ProduceRequest final : Request {
  struct Partition {
    TopicPartition tp;
    RecordBatch batch;  // without offset and epoch: the leader gives them
  };
  std::int16_t acks = -1;        // 0, 1, -1 (all)
  Duration timeout{};            // how long the broker may wait for the in-sync replicas
  std::string transactional_id;  // empty: no batch here belongs to a transaction
  std::vector<Partition> partitions;

  std::string_view label() const override { return "Produce"; }
  std::uint64_t size_bytes() const override;
  void append_records(std::vector<RecordId>& records) const override;
};

struct ProduceResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    std::int64_t base_offset = -1;
    LeaderHint current_leader{};  // with NOT_LEADER_OR_FOLLOWER (KIP-951)
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ProduceResponse"; }
  std::uint64_t size_bytes() const override;
};

/// What a consumer may read: up to the high watermark, or up to the last stable offset and
/// nothing of aborted transactions.
enum class Isolation : std::uint8_t { read_uncommitted, read_committed };

/// In the answer to a read_committed fetch: the producer's transactional records from that offset
/// up to its next abort marker are not to be handed out.
struct AbortedTransaction {
  std::int64_t producer_id = -1;
  std::int64_t first_offset = 0;
  bool operator==(const AbortedTransaction&) const = default;
};

// ---- Fetch: a long poll
struct FetchRequest final : Request {
  struct Partition {
    TopicPartition tp;
    std::int32_t current_leader_epoch = -1;  // -1: not checked
    std::int64_t fetch_offset = 0;
    std::uint64_t max_bytes = 0;
    std::int32_t last_fetched_epoch = -1;  // followers: of the last record they have
    std::int64_t log_start_offset = -1;    // followers: their own
  };
  NodeId replica;                   // the follower that fetches; none for consumers
  std::int64_t replica_epoch = -1;  // its broker epoch
  Duration max_wait{};
  std::uint64_t min_bytes = 1;
  std::uint64_t max_bytes = 0;
  Isolation isolation = Isolation::read_uncommitted;
  std::vector<Partition> partitions;

  /// Followers and consumers look different in a picture.
  std::string_view label() const override { return replica.valid() ? "ReplicaFetch" : "Fetch"; }
  std::uint64_t size_bytes() const override;
};

struct FetchResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    std::int64_t high_watermark = -1;
    std::int64_t last_stable_offset = -1;
    std::int64_t log_start_offset = -1;
    std::vector<RecordBatch> batches;
    std::vector<AbortedTransaction> aborted;  // read_committed only
    EpochEnd diverging{};         // epoch >= 0: the follower's log parts from the leader's here
    LeaderHint current_leader{};  // with NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH (KIP-951)
  };
  std::vector<Partition> partitions;
  bool to_replica = false;

  std::string_view label() const override {
    return to_replica ? "ReplicaFetchResponse" : "FetchResponse";
  }
  std::uint64_t size_bytes() const override;
  void append_records(std::vector<RecordId>& records) const override;
};

// ---- OffsetForLeaderEpoch: does a consumer's position still exist after a change of leader
struct OffsetForLeaderEpochRequest final : Request {
  struct Partition {
    TopicPartition tp;
    std::int32_t current_leader_epoch = -1;
    std::int32_t leader_epoch = -1;  // of the last record before the position
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "OffsetForLeaderEpoch"; }
  std::uint64_t size_bytes() const override;
};

struct OffsetForLeaderEpochResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    EpochEnd end{};  // epoch -1: unknown to the leader
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "OffsetForLeaderEpochResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- ListOffsets: where does a partition begin, end, pass a time
struct ListOffsetsRequest final : Request {
  enum class Target { latest, earliest, timestamp };
  struct Partition {
    TopicPartition tp;
    std::int32_t current_leader_epoch = -1;
    Target target = Target::latest;
    SimTime timestamp{};  // Target::timestamp only
  };
  NodeId replica;  // the follower that asks; none for consumers
  Isolation isolation =
      Isolation::read_uncommitted;  // latest: high watermark or last stable offset
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ListOffsets"; }
  std::uint64_t size_bytes() const override;
};

struct ListOffsetsResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    std::int64_t offset = -1;  // -1: no record that young
    SimTime timestamp{};
    std::int32_t leader_epoch = -1;
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ListOffsetsResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
