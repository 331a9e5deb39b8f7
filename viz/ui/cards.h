// A node as a card: name, what it is, and what a learner wants to know of its role right now.
// Dead nodes are dashed and crossed, those that have not started or were switched off are pale.
#pragma once

#include "viz/ui/camera.h"

namespace eventarium::viz::ui {

void draw_card(Frame& frame, const View& view, const NodeBox& box, bool hovered);

}  // namespace eventarium::viz::ui
