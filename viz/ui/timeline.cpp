// See timeline.h. Nothing after the playhead is drawn: the future may still be another one.
#include "viz/ui/timeline.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float label_units = 150;
constexpr float axis_units = 26;
constexpr float lane_units_min = 25;
constexpr float lane_units_max = 34;
constexpr std::size_t rows_max = 4;  // of a lane; more would be too thin to see

/// Where a time is on the axis of this frame.
struct Axis {
  Rect area;  // lanes, without the labels
  TimeWindow window;

  float x(SimTime t) const {
    const double span = to_seconds(window.to - window.from);
    const double part = span > 0 ? to_seconds(t - window.from) / span : 0;
    return area.min.x + static_cast<float>(std::clamp(part, -1.0, 2.0)) * area.width();
  }
  SimTime t(float pixel_x) const {
    const double part =
        std::clamp(static_cast<double>((pixel_x - area.min.x) / area.width()), 0.0, 1.0);
    return window.from + from_seconds(part * to_seconds(window.to - window.from));
  }
};

struct ToneLook {
  Color body, ink;
};

ToneLook look(const Frame& frame, Tone tone) {
  const Palette& color = frame.color();
  switch (tone) {
    case Tone::good:
      return {mix(color.bar, color.ok, 0.5F), color.text};
    case Tone::trouble:
      return {color.bad, color.on_meaning};
    case Tone::wait:
      return {color.warn, color.on_meaning};
    case Tone::accent:
      return {mix(color.bar, color.accent, 0.5F), color.text};
    case Tone::neutral:
      break;
  }
  return {color.cell, color.cell_text};
}

Color mark_color(const Frame& frame, Tone tone) {
  const Palette& color = frame.color();
  if (tone == Tone::good) return color.ok;
  if (tone == Tone::trouble) return color.bad;
  if (tone == Tone::wait) return color.warn;
  return tone == Tone::accent ? color.accent : color.muted;
}

/// What the cluster decided at the start and has not changed.
bool never_changed(const Lane& lane) {
  const bool cluster = lane.kind == LaneKind::leaders || lane.kind == LaneKind::in_sync ||
                       lane.kind == LaneKind::controller;
  return cluster && lane.marks.empty() &&
         std::all_of(lane.rows.begin(), lane.rows.end(),
                     [](const std::vector<Interval>& row) { return row.size() <= 1; });
}

/// Lower is more important when there is no room for all.
int importance(const Lane& lane) {
  static constexpr std::array order = {
      LaneKind::faults,       LaneKind::violations,  LaneKind::groups,     LaneKind::leaders,
      LaneKind::in_sync,      LaneKind::effects,     LaneKind::operations, LaneKind::delivered_rate,
      LaneKind::stopped,      LaneKind::queue_depth, LaneKind::controller, LaneKind::subscribers,
      LaneKind::produced_rate};
  const auto place = std::find(order.begin(), order.end(), lane.kind) - order.begin();
  return static_cast<int>(place) + (never_changed(lane) ? 100 : 0);
}

/// Leaders and in-sync sets of more partitions than there can be rows: one row that tells only
/// what is wrong.
bool is_summary(const Lane& lane) {
  return (lane.kind == LaneKind::leaders || lane.kind == LaneKind::in_sync) &&
         lane.rows.size() > rows_max;
}

/// How much more room than a plain lane's it deserves: rows of intervals carry text.
float weight_of(const Lane& lane, bool compact = false) {
  if (is_summary(lane) || compact) return 1;
  return 1 + 0.6F * static_cast<float>(std::clamp<std::size_t>(lane.rows.size(), 1, 3) - 1);
}

float total_weight(const std::vector<const Lane*>& lanes, bool compact = false) {
  float total = 0;
  for (const Lane* lane : lanes) total += weight_of(*lane, compact);
  return std::max(total, 1.0F);
}

/// So many that they would be a wall of equal bars.
bool says_nothing(const Lane& lane) { return never_changed(lane) && lane.rows.size() >= rows_max; }

struct Chosen {
  std::vector<const Lane*> lanes;
  bool compact = false;  // all equally high, whatever is in them
};

