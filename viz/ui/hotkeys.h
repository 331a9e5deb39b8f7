// The one table of keys. Dispatch, the "?" sheet, tooltips and the documentation are all made
// from it, so that they can't disagree.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventarium::viz::ui {

enum class Action {
  play_pause,
  step,
  step_back,
  next_event_at_selected,
  jump_forward,
  jump_back,
  to_start,
  to_end,
  faster,
  slower,
  slow_motion,
  restart_run,
  fit,
  crash,
  start_node,
  power_off,
  unplug,
  stop_node,
  pause_node,
  deed_1,
  deed_2,
  deed_3,
  deed_4,
  deed_5,
  deed_6,
  deed_7,
  deed_8,
  deed_9,
  toggle_routine,
  cluster_menu,
  toggle_metrics,
  toggle_events,
  toggle_inspector,
  toggle_timeline,
  timeline_zoom_in,
  timeline_zoom_out,
  timeline_left,
  timeline_right,
  gallery,
  find,
  profile,
  scale_up,
  scale_down,
  scale_reset,
  full_screen,
  help,
  close,
};

/// A key as it is pressed. `character` is what is typed (so that it works on every keyboard
/// layout); `code` is a GLFW key code for keys that type nothing. One of them is set.
struct KeyPress {
  char character = 0;
  int code = 0;
  bool ctrl = false, shift = false;
};

struct Hotkey {
  Action action;
  KeyPress key;
  std::string_view shown;  // "Ctrl+F", "→"; empty for a second key of the same action
  std::string_view does;   // "play or pause"
  std::string_view group;  // heading on the sheet
};

const std::vector<Hotkey>& hotkeys();

/// The action of a key press, if it has one. Letters match in either case.
std::optional<Action> action_for(const KeyPress& pressed);

/// How the action's first key is written, e.g. "K"; empty when it has none.
std::string_view key_shown(Action action);

/// The table as Markdown, for the documentation.
std::string hotkeys_markdown();

}  // namespace eventarium::viz::ui
