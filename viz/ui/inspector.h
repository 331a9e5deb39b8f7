// The panel on the right: all about what is selected; without a selection, about the scenario.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_inspector(Frame& frame, const Rect& area);

}  // namespace eventarium::viz::ui
