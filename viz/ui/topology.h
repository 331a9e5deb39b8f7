// The picture in the middle: cards, links and messages at the playhead; hover, click, pan, zoom.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_topology(Frame& frame, const Rect& area);

}  // namespace eventarium::viz::ui
