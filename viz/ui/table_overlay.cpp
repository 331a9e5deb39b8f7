// See table_overlay.h. The letters are as large as lets the longest line fit.
#include "viz/ui/table_overlay.h"

#include <algorithm>

#include "viz/ui/flow.h"
#include "viz/ui/overlay.h"

namespace eventarium::viz::ui {

namespace {

constexpr float text_max = 20;

/// The size at which the longest line just fits.
float fitting_size(const Frame& frame, const std::vector<std::string>& lines, float width_px) {
  float size = frame.px(text_max);
  for (const std::string& line : lines) {
    const Pen pen{Face::mono, size, frame.color().text};
    const float wide = text_width(frame.canvas, pen, line);
    if (wide > width_px) size = std::max(frame.theme().text_min_px(), size * width_px / wide);
  }
  return size;
}

}  // namespace

void draw_table_overlay(Frame& frame, const Rect& window) {
  const Inspection inspection = inspect(frame.session.history(), frame.session.scoreboard(),
                                        frame.session.world(), frame.state.selection);
  std::vector<RealCommand> tables;
  for (const RealCommand& command : inspection.commands)
    if (command.wide) tables.push_back(command);
  if (frame.state.table >= tables.size()) {
    frame.state.overlay = Overlay::none;
    return;
  }
  const RealCommand& command = tables[frame.state.table];
  const float size = fitting_size(frame, command.output, window.width() - frame.px(140));
  const float lines = static_cast<float>(command.output.size());
  const Rect inside = overlay_panel(
      frame, window, {window.width() - frame.px(56), frame.px(220) + size * 1.45F * lines},
      "The real command");
  Flow flow = begin_flow(frame, "table", inside);
  flow.paragraph({Face::mono, frame.px(17), frame.color().accent}, "$ " + command.command);
  flow.space(frame.px(12));
  for (std::size_t i = 0; i < command.output.size(); ++i) {
    const bool head = i == 0;
    draw_text_in(flow.canvas, flow.strip(size * 1.45F),
                 {head ? Face::mono_strong : Face::mono, size,
                  head ? frame.color().muted : frame.color().text},
                 command.output[i]);
  }
  finish_flow(frame, flow);
}

}  // namespace eventarium::viz::ui
