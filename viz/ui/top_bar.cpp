// The bar gives up what matters least when it gets narrow: first the program's name, then the
// words of the speed, then the width of the tiles.
#include "viz/ui/top_bar.h"

#include <fmt/format.h>

#include <array>
#include <span>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

/// In a very narrow window only these of the scoreboard are shown.
constexpr std::array<Score, 3> few_scores = {Score::acknowledged, Score::lost, Score::waiting};

/// How generous the bar is in this frame, in design units.
struct Budget {
  bool brand = true, speed_in_words = true;
  float tile = 128, tile_text = 15;
  float button = 44, gap = 8;
  float clock = 178, clock_text = 21;
  bool microseconds = true;  // behind the clock
  float title_px = 0;
  bool all_scores = true;

  std::span<const Score> scores() const {
    return all_scores ? std::span<const Score>(top_bar_scores) : std::span<const Score>(few_scores);
  }
};

constexpr int transport_buttons = 4;

std::string short_speed(double speed) {
  return speed >= 1 ? fmt::format("× {:.4g}", speed) : fmt::format("× 1/{:.4g}", 1 / speed);
}

float speed_width(const Frame& frame, const Budget& budget) {
  const Pen pen{Face::regular, frame.px(17), frame.color().muted};
  const std::string widest = budget.speed_in_words ? "1 s here = 200 ms there" : "× 1/500";
  return text_width(frame.canvas, pen, widest) + frame.px(2 * 34 + 16);
}

float fixed_width(const Frame& frame, const Budget& budget) {
  const float buttons = transport_buttons * (budget.button + budget.gap);
  const float tiles = static_cast<float>(budget.scores().size()) * (budget.tile + budget.gap);
  return frame.px(buttons + budget.clock + tiles + 3 * budget.gap + 32) +
         speed_width(frame, budget) + (budget.brand ? frame.px(150) : 0);
}

Budget plan(const Frame& frame, float width, const std::string& title) {
  const Pen pen{Face::strong, frame.px(21), frame.color().text};
  const float wanted = text_width(frame.canvas, pen, title);
  Budget budget;
  const auto fits = [&] { return fixed_width(frame, budget) + wanted <= width; };
  if (!fits()) budget.tile = 112;
  if (!fits()) {
    budget.clock = 140;
    budget.microseconds = false;
  }
  if (!fits()) budget.brand = false;
  if (!fits()) budget.speed_in_words = false;
  if (!fits()) {
    budget.tile = 104;
    budget.tile_text = 14;
    budget.button = 40;
    budget.gap = 6;
    budget.clock = 122;
    budget.clock_text = 19;
  }
  constexpr float title_least = 0.5F;  // of its width: the rest may be cut
  if (fixed_width(frame, budget) + wanted * title_least > width) budget.all_scores = false;
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
  std::string words = budget.speed_in_words ? speed_words(speed) : short_speed(speed);
  if (frame.state.slowed) words = budget.speed_in_words ? "slow motion" : "slow";
  draw_text_in(frame.canvas, area,
               {Face::regular, frame.px(17), frame.state.slowed ? color.accent : color.muted},
               words, Align::center);
  if (hit_area("speed", area).hovered)
    tooltip(frame.canvas,
            with_key(frame.state.slow_motion
                         ? "Time slows down while events fly, so that they can be seen. On"
                         : "Time runs evenly; messages may be too fast to be seen. Off",
                     Action::slow_motion));
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

void draw_scoreboard(Frame& frame, Rect& rest, const Budget& budget) {
  Rect tiles = rest.cut_right(frame.px(budget.tile + budget.gap) *
                              static_cast<float>(budget.scores().size()));
  for (const Score score : budget.scores()) {
    tiles.cut_left(frame.px(budget.gap));
    const Rect tile = tiles.cut_left(frame.px(budget.tile)).shrunk(0, frame.px(7));
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
                 score_name(score), Align::center);
    if (hit.hovered) {
      ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
      tooltip(frame.canvas, fmt::format("{} Click to see which records.", score_doc(score)));
    }
    if (hit.clicked) {
      frame.state.selection = selected ? Selection{} : Selection(score);
      frame.state.wishes.inspector = true;
    }
  }
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
  draw_text_in(frame.canvas, name, {Face::strong, frame.px(21), frame.color().text}, title);
  const Hit hit = hit_area("title", name.shrunk(0, frame.px(13)));
  if (hit.hovered) {
    ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
    tooltip(frame.canvas, with_key("Choose another scenario", Action::gallery));
  }
  if (hit.clicked) frame.state.ask(Action::gallery);

  draw_scoreboard(frame, rest, budget);
  rest.cut_right(frame.px(budget.gap));
  // What is left is the transport's, centred.
  const float wide =
      frame.px(transport_buttons * (budget.button + budget.gap) + budget.clock + budget.gap) +
      speed_width(frame, budget);
  rest.cut_left(std::max(frame.px(12), (rest.width() - wide) / 2));
  draw_transport(frame, rest, budget);
  draw_speed(frame, rest, budget);
  rest.cut_left(frame.px(budget.gap));
  draw_clock(frame, rest.cut_left(frame.px(budget.clock)), budget);
}

}  // namespace eventarium::viz::ui
