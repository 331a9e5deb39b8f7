#include "sim/controller/zookeeper_disk.h"

#include <algorithm>

#include "sim/base/check.h"

namespace eventarium::zookeeper {

std::size_t ServerDisk::entries_up_to(Zxid zxid) const {
  const auto behind =
      std::upper_bound(log_.begin(), log_.end(), zxid,
                       [](Zxid value, const TransactionPtr& entry) { return value < entry->zxid; });
  return static_cast<std::size_t>(behind - log_.begin());
}

bool ServerDisk::has(Zxid zxid) const {
  const std::size_t entries = entries_up_to(zxid);
  return zxid == (entries == 0 ? snapshot_.last_zxid() : log_[entries - 1]->zxid);
}

void ServerDisk::append(TransactionPtr transaction) {
  EVENTARIUM_CHECK(transaction->zxid > last_zxid(), "the transaction log is in order");
  log_.push_back(std::move(transaction));
}

void ServerDisk::truncate_to(Zxid zxid) {
  log_.resize(entries_up_to(zxid));
  // An fsync that is under way may not bring back what was cut off.
  const auto cut = [this](Contents& contents) {
    if (contents.entries <= log_.size()) return;
    contents.entries = log_.size();
    contents.zxid = last_zxid();
  };
  cut(durable_);
  for (auto& [id, contents] : under_way_) cut(contents);
}

std::uint64_t ServerDisk::begin_fsync() {
  under_way_[++last_fsync_] = here();
  return last_fsync_;
}

void ServerDisk::end_fsync(std::uint64_t fsync) {
  const auto found = under_way_.find(fsync);
  if (found == under_way_.end()) return;
  durable_ = found->second;
  under_way_.erase(under_way_.begin(), std::next(found));
}

void ServerDisk::lose_power() {
  under_way_.clear();
  log_.resize(durable_.entries);
  accepted_epoch_ = durable_.accepted_epoch;
  current_epoch_ = durable_.current_epoch;
}

}  // namespace eventarium::zookeeper
