// What a key or a button does to the playhead, the view and the selected node.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// False when the application itself has to do it (full screen, profile, scale).
bool carry_out(Action action, Session& session, UiState& state);

}  // namespace eventarium::viz::ui
