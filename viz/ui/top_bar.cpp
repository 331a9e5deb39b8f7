// The bar gives up what matters least when it gets narrow: the program's name, a
// speed and a title in one line, long words on the tiles; never the clock or a number.
#include "viz/ui/top_bar.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

/// How generous the bar is in this frame, in design units.
struct Budget {
  bool brand = true, speed_in_line = true;
  bool long_names = true;  // of the tiles
  float tile_text = 15, tile_air = 13;
  float button = 44, gap = 8;
  float clock = 178, clock_text = 21;
  bool microseconds = true;  // behind the clock
  float title_text = 21;
  std::vector<std::string_view> title_lines;
  float title_px = 0;

  float speed_text() const { return speed_in_line ? 17 : 14.5F; }
};

constexpr int transport_buttons = 4;

std::string_view tile_name(Score score, const Budget& budget) {
  if (budget.long_names) return score_name(score);
  switch (score) {
    case Score::acknowledged:
      return "acked";
    case Score::duplicated:
      return "dup.";
    case Score::out_of_order:
      return "order";
    case Score::dead_lettered:
      return "dead";
    default:
      return score_name(score);
  }
}

/// The five that always stand there, and those that say that something was given up.
std::vector<Score> shown_scores(const Frame& frame) {
  std::vector<Score> scores(top_bar_scores.begin(), top_bar_scores.end());
  for (const Score score : {Score::failed, Score::expired, Score::skipped, Score::dead_lettered})
    if (frame.session.score(score) > 0) scores.push_back(score);
  return scores;
}

/// Pixels: the name with room on both sides, and at least room for a count.
float tile_width(const Frame& frame, const Budget& budget, Score score) {
  constexpr float least = 58;
  const Pen pen{Face::regular, frame.px(budget.tile_text), frame.color().muted};
  const float name = text_width(frame.canvas, pen, tile_name(score, budget));
  return std::max(frame.px(least), name + 2 * frame.px(budget.tile_air));
}

/// A number that has a tile only while there is something to say, before all the others.
struct Alarm {
  const char* id;
  const char* name;
  const char* tip;
  std::size_t count;
  ClusterPart part;  // what a click selects
  bool bad;          // else only a warning
};

/// At the playhead: what must never be, and what was done twice in the outside world.
std::vector<Alarm> alarms(const Frame& frame) {
  const auto& all = frame.session.history().violations();
  const Position moment = frame.session.world().moment;
  const auto broken =
      static_cast<std::size_t>(std::lower_bound(all.begin(), all.end(), moment) - all.begin());
  const std::size_t twice = frame.session.history().effects().counts(moment).repeated;
  std::vector<Alarm> shown;
  if (broken > 0)
    shown.push_back({"invariants", "broken",
                     "Something happened that must never be. Click to see what.", broken,
                     ClusterPart::invariants, true});
  if (twice > 0)
    shown.push_back({"side effects", "done twice",
                     "Side effects that were done more than once: an invoice issued twice. Click "
                     "to see which.",
                     twice, ClusterPart::side_effects, false});
  return shown;
}

float alarm_width(const Frame& frame, const Budget& budget, const Alarm& alarm) {
  const Pen pen{Face::regular, frame.px(budget.tile_text), frame.color().bad};
  return text_width(frame.canvas, pen, alarm.name) + 2 * frame.px(budget.tile_air);
}

float tiles_width(const Frame& frame, const Budget& budget) {
  float width = 0;
  for (const Alarm& alarm : alarms(frame))
    width += alarm_width(frame, budget, alarm) + frame.px(budget.gap);
  for (const Score score : shown_scores(frame))
    width += tile_width(frame, budget, score) + frame.px(budget.gap);
  return width;
}

float speed_width(const Frame& frame, const Budget& budget) {
  const Pen pen{Face::regular, frame.px(budget.speed_text()), frame.color().muted};
  const std::string widest = budget.speed_in_line ? "1 s here = 200 ms there" : "200 ms there";
  return text_width(frame.canvas, pen, widest) + frame.px(2 * 34 + 16);
}

