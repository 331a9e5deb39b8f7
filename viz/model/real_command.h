// "Show me the real command": what Kafka's own command line would be asked to show the same, and
// the table that it would print, in its own columns. Only for Kafka: other channels have none.
#pragma once

#include <string>
#include <vector>

#include "viz/model/commands.h"
#include "viz/model/inspector.h"

namespace eventarium::viz {

/// kafka-topics.sh --describe and kafka-get-offsets.sh for the partition's topic.
std::vector<RealCommand> commands_for_partition(const History& history, const World& world,
                                                const PartitionId& partition);
/// Brokers: the topics of the cluster. Readers and producers: the offsets of their topics.
std::vector<RealCommand> commands_for_node(const History& history, const World& world,
                                           const NodeView& node);
/// kafka-topics.sh --describe for the partitions in trouble, and who is the controller.
std::vector<RealCommand> commands_for_cluster(const History& history, const World& world);
/// kafka-metadata-quorum.sh, or zookeeper-shell.sh where there is an ensemble.
std::vector<RealCommand> commands_for_quorum(const History& history, const World& world);
/// What an administrator would type for the same operation.
std::vector<RealCommand> commands_for_operation(const History& history, const World& world,
                                                const OperationRequest& operation);
/// kafka-console-consumer.sh for exactly this record, when it stands in a log.
std::vector<RealCommand> commands_for_record(const History& history, const World& world,
                                             RecordId record);

/// "--bootstrap-server broker-1:9092": the first broker that runs.
std::string bootstrap_option(const History& history, const World& world);

/// Kafka's broker.id: the number at the end of a broker's name; its NodeId when there is none.
std::int64_t broker_number(const History& history, NodeId broker);

}  // namespace eventarium::viz
