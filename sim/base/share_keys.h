// The configuration keys of share groups (KIP-932), a part of the table of all keys.
#pragma once

#include <vector>

#include "sim/base/config_keys.h"

namespace eventarium {

/// Of consumers: ShareConsumerConfig, and what a share group is configured with (GroupConfig),
/// which here its consumers say. Of brokers: ShareGroupConfig, ShareCoordinatorConfig (4.1).
std::vector<ConfigKey> share_group_keys();

}  // namespace eventarium
