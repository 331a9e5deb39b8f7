// What ZooKeeper servers and their clients say to each other: elections, the atomic broadcast
// (ZAB), sessions, reads and writes. Plain messages, under ZooKeeper's names (3.8).
//
//   election   every server on a connection of its own to every other: Notification
//   quorum     follower to leader, opened by the follower:
//                FollowerInfo -> LeaderInfo -> AckEpoch -> Sync, NewLeader -> Ack -> UpToDate
//                Forward -> Proposal -> Ack -> Commit;  Ping -> PingReply;  Revalidate
//   client     opened by the client: Connect, Read and Write, ClientPing, Close; Watch events
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "sim/controller/zookeeper_tree.h"
#include "sim/engine/message.h"

namespace eventarium::zookeeper {

/// Lane::purpose of the connections between servers.
enum ServerLane : std::uint8_t { election_lane = 1, quorum_lane = 2 };

class Packet : public engine::Payload {
 public:
  virtual std::uint64_t size_bytes() const { return 44; }
};

// ---- election (FastLeaderElection)
struct Vote {
  NodeId leader;
  Zxid zxid = 0;            // its last one
  std::uint32_t epoch = 0;  // its current epoch
  bool operator==(const Vote&) const = default;
};
/// Whether `a` is the better candidate: newer epoch, then longer log, then higher id.
bool is_better(const Vote& a, const Vote& b);

enum class ServerState : std::uint8_t { looking, following, leading };

struct Notification final : Packet {
  Vote vote;
  std::uint64_t round = 0;
  ServerState state = ServerState::looking;  // of the sender
  std::string_view label() const override { return "ElectionVote"; }
};

// ---- quorum
/// `connection` is a number that the opener gives to each of its connections and that comes back
/// in the first answer: what arrives before that was meant for an older connection.
struct FollowerInfo final : Packet {
  std::int64_t connection = 0;
  std::uint32_t accepted_epoch = 0;
  std::string_view label() const override { return "FollowerInfo"; }
};
struct LeaderInfo final : Packet {
  std::int64_t connection = 0;
  std::uint32_t epoch = 0;  // the new one
  std::string_view label() const override { return "LeaderInfo"; }
};
struct AckEpoch final : Packet {
  bool promised_before = false;  // this very epoch: it may be followed, but is no new promise
  std::uint32_t current_epoch = 0;
  Zxid last_zxid = 0;
  std::string_view label() const override { return "AckEpoch"; }
};
struct Sync final : Packet {
  std::optional<Zxid> truncate_to;  // what lies behind is cut off first
  std::vector<TransactionPtr> transactions;
  Zxid committed = 0;
  std::string_view label() const override { return truncate_to ? "SyncTruncate" : "SyncDiff"; }
  std::uint64_t size_bytes() const override;
};
struct NewLeader final : Packet {
  std::uint32_t epoch = 0;
  std::string_view label() const override { return "NewLeader"; }
};
struct UpToDate final : Packet {
  Zxid committed = 0;
  std::string_view label() const override { return "UpToDate"; }
};
struct Proposal final : Packet {
  TransactionPtr transaction;
  std::string_view label() const override { return "Proposal"; }
  std::uint64_t size_bytes() const override { return 44 + transaction->size_bytes(); }
};
/// All transactions up to `zxid` are on the sender's disk.
struct Ack final : Packet {
  Zxid zxid = 0;
  std::string_view label() const override { return "Ack"; }
};
struct Commit final : Packet {
  Zxid zxid = 0;
  std::string_view label() const override { return "Commit"; }
};
struct QuorumPing final : Packet {
  std::string_view label() const override { return "QuorumPing"; }
};
struct QuorumPingReply final : Packet {
  std::vector<SessionId> sessions;  // heard from since the last one
  std::string_view label() const override { return "QuorumPingReply"; }
  std::uint64_t size_bytes() const override { return 44 + 12 * sessions.size(); }
};
/// A follower's client wants something changed; the transaction has no zxid yet.
struct Forward final : Packet {
  TransactionPtr transaction;
  std::string_view label() const override { return "Forward"; }
  std::uint64_t size_bytes() const override { return 44 + transaction->size_bytes(); }
};
/// A client with a session has come to another server.
struct Revalidate final : Packet {
  SessionId session = 0;
  std::uint64_t attachment = 0;  // the follower's own number for the waiting connection
  std::string_view label() const override { return "Revalidate"; }
};
struct RevalidateReply final : Packet {
  SessionId session = 0;
  std::uint64_t attachment = 0;
  bool valid = false;
  std::string_view label() const override { return "RevalidateReply"; }
};

// ---- clients
struct Connect final : Packet {
  std::int64_t connection = 0;
  SessionId session = 0;  // 0: a new one
  Duration timeout{};
  Zxid last_zxid = 0;  // that the client has seen; a server that is behind refuses
  std::string_view label() const override { return "ZookeeperConnect"; }
};
struct ConnectReply final : Packet {
  std::int64_t connection = 0;
  SessionId session = 0;  // 0: the session has expired
  Duration timeout{};     // as negotiated
  std::string_view label() const override { return "ZookeeperConnected"; }
};
struct ClientPing final : Packet {
  std::string_view label() const override { return "ZookeeperPing"; }
};
struct ClientPingReply final : Packet {
  std::string_view label() const override { return "ZookeeperPingReply"; }
};
struct Close final : Packet {  // the session ends: its ephemeral znodes go at once
  std::string_view label() const override { return "ZookeeperClose"; }
};

enum class WatchKind : std::uint8_t { data, exists, children };

struct Read {
  enum class Kind : std::uint8_t { get, exists, children };
  Kind kind = Kind::get;
  std::string path;
  bool watch = false;  // tell once when what was read is no longer true
};

struct Request final : Packet {
  std::uint64_t number = 0;           // of the connection
  std::optional<Read> read;           // or else a write:
  std::vector<Operation> operations;  // one transaction
  std::string_view label() const override { return read ? "ZookeeperRead" : "ZookeeperWrite"; }
  std::uint64_t size_bytes() const override;
};

struct Reply final : Packet {
  std::uint64_t number = 0;
  Code code = Code::ok;
  std::size_t failed = 0;             // writes: which operation the code is about
  Zxid zxid = 0;                      // the server's last one
  ValuePtr value;                     // get
  std::vector<Stat> stats;            // get, exists: one; writes: one per operation
  std::vector<std::string> children;  // children
  std::string_view label() const override { return "ZookeeperReply"; }
  std::uint64_t size_bytes() const override;
};

struct WatchEvent final : Packet {
  enum class Kind : std::uint8_t { created, deleted, data_changed, children_changed };
  Kind kind = Kind::data_changed;
  std::string path;
  Zxid zxid = 0;
  std::string_view label() const override { return "ZookeeperWatch"; }
  std::uint64_t size_bytes() const override { return 40 + path.size(); }
};

/// After a reconnection: the watches the client still has, and what it had seen.
struct SetWatches final : Packet {
  Zxid last_zxid = 0;
  std::vector<std::pair<WatchKind, std::string>> watches;
  std::string_view label() const override { return "ZookeeperSetWatches"; }
  std::uint64_t size_bytes() const override;
};

}  // namespace eventarium::zookeeper
