// Moves the picture from one layout to the next, so that what is looked at isn't lost when a node
// joins. Knows the two layouts and the viewer's time, nothing of why they differ.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// Brings Frame::layout() to this frame's moment.
void move_layout(Frame& frame);

/// `part` of the way from `from` to `to`; what only one of them has is where `to` has it.
Layout between(const Layout& from, const Layout& to, double part);

}  // namespace eventarium::viz::ui
