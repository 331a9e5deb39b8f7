#include "sim/controller/zookeeper_tree.h"

#include <array>

#include "sim/base/check.h"

namespace eventarium::zookeeper {

std::string_view name_of(Code code) {
  static constexpr std::array<std::string_view, 8> names = {
      "OK",       "NONODE",         "NODEEXISTS",   "BADVERSION",
      "NOTEMPTY", "SESSIONEXPIRED", "SESSIONMOVED", "CONNECTIONLOSS"};
  return names[static_cast<std::size_t>(code)];
}

std::string parent_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string name_in_parent(const std::string& path) { return path.substr(path.rfind('/') + 1); }

std::uint64_t Transaction::size_bytes() const {
  std::uint64_t size = 48;  // header: session, zxid, time, type
  for (const Operation& operation : operations)
    size += 32 + operation.path.size() + (operation.value ? operation.value->size_bytes() : 0);
  return size;
}

ZnodeTree::ZnodeTree() { znodes_["/"]; }

const ZnodeTree::Znode* ZnodeTree::find(const std::string& path) const {
  const auto found = znodes_.find(path);
  return found == znodes_.end() ? nullptr : &found->second;
}

/// What would stop the transaction. Its own operations count: what one creates or deletes is
/// there or gone for those behind it. `place`: of the operation that it is about.
Code ZnodeTree::check(const Transaction& transaction, std::size_t& place) const {
  if (sessions_.count(transaction.session) == 0) return Code::session_expired;
  std::map<std::string, bool> exists;  // by the operations before
  const auto is_there = [&](const std::string& path) {
    const auto changed = exists.find(path);
    return changed == exists.end() ? znodes_.count(path) > 0 : changed->second;
  };
  for (place = 0; place < transaction.operations.size(); ++place) {
    const Operation& operation = transaction.operations[place];
    if (operation.kind == Operation::Kind::create) {
      if (is_there(operation.path)) return Code::node_exists;
      if (!is_there(parent_of(operation.path))) return Code::no_node;
      exists[operation.path] = true;
      continue;
    }
    if (!is_there(operation.path)) return Code::no_node;
    const Znode* znode = find(operation.path);
    if (operation.version >= 0 && (!znode || znode->stat.version != operation.version))
      return Code::bad_version;
    if (operation.kind != Operation::Kind::remove) continue;
    for (const std::string& child : znode ? znode->children : std::set<std::string>{})
      if (is_there(operation.path + "/" + child)) return Code::not_empty;
    exists[operation.path] = false;
  }
  return Code::ok;
}

void ZnodeTree::create(const Transaction& transaction, const Operation& operation,
                       Applied& applied) {
  Znode& znode = znodes_[operation.path];
  znode.value = operation.value;
  znode.stat = {transaction.zxid, transaction.zxid, transaction.zxid, 0,
                operation.ephemeral ? transaction.session : 0};
  if (operation.ephemeral) ephemerals_[transaction.session].insert(operation.path);
  Znode& parent = znodes_[parent_of(operation.path)];
  parent.children.insert(name_in_parent(operation.path));
  parent.stat.children_modified = transaction.zxid;
  applied.changes.push_back({Change::Kind::created, operation.path, operation.value});
}

void ZnodeTree::remove(const std::string& path, Zxid zxid, Applied& applied) {
  const auto found = znodes_.find(path);
  EVENTARIUM_CHECK(found != znodes_.end(), "a znode to be deleted exists");
  if (const SessionId owner = found->second.stat.owner) {
    const auto owned = ephemerals_.find(owner);
    if (owned != ephemerals_.end()) owned->second.erase(path);
  }
  znodes_.erase(found);
  Znode& parent = znodes_[parent_of(path)];
  parent.children.erase(name_in_parent(path));
  parent.stat.children_modified = zxid;
  applied.changes.push_back({Change::Kind::deleted, path, nullptr});
}

void ZnodeTree::close(SessionId session, Zxid zxid, Applied& applied) {
  const auto owned = ephemerals_.find(session);
  if (owned != ephemerals_.end()) {
    const std::set<std::string> paths = std::move(owned->second);
    ephemerals_.erase(owned);
    for (const std::string& path : paths) remove(path, zxid, applied);
  }
  sessions_.erase(session);
}

Applied ZnodeTree::apply(const Transaction& transaction) {
  EVENTARIUM_CHECK(transaction.zxid > last_zxid_, "transactions are applied in their order");
  last_zxid_ = transaction.zxid;
  Applied applied;
  if (transaction.kind == Transaction::Kind::open_session) {
    applied.session = ++last_session_;
    sessions_[applied.session] = {transaction.client, transaction.timeout};
    return applied;
  }
  if (transaction.kind == Transaction::Kind::close_session) {
    if (sessions_.count(transaction.session) == 0)
      applied.code = Code::session_expired;
    else
      close(transaction.session, transaction.zxid, applied);
    return applied;
  }
  applied.code = check(transaction, applied.failed);
  if (applied.code != Code::ok) return applied;
  for (const Operation& operation : transaction.operations) {
    switch (operation.kind) {
      case Operation::Kind::create:
        create(transaction, operation, applied);
        break;
      case Operation::Kind::set: {
        Znode& znode = znodes_[operation.path];
        znode.value = operation.value;
        znode.stat.modified = transaction.zxid;
        ++znode.stat.version;
        applied.changes.push_back({Change::Kind::set, operation.path, operation.value});
        break;
      }
      case Operation::Kind::remove:
        remove(operation.path, transaction.zxid, applied);
        break;
      case Operation::Kind::check:
        break;
    }
    const Znode* znode = find(operation.path);
    applied.stats.push_back(znode ? znode->stat : Stat{});
  }
  return applied;
}

}  // namespace eventarium::zookeeper
