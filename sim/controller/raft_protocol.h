// What the voters of the metadata quorum say to each other, and how observers (brokers) copy the
// log: Kafka's Vote with pre-vote, BeginQuorumEpoch, EndQuorumEpoch, and Fetch as the quorum uses
// it (4.1). Every answer tells the epoch and leader that its sender knows.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "sim/broker/protocol.h"
#include "sim/controller/metadata_log.h"

namespace eventarium::kafka {

struct VoteRequest final : Request {
  NodeId candidate;
  std::int32_t epoch = 0;       // the candidate's; with pre_vote not yet raised
  std::int32_t last_epoch = 0;  // of its log
  std::int64_t end_offset = 0;  // of its log
  bool pre_vote = false;        // only asks whether the vote would be given (KIP-996)

  std::string_view label() const override { return pre_vote ? "PreVote" : "Vote"; }
  std::uint64_t size_bytes() const override { return 90; }
};

/// A new leader says so to voters that don't fetch from it yet.
struct BeginQuorumEpochRequest final : Request {
  NodeId leader;
  std::int32_t epoch = 0;

  std::string_view label() const override { return "BeginQuorumEpoch"; }
  std::uint64_t size_bytes() const override { return 80; }
};

/// A leader gives up. The first of `successors` need not wait before it stands for election.
struct EndQuorumEpochRequest final : Request {
  NodeId leader;
  std::int32_t epoch = 0;
  std::vector<NodeId> successors;  // the longest log first

  std::string_view label() const override { return "EndQuorumEpoch"; }
  std::uint64_t size_bytes() const override { return 80 + 8 * successors.size(); }
};

/// A long poll: answered when there are entries, or a higher high watermark than the one known.
struct FetchMetadataRequest final : Request {
  std::int32_t epoch = 0;  // the epoch in which the sender follows
  std::int64_t fetch_offset = 0;
  std::int32_t last_fetched_epoch = 0;
  std::int64_t high_watermark = -1;  // as the sender knows it; -1: not
  Duration max_wait{};

  std::string_view label() const override { return "FetchMetadata"; }
  std::uint64_t size_bytes() const override { return 110; }
};

/// Errors: NOT_LEADER_OR_FOLLOWER, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH.
struct RaftResponse : Response {
  Error error = Error::none;
  std::int32_t epoch = 0;
  NodeId leader;
};

struct VoteResponse final : RaftResponse {
  bool granted = false;
  bool pre_vote = false;

  std::string_view label() const override { return pre_vote ? "PreVoteResponse" : "VoteResponse"; }
  std::uint64_t size_bytes() const override { return 50; }
};

struct BeginQuorumEpochResponse final : RaftResponse {
  std::string_view label() const override { return "BeginQuorumEpochResponse"; }
  std::uint64_t size_bytes() const override { return 50; }
};

struct EndQuorumEpochResponse final : RaftResponse {
  std::string_view label() const override { return "EndQuorumEpochResponse"; }
  std::uint64_t size_bytes() const override { return 50; }
};

struct FetchMetadataResponse final : RaftResponse {
  std::int64_t high_watermark = -1;
  EpochEnd diverging{};  // epoch >= 0: the sender's log parts from the leader's here
  MetadataEntries entries;

  std::string_view label() const override { return "FetchMetadataResponse"; }
  std::uint64_t size_bytes() const override;
};

/// The answer of a voter in `message`; null when it is something else.
const RaftResponse* raft_response_in(const engine::Message& message);

}  // namespace eventarium::kafka
