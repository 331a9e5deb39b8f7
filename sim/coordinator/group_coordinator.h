// The coordinator of consumer groups, a part of every broker: who coordinates a group (any broker
// knows), memberships, positions. It coordinates the groups that are kept in those partitions of
// __consumer_offsets which its broker leads. It routes; what a group is, its managers know.
//
//   FindCoordinator                             answered here, from the metadata
//   JoinGroup, SyncGroup, Heartbeat, LeaveGroup --> ClassicGroups
//   OffsetCommit, OffsetFetch, TxnOffsetCommit  --> OffsetManager
//   what else managers know                     --> the managers added, e.g. consumer groups
//
// Follows Kafka's GroupCoordinatorService and GroupCoordinatorShard (4.1).
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sim/base/planted_fault.h"
#include "sim/broker/broker_part.h"
#include "sim/coordinator/classic_groups.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/coordinator/coordinator_timers.h"
#include "sim/coordinator/group_manager.h"
#include "sim/coordinator/offset_manager.h"

namespace eventarium::kafka {

class GroupCoordinator final : public BrokerPart, private CoordinatorLog::Owner {
 public:
  explicit GroupCoordinator(PlantedFaults planted = {});
  ~GroupCoordinator() override;

  /// A manager of groups of another protocol, before the process starts for the first time. It is
  /// made with context().
  void add_manager(std::unique_ptr<GroupManager> manager);
  GroupContext& context() { return context_; }

  void start(engine::Runtime& runtime, BrokerServices& services) override;
  void stop(engine::Runtime& runtime, engine::StopReason reason) override;
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override;
  bool on_timer(engine::Runtime& runtime, engine::Token token) override;
  bool on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override;
  void on_metadata(engine::Runtime& runtime) override;
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override;
  void on_marker(engine::Runtime& runtime, const TopicPartition& tp, ProducerIdAndEpoch producer,
                 bool commit) override;

  const ClassicGroups& classic() const { return classic_; }
  const OffsetTable& positions() const { return offsets_.table(); }

 private:
  // CoordinatorLog::Owner
  void replay(std::int32_t partition, const CoordinatorEntry& entry,
              const ProducerStamp& stamp) override;
  void replay_marker(std::int32_t partition, const ProducerStamp& stamp) override;
  void on_loaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override;
  void on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override;
  std::size_t entries(std::int32_t partition) const override;

  void find_coordinator(engine::Runtime& runtime, RequestTicket ticket,
                        const FindCoordinatorRequest& request);

  CoordinatorLog log_;
  CoordinatorTimers timers_;
  GroupContext context_;
  ClassicGroups classic_;
  OffsetManager offsets_;
  std::vector<std::unique_ptr<GroupManager>> added_;
};

}  // namespace eventarium::kafka
