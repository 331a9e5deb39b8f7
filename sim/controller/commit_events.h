// Tells the trace what a committed record of the metadata log means for the cluster: a broker
// fenced, a partition with another leader, a topic gone. Changes nothing.
#pragma once

#include "sim/base/config_keys.h"
#include "sim/broker/cluster_image.h"
#include "sim/controller/metadata_log.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

/// `before`: the metadata without the record. `config`: the cluster's, scope broker. The event's
/// cause is the append of the record, and so what led to the decision.
void tell_committed(engine::Runtime& runtime, const ClusterImage& before, const Config& config,
                    const NotedRecord& noted, EventId cause);

}  // namespace eventarium::kafka
