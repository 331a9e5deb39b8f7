// See narration.h. The sentence is the model's; here it only finds its place.
#include "viz/ui/narration.h"

#include <fmt/format.h>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

/// Begins and ends the time for which a note is shown.
bool note_is_fresh(Frame& frame) {
  Note& note = frame.state.note;
  if (note.text.empty()) return false;
  if (note.since_s < 0) note.since_s = frame.viewer_s;
  if (frame.viewer_s - note.since_s < note_shown_s) return true;
  note = {};
  return false;
}

std::string narration_of(const Frame& frame) {
  const SimTime first = frame.session.plan().first_event;
  const bool before = frame.session.world().narrated == no_position;
  const bool fine = frame.session.source().state() != SourceState::failed;
  if (before && fine && first > frame.session.playback().playhead())
    return fmt::format("Nothing happens before {}.", format_clock(first));
  return frame.session.narration();
}

}  // namespace

void draw_narration(Frame& frame, const Rect& area) {
  const Palette& color = frame.color();
  fill(frame.canvas, area, color.bar);
  line(frame.canvas, area.min, {area.max.x, area.min.y}, color.line, frame.theme().line_px());
  Rect rest = area.shrunk(frame.px(20), 0);

  const Rect keys = rest.cut_right(frame.px(80));
  const Hit hit = hit_area("keys", keys.shrunk(0, frame.px(6)));
  if (hit.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    tooltip(frame.canvas, "All keys  (?)", keys);
  }
  if (hit.clicked) frame.state.ask(Action::help);
  draw_text_in(frame.canvas, keys,
               {Face::regular, frame.px(16), hit.hovered ? color.text : color.muted}, "? keys",
               Align::right);
  if (const auto& header = frame.session.header()) {
    const Pen pen{Face::regular, frame.px(16), color.muted};
    const std::string seed = fmt::format("seed {} · {}", header->seed, header->engine);
    draw_text_in(frame.canvas, rest.cut_right(text_width(frame.canvas, pen, seed) + 1), pen, seed,
                 Align::right);
  }
  rest.cut_right(frame.px(24));
  const bool noted = note_is_fresh(frame);
  const std::string text = noted ? frame.state.note.text : narration_of(frame);
  const Pen pen{Face::regular, frame.px(19), noted ? color.accent : color.text};
  const bool cut = draw_text_in(frame.canvas, rest, pen, text);
  if (cut && hit_area("narration", rest).hovered) tooltip(frame.canvas, text, rest);
}

Rect draw_failure(Frame& frame, const Rect& centre) {
  if (frame.session.source().state() != SourceState::failed) return centre;
  const Palette& color = frame.color();
  const std::string text = frame.session.source().problem();
  const Pen pen{Face::regular, frame.px(17), color.text};
  const float width = std::min(centre.width() - frame.px(40), frame.px(760));
  const float inner = width - frame.px(40);
  const float height = draw_paragraph(frame.canvas, {}, inner, pen, text, false);
  const Rect area = Rect::at(centre.center().x - width / 2, centre.min.y + frame.px(20), width,
                             std::min(height + frame.px(116), centre.height() * 0.6F));
  fill(frame.canvas, area, color.bar, frame.theme().radius_px());
  ui::frame(frame.canvas, area, color.bad, frame.theme().line_px() * 1.3F,
            frame.theme().radius_px());
  Rect rest = area.shrunk(frame.px(20), frame.px(14));
  draw_text_in(frame.canvas, rest.cut_top(frame.px(30)), {Face::strong, frame.px(19), color.bad},
               frame.state.scenario
                   ? "The simulation has stopped. What has happened so far can still be seen."
                   : "This recording is damaged. What could be read of it can be seen.");
  Rect buttons = rest.cut_bottom(frame.px(40));
  frame.canvas.list->PushClipRect(rest.min, rest.max, true);
  draw_paragraph(frame.canvas, rest.min, inner, pen, text);
  frame.canvas.list->PopClipRect();
  if (text_button(frame.canvas, "again", buttons.cut_left(frame.px(180)), "Start again  (R)",
                  {true, true, "Same scenario, same seed", ""}))
    frame.state.ask(Action::restart_run);
  buttons.cut_left(frame.px(10));
  if (text_button(frame.canvas, "other", buttons.cut_left(frame.px(220)), "Another scenario  (G)",
                  {true, false, "", ""}))
    frame.state.ask(Action::gallery);
  Rect left = centre;
  left.min.y = area.max.y;
  return left;
}

}  // namespace eventarium::viz::ui
