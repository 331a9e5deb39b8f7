// See shell.h. Strips are cut off one after the other; what is left in the end is the picture's.
#include "viz/ui/shell.h"

namespace eventarium::viz::ui {

namespace {

// Design units.
constexpr float top_bar_height = 64;
constexpr float narration_height = 44;
constexpr float gap = 12;
constexpr float inspector_width = 440;
constexpr float inspector_width_min = 360;
constexpr float events_width = 360;
constexpr float centre_width_min = 620;
constexpr float centre_height_min = 330;
constexpr float timeline_head_height = 62;  // axis and padding
constexpr float lane_height = 30;
constexpr int lanes_min = 2;  // those that matter most, in a low panel
constexpr float low_head_height = 52, low_lane_height = 25;
constexpr float slim_height = 66;           // axis and one low lane
constexpr float timeline_part_max = 0.25F;  // of the window's height

}  // namespace

Shell arrange(ImVec2 size, const Theme& theme, const PanelWishes& wishes) {
  Shell shell;
  Rect rest{{0, 0}, size};
  shell.top_bar = rest.cut_top(theme.px(top_bar_height));
  shell.narration = rest.cut_bottom(theme.px(narration_height));
  const float space = theme.px(gap);

  if (wishes.timeline) {
    // As many lanes as there is room for; at least a slim one.
    const int least = std::clamp(wishes.timeline_lanes, 1, lanes_min);
    int lanes = std::max(least, wishes.timeline_lanes);
    const auto height_for = [&](int n) {
      if (n <= lanes_min)
        return theme.px(low_head_height + low_lane_height * static_cast<float>(n)) + space;
      return theme.px(timeline_head_height + lane_height * static_cast<float>(n)) + space;
    };
    const auto too_high = [&](int n) {
      return rest.height() - height_for(n) < theme.px(centre_height_min) ||
             height_for(n) > size.y * timeline_part_max;
    };
    while (lanes > least && too_high(lanes)) --lanes;
    if (rest.height() - height_for(lanes) >= theme.px(centre_height_min) * 0.8F)
      shell.timeline = rest.cut_bottom(height_for(lanes)).shrunk(space, space / 2);
    else if (rest.height() - theme.px(slim_height) >= theme.px(centre_height_min) * 0.6F)
      shell.timeline = rest.cut_bottom(theme.px(slim_height)).shrunk(space, space / 4);
    else
      shell.timeline_squeezed = true;
  }

  const float centre_min = theme.px(centre_width_min);
  if (wishes.inspector) {
    float width = std::min(theme.px(inspector_width), rest.width() - centre_min - space);
    if (width >= theme.px(inspector_width_min)) {
      shell.inspector = rest.cut_right(width + space);
      shell.inspector.max.x -= space;
      shell.inspector = shell.inspector.shrunk(0, space);
      if (!shell.timeline.empty()) shell.inspector.max.y += space / 2;
    } else {
      shell.inspector_squeezed = true;
    }
  }
  if (wishes.events) {
    if (rest.width() - theme.px(events_width) - space >= centre_min) {
      shell.events = rest.cut_left(theme.px(events_width) + space);
      shell.events.min.x += space;
      shell.events = shell.events.shrunk(0, space);
      if (!shell.timeline.empty()) shell.events.max.y += space / 2;
    } else {
      shell.events_squeezed = true;
    }
  }
  shell.centre = rest;
  return shell;
}

}  // namespace eventarium::viz::ui
