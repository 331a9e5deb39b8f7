// Title, transport, speed in words, clock and the scoreboard, in one line at the top.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_top_bar(Frame& frame, const Rect& area);

}  // namespace eventarium::viz::ui