float fixed_width(const Frame& frame, const Budget& budget) {
  const float buttons = transport_buttons * (budget.button + budget.gap);
  return frame.px(buttons + budget.clock + 3 * budget.gap + 20) + tiles_width(frame, budget) +
         speed_width(frame, budget) + (budget.brand ? frame.px(150) : 0);
}

/// Breaks a title between two words so that the longer line is as short as possible.
std::vector<std::string_view> in_two_lines(const Frame& frame, const Pen& pen,
                                           std::string_view title) {
  std::vector<std::string_view> best = {title};
  float best_px = text_width(frame.canvas, pen, title);
  for (std::size_t cut = title.find(' '); cut != std::string_view::npos;
       cut = title.find(' ', cut + 1)) {
    const std::string_view first = title.substr(0, cut), second = title.substr(cut + 1);
    const float wide =
        std::max(text_width(frame.canvas, pen, first), text_width(frame.canvas, pen, second));
    if (wide >= best_px) continue;
    best_px = wide;
    best = {first, second};
  }
  return best;
}

float set_title(const Frame& frame, Budget& budget, std::string_view title, bool two_lines) {
  budget.title_text = two_lines ? 18 : 21;
  const Pen pen{Face::strong, frame.px(budget.title_text), frame.color().text};
  budget.title_lines = {title};
  if (two_lines) budget.title_lines = in_two_lines(frame, pen, title);
  float wanted = 0;
  for (const std::string_view line : budget.title_lines)
    wanted = std::max(wanted, text_width(frame.canvas, pen, line));
  return wanted;
}

/// Each step gives up a little more, until everything fits; what never goes are the clock and the
/// numbers of the scoreboard.
Budget plan(const Frame& frame, float width, const std::string& title) {
  Budget budget;
  float wanted = set_title(frame, budget, title, false);
  const auto fits = [&] { return fixed_width(frame, budget) + wanted <= width; };
  if (!fits()) {
    budget.clock = 140;
    budget.microseconds = false;
  }
  if (!fits()) budget.brand = false;
  if (!fits()) budget.speed_in_line = false;
  if (!fits()) {
    budget.button = 40;
    budget.gap = 6;
    budget.tile_air = 10;
    budget.clock = 134;
    budget.clock_text = 19;
  }
  if (!fits()) wanted = set_title(frame, budget, title, true);
  if (!fits()) budget.long_names = false;
  if (!fits()) {
    budget.tile_air = 5;
    budget.button = 36;
    budget.gap = 4;
  }
  budget.title_px = std::min(wanted, std::max(0.0F, width - fixed_width(frame, budget)));
  return budget;
}

std::string with_key(std::string_view words, Action action) {
  const std::string_view key = key_shown(action);
  return key.empty() ? std::string(words) : fmt::format("{}  ({})", words, key);
}

void draw_transport(Frame& frame, Rect& rest, const Budget& budget) {
  const Playback& playback = frame.session.playback();
  const bool at_start = playback.playhead() == SimTime{};
  const auto next = [&] {
    const Rect button = rest.cut_left(frame.px(budget.button));
    rest.cut_left(frame.px(budget.gap));
    return button.shrunk(0, frame.px(13));
  };
  const auto button = [&](const char* id, Icon which, Action action, std::string_view words,
                          const ControlState& looks) {
    ControlState state = looks;
    const std::string tip = with_key(words, action);
    state.tooltip = tip;
    if (icon_button(frame.canvas, id, next(), which, state)) frame.state.ask(action);
  };
  button("restart", Icon::restart, Action::restart_run, "Start this run again from the beginning",
         {});
  button("back", Icon::step_back, Action::step_back, "Back to the previous event",
         {!at_start, false, "", "This is the beginning."});
  const bool playing = playback.playing();
  button("play", playing ? Icon::pause : Icon::play, Action::play_pause,
         playing             ? "Pause"
         : playback.at_end() ? "The run has ended. See it once more"
                             : "Play",
         {true, !playing, "", ""});
  button("step", Icon::step_forward, Action::step, "To the next event",
         {!playback.at_end(), false, "", "The run has ended."});
}