/// As many as fit at their least height, the less important ones left out; two, as long as they
/// fit somehow.
Chosen chosen_lanes(const Session& session, float units) {
  constexpr std::size_t kept_min = 2;
  Chosen chosen{session.timeline().lanes(), false};
  std::vector<const Lane*>& lanes = chosen.lanes;
  std::erase_if(lanes, [](const Lane* lane) { return says_nothing(*lane); });
  const auto too_high = [&] {
    return total_weight(lanes, chosen.compact) * lane_units_min > units;
  };
  const auto leave_one_out = [&] {
    lanes.erase(std::max_element(lanes.begin(), lanes.end(), [](const Lane* a, const Lane* b) {
      return importance(*a) < importance(*b);
    }));
  };
  while (lanes.size() > kept_min && too_high()) leave_one_out();
  chosen.compact = too_high();
  while (lanes.size() > 1 && too_high()) leave_one_out();
  return chosen;
}

void draw_axis(Frame& frame, const Axis& axis, const Rect& strip) {
  const Duration span = axis.window.to - axis.window.from;
  const int marks = std::max(2, static_cast<int>(axis.area.width() / frame.px(86)));
  const Duration step = tick_step(span, marks);
  const std::int64_t first = (axis.window.from.time_since_epoch() + step - 1ns) / step;
  const Pen pen{Face::mono, frame.px(15), frame.color().muted};
  for (std::int64_t i = first;; ++i) {
    const SimTime t = sim_time(step * i);
    if (t > axis.window.to) break;
    const float x = axis.x(t);
    line(frame.canvas, {x, axis.area.min.y}, {x, axis.area.max.y}, frame.color().grid,
         frame.theme().line_px());
    const std::string text = tick_text(t, step);
    const float wide = text_width(frame.canvas, pen, text);
    const float at = std::clamp(x - wide / 2, axis.area.min.x - wide / 2, axis.area.max.x - wide);
    draw_text(frame.canvas,
              {at, strip.center().y - frame.canvas.fonts->get(pen.face, pen.size_px)->FontSize / 2},
              pen, text);
  }
}

struct Tip {
  std::string text;
  EventId event;
};

/// From long to short. How long a rebalance takes is told as far as it has come.
std::vector<std::string> interval_texts(const Interval& interval, SimTime to) {
  std::string text = interval.text;
  const std::size_t name = text.find(": ");
  std::string without = name == std::string::npos ? text : text.substr(name + 2);
  if (interval.tone != Tone::wait) {
    if (interval.tone != Tone::neutral) return {text};
    const std::size_t comma = without.find(',');
    return {text, without, without.substr(0, comma)};
  }
  const std::string length = fmt::format("{:.1f} s", to_seconds(to - interval.from));
  return {fmt::format("{} {}", text, length), fmt::format("{} {}", without, length), length};
}

void draw_interval(Frame& frame, const Axis& axis, const Rect& row, const Interval& interval,
                   SimTime now, float& taken_until, Tip& tip) {
  const SimTime to = std::min(interval.to.value_or(now), now);
  if (interval.from > now || to < axis.window.from || interval.from > axis.window.to) return;
  const float left = std::max(axis.area.min.x, axis.x(interval.from));
  const float right = std::min(axis.area.max.x, std::max(axis.x(to), left + frame.px(5)));
  const Rect bar{{left, row.min.y}, {right, row.max.y}};
  const ToneLook tone = look(frame, interval.tone);
  fill(frame.canvas, bar, tone.body, frame.px(4));
  const float text_px =
      std::max(frame.theme().text_min_px(), std::min(frame.px(15), bar.height() * 0.76F));
  if (bar.height() >= text_px * 1.15F) {
    const Pen pen{Face::regular, text_px, tone.ink};
    const Rect inside = bar.shrunk(frame.px(5), 0);
    const std::vector<std::string> texts = interval_texts(interval, to);
    const auto fits = std::find_if(texts.begin(), texts.end(), [&](const std::string& text) {
      return text_width(frame.canvas, pen, text) <= inside.width();
    });
    const float wide = text_width(frame.canvas, pen, interval.text);
    if (fits != texts.end())
      draw_text_in(frame.canvas, inside, pen, *fits);
    else if (interval.tone != Tone::neutral && left - wide - frame.px(8) > taken_until)
      draw_text_in(frame.canvas, {{left - wide - frame.px(8), row.min.y}, {left, row.max.y}},
                   {Face::regular, pen.size_px, mark_color(frame, interval.tone)}, interval.text);
  }
  taken_until = right;
  if (bar.contains(ImGui::GetIO().MousePos))
    tip = {interval_texts(interval, to).front(), interval.event};
}

