// What consumers of a share group, its coordinator and the leaders of its partitions say to each
// other (KIP-932, Kafka 4.1): membership by ShareGroupHeartbeat, records by ShareFetch, which also
// carries acknowledgements, and ShareAcknowledge.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/broker/group_protocol.h"
#include "sim/broker/protocol.h"

namespace eventarium::kafka {

struct ShareGroupHeartbeatRequest final : Request {
  std::string group;
  std::string member_id;
  std::int32_t member_epoch = 0;                       // 0 joins, -1 leaves
  std::optional<std::vector<std::string>> subscribed;  // absent: as before

  std::string_view label() const override { return "ShareGroupHeartbeat"; }
  std::uint64_t size_bytes() const override;
};

struct ShareGroupHeartbeatResponse final : Response {
  Error error = Error::none;
  std::string member_id;
  std::int32_t member_epoch = 0;
  Duration heartbeat_interval{};
  std::optional<PartitionList> assignment;  // absent: as before

  std::string_view label() const override { return "ShareGroupHeartbeatResponse"; }
  std::uint64_t size_bytes() const override;
};

/// What the consumer says of records that it was given.
enum class Acknowledge : std::uint8_t { accept, release, reject };

struct ShareAcknowledgement {
  TopicPartition tp;
  std::int64_t first_offset = 0, last_offset = 0;  // inclusive
  Acknowledge type = Acknowledge::accept;
};

struct ShareFetchRequest final : Request {
  std::string group, member_id;
  Duration max_wait{};
  std::uint64_t min_bytes = 1, max_bytes = 0;
  std::size_t max_records = 500;
  PartitionList partitions;
  std::vector<ShareAcknowledgement> acknowledgements;

  std::string_view label() const override { return "ShareFetch"; }
  std::uint64_t size_bytes() const override;
};

struct ShareFetchResponse final : Response {
  struct Acquired {
    std::int64_t first_offset = 0, last_offset = 0;  // inclusive
    std::uint32_t delivery_count = 1;
  };
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    Error acknowledge_error = Error::none;
    std::vector<RecordBatch> batches;
    std::vector<Acquired> acquired;  // which records of the batches are its own for now
  };
  Error error = Error::none;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ShareFetchResponse"; }
  std::uint64_t size_bytes() const override;
  void append_records(std::vector<RecordId>& records) const override;
};

struct ShareAcknowledgeRequest final : Request {
  std::string group, member_id;
  std::vector<ShareAcknowledgement> acknowledgements;

  std::string_view label() const override { return "ShareAcknowledge"; }
  std::uint64_t size_bytes() const override;
};

struct ShareAcknowledgeResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
  };
  Error error = Error::none;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ShareAcknowledgeResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
