// A ZooKeeper server: one of an ensemble that keeps a small tree of data for others, the same on
// every server, as long as a majority of them can talk to each other. Follows ZooKeeper's
// QuorumPeer (3.8).
//
//   start --> looking --elected--> leading or following --> serving clients
//   leading, following --no quorum, no leader--> looking; its clients are sent away
//   crash: the log stays (the page cache is the system's)   power loss: what was not fsynced goes
//   disk failed: the process ends
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "sim/controller/zookeeper_clients.h"
#include "sim/controller/zookeeper_election.h"
#include "sim/controller/zookeeper_follower.h"
#include "sim/controller/zookeeper_leader.h"
#include "sim/engine/node.h"

namespace eventarium::zookeeper {

/// What handling a message costs a server: an order of magnitude, 20 µs on a core of 1e9 flop/s.
constexpr double server_work_flops = 20'000;

/// What a run may begin with: an ensemble that has been running for a while.
struct Settled {
  ZnodeTree tree;
  std::uint32_t epoch = 1;
  NodeId leader;
};

class ZookeeperServer : public engine::Node, private RoleHost, private ClientHost {
 public:
  /// All servers of the ensemble have the same list. Without `settled` the ensemble is new: its
  /// tree is empty and the first start is an election.
  explicit ZookeeperServer(std::vector<NodeId> servers, std::optional<Settled> settled = {},
                           ServerOptions options = {});

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  double handling_work_flops(const engine::Message&) const override { return server_work_flops; }

  ServerState state() const { return election_.state(); }
  bool leads() const { return leader_ && leader_->active(); }
  bool serving() const override { return serving_; }
  const ZnodeTree& tree() const override { return tree_; }
  const ServerDisk& on_disk() const { return disk_; }

 private:
  enum TokenKind : std::uint16_t { election_timer, role_timer, fsync_done };

  RoleHost& role_host() { return *this; }

  // RoleHost
  const ServerOptions& options() const override { return options_; }
  const std::vector<NodeId>& servers() const override { return servers_; }
  ServerDisk& disk() override { return disk_; }
  void write_out(engine::Runtime& runtime, std::uint64_t size_bytes) override;
  void commit_up_to(engine::Runtime& runtime, Zxid zxid) override;
  void rebuild_tree(Zxid committed) override;
  void serve(engine::Runtime& runtime) override;
  void give_up() override { gives_up_ = true; }
  std::vector<SessionId> take_touched() override;
  void on_revalidated(engine::Runtime& runtime, const RevalidateReply& reply) override;
  void arm_role_timer(engine::Runtime& runtime, Duration delay) override;

  // ClientHost
  void submit(engine::Runtime& runtime, Transaction transaction) override;
  void touch(engine::Runtime& runtime, SessionId session) override;
  void revalidate(engine::Runtime& runtime, SessionId session, std::uint64_t attachment) override;

  void look(engine::Runtime& runtime);
  void elected(engine::Runtime& runtime, const Vote& vote);
  void settle(engine::Runtime& runtime);
  void leave_role(engine::Runtime& runtime);
  void look_again_if_given_up(engine::Runtime& runtime);
  void announce(engine::Runtime& runtime, const Transaction& transaction, const Applied& applied);

  ServerOptions options_;
  std::vector<NodeId> servers_;
  std::optional<NodeId> settled_leader_;  // until the first start
  ServerDisk disk_;
  ZnodeTree tree_;  // committed transactions only
  Election election_;
  ClientConnections clients_;
  std::unique_ptr<EnsembleLeader> leader_;
  std::unique_ptr<EnsembleFollower> follower_;
  std::set<SessionId> touched_;
  /// What it has known to be decided, in all its lives. Only so that the trace is told once.
  Zxid announced_ = 0;
  bool serving_ = false;
  bool gives_up_ = false;
  TimerId role_timer_;
};

}  // namespace eventarium::zookeeper
