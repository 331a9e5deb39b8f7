// The line at the bottom: what just happened, in plain words, the same as in the headless log.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_narration(Frame& frame, const Rect& area);

/// Across the top of the picture while the simulation has failed: why, and a way on. Returns the
/// room that is left for the picture.
Rect draw_failure(Frame& frame, const Rect& centre);

}  // namespace eventarium::viz::ui
