// The part of inspect() that is about consumer groups, transactions and side effects.
#pragma once

#include "viz/model/inspector.h"

namespace eventarium::viz {

/// State, latest rebalance (who stopped, for how long, why), members and positions of a group.
void inspect_group(const History& history, const World& world, const std::string& group,
                   Inspection& out);

/// Adds what the node is in its group and in its transactions; nothing for one that is in none.
void inspect_client(const History& history, const World& world, const NodeView& node,
                    Inspection& out);

/// The ledger of what was done in the outside world: what was done twice comes first.
void inspect_side_effects(const History& history, const World& world, Inspection& out);

}  // namespace eventarium::viz
