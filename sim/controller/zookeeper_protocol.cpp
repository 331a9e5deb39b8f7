#include "sim/controller/zookeeper_protocol.h"

#include <tuple>

namespace eventarium::zookeeper {

bool is_better(const Vote& a, const Vote& b) {
  return std::tie(a.epoch, a.zxid, a.leader) > std::tie(b.epoch, b.zxid, b.leader);
}

std::uint64_t Sync::size_bytes() const {
  std::uint64_t size = 44;
  for (const TransactionPtr& transaction : transactions) size += 44 + transaction->size_bytes();
  return size;
}

std::uint64_t Request::size_bytes() const {
  if (read) return 24 + read->path.size();
  std::uint64_t size = 24;
  for (const Operation& operation : operations)
    size += 20 + operation.path.size() + (operation.value ? operation.value->size_bytes() : 0);
  return size;
}

std::uint64_t Reply::size_bytes() const {
  std::uint64_t size = 20 + 68 * stats.size() + (value ? value->size_bytes() : 0);
  for (const std::string& child : children) size += 4 + child.size();
  return size;
}

std::uint64_t SetWatches::size_bytes() const {
  std::uint64_t size = 40;
  for (const auto& [kind, path] : watches) size += 4 + path.size();
  return size;
}

}  // namespace eventarium::zookeeper