void draw_speed(Frame& frame, Rect& rest, const Budget& budget) {
  const Playback& playback = frame.session.playback();
  Rect area = rest.cut_left(speed_width(frame, budget));
  const auto button = [&](const char* id, const Rect& slot, Icon which, Action action,
                          std::string_view words, bool possible) {
    const std::string tip = with_key(words, action);
    const ControlState state{possible, false, tip, "This is the limit."};
    if (icon_button(frame.canvas, id, slot.shrunk(0, frame.px(16)), which, state))
      frame.state.ask(action);
  };
  const double speed = playback.speed();
  button("slower", area.cut_left(frame.px(34)), Icon::minus, Action::slower, "Slower",
         speed > speed_min);
  button("faster", area.cut_right(frame.px(34)), Icon::plus, Action::faster, "Faster",
         speed < speed_max);
  const Palette& color = frame.color();
  const bool slowed = frame.state.slowed_to.has_value();
  const double shown = frame.state.slowed_to.value_or(speed);
  const Pen pen{Face::regular, frame.px(budget.speed_text()), slowed ? color.accent : color.muted};
  const std::string words = speed_words(shown);
  const std::size_t middle = words.find("= ") + 1;
  if (budget.speed_in_line) {
    draw_text_in(frame.canvas, area, pen, words, Align::center);
  } else {
    Rect lines = area.shrunk(0, (area.height() - frame.px(38)) / 2);
    draw_text_in(frame.canvas, lines.cut_top(frame.px(19)), pen, words.substr(0, middle),
                 Align::center);
    draw_text_in(frame.canvas, lines, pen, words.substr(middle + 1), Align::center);
  }
  if (hit_area("speed", area).hovered)
    tooltip(frame.canvas,
            with_key(frame.state.slow_motion
                         ? "Time slows down while events fly, so that they can be seen. On"
                         : "Time runs evenly; messages may be too fast to be seen. Off",
                     Action::slow_motion),
            area);
}

void draw_clock(Frame& frame, const Rect& slot, const Budget& budget) {
  const Rect area = slot.shrunk(0, frame.px(13));
  box(frame.canvas, area, false, false);
  const Pen pen{Face::mono_strong, frame.px(budget.clock_text), frame.color().text};
  const SimTime now = frame.session.playback().playhead();
  const std::string clock = format_clock(now);
  if (!budget.microseconds) {
    draw_text_in(frame.canvas, area, pen, clock, Align::center);
  } else {
    const Pen fine{Face::mono, frame.px(15), frame.color().muted};
    const std::string rest = fmt::format("{:03}", to_ns(now) / 1000 % 1000);
    const float wide = text_width(frame.canvas, pen, clock);
    const float all = wide + frame.px(6) + text_width(frame.canvas, fine, rest);
    Rect room = area.shrunk((area.width() - all) / 2, 0);
    draw_text_in(frame.canvas, room, pen, clock);
    room.min.x += wide + frame.px(6);
    room.min.y += frame.px(3);  // on the same base line
    draw_text_in(frame.canvas, {room.min, room.max + ImVec2{2, 0}}, fine, rest);
  }
  if (hit_area("clock", area).hovered)
    tooltip(frame.canvas,
            "Simulated time since the start of the run: minutes, seconds, "
            "thousandths. Click into the timeline to go anywhere.");
}

Color score_color(const Frame& frame, Score score, std::uint64_t count) {
  const Palette& color = frame.color();
  if (score == Score::waiting) return color.accent;
  if (score == Score::acknowledged || count == 0) return color.ok;
  return score == Score::duplicated ? color.warn : color.bad;
}

/// "12 345": thin groups of three.
std::string grouped(std::uint64_t count) {
  if (count < 1000) return std::to_string(count);
  return fmt::format("{} {:03}", grouped(count / 1000), count % 1000);
}

void draw_alarm(Frame& frame, Rect& tiles, const Budget& budget, const Alarm& alarm) {
  tiles.cut_left(frame.px(budget.gap));
  const Rect tile = tiles.cut_left(alarm_width(frame, budget, alarm)).shrunk(0, frame.px(7));
  const Hit hit = hit_area(alarm.id, tile);
  const Palette& color = frame.color();
  fill(frame.canvas, tile, alarm.bad ? color.bad : color.warn, frame.theme().radius_px());
  Rect inside = tile.shrunk(frame.px(2), frame.px(4));
  const Rect name = inside.cut_bottom(frame.px(18));
  draw_text_in(frame.canvas, inside, {Face::mono_strong, frame.px(20), color.on_meaning},
               grouped(alarm.count), Align::center);
  draw_text_in(frame.canvas, name, {Face::regular, frame.px(budget.tile_text), color.on_meaning},
               alarm.name, Align::center);
  if (hit.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    tooltip(frame.canvas, alarm.tip, tile);
  }
  if (!hit.clicked) return;
  frame.state.selection = alarm.part;
  frame.state.wishes.inspector = true;
}

