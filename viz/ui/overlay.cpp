// See overlay.h.
#include "viz/ui/overlay.h"

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

Rect overlay_panel(Frame& frame, const Rect& window, ImVec2 size_max, std::string_view title) {
  fill(frame.canvas, window, frame.color().shade);
  const float margin = frame.px(28);
  const ImVec2 size{std::min(size_max.x, window.width() - 2 * margin),
                    std::min(size_max.y, window.height() - 2 * margin)};
  const Rect area =
      Rect::at(window.center().x - size.x / 2, window.center().y - size.y / 2, size.x, size.y);
  const float radius = frame.px(14);
  fill(frame.canvas, area, frame.color().bar, radius);
  ui::frame(frame.canvas, area, frame.color().line, frame.theme().line_px(), radius);
  Rect inside = area.shrunk(frame.px(32), frame.px(24));
  draw_text_in(frame.canvas, inside.cut_top(frame.px(36)),
               {Face::bold, frame.px(25), frame.color().text}, title);
  inside.cut_top(frame.px(14));
  if (panel_close(frame.canvas, "close overlay", area, "Close  (Esc)"))
    frame.state.overlay = Overlay::none;
  if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !area.contains(ImGui::GetIO().MousePos))
    frame.state.overlay = Overlay::none;
  return inside;
}

}  // namespace eventarium::viz::ui
