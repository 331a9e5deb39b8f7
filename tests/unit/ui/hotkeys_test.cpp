// The table of keys must be unambiguous, and what is shown must be what is dispatched.
#include "viz/ui/hotkeys.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>
#include <doctest/doctest.h>

#include <set>
#include <tuple>

using namespace eventarium::viz::ui;

TEST_CASE("no key has two meanings") {
  std::set<std::tuple<char, int, bool, bool>> seen;
  for (const Hotkey& hotkey : hotkeys()) {
    CAPTURE(hotkey.shown);
    const KeyPress& key = hotkey.key;
    CHECK((key.character != 0) != (key.code != 0));
    CHECK(seen.insert({key.character, key.code, key.ctrl, key.shift}).second);
  }
}

TEST_CASE("every row of the table is dispatched to its own action") {
  for (const Hotkey& hotkey : hotkeys()) CHECK(action_for(hotkey.key) == hotkey.action);
}

TEST_CASE("letters work in either case, with Ctrl they mean something else") {
  CHECK(action_for({'k', 0, false, false}) == Action::crash);
  CHECK(action_for({'K', 0, false, true}) == Action::crash);
  CHECK(!action_for({'k', 0, true, false}));
  CHECK(action_for({0, GLFW_KEY_F, true, false}) == Action::find);
}

TEST_CASE("the keys promised in every tool tip are there") {
  CHECK(key_shown(Action::play_pause) == "Space");
  CHECK(key_shown(Action::crash) == "K");
  CHECK(key_shown(Action::restart_run) == "R");
  CHECK(key_shown(Action::help) == "?");
}

TEST_CASE("the documentation lists each shown key once") {
  const std::string text = hotkeys_markdown();
  CHECK(text.find("| K | crash the selected node |") != std::string::npos);
  CHECK(text.find("|  |  |") == std::string::npos);
}
