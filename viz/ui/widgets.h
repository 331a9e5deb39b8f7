// Controls in the project's look. Each occupies exactly the rectangle that it is given, shows
// that it can be clicked when the mouse is over it, and says why when it can't.
#pragma once

#include <string>
#include <string_view>

#include "viz/ui/draw.h"

namespace eventarium::viz::ui {

struct Hit {
  bool hovered = false, held = false, clicked = false, double_clicked = false;
};

/// Makes `area` clickable; draws nothing. `id` must be unique within the ImGui window.
Hit hit_area(std::string_view id, const Rect& area);

struct ControlState {
  bool enabled = true;
  bool active = false;       // switched on, or the one to press now
  std::string_view tooltip;  // what it does, with its key
  std::string_view why_not;  // shown instead when it is not enabled
};

bool icon_button(const Canvas& canvas, std::string_view id, const Rect& area, Icon which,
                 const ControlState& state);
bool text_button(const Canvas& canvas, std::string_view id, const Rect& area, std::string_view text,
                 const ControlState& state);

/// A box with small round corners: inset, with an outline when hovered or active.
void box(const Canvas& canvas, const Rect& area, bool hovered, bool active);

/// A panel: bar colour, quiet frame, title. Returns the room inside the padding, below the title.
Rect panel(const Canvas& canvas, const Rect& area, std::string_view title);

/// A small closing cross in the panel's corner; true when clicked.
bool panel_close(const Canvas& canvas, std::string_view id, const Rect& area,
                 std::string_view tooltip);

/// Wrapped text in this frame, once the mouse rests: below or above `about`, so that what is asked
/// about stays in sight; without it, beside the mouse.
void tooltip(const Canvas& canvas, std::string_view text, const Rect& about = {});

/// A transparent ImGui child that scrolls, exactly over `area`; end with end_scroll().
/// Inside, draw with ImGui::GetWindowDrawList() and tell the height by end_scroll().
bool begin_scroll(std::string_view id, const Rect& area, const Theme& theme);
void end_scroll(float content_height_px);

/// Sets ImGui's own style (scroll bars, tooltips, text input) to the theme.
void apply_style(const Theme& theme);

}  // namespace eventarium::viz::ui
