// The "?" sheet, made from the table of keys.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_help(Frame& frame, const Rect& window);

}  // namespace eventarium::viz::ui
