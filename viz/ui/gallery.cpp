// See gallery.h. A scenario with errors stays visible and says what is wrong with it.
#include "viz/ui/gallery.h"

#include <fmt/format.h>

#include "viz/ui/flow.h"
#include "viz/ui/overlay.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float card_width_units = 360;
constexpr float card_height_units = 158;
constexpr float gap_units = 16;

std::string_view channel_words(scenario::Channel channel) {
  switch (channel) {
    case scenario::Channel::kafka:
      return "Kafka";
    case scenario::Channel::direct:
      return "direct calls";
    case scenario::Channel::queue:
      return "queue";
    case scenario::Channel::broadcast:
      return "broadcast";
  }
  return "";
}

/// True when it was clicked and can be played.
bool draw_entry(Frame& frame, const Canvas& canvas, const Rect& area, const GalleryEntry& entry) {
  const Palette& color = frame.color();
  const bool playable = entry.problems.empty();
  const bool plays = frame.session.header() && frame.session.header()->scenario == entry.name;
  const Hit hit = hit_area(entry.path, area);
  fill(canvas, area, hit.hovered && playable ? color.hover : color.card, frame.px(10));
  ui::frame(canvas, area, (hit.hovered && playable) || plays ? color.accent : color.line,
            frame.theme().line_px(), frame.px(10));
  Rect inside = area.shrunk(frame.px(18), frame.px(14));
  const Color ink = playable ? color.text : color.muted;
  draw_text_in(canvas, inside.cut_top(frame.px(28)), {Face::strong, frame.px(20), ink},
               entry.title);
  inside.cut_top(frame.px(4));
  const Rect foot = inside.cut_bottom(frame.px(22));
  const std::string promise = playable ? entry.promise : entry.problems.front();
  canvas.list->PushClipRect(inside.min, inside.max, true);
  draw_paragraph(canvas, inside.min, inside.width(),
                 {Face::regular, frame.px(17), playable ? color.text : color.bad}, promise);
  canvas.list->PopClipRect();
  const std::string words = fmt::format("{} · {} min{}", channel_words(entry.channel),
                                        entry.minutes, plays ? " · playing" : "");
  draw_text_in(canvas, foot, {Face::regular, frame.px(16), plays ? color.accent : color.muted},
               words);
  if (playable && hit.hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (playable || !hit.hovered) return playable && hit.clicked;
  std::string all;
  for (const std::string& problem : entry.problems) all += (all.empty() ? "" : "\n") + problem;
  tooltip(frame.canvas, all, area);
  return false;
}

}  // namespace

void draw_gallery(Frame& frame, const Rect& window) {
  const Rect inside =
      overlay_panel(frame, window, {frame.px(1240), frame.px(820)}, "What would you like to see?");
  Flow flow = begin_flow(frame, "gallery", inside);
  if (frame.state.gallery.empty())
    flow.paragraph({Face::regular, frame.px(18), frame.color().muted},
                   "No scenarios found. They lie in the folder scenarios/ of the project; give "
                   "one by its path: eventarium-view my.yaml");
  const float gap = frame.px(gap_units);
  const int columns =
      std::max(1, static_cast<int>((flow.width + gap) / (frame.px(card_width_units) + gap)));
  const float width =
      (flow.width - gap * static_cast<float>(columns - 1)) / static_cast<float>(columns);
  for (std::size_t i = 0; i < frame.state.gallery.size(); i += static_cast<std::size_t>(columns)) {
    Rect row = flow.strip(frame.px(card_height_units));
    flow.space(gap);
    const std::size_t end =
        std::min(frame.state.gallery.size(), i + static_cast<std::size_t>(columns));
    for (std::size_t j = i; j < end; ++j) {
      const GalleryEntry& entry = frame.state.gallery[j];
      const Rect area = row.cut_left(width);
      row.cut_left(gap);
      if (draw_entry(frame, flow.canvas, area, entry)) frame.state.open_scenario = entry.path;
    }
  }
  finish_flow(frame, flow);
}

}  // namespace eventarium::viz::ui
