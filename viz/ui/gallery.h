// The overlay with all scenarios: title, one-line promise, minutes. A click plays one.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// `window` is the whole window: everything behind is shaded.
void draw_gallery(Frame& frame, const Rect& window);

}  // namespace eventarium::viz::ui
