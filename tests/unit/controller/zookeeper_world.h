// Helpers of ZooKeeper's tests: an ensemble on the lean engine, and clients that do as they are
// told and keep what comes back.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/controller/zookeeper_server.h"
#include "sim/engine/lean_engine.h"

namespace eventarium::zookeeper::test {

struct Words final : Value {
  explicit Words(std::string t) : content(std::move(t)) {}
  std::uint64_t size_bytes() const override { return content.size(); }
  std::string text(const NameOf&) const override { return content; }
  std::string content;
};

inline ValuePtr words(std::string text) { return std::make_shared<const Words>(std::move(text)); }
inline std::string content(const ValuePtr& value) {
  const auto* words = dynamic_cast<const Words*>(value.get());
  return words ? words->content : "";
}

inline Operation create(std::string path, std::string value = "", bool ephemeral = false) {
  return {Operation::Kind::create, std::move(path), words(std::move(value)), ephemeral, -1};
}
inline Operation set(std::string path, std::string value, std::int32_t version = -1) {
  return {Operation::Kind::set, std::move(path), words(std::move(value)), false, version};
}
inline Operation erase(std::string path, std::int32_t version = -1) {
  return {Operation::Kind::remove, std::move(path), nullptr, false, version};
}

class Trace : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override { events.push_back(event); }
  template <class Body>
  std::vector<std::pair<trace::Event, Body>> all() const {
    std::vector<std::pair<trace::Event, Body>> found;
    for (const trace::Event& event : events)
      if (const Body* body = event.as<Body>()) found.emplace_back(event, *body);
    return found;
  }
  std::vector<trace::Event> events;
};

/// A client that speaks the protocol by hand.
class RawClient : public engine::Node {
 public:
  void on_start(engine::Runtime& runtime) override { runtime_ = &runtime; }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    if (const auto* reply = message.as<ConnectReply>()) {
      session = reply->session;
      connected = true;
    } else if (const auto* answer = message.as<Reply>()) {
      replies.push_back(*answer);
      reply_times.push_back(runtime.now());
    } else if (const auto* event = message.as<WatchEvent>()) {
      events.push_back(*event);
    }
  }
  void on_disconnect(engine::Runtime&, NodeId, engine::Lane) override {
    ++disconnects;
    connected = false;
  }

  template <class P>
  void send(NodeId server, P packet) {
    const std::uint64_t size_bytes = packet.size_bytes();
    runtime_->send(server, std::make_unique<P>(std::move(packet)), size_bytes,
                   {runtime_->self(), 1});
  }
  void connect(NodeId server, SessionId with = 0, Duration timeout = 18s) {
    Connect packet;
    packet.session = with;
    packet.timeout = timeout;
    send(server, std::move(packet));
  }
  std::uint64_t write(NodeId server, std::vector<Operation> operations) {
    Request request;
    request.number = ++last_number;
    request.operations = std::move(operations);
    send(server, std::move(request));
    return last_number;
  }
  std::uint64_t read(NodeId server, Read::Kind kind, std::string path, bool watch = false) {
    Request request;
    request.number = ++last_number;
    request.read = Read{kind, std::move(path), watch};
    send(server, std::move(request));
    return last_number;
  }
  /// Null when it has not been answered.
  const Reply* reply(std::uint64_t number) const {
    for (const Reply& reply : replies)
      if (reply.number == number) return &reply;
    return nullptr;
  }

  SessionId session = 0;
  bool connected = false;
  int disconnects = 0;
  std::uint64_t last_number = 0;
  std::vector<Reply> replies;
  std::vector<SimTime> reply_times;
  std::vector<WatchEvent> events;

 private:
  engine::Runtime* runtime_ = nullptr;
};

/// `servers` ZooKeeper servers (nodes 0 ...), then `clients` clients.
struct Ensemble {
  explicit Ensemble(std::uint32_t servers = 3, std::uint32_t clients = 1, bool settled = true,
                    std::uint64_t seed = 42)
      : engine(seed), size(servers) {
    engine.add_sink(trace);
    std::vector<NodeId> ids;
    for (std::uint32_t i = 0; i < servers; ++i) ids.push_back(NodeId{i});
    std::optional<Settled> start;
    if (settled) start = Settled{ZnodeTree(), 1, ids.back()};
    for (std::uint32_t i = 0; i < servers; ++i)
      engine.add_node({"zookeeper-" + std::to_string(i + 1), "zookeeper", "", {}, {}},
                      std::make_unique<ZookeeperServer>(ids, start));
    for (std::uint32_t i = 0; i < clients; ++i)
      engine.add_node({"client-" + std::to_string(i + 1), "client", "", {}, {}},
                      std::make_unique<RawClient>());
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  NodeId id(std::uint32_t index) const { return NodeId{index}; }
  ZookeeperServer& server(std::uint32_t index) {
    return dynamic_cast<ZookeeperServer&>(engine.node(NodeId{index}));
  }
  RawClient& client(std::uint32_t index = 0) {
    return dynamic_cast<RawClient&>(engine.node(NodeId{size + index}));
  }
  NodeId client_id(std::uint32_t index = 0) const { return NodeId{size + index}; }
  /// The number of servers when nobody leads.
  std::uint32_t leader() {
    for (std::uint32_t i = 0; i < size; ++i)
      if (engine.is_running(NodeId{i}) && server(i).leads()) return i;
    return size;
  }
  void cut_off(std::uint32_t index, bool cut) {
    for (std::uint32_t other = 0; other < engine.node_count(); ++other) {
      if (other == index) continue;
      engine.set_cut(NodeId{index}, NodeId{other}, cut);
      engine.set_cut(NodeId{other}, NodeId{index}, cut);
    }
  }

  Trace trace;
  engine::LeanEngine engine;
  std::uint32_t size;
};

}  // namespace eventarium::zookeeper::test
