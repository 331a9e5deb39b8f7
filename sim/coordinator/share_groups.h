// The share groups (KIP-932) that this broker coordinates: as all groups with epochs. They know
// nothing of records: those are with the leaders of partitions (share_leader.h), and what has
// become of them with the share coordinator.
//
// Follows Kafka's GroupMetadataManager, its share groups' part (4.1).
#pragma once

#include <string>

#include "sim/coordinator/epoch_groups.h"

namespace eventarium::kafka {

class ShareGroups final : public EpochGroups<ShareProtocol> {
 public:
  using EpochGroups::EpochGroups;

  /// Share groups have no positions of this kind.
  Error check_commit(const CommitSender&) const override { return Error::group_id_not_found; }
  OffsetLifetime offset_lifetime(const std::string&) const override { return {}; }
};

}  // namespace eventarium::kafka
