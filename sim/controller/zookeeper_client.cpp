#include "sim/controller/zookeeper_client.h"

#include <algorithm>
#include <memory>

namespace eventarium::zookeeper {
namespace {

constexpr std::uint64_t reconnect_pause_max_ns = 1'000'000'000;  // ClientCnxn: random, below 1 s

constexpr Duration settled_pause = 10ms;  // at the beginning of a run

}  // namespace

template <class P>
void ZookeeperClient::send(engine::Runtime& runtime, P packet) {
  const std::uint64_t size_bytes = packet.size_bytes();
  sent_ = runtime.now();
  runtime.send(server(), std::make_unique<P>(std::move(packet)), size_bytes, lane(runtime));
}

void ZookeeperClient::arm(engine::Runtime& runtime, Duration delay) {
  runtime.cancel_timer(timer_);
  timer_ = runtime.set_timer(delay, {options_.component, 0, 0});
}

// ---- the connection

void ZookeeperClient::start(engine::Runtime& runtime, SessionId session) {
  session_ = told_ = session;
  if (session == 0) {
    server_ = runtime.random("zookeeper server").below(options_.servers.size());
    return connect(runtime);
  }
  // Whoever starts with a session is one of many that were spread over the servers before, and
  // those have to find each other first.
  server_ = (session - 1) % options_.servers.size();
  state_ = State::pausing;
  arm(runtime, settled_pause);
}

void ZookeeperClient::connect(engine::Runtime& runtime) {
  state_ = State::connecting;
  Connect packet;
  packet.connection = connection_ = to_ns(runtime.now());
  packet.session = session_;
  packet.timeout = options_.session_timeout;
  packet.last_zxid = last_zxid_;
  send(runtime, std::move(packet));
  arm(runtime, options_.session_timeout / static_cast<std::int64_t>(options_.servers.size()));
}

void ZookeeperClient::lose_connection(engine::Runtime& runtime) {
  state_ = State::pausing;
  while (!in_flight_.empty()) {
    waiting_.push_front(std::move(in_flight_.back()));
    in_flight_.pop_back();
  }
  server_ = (server_ + 1) % options_.servers.size();
  arm(runtime, Duration(static_cast<std::int64_t>(
                   runtime.random("zookeeper reconnect").below(reconnect_pause_max_ns))));
}

bool ZookeeperClient::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (lane != this->lane(runtime)) return false;
  if (peer == server() && (state_ == State::connecting || state_ == State::connected))
    lose_connection(runtime);
  return true;
}

void ZookeeperClient::arm_for_connected(engine::Runtime& runtime) {
  const SimTime ping = sent_ + options_.session_timeout / 3;
  const SimTime give_up = heard_ + 2 * options_.session_timeout / 3;
  arm(runtime, std::max(std::min(ping, give_up) - runtime.now(), Duration::zero()));
}

bool ZookeeperClient::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != options_.component) return false;
  timer_ = TimerId{};
  if (state_ == State::pausing) {
    connect(runtime);
  } else if (state_ == State::connecting) {
    runtime.disconnect(server(), lane(runtime));
    lose_connection(runtime);
  } else if (state_ == State::connected) {
    if (runtime.now() >= heard_ + 2 * options_.session_timeout / 3) {
      runtime.disconnect(server(), lane(runtime));
      lose_connection(runtime);
      return true;
    }
    if (runtime.now() >= sent_ + options_.session_timeout / 3) send(runtime, ClientPing{});
    arm_for_connected(runtime);
  }
  return true;
}

void ZookeeperClient::close(engine::Runtime& runtime) {
  if (state_ == State::connected) send(runtime, Close{});
  forget();
}

void ZookeeperClient::forget() {
  state_ = State::off;
  session_ = told_ = 0;
  last_zxid_ = 0;
  waiting_.clear();
  in_flight_.clear();
  watches_.clear();
  timer_ = TimerId{};
}

// ---- what comes

