// The clients that are connected to one server of the ensemble: their sessions, their requests in
// order, and what they watch. Reads are answered from this server's own tree, writes when they
// have gone into it. Follows ZooKeeper's NIOServerCnxn, CommitProcessor and WatchManager (3.8).
//
//   a request of a session waits until all writes that the session sent before are answered
//   a watch fires once, before the answer to whatever is read afterwards
#pragma once

#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "sim/controller/zookeeper_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::zookeeper {

class ClientHost {
 public:
  virtual ~ClientHost() = default;
  virtual bool serving() const = 0;
  virtual const ZnodeTree& tree() const = 0;
  /// To the leader, to be proposed.
  virtual void submit(engine::Runtime& runtime, Transaction transaction) = 0;
  virtual void touch(engine::Runtime& runtime, SessionId session) = 0;
  /// Asks the leader whether the session lives; attach() or refuse() then.
  virtual void revalidate(engine::Runtime& runtime, SessionId session,
                          std::uint64_t attachment) = 0;
};

class ClientConnections {
 public:
  ClientConnections(ClientHost& host, Duration timeout_min, Duration timeout_max)
      : host_(host), timeout_min_(timeout_min), timeout_max_(timeout_max) {}

  /// False when the message is not a client's.
  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  void on_disconnect(NodeId client, engine::Lane lane);
  /// The transaction has gone into the tree.
  void on_applied(engine::Runtime& runtime, const Transaction& transaction, const Applied& applied);
  /// The leader's answer to a revalidate().
  void on_revalidated(engine::Runtime& runtime, std::uint64_t attachment, bool valid);
  /// This server serves nobody any more.
  void close_all(engine::Runtime& runtime);
  void forget_all();

 private:
  using Key = std::pair<NodeId, engine::Lane>;
  struct Client {
    SessionId session = 0;         // 0: not yet
    SessionId wanted = 0;          // while it is being revalidated
    std::uint64_t attachment = 0;  // this server's number of the connection
    std::int64_t connection = 0;   // the client's
    Duration timeout{};
    std::deque<Request> requests;  // not answered; writes among them have been submitted
  };

  void connect(engine::Runtime& runtime, const Key& key, const Connect& connect);
  void take(engine::Runtime& runtime, const Key& key, Client& client, const Request& request);
  void answer_reads(engine::Runtime& runtime, const Key& key, Client& client);
  Reply read(const Key& key, const Request& request);
  void attach(engine::Runtime& runtime, const Key& key, SessionId session);
  void hang_up(engine::Runtime& runtime, const Key& key);
  void set_watches(engine::Runtime& runtime, const Key& key, const SetWatches& wanted);
  void fire(engine::Runtime& runtime, const Change& change);
  void notify(engine::Runtime& runtime, const Key& key, WatchEvent::Kind kind,
              const std::string& path);
  template <class P>
  void send(engine::Runtime& runtime, const Key& key, P packet) const;

  using Watches = std::map<std::string, std::set<Key>>;
  void notify_all(engine::Runtime& runtime, Watches& watches, const std::string& path,
                  WatchEvent::Kind kind);

  ClientHost& host_;
  Duration timeout_min_, timeout_max_;
  std::map<Key, Client> clients_;
  Watches data_watches_, child_watches_;  // data: also those on the existence
  std::uint64_t last_attachment_ = 0;
};

}  // namespace eventarium::zookeeper
