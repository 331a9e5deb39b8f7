// Text and boxes one under the other in a column that scrolls: the inspector and the overlays are
// written with it.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// A column being filled from the top. `y` is where the next thing goes.
struct Flow {
  Canvas canvas;
  float left = 0, width = 0, top = 0, y = 0;

  float right() const { return left + width; }
  float used() const { return y - top; }
  void space(float pixels) { y += pixels; }
  /// A strip of the column, `height` pixels high; moves on.
  Rect strip(float height) {
    const Rect rect = Rect::at(left, y, width, height);
    y += height;
    return rect;
  }
  void paragraph(const Pen& pen, std::string_view text) {
    y += draw_paragraph(canvas, {left, y}, width, pen, text);
  }
};

/// Starts a scrolling column over `area`; finish_flow() ends it.
Flow begin_flow(Frame& frame, std::string_view id, const Rect& area);
void finish_flow(Frame& frame, const Flow& flow);

/// One line that can be clicked: accent when hovered.
bool link_line(Flow& flow, std::string_view id, const Rect& area, const Pen& pen,
               std::string_view text);

}  // namespace eventarium::viz::ui
