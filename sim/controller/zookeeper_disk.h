// What a ZooKeeper server has on its disk: the transaction log, behind the snapshot that a run
// begins with, and the epochs it has promised. A power loss takes what no finished fsync covers.
// It must not know roles or messages. Follows ZooKeeper's FileTxnLog and the files acceptedEpoch
// and currentEpoch (3.8); snapshots are not made, so that a log always reaches back to the start.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "sim/controller/zookeeper_tree.h"

namespace eventarium::zookeeper {

class ServerDisk {
 public:
  explicit ServerDisk(ZnodeTree snapshot, std::uint32_t epoch = 0)
      : snapshot_(std::move(snapshot)), accepted_epoch_(epoch), current_epoch_(epoch) {
    durable_ = here();
  }

  const ZnodeTree& snapshot() const { return snapshot_; }
  const std::vector<TransactionPtr>& log() const { return log_; }
  /// Of the last transaction in the log, or of the snapshot.
  Zxid last_zxid() const { return log_.empty() ? snapshot_.last_zxid() : log_.back()->zxid; }
  /// How many entries of the log have a zxid of at most `zxid`.
  std::size_t entries_up_to(Zxid zxid) const;
  /// Whether the log (or the snapshot's end) has exactly that transaction.
  bool has(Zxid zxid) const;

  /// acceptedEpoch: no older leader is followed. currentEpoch: of the leader whose log this is.
  std::uint32_t accepted_epoch() const { return accepted_epoch_; }
  std::uint32_t current_epoch() const { return current_epoch_; }
  void accept_epoch(std::uint32_t epoch) { accepted_epoch_ = epoch; }
  void set_current_epoch(std::uint32_t epoch) { current_epoch_ = epoch; }

  void append(TransactionPtr transaction);
  /// Cuts off everything behind `zxid`.
  void truncate_to(Zxid zxid);

  /// Around an fsync: `begin` names what it covers, `end` makes that durable.
  std::uint64_t begin_fsync();
  void end_fsync(std::uint64_t fsync);
  /// Of the last entry that no power loss takes away.
  Zxid durable_zxid() const { return durable_.zxid; }
  std::uint32_t durable_accepted_epoch() const { return durable_.accepted_epoch; }
  std::uint32_t durable_current_epoch() const { return durable_.current_epoch; }
  /// The process has ended: no fsync is under way any more.
  void process_ended() { under_way_.clear(); }
  void lose_power();

 private:
  struct Contents {
    std::size_t entries = 0;
    Zxid zxid = 0;
    std::uint32_t accepted_epoch = 0, current_epoch = 0;
  };
  Contents here() const { return {log_.size(), last_zxid(), accepted_epoch_, current_epoch_}; }

  ZnodeTree snapshot_;
  std::vector<TransactionPtr> log_;
  std::uint32_t accepted_epoch_, current_epoch_;
  Contents durable_;
  std::map<std::uint64_t, Contents> under_way_;
  std::uint64_t last_fsync_ = 0;
};

}  // namespace eventarium::zookeeper
