// Properties of the replicas' logs. Each function looks at the logs as they were before the event,
// and at no more of them than the event is about.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/check/metadata_invariants.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class LogInvariants {
 public:
  LogInvariants(const Ledger& ledger, const MetadataInvariants& metadata, const Findings& findings)
      : ledger_(ledger), metadata_(metadata), findings_(findings) {}
  void on_event(const trace::Event& event);
  void on_appended(const trace::Event& event, const trace::BatchAppended& appended);
  void on_high_watermark(const trace::Event& event, const trace::HighWatermarkAdvanced& advanced);
  void on_acknowledged(const trace::Event& event, const trace::RecordsAcknowledged& acknowledged);

 private:
  void offset_given_once(NodeId broker, const trace::BatchAppended& appended);
  void follower_knows_its_leader(NodeId broker, const trace::BatchAppended& appended);
  void nothing_from_nothing(NodeId broker, const trace::BatchAppended& appended);
  bool stands_elsewhere(const PartitionState& partition, NodeId broker, std::int64_t offset,
                        RecordId record) const;
  void high_watermark_within_in_sync(const PartitionState& partition,
                                     const trace::HighWatermarkAdvanced& advanced);
  void min_isr_respected(const PartitionState& partition, SimTime now,
                         const trace::HighWatermarkAdvanced& advanced);
  void logs_equal_below(const PartitionState& partition, NodeId broker,
                        const trace::HighWatermarkAdvanced& advanced);
  void committed_is_not_cut(NodeId broker, const trace::LogTruncated& truncated);
  void new_leader_has_all_committed(NodeId broker, const trace::LeadershipTaken& taken);
  std::string named(NodeId node) const { return ledger_.names().name(node); }

  const Ledger& ledger_;
  const MetadataInvariants& metadata_;
  const Findings& findings_;
  std::int64_t& known_epoch(NodeId broker, std::uint32_t partition);

  // By partition: the leader epoch that each broker has begun to lead or follow in.
  std::vector<std::vector<std::pair<NodeId, std::int64_t>>> known_epochs_;
  ByNode<char> waits_for_all_;  // producers with acks=all
};

}  // namespace eventarium::check
