// Written from an Inspection (text of viz/model/inspector): title, actions, life, reasons, rows,
// the real command.
#include "viz/ui/inspector.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/actions.h"
#include "viz/ui/flow.h"
#include "viz/ui/markdown.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float word_units = 92;  // first column of a life line

std::string row_id(std::string_view what, std::size_t i) { return fmt::format("{}{}", what, i); }

void select(Frame& frame, const Selection& selection) {
  if (selection != Selection{}) frame.state.selection = selection;
}

void heading(Frame& frame, Flow& flow, std::string_view text) {
  flow.space(frame.px(14));
  draw_text_in(flow.canvas, flow.strip(frame.px(28)),
               {Face::strong, frame.px(17), frame.color().muted}, text);
  flow.space(frame.px(2));
}

// ---- what can be done to it

constexpr std::size_t deeds_per_row_max = 3;

void draw_deed(Frame& frame, Flow& flow, const Rect& area, const std::vector<Deed>& deeds,
               std::size_t index) {
  const Deed& deed = deeds[index];
  const std::string key = key_of(deeds, index);
  const std::string general = why_no_requests(frame.session);
  const std::string& reason = general.empty() ? deed.why_not : general;
  const ControlState looks{reason.empty(), deed.on, deed.doc, reason};
  const Hit hit = hit_area(row_id("deed", index), area);
  box(flow.canvas, area, hit.hovered && looks.enabled, deed.on);
  const Palette& color = frame.color();
  Rect inside = area.shrunk(frame.px(8), 0);
  const Color ink = !looks.enabled ? color.muted.faded(0.55F) : deed.on ? color.warn : color.text;
  const Pen key_pen{Face::mono, frame.px(14), looks.enabled ? color.accent : ink};
  if (!key.empty())
    draw_text_in(flow.canvas, inside.cut_right(text_width(flow.canvas, key_pen, key) + frame.px(4)),
                 key_pen, key, Align::right);
  draw_text_in(flow.canvas, inside, {Face::regular, frame.px(16), ink}, deed.name);
  if (hit.hovered) {
    const std::string& tip = looks.enabled ? deed.doc : reason;
    if (!tip.empty()) tooltip(frame.canvas, tip, area);
    if (looks.enabled) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  if (hit.clicked && looks.enabled) perform(deed, frame.session, frame.state);
}

/// As many beside each other as have room for the longest name: those that are short are.
std::size_t deeds_per_row(const Frame& frame, const Flow& flow, const std::vector<Deed>& deeds,
                          std::size_t first, std::size_t last) {
  if (deeds[first].group != "config") return deeds_per_row_max;
  float longest = 0;
  for (std::size_t i = first; i < last; ++i)
    longest = std::max(longest,
                       text_width(flow.canvas, {Face::regular, frame.px(16), {}}, deeds[i].name));
  const float wide = longest + frame.px(36);
  for (std::size_t count = deeds_per_row_max; count > 1; --count)
    if (wide * static_cast<float>(count) <= flow.width) return count;
  return 1;
}

/// Those from `first` on that are in the same group, in rows.
std::size_t draw_deed_group(Frame& frame, Flow& flow, const std::vector<Deed>& deeds,
                            std::size_t first) {
  std::size_t last = first;
  while (last < deeds.size() && deeds[last].group == deeds[first].group) ++last;
  const float gap = frame.px(6);
  const std::size_t per_row = deeds_per_row(frame, flow, deeds, first, last);
  const auto columns = static_cast<float>(per_row);
  for (std::size_t i = first; i < last; i += per_row) {
    Rect row = flow.strip(frame.px(34));
    const float width = (row.width() - gap * (columns - 1)) / columns;
    for (std::size_t j = i; j < std::min(i + per_row, last); ++j) {
      draw_deed(frame, flow, row.cut_left(width), deeds, j);
      row.cut_left(gap);
    }
    flow.space(gap);
  }
  return last;
}

void draw_deeds(Frame& frame, Flow& flow) {
  const std::vector<Deed> deeds =
      deeds_for(frame.session.history(), frame.session.world(), frame.state.selection);
  if (deeds.empty()) return;
  flow.space(frame.px(8));
  std::size_t next = 0;
  const bool has_own_keys = deeds.front().group.empty();
  if (has_own_keys) next = draw_deed_group(frame, flow, deeds, next);
  if (next == deeds.size()) return;
  const bool folded = has_own_keys && !frame.state.more_deeds;
  if (has_own_keys) {
    const Pen pen{Face::regular, frame.px(16), frame.color().accent};
    const auto on = std::count_if(deeds.begin() + static_cast<std::ptrdiff_t>(next), deeds.end(),
                                  [](const Deed& deed) { return deed.on; });
    std::string text = folded ? "More: machine, network, settings …" : "Fewer";
    if (folded && on > 0) text += fmt::format("  ({} on)", on);
    if (link_line(flow, "more deeds", flow.strip(frame.px(26)), pen, text))
      frame.state.more_deeds = folded;
  }
  while (!folded && next < deeds.size()) {
    draw_text_in(flow.canvas, flow.strip(frame.px(24)),
                 {Face::regular, frame.px(15), frame.color().muted}, deeds[next].group);
    next = draw_deed_group(frame, flow, deeds, next);
  }
}

// ---- the parts of an Inspection

void draw_title(Frame& frame, Flow& flow, const Inspection& inspection) {
  const bool record = selected_record(frame.state).valid();
  const Pen title{record ? Face::mono_strong : Face::strong, frame.px(22),
                  record ? frame.color().follow : frame.color().text};
  Rect head = flow.strip(frame.px(32));
  head.cut_right(frame.px(36));  // the closing cross
  draw_text_in(flow.canvas, head, title, inspection.title);
  if (!inspection.subtitle.empty())
    flow.paragraph({Face::regular, frame.px(17), frame.color().muted}, inspection.subtitle);
}

void draw_life(Frame& frame, Flow& flow, const Inspection& inspection) {
  if (inspection.life.empty()) return;
  flow.space(frame.px(10));
  const Palette& color = frame.color();
  for (std::size_t i = 0; i < inspection.life.size(); ++i) {
    const LifeLine& entry = inspection.life[i];
    const Pen text_pen{Face::regular, frame.px(16), color.text};
    const Pen time_pen{Face::mono, frame.px(15), color.muted};
    const std::string time = fmt::format("{:.3f}", to_seconds(entry.t));
    const float time_px = text_width(flow.canvas, time_pen, "00.000") + frame.px(16);
    const float indent = frame.px(word_units) + time_px;
    const float wide = flow.width - indent;
    const float height = draw_paragraph(flow.canvas, {}, wide, text_pen, entry.text, false);
    const Rect row = flow.strip(height + frame.px(4));
    const Hit hit = hit_area(row_id("life", i), row);
    if (hit.hovered) {
      fill(flow.canvas, row.shrunk(-frame.px(6), 0), color.hover, frame.px(5));
      ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    }
    const float line_height = frame.px(21);
    const Rect word = Rect::at(row.min.x, row.min.y, frame.px(word_units), line_height);
    draw_text_in(flow.canvas, word,
                 {Face::strong, frame.px(16), entry.trouble ? color.bad : color.accent},
                 entry.word);
    draw_text_in(flow.canvas, Rect::at(word.max.x, row.min.y, time_px, line_height), time_pen,
                 time);
    draw_paragraph(flow.canvas, {row.min.x + indent, row.min.y + frame.px(1)}, wide, text_pen,
                   entry.text);
    if (hit.clicked && entry.position != no_position)
      frame.session.playback().seek_event(frame.session.history(), entry.position);
  }
}

void draw_why(Frame& frame, Flow& flow, const Inspection& inspection) {
  if (inspection.why.empty()) return;
  const Palette& color = frame.color();
  flow.space(frame.px(16));
  const float pad = frame.px(14);
  const Pen pen{Face::regular, frame.px(17), color.text};
  const float wide = flow.width - 2 * pad;
  float height = frame.px(28) + 2 * pad;
  for (const Reason& reason : inspection.why)
    height += draw_paragraph(flow.canvas, {}, wide, pen, reason.text, false) + frame.px(4);
  const Rect area = flow.strip(height);
  fill(flow.canvas, area, color.inset, frame.theme().radius_px());
  ui::frame(flow.canvas, area, color.warn, frame.theme().line_px(), frame.theme().radius_px());
  float y = area.min.y + pad;
  draw_text(flow.canvas, {area.min.x + pad, y}, {Face::strong, frame.px(18), color.warn},
            inspection.why_title.empty() ? "Why?" : inspection.why_title);
  y += frame.px(28);
  for (std::size_t i = 0; i < inspection.why.size(); ++i) {
    const Reason& reason = inspection.why[i];
    const float tall = draw_paragraph(flow.canvas, {}, wide, pen, reason.text, false);
    const Rect row = Rect::at(area.min.x + pad, y, wide, tall);
    const Hit hit = hit_area(row_id("why", i), row);
    Pen used = pen;
    if (hit.hovered) {
      used.color = color.accent;
      ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    }
    draw_paragraph(flow.canvas, row.min, wide, used, reason.text);
    if (hit.clicked && reason.position != no_position)
      frame.session.playback().seek_event(frame.session.history(), reason.position);
    y += tall + frame.px(4);
  }
}

void draw_row(Frame& frame, Flow& flow, const Row& row, const std::string& id) {
  const Palette& color = frame.color();
  const bool leads = row.leads_to != Selection{};
  const Pen name_pen{Face::regular, frame.px(16), color.muted};
  const Pen value_pen{Face::mono, frame.px(15), leads ? color.accent : color.text};
  const float gap = frame.px(14);
  const float name_px = text_width(flow.canvas, name_pen, row.name);
  const float value_px = text_width(flow.canvas, value_pen, row.value);
  // Beside the name when it fits, else wrapped below it.
  const bool beside = name_px + gap + value_px <= flow.width;
  const float indent = beside ? 0 : frame.px(14);
  const float below =
      beside ? 0
             : draw_paragraph(flow.canvas, {}, flow.width - indent, value_pen, row.value, false);
  const Rect area = flow.strip(frame.px(26) + below);
  const Hit hit = hit_area(id, area);
  if (hit.hovered && leads) {
    fill(flow.canvas, area.shrunk(-frame.px(6), 0), color.hover, frame.px(5));
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  }
  const Rect head = Rect::at(area.min.x, area.min.y, area.width(), frame.px(26));
  draw_text_in(flow.canvas, head, name_pen, row.name);
  if (beside)
    draw_text_in(flow.canvas, head, value_pen, row.value, Align::right);
  else
    draw_paragraph(flow.canvas, {area.min.x + indent, head.max.y}, flow.width - indent, value_pen,
                   row.value);
  if (hit.hovered && !row.doc.empty()) tooltip(frame.canvas, row.doc, area);
  if (hit.clicked) select(frame, row.leads_to);
}

void draw_sections(Frame& frame, Flow& flow, const Inspection& inspection) {
  std::size_t number = 0;
  for (const Section& section : inspection.sections) {
    if (section.rows.empty()) continue;
    if (section.title.empty())
      flow.space(frame.px(10));
    else
      heading(frame, flow, section.title);
    for (const Row& row : section.rows) draw_row(frame, flow, row, row_id("row", number++));
  }
}

/// A table with more columns than there is room for: its beginning, and a click shows all of it.
void draw_wide_command(Frame& frame, Flow& flow, const RealCommand& command, std::size_t number) {
  constexpr std::size_t lines_max = 7;
  const Palette& color = frame.color();
  const Pen prompt{Face::mono, frame.px(15), color.accent};
  const Pen pen{Face::mono, frame.px(14), color.text};
  const float pad = frame.px(12), line_height = frame.px(20);
  const std::string line = "$ " + command.command;
  const float wide = flow.width - 2 * pad;
  const float head = draw_paragraph(flow.canvas, {}, wide, prompt, line, false);
  const std::size_t lines = std::min(command.output.size(), lines_max);
  const Rect area = flow.strip(head + 2 * pad + line_height * static_cast<float>(lines + 1));
  const Hit hit = hit_area(row_id("table", number), area);
  fill(flow.canvas, area, color.background, frame.theme().radius_px());
  ui::frame(flow.canvas, area, hit.hovered ? color.accent : color.line, frame.theme().line_px(),
            frame.theme().radius_px());
  Rect rest = area.shrunk(pad, pad);
  draw_paragraph(flow.canvas, rest.cut_top(head).min, wide, prompt, line);
  for (std::size_t i = 0; i < lines; ++i)
    draw_text_in(flow.canvas, rest.cut_top(line_height), pen, command.output[i]);
  draw_text_in(flow.canvas, rest, {Face::regular, frame.px(15), color.accent},
               "Show the whole table  (click)");
  if (hit.hovered) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (hit.clicked) {
    frame.state.table = number;
    frame.state.overlay = Overlay::table;
  }
  flow.space(frame.px(10));
}

void draw_commands(Frame& frame, Flow& flow, const Inspection& inspection) {
  if (inspection.commands.empty()) return;
  heading(frame, flow, "Show me the real command");
  const Palette& color = frame.color();
  std::size_t number = 0;
  for (const RealCommand& command : inspection.commands) {
    const Pen prompt{Face::mono, frame.px(15), color.accent};
    const Pen pen{Face::mono, frame.px(15), color.text};
    const float pad = frame.px(12);
    const float wide = flow.width - 2 * pad;
    const std::string line = "$ " + command.command;
    if (command.wide) {
      draw_wide_command(frame, flow, command, number++);
      continue;
    }
    float height = draw_paragraph(flow.canvas, {}, wide, prompt, line, false) + 2 * pad;
    for (const std::string& out : command.output)
      height += draw_paragraph(flow.canvas, {}, wide, pen, out, false);
    const Rect area = flow.strip(height);
    fill(flow.canvas, area, color.background, frame.theme().radius_px());
    ui::frame(flow.canvas, area, color.line, frame.theme().line_px(), frame.theme().radius_px());
    ImVec2 at = area.min + ImVec2{pad, pad};
    at.y += draw_paragraph(flow.canvas, at, wide, prompt, line);
    for (const std::string& out : command.output)
      at.y += draw_paragraph(flow.canvas, at, wide, pen, out);
    flow.space(frame.px(10));
  }
}

// ---- nothing selected: the scenario in its own words

void draw_words(Frame& frame, Flow& flow, std::string_view title, const std::string& text) {
  if (text.empty()) return;
  heading(frame, flow, title);
  draw_markdown(frame, flow, text, frame.px(18));
}

void draw_points(Frame& frame, Flow& flow, std::string_view title,
                 const std::vector<std::string>& points) {
  std::string list;
  for (const std::string& point : points) list += fmt::format("- {}\n", point);
  draw_words(frame, flow, title, list);
}

void draw_scenario(Frame& frame, Flow& flow) {
  if (!frame.state.scenario) {
    flow.space(frame.px(30));  // the closing cross
    flow.paragraph({Face::regular, frame.px(18), frame.color().muted},
                   "Click on anything to see all about it: a card, a message, a cell, a number.");
    return;
  }
  const scenario::Info& info = frame.state.scenario->info;
  Rect head = flow.strip(frame.px(32));
  head.cut_right(frame.px(36));  // the closing cross
  draw_text_in(flow.canvas, head, {Face::strong, frame.px(22), frame.color().text},
               info.title.empty() ? frame.state.scenario->name : info.title);
  flow.paragraph({Face::regular, frame.px(17), frame.color().muted}, info.promise);
  draw_words(frame, flow, "What is it?", info.what);
  draw_points(frame, flow, "Things to notice", info.notice);
  draw_points(frame, flow, "Things to try", info.attempt);
  draw_words(frame, flow, "How does it work?", info.how);
  draw_words(frame, flow, "How to use it", info.use);
  draw_words(frame, flow, "Extending it", info.extend);
}

}  // namespace

