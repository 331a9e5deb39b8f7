// What of a classic group is kept in __consumer_offsets: generation, assignor, leader, and of each
// member what it subscribes to and what it is to read. Kafka's GroupMetadataValue (4.1), as JSON.
#pragma once

#include <optional>
#include <string>

#include "sim/coordinator/classic_group.h"
#include "sim/coordinator/coordinator_log.h"
#include "sim/engine/runtime.h"

namespace eventarium::kafka {

constexpr const char* classic_group_entry_type = "group";

/// `assigned`: with what each member is to read; false while nobody knows.
CoordinatorEntry classic_group_entry(const engine::Runtime& runtime, const ClassicGroup& group,
                                     bool assigned = true);
/// The group is forgotten.
CoordinatorEntry classic_group_tombstone(const std::string& group);
/// Nothing when the value is none of a classic group.
std::optional<ClassicGroup> decode_classic_group(const std::string& group,
                                                 const std::string& value);

/// "orders-0 orders-1"
std::string text_of(const PartitionList& partitions);

}  // namespace eventarium::kafka
