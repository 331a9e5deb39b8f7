// ZooKeeper's tree of znodes and its sessions, as every server of the ensemble has it in memory: a
// pure function of the transactions that were applied to it, in their order. Values are opaque.
// It must not know who sends transactions, nor whether they are committed.
// Follows ZooKeeper's DataTree and SessionTracker tables (3.8). Other than there, a transaction is
// checked when it is applied, not before it is proposed; since all servers apply the same ones in
// the same order, all of them come to the same result.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "sim/base/ids.h"
#include "sim/base/time.h"

namespace eventarium::zookeeper {

/// Number of a transaction: the leader's epoch in the upper half, a counter in the lower.
using Zxid = std::uint64_t;
constexpr Zxid first_zxid(std::uint32_t epoch) { return Zxid{epoch} << 32; }
constexpr std::uint32_t epoch_of(Zxid zxid) { return static_cast<std::uint32_t>(zxid >> 32); }

/// 0: none.
using SessionId = std::uint64_t;

/// What a znode holds. Immutable, and shared by all servers and readers.
class Value {
 public:
  using NameOf = std::function<std::string(NodeId)>;
  virtual ~Value() = default;
  virtual std::uint64_t size_bytes() const = 0;
  /// In plain words, for the trace.
  virtual std::string text(const NameOf& name_of) const = 0;
};
using ValuePtr = std::shared_ptr<const Value>;

/// KeeperException.Code, as far as something here can come to it.
enum class Code : std::uint8_t {
  ok,
  no_node,          // the path, or the parent of a new znode, does not exist
  node_exists,      // the path of a new znode
  bad_version,      // the znode has been changed since
  not_empty,        // a znode with children can't be deleted
  session_expired,  // the ensemble has given the session up
  session_moved,    // the client has gone to another server meanwhile
  connection_loss,  // the server has gone; whether it was done is not known
};
std::string_view name_of(Code code);

struct Stat {
  Zxid created = 0, modified = 0, children_modified = 0;  // czxid, mzxid, pzxid
  std::int32_t version = 0;                               // of the value; 0 when created
  SessionId owner = 0;                                    // of an ephemeral znode
};

/// One step of a transaction. `version` -1: whatever it is.
struct Operation {
  enum class Kind : std::uint8_t { create, set, remove, check };
  Kind kind = Kind::check;
  std::string path;
  ValuePtr value;          // create, set
  bool ephemeral = false;  // create: it goes with the session
  std::int32_t version = -1;
};

struct Transaction {
  enum class Kind : std::uint8_t { operations, open_session, close_session };
  Zxid zxid = 0;
  Kind kind = Kind::operations;
  SessionId session = 0;  // who asked; none for open_session
  NodeId client;          // open_session: whose it becomes
  Duration timeout{};     // open_session
  bool expired = false;   // close_session: nobody asked for it
  NodeId origin;          // the server that the client is connected to
  std::uint64_t request = 0;
  std::vector<Operation> operations;  // all or nothing, in this order

  std::uint64_t size_bytes() const;
};
using TransactionPtr = std::shared_ptr<const Transaction>;

struct Change {
  enum class Kind : std::uint8_t { created, set, deleted };
  Kind kind;
  std::string path;
  ValuePtr value;  // null when deleted
};

struct Applied {
  Code code = Code::ok;
  std::size_t failed = 0;       // which operation the code is about, unless ok
  SessionId session = 0;        // open_session: its number
  std::vector<Stat> stats;      // one per operation, when ok
  std::vector<Change> changes;  // of the tree; none unless ok
};

class ZnodeTree {
 public:
  struct Znode {
    ValuePtr value;
    Stat stat;
    std::set<std::string> children;  // names
  };
  struct Session {
    NodeId client;
    Duration timeout{};
  };

  ZnodeTree();  // only the root

  /// Transactions that fail change nothing but last_zxid().
  Applied apply(const Transaction& transaction);

  const Znode* find(const std::string& path) const;
  const std::map<SessionId, Session>& sessions() const { return sessions_; }
  Zxid last_zxid() const { return last_zxid_; }
  std::size_t size() const { return znodes_.size(); }

 private:
  Code check(const Transaction& transaction, std::size_t& place) const;
  void create(const Transaction& transaction, const Operation& operation, Applied& applied);
  void remove(const std::string& path, Zxid zxid, Applied& applied);
  void close(SessionId session, Zxid zxid, Applied& applied);

  std::map<std::string, Znode> znodes_;
  std::map<SessionId, Session> sessions_;
  std::map<SessionId, std::set<std::string>> ephemerals_;
  SessionId last_session_ = 0;
  Zxid last_zxid_ = 0;
};

/// "/a/b" of "/a/b/c"; "/" of "/a".
std::string parent_of(const std::string& path);
std::string name_in_parent(const std::string& path);

}  // namespace eventarium::zookeeper
