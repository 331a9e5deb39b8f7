// See hotkeys.h. Codes are GLFW's; letters are what is typed, so that every keyboard layout works.
#include "viz/ui/hotkeys.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include <cctype>

namespace eventarium::viz::ui {

namespace {

constexpr KeyPress typed(char character) { return {character, 0, false, false}; }
constexpr KeyPress pressed_key(int code, bool ctrl = false, bool shift = false) {
  return {0, code, ctrl, shift};
}

}  // namespace

const std::vector<Hotkey>& hotkeys() {
  static const std::vector<Hotkey> table = {
      {Action::play_pause, pressed_key(GLFW_KEY_SPACE), "Space", "play or pause", "Time"},
      {Action::step, pressed_key(GLFW_KEY_RIGHT), "→", "to the next event", "Time"},
      {Action::step, pressed_key(GLFW_KEY_PAGE_DOWN), "", "to the next event", "Time"},
      {Action::step_back, pressed_key(GLFW_KEY_LEFT), "←", "back to the previous event", "Time"},
      {Action::step_back, pressed_key(GLFW_KEY_PAGE_UP), "", "back to the previous event", "Time"},
      {Action::next_event_at_selected, typed('n'), "N", "to the next event at what is selected",
       "Time"},
      {Action::jump_forward, pressed_key(GLFW_KEY_RIGHT, false, true), "Shift+→",
       "one second of the viewer ahead", "Time"},
      {Action::jump_back, pressed_key(GLFW_KEY_LEFT, false, true), "Shift+←",
       "one second of the viewer back", "Time"},
      {Action::to_start, pressed_key(GLFW_KEY_HOME), "Home", "to the beginning", "Time"},
      {Action::to_end, pressed_key(GLFW_KEY_END), "End", "to the end, without animation", "Time"},
      {Action::faster, pressed_key(GLFW_KEY_UP), "↑", "faster", "Time"},
      {Action::slower, pressed_key(GLFW_KEY_DOWN), "↓", "slower", "Time"},
      {Action::slow_motion, typed('m'), "M", "slow motion while events fly, on or off", "Time"},
      {Action::restart_run, typed('r'), "R", "reset: the same run from the beginning", "Time"},

      {Action::crash, typed('k'), "K", "crash the selected node", "Break and mend"},
      {Action::start_node, typed('u'), "U", "start the selected node again", "Break and mend"},
      {Action::stop_node, typed('x'), "X", "stop the selected node cleanly", "Break and mend"},
      {Action::pause_node, typed('z'), "Z", "pause the selected node, or let it go on",
       "Break and mend"},
      {Action::power_off, typed('o'), "O", "cut the selected node's power", "Break and mend"},
      {Action::unplug, typed('l'), "L", "pull or plug in the selected node's cable",
       "Break and mend"},

      {Action::deed_1, typed('1'), "1 … 9", "the numbered ways to break or change it",
       "Break and mend"},
      {Action::deed_2, typed('2'), "", "the second of them", "Break and mend"},
      {Action::deed_3, typed('3'), "", "the third of them", "Break and mend"},
      {Action::deed_4, typed('4'), "", "the fourth of them", "Break and mend"},
      {Action::deed_5, typed('5'), "", "the fifth of them", "Break and mend"},
      {Action::deed_6, typed('6'), "", "the sixth of them", "Break and mend"},
      {Action::deed_7, typed('7'), "", "the seventh of them", "Break and mend"},
      {Action::deed_8, typed('8'), "", "the eighth of them", "Break and mend"},
      {Action::deed_9, typed('9'), "", "the ninth of them", "Break and mend"},
      {Action::cluster_menu, typed('c'), "C", "the cluster: its health, its administration",
       "Break and mend"},

      {Action::fit, typed('f'), "F", "fit the picture into the window", "See"},
      {Action::toggle_events, typed('e'), "E", "list of events", "See"},
      {Action::toggle_metrics, typed('v'), "V", "metrics", "See"},
      {Action::toggle_routine, typed('h'), "H", "heartbeats and empty fetches, on or off", "See"},
      {Action::toggle_inspector, typed('i'), "I", "inspector", "See"},
      {Action::toggle_timeline, typed('t'), "T", "timeline", "See"},
      {Action::timeline_zoom_in, typed('w'), "W", "zoom into the timeline", "See"},
      {Action::timeline_zoom_out, typed('s'), "S", "zoom out of the timeline", "See"},
      {Action::timeline_left, typed('a'), "A", "timeline to the left", "See"},
      {Action::timeline_right, typed('d'), "D", "timeline to the right", "See"},
      {Action::find, pressed_key(GLFW_KEY_F, true), "Ctrl+F", "find events", "See"},

      {Action::gallery, typed('g'), "G", "choose a scenario", "Window"},
      {Action::profile, typed('p'), "P", "dark, light, projector", "Window"},
      {Action::scale_up, pressed_key(GLFW_KEY_EQUAL, true), "Ctrl +", "larger", "Window"},
      {Action::scale_up, pressed_key(GLFW_KEY_EQUAL, true, true), "", "larger", "Window"},
      {Action::scale_up, pressed_key(GLFW_KEY_KP_ADD, true), "", "larger", "Window"},
      {Action::scale_down, pressed_key(GLFW_KEY_MINUS, true), "Ctrl -", "smaller", "Window"},
      {Action::scale_down, pressed_key(GLFW_KEY_KP_SUBTRACT, true), "", "smaller", "Window"},
      {Action::scale_reset, pressed_key(GLFW_KEY_0, true), "Ctrl 0", "the profile's own size",
       "Window"},
      {Action::full_screen, pressed_key(GLFW_KEY_F11), "F11", "full screen", "Window"},
      {Action::help, typed('?'), "?", "this list", "Window"},
      {Action::close, pressed_key(GLFW_KEY_ESCAPE), "Esc", "close what is open, or unselect",
       "Window"},
  };
  return table;
}

std::optional<Action> action_for(const KeyPress& pressed) {
  for (const Hotkey& hotkey : hotkeys()) {
    const KeyPress& key = hotkey.key;
    if (key.character != 0) {
      const auto lower = [](char c) { return std::tolower(static_cast<unsigned char>(c)); };
      if (lower(pressed.character) == lower(key.character) && !pressed.ctrl) return hotkey.action;
    } else if (pressed.code == key.code && pressed.ctrl == key.ctrl && pressed.shift == key.shift) {
      return hotkey.action;
    }
  }
  return std::nullopt;
}

std::string_view key_shown(Action action) {
  for (const Hotkey& hotkey : hotkeys())
    if (hotkey.action == action && !hotkey.shown.empty()) return hotkey.shown;
  return "";
}

std::string hotkeys_markdown() {
  std::string text;
  std::string_view group;
  for (const Hotkey& hotkey : hotkeys()) {
    if (hotkey.shown.empty()) continue;
    if (hotkey.group != group) {
      group = hotkey.group;
      text += (text.empty() ? "| " : "\n| ") + std::string(group) + " | |\n|---|---|\n";
    }
    text += "| " + std::string(hotkey.shown) + " | " + std::string(hotkey.does) + " |\n";
  }
  return text;
}

}  // namespace eventarium::viz::ui
