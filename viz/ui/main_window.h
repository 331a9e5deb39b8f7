// The whole window of one frame: arranges the shell, draws every part, and turns keys into
// actions. What needs the application (another scenario, full screen, another scale) is left in
// UiState for it.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// Between ImGui::NewFrame() and ImGui::Render(). Covers the whole display.
void draw_main_window(Session& session, UiState& state, const Theme& theme, Fonts& fonts,
                      double viewer_s);

}  // namespace eventarium::viz::ui
