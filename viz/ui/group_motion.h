// Partitions on their way from one member of a group to another: given up, a chip rises to the
// head of the group's frame, where it waits; assigned, it comes down to who reads it from now on.
// A function of the playhead alone, so that it can be scrubbed; with reduced motion nothing flies.
#pragma once

#include "viz/ui/camera.h"

namespace eventarium::viz::ui {

/// A chip flies to the partition's reader just now: it isn't there yet.
bool is_gliding(const Frame& frame, const GroupView& group, const PartitionId& partition);

/// A chip flies to the head of the frame just now.
bool is_rising(const Frame& frame, const GroupView& group, const PartitionId& partition);

/// Draws those of a group that fly. `parking`: where in the head they wait; `pitch_px` apart.
void draw_gliding(Frame& frame, const View& view, const GroupView& group, const Rect& parking,
                  float pitch_px);

}  // namespace eventarium::viz::ui
