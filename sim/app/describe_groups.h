// The tables of kafka-consumer-groups.sh --describe (4.1), from a fold of the trace. Prints
// nothing itself.
#pragma once

#include <string>

#include <nlohmann/json_fwd.hpp>

#include "sim/check/ledger.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

enum class GroupTable { offsets, members, state };

/// `group`: only this one; empty: all. `json`: an array of objects instead of a table.
std::string describe_groups(const scenario::Scenario& scenario, const check::Ledger& ledger,
                            GroupTable table, const std::string& group, bool json);

/// [{group, kind, state, generation, rebalances, members: [{member, client, partitions}],
/// offsets: [{topic, partition, committed, lag}]}], as in `run --json`.
nlohmann::ordered_json groups_json(const check::Ledger& ledger, const std::string& group = {});

}  // namespace eventarium::app
