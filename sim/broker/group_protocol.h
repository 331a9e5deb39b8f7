// What consumers and their group coordinator say to each other: finding the coordinator, the
// classic protocol (JoinGroup, SyncGroup, Heartbeat, LeaveGroup), the consumer protocol
// (ConsumerGroupHeartbeat, KIP-848), and positions (OffsetCommit, OffsetFetch). The fields of
// Kafka's protocol that matter here, under Kafka's names (4.1). Member ids are texts, as in Kafka;
// who is behind one is the message's source.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/protocol.h"

namespace eventarium::kafka {

using PartitionList = std::vector<TopicPartition>;

/// The internal topics, which are created with the cluster's first group or transaction.
constexpr const char* offsets_topic = "__consumer_offsets";
constexpr const char* transactions_topic = "__transaction_state";
constexpr const char* share_state_topic = "__share_group_state";
bool is_internal_topic(const std::string& name);

/// The partition of an internal topic with `partitions` of them that keeps what belongs to `id`:
/// |Java's String.hashCode| mod partitions (Utils.abs: Integer.MIN_VALUE counts as 0).
std::int32_t coordinator_partition(const std::string& id, std::int32_t partitions);

// ---- FindCoordinator: any broker knows who leads the partition that keeps the group
struct FindCoordinatorRequest final : Request {
  enum class KeyType : std::uint8_t { group, transaction, share };
  KeyType key_type = KeyType::group;
  std::string key;  // group.id or transactional.id

  std::string_view label() const override { return "FindCoordinator"; }
  std::uint64_t size_bytes() const override;
};

/// Errors: COORDINATOR_NOT_AVAILABLE while nobody leads the partition.
struct FindCoordinatorResponse final : Response {
  Error error = Error::none;
  NodeId coordinator;

  std::string_view label() const override { return "FindCoordinatorResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- the classic protocol
/// What a member tells the group's leader: Kafka's ConsumerProtocolSubscription.
struct GroupSubscription {
  std::vector<std::string> topics;
  PartitionList owned;           // cooperative and sticky assignors: what it has kept
  std::int32_t generation = -1;  // in which it had them
};

struct JoinGroupRequest final : Request {
  struct Protocol {
    std::string name;  // of the assignor: range, roundrobin, sticky, cooperative-sticky
    GroupSubscription subscription;
  };
  std::string group;
  std::string member_id;    // empty: it has none yet
  std::string instance_id;  // group.instance.id; empty: a dynamic member
  Duration session_timeout{};
  Duration rebalance_timeout{};     // max.poll.interval.ms
  std::vector<Protocol> protocols;  // preferred ones first
  std::string reason;

  std::string_view label() const override { return "JoinGroup"; }
  std::uint64_t size_bytes() const override;
};

struct JoinGroupResponse final : Response {
  struct Member {  // told to the leader only
    std::string member_id, instance_id;
    GroupSubscription subscription;
  };
  Error error = Error::none;
  std::int32_t generation = -1;
  std::string protocol;  // the assignor chosen
  std::string leader, member_id;
  bool skip_assignment = false;  // a static leader is back: the assignment stands
  std::vector<Member> members;

  std::string_view label() const override { return "JoinGroupResponse"; }
  std::uint64_t size_bytes() const override;
};

struct SyncGroupRequest final : Request {
  std::string group;
  std::int32_t generation = -1;
  std::string member_id, instance_id;
  std::string protocol;
  std::vector<std::pair<std::string, PartitionList>> assignments;  // by member; the leader's

  std::string_view label() const override { return "SyncGroup"; }
  std::uint64_t size_bytes() const override;
};

struct SyncGroupResponse final : Response {
  Error error = Error::none;
  PartitionList assignment;

  std::string_view label() const override { return "SyncGroupResponse"; }
  std::uint64_t size_bytes() const override;
};

struct HeartbeatRequest final : Request {
  std::string group;
  std::int32_t generation = -1;
  std::string member_id, instance_id;

  std::string_view label() const override { return "Heartbeat"; }
  std::uint64_t size_bytes() const override;
};

struct HeartbeatResponse final : Response {
  Error error = Error::none;

  std::string_view label() const override { return "HeartbeatResponse"; }
  std::uint64_t size_bytes() const override;
};

struct LeaveGroupRequest final : Request {
  std::string group;
  std::string member_id, instance_id;
  std::string reason;

  std::string_view label() const override { return "LeaveGroup"; }
  std::uint64_t size_bytes() const override;
};

struct LeaveGroupResponse final : Response {
  Error error = Error::none;

  std::string_view label() const override { return "LeaveGroupResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- the consumer protocol (KIP-848)
constexpr std::int32_t join_group_epoch = 0;
constexpr std::int32_t leave_group_epoch = -1;
constexpr std::int32_t leave_group_static_epoch = -2;

struct ConsumerGroupHeartbeatRequest final : Request {
  std::string group;
  std::string member_id;
  std::int32_t member_epoch = 0;  // 0 joins, -1 leaves, -2 leaves for a while (static)
  std::string instance_id;
  Duration rebalance_timeout{};                        // max.poll.interval.ms
  std::optional<std::vector<std::string>> subscribed;  // absent: as before
  std::string server_assignor;                         // group.remote.assignor; empty: no wish
  std::optional<PartitionList> owned;                  // absent: as before

  std::string_view label() const override { return "ConsumerGroupHeartbeat"; }
  std::uint64_t size_bytes() const override;
};

struct ConsumerGroupHeartbeatResponse final : Response {
  Error error = Error::none;
  std::string member_id;
  std::int32_t member_epoch = 0;
  Duration heartbeat_interval{};
  std::optional<PartitionList> assignment;  // absent: as before

  std::string_view label() const override { return "ConsumerGroupHeartbeatResponse"; }
  std::uint64_t size_bytes() const override;
};

// ---- positions
struct OffsetAndEpoch {
  std::int64_t offset = -1;        // to read next
  std::int32_t leader_epoch = -1;  // of the last record before it; -1: not known
  bool operator==(const OffsetAndEpoch&) const = default;
};

struct OffsetCommitRequest final : Request {
  struct Partition {
    TopicPartition tp;
    OffsetAndEpoch committed;
  };
  std::string group;
  std::int32_t generation = -1;  // or member epoch; -1: not a member
  std::string member_id, instance_id;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "OffsetCommit"; }
  std::uint64_t size_bytes() const override;
};

struct OffsetCommitResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
  };
  std::vector<Partition> partitions;

  std::string_view label() const override { return "OffsetCommitResponse"; }
  std::uint64_t size_bytes() const override;
};

struct OffsetFetchRequest final : Request {
  std::string group;
  std::string member_id;           // consumer protocol
  std::int32_t member_epoch = -1;  // consumer protocol
  PartitionList partitions;
  bool require_stable = true;  // wait for transactions that are about to commit positions

  std::string_view label() const override { return "OffsetFetch"; }
  std::uint64_t size_bytes() const override;
};

/// Errors of a partition: UNSTABLE_OFFSET_COMMIT.
struct OffsetFetchResponse final : Response {
  struct Partition {
    TopicPartition tp;
    Error error = Error::none;
    OffsetAndEpoch committed;  // offset -1: none
  };
  Error error = Error::none;
  std::vector<Partition> partitions;

  std::string_view label() const override { return "OffsetFetchResponse"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::kafka
