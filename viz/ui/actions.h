// What a key or a button does to the playhead, the view and the selected node.
#pragma once

#include <string>

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// False when the application itself has to do it (full screen, profile, scale).
bool carry_out(Action action, Session& session, UiState& state);

/// Why `action`, one of those that break or heal, can't be done to the node now; empty when it can.
std::string why_not(const Session& session, Action action, NodeId node);

}  // namespace eventarium::viz::ui
