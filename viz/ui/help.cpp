// See help.h. Groups fill two columns of about equal height where there is room.
#include "viz/ui/help.h"

#include "viz/ui/flow.h"
#include "viz/ui/overlay.h"

namespace eventarium::viz::ui {

namespace {

constexpr float row_units = 30;

struct Group {
  std::string_view name;
  std::vector<const Hotkey*> keys;
};

std::vector<Group> groups() {
  std::vector<Group> all;
  for (const Hotkey& hotkey : hotkeys()) {
    if (hotkey.shown.empty()) continue;
    if (all.empty() || all.back().name != hotkey.group) all.push_back({hotkey.group, {}});
    all.back().keys.push_back(&hotkey);
  }
  return all;
}

float height_of(const Frame& frame, const Group& group) {
  return frame.px(52 + row_units * static_cast<float>(group.keys.size()));
}

void draw_group(Frame& frame, const Canvas& canvas, Rect area, const Group& group) {
  const Palette& color = frame.color();
  draw_text_in(canvas, area.cut_top(frame.px(30)), {Face::strong, frame.px(18), color.accent},
               group.name);
  area.cut_top(frame.px(2));
  for (const Hotkey* hotkey : group.keys) {
    Rect row = area.cut_top(frame.px(row_units));
    const Rect key = row.cut_left(frame.px(96)).shrunk(0, frame.px(2.5F));
    const Pen pen{Face::mono, frame.px(15), color.text};
    const float wide = text_width(canvas, pen, hotkey->shown) + frame.px(16);
    const Rect cap = Rect::at(key.min.x, key.min.y, std::max(wide, frame.px(32)), key.height());
    fill(canvas, cap, color.inset, frame.px(6));
    ui::frame(canvas, cap, color.line, frame.theme().line_px(), frame.px(6));
    draw_text_in(canvas, cap, pen, hotkey->shown, Align::center);
    draw_text_in(canvas, row, {Face::regular, frame.px(17), color.text}, hotkey->does);
  }
}

}  // namespace

void draw_help(Frame& frame, const Rect& window) {
  const Rect inside = overlay_panel(frame, window, {frame.px(1080), frame.px(760)}, "Keys");
  Flow flow = begin_flow(frame, "help", inside);
  const int columns = flow.width >= frame.px(760) ? 2 : 1;
  const float gap = frame.px(32);
  const float width =
      (flow.width - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  const std::vector<Group> all = groups();
  float total = 0;
  for (const Group& group : all) total += height_of(frame, group);
  float x = flow.left, y = flow.y, lowest = flow.y;
  for (const Group& group : all) {
    const float height = height_of(frame, group);
    const bool full = y - flow.y + height > total / static_cast<float>(columns) + frame.px(60);
    if (full && x == flow.left && columns > 1) {
      x += width + gap;
      y = flow.y;
    }
    draw_group(frame, flow.canvas, Rect::at(x, y, width, height), group);
    y += height;
    lowest = std::max(lowest, y);
  }
  flow.y = lowest;
  finish_flow(frame, flow);
}

}  // namespace eventarium::viz::ui
