// The frame around the members of a consumer group: name and lag, state and generation, and in the
// third line protocol and coordinator, or, when there are any, the partitions that nobody reads and
// for how long, or, for a while after a rebalance, how long it took and who stopped for it.
#pragma once

#include "viz/ui/camera.h"

namespace eventarium::viz::ui {

/// Behind the cards of the members.
void draw_group_frame(Frame& frame, const View& view, const GroupBox& box, bool hovered);

/// Above the cards: partitions on their way from one member to another.
void draw_group_motion(Frame& frame, const View& view, const GroupBox& box);

/// The tool tip: everything that the frame may have no room for.
std::string group_text(const Frame& frame, const GroupView& group);

}  // namespace eventarium::viz::ui
