// What consumers of a share group, its coordinator and the leaders of its partitions say to each
// other (KIP-932, Kafka 4.1): membership by ShareGroupHeartbeat, records by ShareFetch, which also
// carries acknowledgements, and ShareAcknowledge. And how a leader keeps what it knows of a share
// partition with the share coordinator: ReadShareGroupState, WriteShareGroupState.
//
// A share session belongs to one member and one broker: epoch 0 opens it, each request after that
// has the next one, -1 closes it and gives back what the member still has. Requests name all of
// their partitions each time (Kafka's name only what has changed).
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

constexpr std::int32_t open_share_session = 0;
constexpr std::int32_t close_share_session = -1;

struct ShareFetchRequest final : Request {
  std::string group, member_id;
  std::int32_t session_epoch = open_share_session;
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
  Duration lock{};  // group.share.record.lock.duration.ms
  std::vector<Partition> partitions;

  std::string_view label() const override { return "ShareFetchResponse"; }
  std::uint64_t size_bytes() const override;
  void append_records(std::vector<RecordId>& records) const override;
};

struct ShareAcknowledgeRequest final : Request {
  std::string group, member_id;
  std::int32_t session_epoch = close_share_session;
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

// ---- the state of share partitions, between a partition's leader and the share coordinator

/// "group:topic:partition": what decides which partition of __share_group_state keeps it.
std::string share_state_key(const std::string& group, const TopicPartition& tp);

struct ReadShareGroupStateRequest final : Request {
  std::string group;
  TopicPartition tp;
  std::int32_t leader_epoch = -1;  // of the partition; an older one is fenced from now on

  std::string_view label() const override { return "ReadShareGroupState"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: NOT_COORDINATOR, COORDINATOR_LOAD_IN_PROGRESS, FENCED_LEADER_EPOCH.
struct ReadShareGroupStateResponse final : Response {
  Error error = Error::none;
  std::int32_t state_epoch = 0;
  std::string state;  // as SharePartition::encode() made it; empty: nothing is kept yet

  std::string_view label() const override { return "ReadShareGroupStateResponse"; }
  std::uint64_t size_bytes() const override;
};

struct WriteShareGroupStateRequest final : Request {
  std::string group;
  TopicPartition tp;
  std::int32_t state_epoch = 0;
  std::int32_t leader_epoch = -1;
  std::string state;

  std::string_view label() const override { return "WriteShareGroupState"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: as above, and FENCED_STATE_EPOCH.
struct WriteShareGroupStateResponse final : Response {
  Error error = Error::none;

  std::string_view label() const override { return "WriteShareGroupStateResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
