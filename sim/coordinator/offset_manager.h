// Commits and look-ups of positions, in and outside of transactions, and their expiry. A commit is
// answered when the in-sync replicas have it; a look-up that has to be stable waits for the commits
// before it. Commits delete nothing that can be read.
//
//   offsets.retention.minutes run: in a group without members from when the last one left; in a
//   stable group, for topics to which nobody subscribes, from the commit; for positions that were
//   committed outside of a group, from the commit. Looked for every
//   offsets.retention.check.interval.ms. A group without members and positions is forgotten.
//
// Follows Kafka's OffsetMetadataManager (4.1).
#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "sim/broker/transaction_protocol.h"
#include "sim/coordinator/classic_groups.h"
#include "sim/coordinator/group_manager.h"
#include "sim/coordinator/offset_table.h"

namespace eventarium::kafka {

class OffsetManager {
 public:
  /// Both outlive it.
  OffsetManager(GroupContext& context, ClassicGroups& classic)
      : context_(context), classic_(classic) {}

  void start();
  void stop();
  /// OffsetCommit, OffsetFetch. False: another request.
  bool handle(engine::Runtime& runtime, RequestTicket ticket, const engine::Message& message);
  /// The transaction's coordinator knows that the group's partition is part of it; `error`: it is
  /// not, and nothing is kept.
  void commit_in_transaction(engine::Runtime& runtime, RequestTicket ticket, NodeId client,
                             const TxnOffsetCommitRequest& request, Error error);
  /// May it be committed? Asked before the transaction's coordinator is.
  Error check(const TxnOffsetCommitRequest& request);

  /// Topics may have gone, and positions in them with them.
  void on_metadata(engine::Runtime& runtime);
  void on_marker(engine::Runtime& runtime, std::int32_t partition, ProducerIdAndEpoch producer,
                 bool commit);
  bool on_written(engine::Runtime& runtime, std::uint64_t token, Error error);

  // ---- the log
  bool replay(std::int32_t partition, const GroupEntryKey& key,
              const std::optional<std::string>& value, const ProducerStamp& stamp);
  void replay_marker(std::int32_t partition, const ProducerStamp& stamp);
  void on_loaded(engine::Runtime& runtime, std::int32_t partition);
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition);

  const OffsetTable& table() const { return table_; }

 private:
  using Written = std::function<void(engine::Runtime&, Error)>;
  struct Commit {
    WaitingRequest waiting;
    NodeId client;
    CommitSender sender;
    std::vector<OffsetCommitRequest::Partition> partitions;
    ProducerIdAndEpoch producer;  // of the transaction
  };

  Error check(const CommitSender& sender);
  void commit(engine::Runtime& runtime, Commit commit);
  void keep(engine::Runtime& runtime, const Commit& commit, std::vector<GroupPosition> positions);
  void kept(engine::Runtime& runtime, const Commit& commit,
            const std::vector<GroupPosition>& positions, Error error);
  void answer(engine::Runtime& runtime, const Commit& commit, Error error);
  bool exists(const TopicPartition& tp) const;

  void fetch(engine::Runtime& runtime, RequestTicket ticket, const OffsetFetchRequest& request);
  OffsetFetchResponse look_up(const OffsetFetchRequest& request) const;
  Error check_fetch(const OffsetFetchRequest& request) const;

  void schedule_expiry(engine::Runtime& runtime, std::int32_t partition);
  void expire(engine::Runtime& runtime, std::int32_t partition);
  std::vector<TopicPartition> expired(const std::string& group, const OffsetLifetime& lifetime,
                                      SimTime now) const;

  GroupContext& context_;
  ClassicGroups& classic_;
  Duration retention_{}, check_interval_{};
  // Volatile.
  OffsetTable table_;
  std::map<std::uint64_t, Written> writing_;  // by token
};

}  // namespace eventarium::kafka
