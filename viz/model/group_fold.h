// The part of World::apply that is about consumer groups and transactions. Knows nothing of
// replicas (cluster_fold.h) and of handlers (world_fold.cpp).
//
//   a member reads             → it gives up its last partition, or its process ends → stopped
//   stopped, or just started   → it is handed a partition, or told that there is none → reads, idle
//   a partition is read        → revoked, or its reader's process ends → unread
//   unread                     → assigned → read, by the same member or by another
//   a group is Stable          → any of Kafka's states between → a rebalance begins
//   a rebalance                → Stable, Empty or Dead → it has ended
//   a record of a share group  → acquired → locked → accepted, archived, or free once more when
//                                it is released or another broker takes the leadership over
#pragma once

#include "viz/model/world.h"

namespace eventarium::viz {

/// Folds the event in if it changes what is seen of a group or a transaction.
void fold_groups(World& world, const trace::Event& event);

}  // namespace eventarium::viz
