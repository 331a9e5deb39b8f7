// What the leader and the followers of an ensemble have in common: the server's state that they
// work on, and what they ask of the server that they are a part of.
#pragma once

#include <vector>

#include "sim/base/time.h"
#include "sim/controller/zookeeper_disk.h"
#include "sim/controller/zookeeper_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::zookeeper {

/// zoo.cfg, with the defaults of the file that ZooKeeper ships.
struct ServerOptions {
  Duration tick_time = 2s;
  int init_limit_ticks = 10;  // to find and to follow a new leader
  int sync_limit_ticks = 5;   // without a word from the leader, or from a quorum of followers
};

class RoleHost {
 public:
  virtual ~RoleHost() = default;
  virtual const ServerOptions& options() const = 0;
  virtual const std::vector<NodeId>& servers() const = 0;
  virtual ServerDisk& disk() = 0;
  virtual const ZnodeTree& tree() const = 0;
  /// on_durable() of the role is called when what is in the log and the epochs now are safe.
  virtual void write_out(engine::Runtime& runtime, std::uint64_t size_bytes) = 0;
  /// Transactions of the log up to `zxid` are decided: into the tree with them.
  virtual void commit_up_to(engine::Runtime& runtime, Zxid zxid) = 0;
  /// The log was cut below what the tree has.
  virtual void rebuild_tree(Zxid committed) = 0;
  /// Clients may come from now on.
  virtual void serve(engine::Runtime& runtime) = 0;
  /// Ends the role after the handler that runs now; a new election follows.
  virtual void give_up() = 0;
  /// The sessions that this server, a follower, has heard from since it was last asked.
  virtual std::vector<SessionId> take_touched() = 0;
  virtual void on_revalidated(engine::Runtime& runtime, const RevalidateReply& reply) = 0;
  /// The role's timer: on_timer() after `delay`. One at a time.
  virtual void arm_role_timer(engine::Runtime& runtime, Duration delay) = 0;

  std::size_t quorum() const { return servers().size() / 2 + 1; }
};

}  // namespace eventarium::zookeeper
