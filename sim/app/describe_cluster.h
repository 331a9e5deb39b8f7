// The tables of Kafka's tools about a cluster, from a fold of the trace: what kafka-topics.sh,
// kafka-metadata-quorum.sh and kafka-broker-api-versions.sh would say. Prints nothing itself.
#pragma once

#include <string>

#include "sim/app/cluster_view.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

/// As kafka-topics.sh --describe (4.1), eligible leader replicas included.
std::string describe_topics(const scenario::Scenario& scenario, const ClusterView& view);
/// As kafka-metadata-quorum.sh describe --status and --replication (4.1); in ZooKeeper mode who the
/// controller is.
std::string describe_quorum(const scenario::Scenario& scenario, const ClusterView& view);
/// A row for each registered broker: its state, what it leads and keeps.
std::string describe_brokers(const scenario::Scenario& scenario, const ClusterView& view);

}  // namespace eventarium::app
