// See flow.h.
#include "viz/ui/flow.h"

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

Flow begin_flow(Frame& frame, std::string_view id, const Rect& area) {
  begin_scroll(id, area, frame.theme());
  Flow flow;
  flow.canvas = frame.canvas;
  flow.canvas.list = ImGui::GetWindowDrawList();
  flow.left = area.min.x;
  flow.width = area.width() - frame.px(14);  // the scroll bar's
  flow.top = flow.y = area.min.y - ImGui::GetScrollY();
  return flow;
}

void finish_flow(Frame& frame, const Flow& flow) { end_scroll(flow.used() + frame.px(8)); }

bool link_line(Flow& flow, std::string_view id, const Rect& area, const Pen& pen,
               std::string_view text) {
  const Hit hit = hit_area(id, area);
  Pen used = pen;
  if (hit.hovered) {
    fill(flow.canvas, area.shrunk(-flow.canvas.px(6), 0), flow.canvas.color().hover,
         flow.canvas.px(5));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  draw_text_in(flow.canvas, area, used, text);
  return hit.clicked;
}

}  // namespace eventarium::viz::ui