void draw_inspector(Frame& frame, const Rect& area) {
  if (area.empty()) return;
  const Rect inside = panel(frame.canvas, area, "");
  const bool selected = frame.state.selection != Selection{};
  Inspection inspection;
  if (selected)
    inspection = inspect(frame.session.history(), frame.session.scoreboard(), frame.session.world(),
                         frame.state.selection);
  Flow flow = begin_flow(frame, selected ? "inspection" : "scenario", inside);
  if (inspection.empty() && selected) {
    flow.paragraph({Face::regular, frame.px(18), frame.color().muted},
                   "This does not exist yet at this moment.");
  } else if (!selected) {
    draw_scenario(frame, flow);
  } else {
    draw_title(frame, flow, inspection);
    draw_deeds(frame, flow);
    draw_life(frame, flow, inspection);
    if (!inspection.why_last) draw_why(frame, flow, inspection);
    draw_sections(frame, flow, inspection);
    if (inspection.why_last) draw_why(frame, flow, inspection);
    draw_commands(frame, flow, inspection);
  }
  finish_flow(frame, flow);
  if (panel_close(frame.canvas, "close inspector", area,
                  selected ? "Unselect  (Esc)" : "Close  (I)")) {
    if (selected)
      frame.state.selection = Selection{};
    else
      frame.state.wishes.inspector = false;
  }
}

}  // namespace eventarium::viz::ui
