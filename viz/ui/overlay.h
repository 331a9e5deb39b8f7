// What the gallery and the key sheet share: a shade over the window and a panel in its middle.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// Shades the window and draws a panel of at most this size (pixels) in its middle; a click on
/// the shade or the cross closes the overlay. Returns the room below the title.
Rect overlay_panel(Frame& frame, const Rect& window, ImVec2 size_max, std::string_view title);

}  // namespace eventarium::viz::ui
