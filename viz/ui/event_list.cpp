// See event_list.h. Only the rows in sight are drawn, so a million events cost no more than ten.
#include "viz/ui/event_list.h"

#include <imgui_stdlib.h>

#include <algorithm>
#include <cctype>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float row_units = 66;

bool contains_any_case(const std::string& text, const std::string& wanted) {
  const auto same = [](char a, char b) {
    return std::tolower(static_cast<unsigned char>(a)) ==
           std::tolower(static_cast<unsigned char>(b));
  };
  return std::search(text.begin(), text.end(), wanted.begin(), wanted.end(), same) != text.end();
}

void draw_field(Frame& frame, const Rect& area) {
  EventFilter& filter = frame.state.filter;
  ImGui::SetCursorScreenPos(area.min);
  ImGui::PushFont(frame.canvas.fonts->get(Face::regular, frame.px(17)));
  ImGui::SetNextItemWidth(area.width());
  if (filter.focus_requested) ImGui::SetKeyboardFocusHere();
  filter.focus_requested = false;
  ImGui::InputTextWithHint("##filter", "find  (Ctrl+F)", &filter.text);
  ImGui::PopFont();
}

void draw_kinds(Frame& frame, Rect area) {
  EventFilter& filter = frame.state.filter;
  const float width = (area.width() - frame.px(8)) / 2;
  if (text_button(frame.canvas, "story", area.cut_left(width), "story",
                  {true, filter.story_only, "What a learner follows", ""}))
    filter.story_only = true;
  area.cut_left(frame.px(8));
  if (text_button(frame.canvas, "all", area.cut_left(width), "all events",
                  {true, !filter.story_only, "Also batches, messages, offsets", ""}))
    filter.story_only = false;
}

/// The row to keep in sight: the last one that has happened.
std::size_t current_row(const Frame& frame) {
  const EventFilter& filter = frame.state.filter;
  const auto after =
      std::lower_bound(filter.rows.begin(), filter.rows.end(), frame.session.playback().moment());
  const auto index = static_cast<std::size_t>(after - filter.rows.begin());
  return index > 0 ? index - 1 : 0;
}

void draw_row(Frame& frame, const Canvas& canvas, const Rect& area, Position position,
              bool current) {
  const Palette& color = frame.color();
  const trace::Event& event = frame.session.history()[position];
  const bool happened = position < frame.session.playback().moment();
  const bool selected = frame.state.selection == Selection(EventSelection{event.id});
  const Hit hit = hit_area(std::to_string(position), area);
  if (hit.hovered || current || selected)
    fill(canvas, area, hit.hovered ? color.hover : color.inset, frame.theme().radius_px());
  if (current || selected)
    fill(canvas,
         Rect::at(area.min.x, area.min.y + frame.px(8), frame.px(3), area.height() - frame.px(16)),
         selected ? color.follow : color.accent, frame.px(2));
  Rect inside = area.shrunk(frame.px(12), frame.px(5));
  draw_text_in(canvas, inside.cut_top(frame.px(18)), {Face::mono, frame.px(14), color.muted},
               format_clock(event.t));
  const Pen pen{Face::regular, frame.px(16), happened ? color.text : color.muted};
  const std::string text = frame.session.history().sentence(position);
  canvas.list->PushClipRect(inside.min, {inside.max.x, inside.max.y + frame.px(4)}, true);
  const float tall = draw_paragraph(canvas, inside.min, inside.width(), pen, text);
  canvas.list->PopClipRect();
  if (hit.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    if (tall > inside.height() + frame.px(6)) tooltip(frame.canvas, text, area);
  }
  if (hit.clicked) {
    frame.state.selection = EventSelection{event.id};
    frame.state.wishes.inspector = true;
    frame.session.playback().seek_event(frame.session.history(), position);
  }
}

}  // namespace

void refresh_filter(EventFilter& filter, const History& history) {
  const bool stale = filter.rows_text != filter.text ||
                     filter.rows_story_only != filter.story_only || filter.read > history.size();
  if (stale) {
    filter.rows.clear();
    filter.read = 0;
    filter.rows_text = filter.text;
    filter.rows_story_only = filter.story_only;
    filter.scrolled_to = no_position;
  }
  for (; filter.read < history.size(); ++filter.read) {
    if (filter.story_only && !history.is_story(filter.read)) continue;
    if (!filter.text.empty() && !contains_any_case(history.sentence(filter.read), filter.text))
      continue;
    filter.rows.push_back(filter.read);
  }
}

void draw_event_list(Frame& frame, const Rect& area) {
  if (area.empty()) return;
  EventFilter& filter = frame.state.filter;
  refresh_filter(filter, frame.session.history());
  Rect inside = panel(frame.canvas, area, "Events");
  if (panel_close(frame.canvas, "close events", area, "Close  (E)"))
    frame.state.wishes.events = false;
  draw_field(frame, inside.cut_top(frame.px(40)));
  inside.cut_top(frame.px(8));
  draw_kinds(frame, inside.cut_top(frame.px(34)));
  inside.cut_top(frame.px(10));

  begin_scroll("events", inside, frame.theme());
  Canvas canvas = frame.canvas;
  canvas.list = ImGui::GetWindowDrawList();
  const float row_px = frame.px(row_units);
  const std::size_t current = current_row(frame);
  if (!filter.rows.empty() && filter.scrolled_to != filter.rows[current]) {
    ImGui::SetScrollY(
        std::max(0.0F, static_cast<float>(current) * row_px - inside.height() * 0.6F));
    filter.scrolled_to = filter.rows[current];
  }
  const float scroll = ImGui::GetScrollY();
  const auto first = static_cast<std::size_t>(std::max(0.0F, scroll / row_px));
  const auto last =
      std::min(filter.rows.size(), first + static_cast<std::size_t>(inside.height() / row_px) + 2);
  for (std::size_t i = first; i < last; ++i) {
    const float y = inside.min.y - scroll + static_cast<float>(i) * row_px;
    const bool happened = filter.rows[i] < frame.session.playback().moment();
    draw_row(frame, canvas, Rect::at(inside.min.x, y, inside.width() - frame.px(14), row_px),
             filter.rows[i], i == current && happened);
  }
  if (filter.rows.empty())
    draw_text(canvas, inside.min, {Face::regular, frame.px(17), frame.color().muted},
              filter.text.empty() ? "Nothing has happened yet." : "Nothing matches.");
  end_scroll(static_cast<float>(filter.rows.size()) * row_px);
}

}  // namespace eventarium::viz::ui
