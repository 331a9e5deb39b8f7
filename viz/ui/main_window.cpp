// See main_window.h. Everything but the overlays lies in one ImGui window that never comes to the
// front.
#include "viz/ui/main_window.h"

#define GLFW_INCLUDE_NONE
#include <GLFW/glfw3.h>

#include "viz/ui/cluster_menu.h"
#include "viz/ui/event_list.h"
#include "viz/ui/gallery.h"
#include "viz/ui/help.h"
#include "viz/ui/inspector.h"
#include "viz/ui/metrics.h"
#include "viz/ui/narration.h"
#include "viz/ui/table_overlay.h"
#include "viz/ui/timeline.h"
#include "viz/ui/top_bar.h"
#include "viz/ui/topology.h"

namespace eventarium::viz::ui {

namespace {

constexpr ImGuiWindowFlags root_flags =
    ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoMove | ImGuiWindowFlags_NoSavedSettings |
    ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollWithMouse | ImGuiWindowFlags_NoBackground;

/// `behind`: ImGui keeps it below every other window, whatever is clicked.
void begin_root(const char* name, const ImVec2 size, bool behind) {
  ImGui::SetNextWindowPos({0, 0});
  ImGui::SetNextWindowSize(size);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
  ImGui::PushStyleVar(ImGuiStyleVar_WindowRounding, 0);
  ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
  ImGui::Begin(name, nullptr, root_flags | (behind ? ImGuiWindowFlags_NoBringToFrontOnFocus : 0));
  ImGui::PopStyleVar(3);
}

/// Keys that repeat while held; the others act once per press.
bool repeats(Action action) {
  switch (action) {
    case Action::step:
    case Action::step_back:
    case Action::jump_forward:
    case Action::jump_back:
    case Action::timeline_left:
    case Action::timeline_right:
    case Action::timeline_zoom_in:
    case Action::timeline_zoom_out:
      return true;
    default:
      return false;
  }
}

void collect_keys(UiState& state) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool typing = io.WantTextInput;
  for (const ImWchar typed : io.InputQueueCharacters) {
    if (typing || typed > 0x7f) continue;
    if (const auto action = action_for({static_cast<char>(typed), 0, io.KeyCtrl, io.KeyShift}))
      state.ask(*action);
  }
  for (const Hotkey& hotkey : hotkeys()) {
    const int code = hotkey.key.code;
    if (code == 0 || hotkey.key.ctrl != io.KeyCtrl || hotkey.key.shift != io.KeyShift) continue;
    // While text is typed, arrows and the space bar belong to it.
    if (typing && !io.KeyCtrl && code != GLFW_KEY_ESCAPE && code < GLFW_KEY_F1) continue;
    if (ImGui::IsKeyPressed(code, repeats(hotkey.action))) state.ask(hotkey.action);
  }
}

void measure_rest(UiState& state) {
  const ImGuiIO& io = ImGui::GetIO();
  const bool moved = io.MouseDelta.x != 0 || io.MouseDelta.y != 0 || io.MouseWheel != 0;
  const bool rests = !moved && !ImGui::IsAnyMouseDown();
  state.mouse_rests_s = rests ? state.mouse_rests_s + io.DeltaTime : 0;
}

constexpr int lanes_least = 2;
constexpr float both_panels_units = 1400;

/// As found so far for this window and layout.
int lane_limit(const Session& session, UiState& state, const Theme& theme) {
  LaneLimit& limit = state.lane_limit;
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  const std::size_t nodes = session.history().nodes().size();
  if (limit.display.x != size.x || limit.display.y != size.y || limit.scale != theme.scale ||
      limit.nodes != nodes)
    limit = {size, theme.scale, nodes, LaneLimit{}.lanes};
  return limit.lanes;
}

}  // namespace

void draw_main_window(Session& session, UiState& state, const Theme& theme, Fonts& fonts,
                      double viewer_s) {
  const ImVec2 size = ImGui::GetIO().DisplaySize;
  collect_keys(state);
  measure_rest(state);
  PanelWishes wishes = state.wishes;
  // Without a selection the inspector only tells about the scenario: it opens where the picture
  // has room to spare.
  const bool wide = size.x >= theme.px(1500);
  wishes.inspector = wishes.inspector && (wide || state.selection != Selection{});
  // Where only one side panel has room, the list of events that was asked for has it, until
  // something is clicked; unselected, it gives the room back.
  wishes.events = wishes.events || wishes.metrics;  // they share a place
  const bool one_panel = size.x < theme.px(both_panels_units);
  if (!one_panel || state.selection == Selection{}) state.inspector_over_list = false;
  if (one_panel && wishes.events) {
    wishes.inspector = state.inspector_over_list;
    wishes.events = !state.inspector_over_list;
  }
  const Selection selected_before = state.selection;
  wishes.timeline_lanes = std::min(lane_count(session), lane_limit(session, state, theme));
  const Shell shell = state.shell = arrange(size, theme, wishes);
  const float picture_px = static_cast<float>(session.layout().bounds.height) * theme.scale;
  if (shell.centre.height() < picture_px && state.lane_limit.lanes > lanes_least)
    state.lane_limit.lanes = std::max(lanes_least, wishes.timeline_lanes - 1);

  begin_root("eventarium", size, true);
  const bool tips = state.mouse_rests_s >= tip_delay_s;
  const Canvas canvas{ImGui::GetWindowDrawList(), &theme, &fonts, tips};
  Frame frame{canvas, session, state, viewer_s};
  const bool covered = state.overlay != Overlay::none;
  if (covered) ImGui::BeginDisabled();
  ImGui::PushStyleVar(ImGuiStyleVar_Alpha, 1);
  draw_topology(frame, draw_failure(frame, shell.centre));
  draw_timeline(frame, shell.timeline);
  draw_inspector(frame, shell.inspector);
  if (state.wishes.metrics)
    draw_metrics(frame, shell.events);
  else
    draw_event_list(frame, shell.events);
  draw_narration(frame, shell.narration);
  draw_top_bar(frame, shell.top_bar);
  if (state.selection != selected_before && state.selection != Selection{})
    state.inspector_over_list = one_panel;
  ImGui::PopStyleVar();
  if (covered) ImGui::EndDisabled();
  ImGui::End();
  if (!covered) return;

  begin_root("overlay", size, false);
  const Canvas top{ImGui::GetWindowDrawList(), &theme, &fonts, tips};
  Frame over{top, session, state, viewer_s};
  const Rect window{{0, 0}, size};
  if (state.overlay == Overlay::gallery) draw_gallery(over, window);
  if (state.overlay == Overlay::cluster) draw_cluster_menu(over, window);
  if (state.overlay == Overlay::help) draw_help(over, window);
  if (state.overlay == Overlay::table) draw_table_overlay(over, window);
  ImGui::End();
}

}  // namespace eventarium::viz::ui
