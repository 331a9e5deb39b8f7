// A client of the ensemble: one session, kept alive over whichever server can be reached, and
// requests that go out in order, some of them ahead of the answers. What was in flight when a
// connection broke is sent again on the next one, as KafkaZkClient does. Follows ZooKeeper's
// ClientCnxn (3.8) and Kafka's ZooKeeperClient (3.9).
//
//   off --start--> connecting --answer--> connected --connection lost, silent--> pause, next
//   server: connecting ...  --the session has expired--> what waits is answered SESSION_EXPIRED,
//   the listener is told, and a new session is asked for
//   connected: a ping after a third of the session time-out without a request; without a word
//   from the server for two thirds of it, the connection is given up
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "sim/controller/zookeeper_protocol.h"
#include "sim/engine/runtime.h"

namespace eventarium::zookeeper {

class ClientListener {
 public:
  virtual ~ClientListener() = default;
  /// `is_new`: not the one of before.
  virtual void on_session(engine::Runtime& runtime, SessionId session, bool is_new) = 0;
  /// The ensemble has given it up; a new one will follow.
  virtual void on_session_expired(engine::Runtime& runtime, SessionId session) = 0;
  /// Something that was read with `watch` is not true any more.
  virtual void on_watch(engine::Runtime& runtime, const WatchEvent& event) = 0;
};

struct ClientOptions {
  std::vector<NodeId> servers;     // zookeeper.connect
  Duration session_timeout = 18s;  // zookeeper.session.timeout.ms
  std::size_t in_flight_max = 10;  // zookeeper.max.in.flight.requests
  std::uint16_t component = 0;     // its timers' tokens
  std::uint8_t lane_purpose = 0;   // its connection
};

class ZookeeperClient {
 public:
  using Callback = std::function<void(engine::Runtime&, const Reply&)>;

  ZookeeperClient(ClientOptions options, ClientListener& listener)
      : options_(std::move(options)), listener_(listener) {}

  /// `session` 0: asks for a new one.
  void start(engine::Runtime& runtime, SessionId session = 0);
  /// The process ends in good order: the session is closed, if there is a connection.
  void close(engine::Runtime& runtime);
  /// The process has ended.
  void forget();

  /// The answer comes to `callback`, whatever happens meanwhile, unless the process ends.
  void read(engine::Runtime& runtime, Read read, Callback callback);
  void write(engine::Runtime& runtime, std::vector<Operation> operations, Callback callback);

  bool on_message(engine::Runtime& runtime, const engine::Message& message);
  bool on_timer(engine::Runtime& runtime, engine::Token token);
  bool on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane);

  SessionId session() const { return session_; }
  bool connected() const { return state_ == State::connected; }

 private:
  enum class State { off, pausing, connecting, connected };
  struct Pending {
    Request request;
    Callback callback;
  };

  engine::Lane lane(engine::Runtime& runtime) const {
    return {runtime.self(), options_.lane_purpose};
  }
  NodeId server() const { return options_.servers[server_]; }
  void arm(engine::Runtime& runtime, Duration delay);
  void arm_for_connected(engine::Runtime& runtime);
  void connect(engine::Runtime& runtime);
  void lose_connection(engine::Runtime& runtime);
  void submit(engine::Runtime& runtime, Pending pending);
  void send_more(engine::Runtime& runtime);
  void on_connected(engine::Runtime& runtime, const ConnectReply& reply);
  void on_reply(engine::Runtime& runtime, const Reply& reply);
  void on_event(engine::Runtime& runtime, const WatchEvent& event);
  void expire(engine::Runtime& runtime);
  void remember_watch(const Request& request, const Reply& reply);
  template <class P>
  void send(engine::Runtime& runtime, P packet);

  ClientOptions options_;
  ClientListener& listener_;
  State state_ = State::off;
  std::size_t server_ = 0;
  SessionId session_ = 0;
  SessionId told_ = 0;           // the session that the listener knows
  std::int64_t connection_ = 0;  // answers to older ones don't count
  Zxid last_zxid_ = 0;
  std::uint64_t last_number_ = 0;
  std::deque<Pending> waiting_, in_flight_;
  std::set<std::pair<WatchKind, std::string>> watches_;
  SimTime heard_{}, sent_{};
  TimerId timer_;
};

}  // namespace eventarium::zookeeper
