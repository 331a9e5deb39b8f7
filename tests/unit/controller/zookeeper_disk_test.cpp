#include "sim/controller/zookeeper_disk.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::zookeeper;

namespace {

TransactionPtr entry(Zxid zxid) {
  Transaction transaction;
  transaction.zxid = zxid;
  transaction.kind = Transaction::Kind::open_session;
  return std::make_shared<const Transaction>(transaction);
}

}  // namespace

TEST_CASE("a power loss takes what no finished fsync covers, promises included") {
  ServerDisk disk{ZnodeTree()};
  disk.append(entry(1));
  disk.accept_epoch(3);
  const auto first = disk.begin_fsync();
  disk.append(entry(2));
  disk.begin_fsync();
  CHECK(disk.durable_zxid() == 0);
  disk.end_fsync(first);
  CHECK(disk.durable_zxid() == 1);
  disk.set_current_epoch(3);
  disk.lose_power();
  CHECK(disk.last_zxid() == 1);
  CHECK(disk.accepted_epoch() == 3);
  CHECK(disk.current_epoch() == 0);
}

TEST_CASE("an fsync that was under way does not bring back what was cut off") {
  ServerDisk disk{ZnodeTree()};
  for (Zxid zxid = 1; zxid <= 3; ++zxid) disk.append(entry(zxid));
  const auto old = disk.begin_fsync();
  disk.truncate_to(1);
  disk.append(entry(first_zxid(2) + 1));
  disk.end_fsync(old);
  CHECK(disk.durable_zxid() == 1);
  CHECK(disk.has(1));
  CHECK(!disk.has(2));
  CHECK(disk.entries_up_to(first_zxid(2)) == 1);
  disk.lose_power();
  CHECK(disk.last_zxid() == 1);
}
