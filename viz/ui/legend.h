// The shapes' meanings, in one quiet line below the picture.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// At the bottom of `area`, as far as there is room: what matters most comes first.
void draw_legend(Frame& frame, const Rect& area);

}  // namespace eventarium::viz::ui
