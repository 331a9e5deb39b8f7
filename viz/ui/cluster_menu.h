// The cluster as a whole: how it is, what an administrator can do, and where to look deeper.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_cluster_menu(Frame& frame, const Rect& window);

}  // namespace eventarium::viz::ui
