// The part of inspect() that is about a Kafka cluster: a broker's and a controller's standing, a
// partition with its replicas and its past, the metadata log, the cluster's health.
#pragma once

#include "viz/model/inspector.h"

namespace eventarium::viz {

/// Adds what the node is in the cluster; nothing for one that is no part of it.
void inspect_member(const History& history, const World& world, const NodeView& node,
                    Inspection& out);

/// `broker`: whose copy is asked about; none: the partition as such.
void inspect_partition(const History& history, const World& world, const PartitionId& id,
                       NodeId broker, Inspection& out);

void inspect_cluster(const History& history, const World& world, ClusterPart part, Inspection& out);

/// An entry of the metadata log as it stood at a moment.
struct MetadataEntry {
  std::int64_t offset = 0, epoch = 0;
  std::string kind, text;
  bool committed = false;
  Position position = no_position;  // the MetadataAppended
};
/// The latest ones at `world.moment`, at most `entries_max`, newest first. With `changes_only`
/// without those that change nothing (NoOpRecord).
std::vector<MetadataEntry> metadata_entries(const History& history, const World& world,
                                            std::size_t entries_max, bool changes_only = true);

}  // namespace eventarium::viz
