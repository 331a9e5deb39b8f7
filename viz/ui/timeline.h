// The run as lanes under one time axis with one playhead: click or drag to go anywhere.
#pragma once

#include <string>
#include <vector>

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_timeline(Frame& frame, const Rect& area);

/// Lanes that have something to show; the shell gives the panel room for as many.
int lane_count(const Session& session);

/// Distance between two marks of a time axis: 1, 2 or 5 times a power of ten (or 15, 30, 60 s and
/// so on above ten seconds) so that at most `marks_max` fit into `span`.
Duration tick_step(Duration span, int marks_max);
/// "0.5 s", "12 s", "1:30": as short as the step allows.
std::string tick_text(SimTime t, Duration step);

/// The window onto the run, zoomed by `factor` (below 1: closer) around `fixed`, within the run.
TimeWindow zoomed(const TimeWindow& window, SimTime fixed, double factor, SimTime horizon);
/// Moved by a part of its own width, within the run.
TimeWindow moved(const TimeWindow& window, double part, SimTime horizon);

}  // namespace eventarium::viz::ui
