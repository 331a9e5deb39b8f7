#include "sim/controller/zookeeper_clients.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace eventarium::zookeeper {

template <class P>
void ClientConnections::send(engine::Runtime& runtime, const Key& key, P packet) const {
  const std::uint64_t size_bytes = packet.size_bytes();
  runtime.send(key.first, std::make_unique<P>(std::move(packet)), size_bytes, key.second);
}

bool ClientConnections::on_message(engine::Runtime& runtime, const engine::Message& message) {
  const Key key{message.source, message.lane};
  const auto* connecting = message.as<Connect>();
  const auto known = clients_.find(key);
  const bool is_client = connecting || message.as<Request>() || message.as<ClientPing>() ||
                         message.as<Close>() || message.as<SetWatches>();
  if (!is_client) return false;
  if (!host_.serving() || (!connecting && known == clients_.end())) {
    runtime.disconnect(key.first, key.second);
    return true;
  }
  if (connecting) {
    connect(runtime, key, *connecting);
    return true;
  }
  Client& client = known->second;
  if (client.session == 0) return true;  // not before its session is confirmed
  host_.touch(runtime, client.session);
  if (const auto* request = message.as<Request>()) {
    take(runtime, key, client, *request);
  } else if (message.as<ClientPing>()) {
    send(runtime, key, ClientPingReply{});
  } else if (const auto* wanted = message.as<SetWatches>()) {
    set_watches(runtime, key, *wanted);
  } else {
    Transaction closing;
    closing.kind = Transaction::Kind::close_session;
    closing.session = client.session;
    host_.submit(runtime, std::move(closing));
  }
  return true;
}

void ClientConnections::connect(engine::Runtime& runtime, const Key& key, const Connect& connect) {
  if (connect.last_zxid > host_.tree().last_zxid())  // the client has seen more than this server
    return runtime.disconnect(key.first, key.second);
  on_disconnect(key.first, key.second);
  Client& client = clients_[key];
  client.attachment = ++last_attachment_;
  client.connection = connect.connection;
  client.timeout = std::clamp(connect.timeout, timeout_min_, timeout_max_);
  if (connect.session != 0) {
    client.wanted = connect.session;
    return host_.revalidate(runtime, connect.session, client.attachment);
  }
  Transaction opening;
  opening.kind = Transaction::Kind::open_session;
  opening.client = key.first;
  opening.timeout = client.timeout;
  opening.request = client.attachment;
  host_.submit(runtime, std::move(opening));
}

void ClientConnections::attach(engine::Runtime& runtime, const Key& key, SessionId session) {
  Client& client = clients_[key];
  client.session = session;
  ConnectReply reply;
  reply.connection = client.connection;
  reply.session = session;
  reply.timeout = client.timeout;
  send(runtime, key, std::move(reply));
}

void ClientConnections::on_revalidated(engine::Runtime& runtime, std::uint64_t attachment,
                                       bool valid) {
  for (auto& [key, client] : clients_) {
    if (client.attachment != attachment) continue;
    if (valid) return attach(runtime, key, client.wanted);
    ConnectReply refused;
    refused.connection = client.connection;
    send(runtime, key, std::move(refused));
    clients_.erase(key);
    return;
  }
}

// ---- requests

void ClientConnections::take(engine::Runtime& runtime, const Key& key, Client& client,
                             const Request& request) {
  if (!request.read) {
    Transaction transaction;
    transaction.session = client.session;
    transaction.request = request.number;
    transaction.operations = request.operations;
    client.requests.push_back(request);
    return host_.submit(runtime, std::move(transaction));
  }
  client.requests.push_back(request);
  answer_reads(runtime, key, client);
}

void ClientConnections::answer_reads(engine::Runtime& runtime, const Key& key, Client& client) {
  while (!client.requests.empty() && client.requests.front().read) {
    send(runtime, key, read(key, client.requests.front()));
    client.requests.pop_front();
  }
}

Reply ClientConnections::read(const Key& key, const Request& request) {
  const Read& wanted = *request.read;
  Reply reply;
  reply.number = request.number;
  reply.zxid = host_.tree().last_zxid();
  const ZnodeTree::Znode* znode = host_.tree().find(wanted.path);
  if (!znode) {
    reply.code = Code::no_node;
    if (wanted.watch && wanted.kind == Read::Kind::exists) data_watches_[wanted.path].insert(key);
    return reply;
  }
  if (wanted.kind == Read::Kind::children)
    reply.children.assign(znode->children.begin(), znode->children.end());
  if (wanted.kind == Read::Kind::get) reply.value = znode->value;
  reply.stats.push_back(znode->stat);
  if (wanted.watch) {
    Watches& watches = wanted.kind == Read::Kind::children ? child_watches_ : data_watches_;
    watches[wanted.path].insert(key);
  }
  return reply;
}

