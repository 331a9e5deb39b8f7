// The groups of the consumer protocol (KIP-848) that this broker coordinates: as all groups with
// epochs, and with members that have to give up partitions before others can have them.
//
//   told to give up partitions, and still has them after its max.poll.interval.ms: removed (fenced)
//
// Follows Kafka's GroupMetadataManager, its consumer groups' half (4.1).
#pragma once

#include <string>

#include "sim/coordinator/epoch_groups.h"

namespace eventarium::kafka {

class ConsumerGroups final : public EpochGroups<ConsumerProtocol> {
 public:
  using EpochGroups::EpochGroups;

  Error check_commit(const CommitSender& sender) const override;
  Error check_fetch(const std::string& group, const std::string& member_id,
                    std::int32_t member_epoch) const override;
  OffsetLifetime offset_lifetime(const std::string& group) const override;

 private:
  void watch(engine::Runtime& runtime, const ConsumerGroup& group,
             const std::string& member) override;
  void forget_timers(engine::Runtime& runtime, const std::string& group,
                     const std::string& member) override;
};

}  // namespace eventarium::kafka