void draw_scoreboard(Frame& frame, Rect& rest, const Budget& budget) {
  Rect tiles = rest.cut_right(tiles_width(frame, budget));
  for (const Alarm& alarm : alarms(frame)) draw_alarm(frame, tiles, budget, alarm);
  for (const Score score : shown_scores(frame)) {
    tiles.cut_left(frame.px(budget.gap));
    const Rect tile = tiles.cut_left(tile_width(frame, budget, score)).shrunk(0, frame.px(7));
    const Hit hit = hit_area(score_name(score), tile);
    const bool selected = frame.state.selection == Selection(score);
    box(frame.canvas, tile, hit.hovered, selected);
    const std::uint64_t count = frame.session.score(score);
    Rect inside = tile.shrunk(frame.px(2), frame.px(4));
    const Rect name = inside.cut_bottom(frame.px(18));
    draw_text_in(frame.canvas, inside,
                 {Face::mono_strong, frame.px(20), score_color(frame, score, count)},
                 grouped(count), Align::center);
    draw_text_in(frame.canvas, name,
                 {Face::regular, frame.px(budget.tile_text), frame.color().muted},
                 tile_name(score, budget), Align::center);
    if (hit.hovered) {
      ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
      tooltip(frame.canvas, fmt::format("{} Click to see which records.", score_doc(score)), tile);
    }
    if (hit.clicked) {
      frame.state.selection = selected ? Selection{} : Selection(score);
      frame.state.wishes.inspector = true;
    }
  }
}

void draw_title(Frame& frame, Rect area, const Budget& budget) {
  const Pen pen{Face::strong, frame.px(budget.title_text), frame.color().text};
  const auto lines = static_cast<float>(budget.title_lines.size());
  if (lines > 1) area = area.shrunk(0, (area.height() - frame.px(24) * lines) / 2);
  const float height = area.height() / lines;
  for (const std::string_view words : budget.title_lines)
    draw_text_in(frame.canvas, area.cut_top(height), pen, words);
}

}  // namespace

void draw_top_bar(Frame& frame, const Rect& area) {
  fill(frame.canvas, area, frame.color().bar);
  line(frame.canvas, {area.min.x, area.max.y}, area.max, frame.color().line,
       frame.theme().line_px());
  const auto& header = frame.session.header();
  std::string title = "…";
  if (header) title = header->title.empty() ? header->scenario : header->title;
  Rect rest = area.shrunk(frame.px(20), 0);
  const Budget budget = plan(frame, rest.width(), title);
  if (budget.brand)
    draw_text_in(frame.canvas, rest.cut_left(frame.px(150)),
                 {Face::bold, frame.px(24), frame.color().accent}, "Eventarium");
  const Rect name = rest.cut_left(budget.title_px + frame.px(4));
  draw_title(frame, name, budget);
  const Hit hit = hit_area("title", name.shrunk(0, frame.px(13)));
  if (hit.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    tooltip(frame.canvas, with_key("Choose another scenario", Action::gallery), name);
  }
  if (hit.clicked) frame.state.ask(Action::gallery);

  draw_scoreboard(frame, rest, budget);
  rest.cut_right(frame.px(budget.gap));
  // What is left is the transport's, centred.
  const float wide =
      frame.px(transport_buttons * (budget.button + budget.gap) + budget.clock + budget.gap) +
      speed_width(frame, budget);
  rest.cut_left(std::max(frame.px(8), (rest.width() - wide) / 2));
  draw_transport(frame, rest, budget);
  draw_speed(frame, rest, budget);
  rest.cut_left(frame.px(budget.gap));
  draw_clock(frame, rest.cut_left(frame.px(budget.clock)), budget);
}

}  // namespace eventarium::viz::ui