void ClientConnections::on_applied(engine::Runtime& runtime, const Transaction& transaction,
                                   const Applied& applied) {
  for (const Change& change : applied.changes) fire(runtime, change);
  if (transaction.kind == Transaction::Kind::close_session) {
    for (const auto& [key, client] : clients_)
      if (client.session == transaction.session) return hang_up(runtime, Key(key));
    return;
  }
  if (transaction.origin != runtime.self()) return;
  if (transaction.kind == Transaction::Kind::open_session) {
    for (const auto& [key, client] : clients_)
      if (client.attachment == transaction.request && client.session == 0)
        return attach(runtime, key, applied.session);
    return;
  }
  for (auto& [key, client] : clients_) {
    if (client.session != transaction.session || client.requests.empty() ||
        client.requests.front().number != transaction.request)
      continue;
    Reply reply;
    reply.number = transaction.request;
    reply.code = applied.code;
    reply.failed = applied.failed;
    reply.zxid = transaction.zxid;
    reply.stats = applied.stats;
    send(runtime, key, std::move(reply));
    client.requests.pop_front();
    return answer_reads(runtime, key, client);
  }
}

// ---- watches

void ClientConnections::notify(engine::Runtime& runtime, const Key& key, WatchEvent::Kind kind,
                               const std::string& path) {
  WatchEvent event;
  event.kind = kind;
  event.path = path;
  event.zxid = host_.tree().last_zxid();
  send(runtime, key, std::move(event));
}

void ClientConnections::notify_all(engine::Runtime& runtime, Watches& watches,
                                   const std::string& path, WatchEvent::Kind kind) {
  const auto found = watches.find(path);
  if (found == watches.end()) return;
  const std::set<Key> watchers = std::move(found->second);
  watches.erase(found);
  for (const Key& key : watchers) notify(runtime, key, kind, path);
}

void ClientConnections::fire(engine::Runtime& runtime, const Change& change) {
  using Kind = WatchEvent::Kind;
  if (change.kind == Change::Kind::set)
    return notify_all(runtime, data_watches_, change.path, Kind::data_changed);
  const bool created = change.kind == Change::Kind::created;
  notify_all(runtime, data_watches_, change.path, created ? Kind::created : Kind::deleted);
  if (!created) notify_all(runtime, child_watches_, change.path, Kind::deleted);
  notify_all(runtime, child_watches_, parent_of(change.path), Kind::children_changed);
}

/// What has changed since the client last saw it is told at once, the rest is watched again.
void ClientConnections::set_watches(engine::Runtime& runtime, const Key& key,
                                    const SetWatches& wanted) {
  using Kind = WatchEvent::Kind;
  for (const auto& [kind, path] : wanted.watches) {
    const ZnodeTree::Znode* znode = host_.tree().find(path);
    if (kind == WatchKind::exists) {
      if (znode)
        notify(runtime, key, Kind::created, path);
      else
        data_watches_[path].insert(key);
    } else if (!znode) {
      notify(runtime, key, Kind::deleted, path);
    } else if (kind == WatchKind::data) {
      if (znode->stat.modified > wanted.last_zxid)
        notify(runtime, key, Kind::data_changed, path);
      else
        data_watches_[path].insert(key);
    } else if (znode->stat.children_modified > wanted.last_zxid) {
      notify(runtime, key, Kind::children_changed, path);
    } else {
      child_watches_[path].insert(key);
    }
  }
}

// ---- comings and goings

void ClientConnections::on_disconnect(NodeId client, engine::Lane lane) {
  const Key key{client, lane};
  if (clients_.erase(key) == 0) return;
  for (Watches* watches : {&data_watches_, &child_watches_})
    for (auto it = watches->begin(); it != watches->end();) {
      it->second.erase(key);
      it = it->second.empty() ? watches->erase(it) : std::next(it);
    }
}

void ClientConnections::hang_up(engine::Runtime& runtime, const Key& key) {
  on_disconnect(key.first, key.second);
  runtime.disconnect(key.first, key.second);
}

void ClientConnections::close_all(engine::Runtime& runtime) {
  for (const auto& [key, client] : clients_) runtime.disconnect(key.first, key.second);
  forget_all();
}

void ClientConnections::forget_all() {
  clients_.clear();
  data_watches_.clear();
  child_watches_.clear();
}

}  // namespace eventarium::zookeeper
