// A table of Kafka's command line over the whole window: it has more columns than the inspector
// has room for. It stays true while the run goes on behind it.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// The selection's table number UiState::table.
void draw_table_overlay(Frame& frame, const Rect& window);

}  // namespace eventarium::viz::ui
