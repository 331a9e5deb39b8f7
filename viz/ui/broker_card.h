// A broker as a card: its name and how the cluster counts on it, then a row for each replica, or,
// where there are too many of them, a tile with a small square for each. Controllers, ZooKeeper and
// the admin as low cards. See card.h for what is common.
#pragma once

#include "viz/ui/card.h"

namespace eventarium::viz::ui {

void draw_broker(Card& card, const NodeBox& box);

/// A controller, a ZooKeeper node or the admin.
void draw_manager(Card& card);

/// What a tile's square at `pixel` stands for; nothing beside them.
std::optional<PartitionId> hit_tile(const Frame& frame, const View& view, const NodeBox& box,
                                    ImVec2 pixel);

/// "leader of the quorum, epoch 3" — the second line of a manager's card, and of its tool tip.
std::string manager_words(const World& world, const NodeView& node);

}  // namespace eventarium::viz::ui