/// Where at least one of the partitions is in trouble, with how many in the tool tip.
void draw_summary(Frame& frame, const Axis& axis, const Rect& lane_area, const Lane& lane,
                  SimTime now, Tip& tip) {
  const Rect row = lane_area.shrunk(0, frame.px(4));
  const float until = std::min(axis.x(now), axis.area.max.x);
  const ToneLook fine = look(frame, lane.kind == LaneKind::leaders ? Tone::accent : Tone::good);
  fill(frame.canvas, {{axis.area.min.x, row.min.y}, {until, row.max.y}}, fine.body.faded(0.6F),
       frame.px(4));
  const bool pointed = row.contains(ImGui::GetIO().MousePos);
  const SimTime at = axis.t(ImGui::GetIO().MousePos.x);
  std::size_t bad = 0;
  for (const std::vector<Interval>& intervals : lane.rows)
    for (const Interval& interval : intervals) {
      const SimTime to = std::min(interval.to.value_or(now), now);
      if (interval.from > now) break;
      if (interval.tone != Tone::trouble || to < axis.window.from) continue;
      const float left = std::max(axis.area.min.x, axis.x(interval.from));
      const float right = std::min(axis.area.max.x, std::max(axis.x(to), left + frame.px(3)));
      fill(frame.canvas, {{left, row.min.y}, {right, row.max.y}}, look(frame, Tone::trouble).body,
           frame.px(2));
      if (at < interval.from || at >= to) continue;
      ++bad;
    }
  if (!pointed) return;
  const char* what = lane.kind == LaneKind::leaders ? "without a leader" : "under-replicated";
  tip.text = fmt::format("{} of {} partitions {}", bad, lane.rows.size(), what);
}

void draw_intervals(Frame& frame, const Axis& axis, const Rect& lane_area, const Lane& lane,
                    SimTime now, Tip& tip) {
  if (is_summary(lane)) return draw_summary(frame, axis, lane_area, lane, now, tip);
  const std::size_t rows = std::min(lane.rows.size(), rows_max);
  Rect rest = lane_area.shrunk(0, frame.px(3));
  const float height = rest.height() / static_cast<float>(std::max<std::size_t>(1, rows));
  for (std::size_t i = 0; i < rows; ++i) {
    Rect row = rest.cut_top(height);
    if (rows > 1) row = row.shrunk(0, frame.px(0.75F));
    float taken_until = axis.area.min.x;
    for (const Interval& interval : lane.rows[i])
      draw_interval(frame, axis, row, interval, now, taken_until, tip);
  }
}

void draw_marks(Frame& frame, const Axis& axis, const Rect& lane_area, const Lane& lane,
                SimTime now, Tip& tip) {
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const float r = frame.px(4.5F);
  float drawn_until = -1;  // marks on one pixel are drawn once
  for (const Mark& mark : lane.marks) {
    if (mark.t > now || mark.t > axis.window.to) break;
    if (mark.t < axis.window.from) continue;
    const float x = axis.x(mark.t);
    const Rect spot{{x - r, lane_area.center().y - r}, {x + r, lane_area.center().y + r}};
    if (spot.shrunk(-frame.px(3)).contains(mouse)) tip = {mark.text, mark.event};
    if (x < drawn_until + 1) continue;
    drawn_until = x;
    fill(frame.canvas, spot, mark_color(frame, mark.tone), frame.px(2));
  }
}

/// Columns on a base line: a rate per bucket, or a value that holds until the next sample.
void draw_samples(Frame& frame, const Axis& axis, const Rect& lane_area, const Lane& lane,
                  SimTime now, Tip& tip) {
  if (lane.value_max <= 0) return;
  const Rect room = lane_area.shrunk(0, frame.px(3));
  const ImVec2 mouse = ImGui::GetIO().MousePos;
  const Palette& color = frame.color();
  const Duration width = frame.session.timeline().bucket();
  const float base = frame.theme().line_px();
  fill(frame.canvas,
       {{room.min.x, room.max.y - base}, {std::min(axis.x(now), room.max.x), room.max.y}},
       color.cell_line);
  for (std::size_t i = 0; i < lane.samples.size(); ++i) {
    const Sample& sample = lane.samples[i];
    if (sample.t > now || sample.t > axis.window.to) break;
    const bool last = i + 1 == lane.samples.size();
    const SimTime held = last ? now : lane.samples[i + 1].t;
    const SimTime to = std::min(now, lane.steps ? held : sample.t + width);
    if (sample.value <= 0 || to < axis.window.from) continue;
    const float part = static_cast<float>(sample.value / lane.value_max);
    const Rect column{{std::max(room.min.x, axis.x(sample.t)), room.max.y - part * room.height()},
                      {std::min(room.max.x, axis.x(to)), room.max.y}};
    fill(frame.canvas, column, color.cell);
    fill(frame.canvas, {column.min, {column.max.x, column.min.y + base}}, color.accent);
    if (mouse.x >= column.min.x && mouse.x < column.max.x && lane_area.contains(mouse))
      tip = {fmt::format("{}: {:.4g} {}", lane.name, sample.value, lane.unit), EventId{}};
  }
}