bool ZookeeperClient::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (message.lane != lane(runtime)) return false;
  if (message.source != server()) return true;
  if (const auto* reply = message.as<ConnectReply>()) {
    if (state_ == State::connecting && reply->connection == connection_)
      on_connected(runtime, *reply);
    return true;
  }
  if (state_ != State::connected) return true;  // said to a former connection
  heard_ = runtime.now();
  if (const auto* answer = message.as<Reply>()) {
    on_reply(runtime, *answer);
  } else if (const auto* event = message.as<WatchEvent>()) {
    on_event(runtime, *event);
  }
  return true;
}

void ZookeeperClient::on_connected(engine::Runtime& runtime, const ConnectReply& reply) {
  if (reply.session == 0) return expire(runtime);
  state_ = State::connected;
  heard_ = runtime.now();
  session_ = reply.session;
  if (!watches_.empty()) {
    SetWatches packet;
    packet.last_zxid = last_zxid_;
    packet.watches.assign(watches_.begin(), watches_.end());
    send(runtime, std::move(packet));
  }
  arm_for_connected(runtime);
  const bool is_new = std::exchange(told_, session_) != session_;
  listener_.on_session(runtime, session_, is_new);
  send_more(runtime);
}

void ZookeeperClient::expire(engine::Runtime& runtime) {
  const SessionId expired = std::exchange(session_, 0);
  told_ = 0;
  watches_.clear();
  std::deque<Pending> failed = std::move(in_flight_);
  for (Pending& pending : waiting_) failed.push_back(std::move(pending));
  in_flight_.clear();
  waiting_.clear();
  connect(runtime);
  Reply reply;
  reply.code = Code::session_expired;
  for (const Pending& pending : failed) pending.callback(runtime, reply);
  listener_.on_session_expired(runtime, expired);
}

void ZookeeperClient::on_reply(engine::Runtime& runtime, const Reply& reply) {
  if (in_flight_.empty() || in_flight_.front().request.number != reply.number) return;
  const Pending pending = std::move(in_flight_.front());
  in_flight_.pop_front();
  last_zxid_ = std::max(last_zxid_, reply.zxid);
  remember_watch(pending.request, reply);
  send_more(runtime);
  pending.callback(runtime, reply);
}

void ZookeeperClient::remember_watch(const Request& request, const Reply& reply) {
  if (!request.read || !request.read->watch) return;
  const Read& read = *request.read;
  if (reply.code == Code::ok)
    watches_.emplace(read.kind == Read::Kind::children ? WatchKind::children : WatchKind::data,
                     read.path);
  else if (reply.code == Code::no_node && read.kind == Read::Kind::exists)
    watches_.emplace(WatchKind::exists, read.path);
}

void ZookeeperClient::on_event(engine::Runtime& runtime, const WatchEvent& event) {
  last_zxid_ = std::max(last_zxid_, event.zxid);
  if (event.kind == WatchEvent::Kind::children_changed) {
    watches_.erase({WatchKind::children, event.path});
  } else {
    watches_.erase({WatchKind::data, event.path});
    watches_.erase({WatchKind::exists, event.path});
    if (event.kind == WatchEvent::Kind::deleted) watches_.erase({WatchKind::children, event.path});
  }
  listener_.on_watch(runtime, event);
}

// ---- requests

void ZookeeperClient::read(engine::Runtime& runtime, Read read, Callback callback) {
  Pending pending;
  pending.request.read = std::move(read);
  pending.callback = std::move(callback);
  submit(runtime, std::move(pending));
}

void ZookeeperClient::write(engine::Runtime& runtime, std::vector<Operation> operations,
                            Callback callback) {
  Pending pending;
  pending.request.operations = std::move(operations);
  pending.callback = std::move(callback);
  submit(runtime, std::move(pending));
}

void ZookeeperClient::submit(engine::Runtime& runtime, Pending pending) {
  pending.request.number = ++last_number_;
  waiting_.push_back(std::move(pending));
  send_more(runtime);
}

void ZookeeperClient::send_more(engine::Runtime& runtime) {
  while (state_ == State::connected && !waiting_.empty() &&
         in_flight_.size() < options_.in_flight_max) {
    in_flight_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
    send(runtime, in_flight_.back().request);
  }
}

}  // namespace eventarium::zookeeper
