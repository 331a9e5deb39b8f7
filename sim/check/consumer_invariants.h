// What consumers are handed: nothing that isn't committed, nothing that wasn't written there, and
// everything in the order of its offsets. A partition in which an unclean election or a loss of
// power has changed the past is excused: who has read the old past sees a break.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "sim/check/invariant.h"
#include "sim/check/ledger.h"
#include "sim/trace/event.h"

namespace eventarium::check {

class ConsumerInvariants {
 public:
  ConsumerInvariants(const Ledger& ledger, const Findings& findings)
      : ledger_(ledger), findings_(findings) {}
  void on_delivered(const trace::Event& event, const trace::RecordsDelivered& delivered);
  void on_position(const trace::Event& event, const trace::PositionReset& reset);
  void on_filtered(const trace::Event& event, const trace::RecordsFiltered& filtered);
  void on_ended(NodeId consumer);

 private:
  void only_committed_is_read(NodeId consumer, const PartitionState& partition,
                              const trace::RecordsDelivered& delivered);
  void read_is_what_was_written(NodeId consumer, const PartitionState& partition,
                                const trace::RecordsDelivered& delivered);
  void read_in_order_without_gap(NodeId consumer, const PartitionState& partition,
                                 std::int64_t expected, const trace::RecordsDelivered& delivered);
  std::int64_t& expected(NodeId consumer, std::uint32_t partition);

  static constexpr std::int64_t anywhere = -1;
  const Ledger& ledger_;
  const Findings& findings_;
  std::vector<std::vector<std::pair<NodeId, std::int64_t>>> expected_;  // by partition
};

}  // namespace eventarium::check