void draw_playhead(Frame& frame, const Axis& axis, const Rect& area) {
  const SimTime now = frame.session.playback().playhead();
  const Palette& color = frame.color();
  const float x = axis.x(now);
  if (x < axis.area.min.x - 1 || x > axis.area.max.x + 1) return;
  line(frame.canvas, {x, area.min.y}, {x, axis.area.max.y}, color.text,
       std::max(2.0F, frame.px(2.2F)));
  triangle_down(frame.canvas, {x, area.min.y + frame.px(4)}, frame.px(8), color.text);
}

/// Mouse on the lanes: drag moves the playhead, the wheel zooms around the mouse.
void handle_mouse(Frame& frame, const Axis& axis, const Rect& area, const Tip& tip) {
  Playback& playback = frame.session.playback();
  const ImGuiIO& io = ImGui::GetIO();
  const Hit hit = hit_area("lanes", area);
  if (hit.held) {
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left)) {
      frame.state.resume_after_scrub = playback.playing();
      playback.pause();
    }
    playback.seek(axis.t(io.MousePos.x));
  }
  if (hit.clicked && frame.state.resume_after_scrub) playback.play();
  if (!hit.hovered) return;
  ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  const SimTime t = axis.t(io.MousePos.x);
  if (io.MouseWheel != 0)
    frame.state.time_window =
        zoomed(axis.window, t, std::pow(0.8, io.MouseWheel), frame.session.horizon());
  const std::string words = tip.text.empty() ? "Click to go there." : tip.text;
  tooltip(frame.canvas, fmt::format("{}\n{}", format_clock(t), words), area);
}

}  // namespace

int lane_count(const Session& session) {
  const std::vector<const Lane*> lanes = session.timeline().lanes();
  return static_cast<int>(std::count_if(lanes.begin(), lanes.end(),
                                        [](const Lane* lane) { return !says_nothing(*lane); }));
}

void draw_timeline(Frame& frame, const Rect& area) {
  if (area.empty()) return;
  const float radius = frame.theme().radius_px();
  fill(frame.canvas, area, frame.color().bar, radius);
  ui::frame(frame.canvas, area, frame.color().line, frame.theme().line_px(), radius);
  Rect rest = area.shrunk(frame.px(20), frame.px(7));
  rest.max.x -= frame.px(12);
  rest.cut_top(frame.px(6));  // the playhead's triangle
  const Rect axis_strip = rest.cut_bottom(frame.px(axis_units));
  Rect labels = rest.cut_left(frame.px(label_units));

  const SimTime horizon = std::max(frame.session.horizon(), sim_time(1ms));
  TimeWindow window{SimTime{}, horizon};
  if (frame.state.time_window)
    window = zoomed(*frame.state.time_window, frame.state.time_window->from, 1, horizon);
  const Axis axis{rest, window};
  draw_axis(frame, axis, axis_strip);

  const Chosen chosen = chosen_lanes(frame.session, rest.height() / frame.px(1));
  const float unit = std::min(frame.px(lane_units_max),
                              rest.height() / total_weight(chosen.lanes, chosen.compact));
  const SimTime now = frame.session.playback().playhead();
  Tip tip;
  for (const Lane* lane : chosen.lanes) {
    const float height = unit * weight_of(*lane, chosen.compact);
    draw_text_in(frame.canvas, labels.cut_top(height),
                 {Face::regular, frame.px(16), frame.color().muted}, lane->name);
    const Rect lane_area = rest.cut_top(height);
    draw_intervals(frame, axis, lane_area, *lane, now, tip);
    // A change of leader is where one bar ends and the next begins; the summary has no bars.
    if (lane->kind != LaneKind::leaders || is_summary(*lane))
      draw_marks(frame, axis, lane_area, *lane, now, tip);
    draw_samples(frame, axis, lane_area, *lane, now, tip);
  }
  draw_playhead(frame, axis, area);
  handle_mouse(frame, axis,
               {{axis.area.min.x - frame.px(8), area.min.y},
                {axis.area.max.x + frame.px(8), axis_strip.max.y}},
               tip);
}

}  // namespace eventarium::viz::ui
