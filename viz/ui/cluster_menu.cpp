// See cluster_menu.h. A row for each deed: its number, its name, what it does; below them what an
// administrator would type for the one under the mouse.
#include "viz/ui/cluster_menu.h"

#include <fmt/format.h>

#include "viz/model/real_command.h"
#include "viz/ui/actions.h"
#include "viz/ui/flow.h"
#include "viz/ui/overlay.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float row_units = 36;

void draw_health(Frame& frame, Flow& flow) {
  const ClusterHealth now = health_of(frame.session.world());
  const Palette& color = frame.color();
  struct Figure {
    std::string text;
    Color ink;
  };
  const auto bad_if = [&](std::size_t count) { return count > 0 ? color.bad : color.ok; };
  const std::vector<Figure> figures = {
      {fmt::format("{} of {} brokers run", now.brokers_up, now.brokers),
       bad_if(now.brokers - now.brokers_up)},
      {fmt::format("{} offline", now.offline), bad_if(now.offline)},
      {fmt::format("{} under-replicated", now.under_replicated), bad_if(now.under_replicated)},
      {fmt::format("{} under min ISR", now.under_min_isr), bad_if(now.under_min_isr)}};
  Rect row = flow.strip(frame.px(34));
  for (const Figure& figure : figures) {
    const Pen pen{Face::strong, frame.px(17), figure.ink};
    const float wide = text_width(flow.canvas, pen, figure.text);
    if (wide > row.width()) break;
    draw_text_in(flow.canvas, row.cut_left(wide + frame.px(26)), pen, figure.text);
  }
}

/// True when it is under the mouse.
bool draw_deed_row(Frame& frame, Flow& flow, const std::vector<Deed>& deeds, std::size_t index) {
  const Deed& deed = deeds[index];
  const Palette& color = frame.color();
  const std::string general = why_no_requests(frame.session);
  const std::string& reason = general.empty() ? deed.why_not : general;
  Rect row = flow.strip(frame.px(row_units));
  const Hit hit = hit_area(fmt::format("deed{}", index), row);
  if (hit.hovered && reason.empty()) {
    fill(flow.canvas, row.shrunk(-frame.px(6), frame.px(1)), color.hover, frame.px(6));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  const Rect key = row.cut_left(frame.px(38)).shrunk(0, frame.px(4));
  const Rect cap = Rect::at(key.min.x, key.min.y, frame.px(28), key.height());
  box(flow.canvas, cap, false, false);
  draw_text_in(flow.canvas, cap, {Face::mono, frame.px(15), color.accent}, key_of(deeds, index),
               Align::center);
  const Color ink = reason.empty() ? color.text : color.muted;
  draw_text_in(flow.canvas, row.cut_left(frame.px(180)), {Face::strong, frame.px(17), ink},
               deed.name);
  draw_text_in(flow.canvas, row, {Face::regular, frame.px(16), color.muted},
               reason.empty() ? deed.doc : reason);
  if (hit.clicked) {
    perform(deed, frame.session, frame.state);
    if (reason.empty()) frame.state.overlay = Overlay::none;
  }
  return hit.hovered;
}

void draw_typed(Frame& frame, Flow& flow, const Deed& deed) {
  const auto* operation = std::get_if<OperationRequest>(&deed.request);
  if (operation == nullptr) return;
  const auto commands =
      commands_for_operation(frame.session.history(), frame.session.world(), *operation);
  for (const RealCommand& command : commands)
    flow.paragraph({Face::mono, frame.px(15), frame.color().accent}, "$ " + command.command);
}

void draw_ways_in(Frame& frame, Flow& flow) {
  struct WayIn {
    ClusterPart part;
    const char* text;
  };
  Rect row = flow.strip(frame.px(38));
  const float gap = frame.px(10), width = (row.width() - 2 * gap) / 3;
  for (const WayIn& way :
       {WayIn{ClusterPart::health, "Health"}, WayIn{ClusterPart::metadata_log, "Metadata log"},
        WayIn{ClusterPart::invariants, "Invariants"}}) {
    if (text_button(flow.canvas, way.text, row.cut_left(width), way.text, {true, false, "", ""})) {
      frame.state.selection = way.part;
      frame.state.wishes.inspector = true;
      frame.state.overlay = Overlay::none;
    }
    row.cut_left(gap);
  }
}

}  // namespace

void draw_cluster_menu(Frame& frame, const Rect& window) {
  const std::vector<Deed> deeds = deeds_at_hand(frame.session, frame.state);
  const float rows = static_cast<float>(deeds.size());
  const Rect inside = overlay_panel(
      frame, window, {frame.px(900), frame.px(300 + row_units * rows)}, "The cluster");
  Flow flow = begin_flow(frame, "cluster", inside);
  if (deeds.empty()) {
    flow.paragraph({Face::regular, frame.px(18), frame.color().muted},
                   "There is no cluster here: this scenario does without Kafka.");
    return finish_flow(frame, flow);
  }
  draw_health(frame, flow);
  flow.space(frame.px(8));
  draw_ways_in(frame, flow);
  flow.space(frame.px(14));
  std::size_t shown = 0;
  for (std::size_t i = 0; i < deeds.size(); ++i)
    if (draw_deed_row(frame, flow, deeds, i)) shown = i;
  flow.space(frame.px(10));
  draw_typed(frame, flow, deeds[shown]);
  finish_flow(frame, flow);
}

}  // namespace eventarium::viz::ui
