// Kafka's metrics up to the playhead, each as a small chart under its own name.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_metrics(Frame& frame, const Rect& area);

}  // namespace eventarium::viz::ui
