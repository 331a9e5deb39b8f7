// See actions.h. One function per group of actions, each false for what is not its own.
#include "viz/ui/actions.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/timeline.h"

namespace eventarium::viz::ui {

namespace {

/// `viewer_s` seconds of the viewer's time ahead (or back when negative).
void jump(Session& session, double viewer_s) {
  Playback& playback = session.playback();
  const Duration by = from_seconds(viewer_s * playback.speed());
  playback.seek(sim_time(std::max(Duration{}, playback.playhead().time_since_epoch() + by)));
}

void to_next_event_of(Session& session, NodeId node) {
  const std::vector<Position>& events = session.history().events_of(node);
  const auto next = std::lower_bound(events.begin(), events.end(), session.playback().moment());
  if (next != events.end()) session.playback().seek_event(session.history(), *next);
}

/// Asks for the fault, or says why it can't be.
void fault(const Session& session, UiState& state, Action action, std::string kind) {
  const NodeId node = selected_node(state);
  if (const std::string reason = why_not(session, action, node); !reason.empty())
    return state.say(reason);
  FaultRequest request;
  request.kind = std::move(kind);
  request.target = session.history().name(node);
  state.faults.push_back(request);
}

void toggle_cable(const Session& session, UiState& state) {
  const NodeView* node = session.world().node(selected_node(state));
  const bool pulled = node != nullptr && std::any_of(node->faults.begin(), node->faults.end(),
                                                     [](const ActiveFault& active) {
                                                       return active.fault == "link_down";
                                                     });
  fault(session, state, Action::unplug, pulled ? "link_up" : "link_down");
}

/// A run that has stopped by itself is to be seen again, one that was paused stays so.
void restart(Session& session) {
  const bool stopped =
      session.source().state() == SourceState::failed || session.playback().at_end();
  if (session.restart() && stopped) session.playback().play();
}

void change_window(Session& session, UiState& state, double factor, double shift) {
  const SimTime horizon = session.horizon();
  const TimeWindow window = state.time_window.value_or(TimeWindow{SimTime{}, horizon});
  const SimTime now = session.playback().playhead();
  const bool inside = now >= window.from && now <= window.to;
  const SimTime fixed = inside ? now : window.from + (window.to - window.from) / 2;
  state.time_window = moved(zoomed(window, fixed, factor, horizon), shift, horizon);
  if (state.time_window->from == SimTime{} && state.time_window->to >= horizon)
    state.time_window.reset();
}

void close_topmost(UiState& state) {
  if (state.overlay != Overlay::none)
    state.overlay = Overlay::none;
  else if (!state.filter.text.empty())
    state.filter.text.clear();
  else
    state.selection = Selection{};
}

bool carry_out_time(Action action, Session& session, UiState& state) {
  Playback& playback = session.playback();
  const StepKind kind = state.filter.story_only ? StepKind::story : StepKind::any;
  switch (action) {
    case Action::play_pause:
      if (!playback.playing() && playback.at_end()) playback.rewind();
      playback.toggle();
      return true;
    case Action::step:
      playback.step(session.history(), kind);
      return true;
    case Action::step_back:
      playback.step_back(session.history(), kind);
      return true;
    case Action::next_event_at_selected:
      to_next_event_of(session, selected_node(state));
      return true;
    case Action::jump_forward:
      jump(session, 1);
      return true;
    case Action::jump_back:
      jump(session, -1);
      return true;
    case Action::to_start:
      playback.seek(SimTime{});
      return true;
    case Action::to_end:
      playback.seek(session.horizon());
      return true;
    case Action::faster:
      playback.set_speed(faster(playback.speed()));
      return true;
    case Action::slower:
      playback.set_speed(slower(playback.speed()));
      return true;
    case Action::slow_motion:
      state.slow_motion = !state.slow_motion;
      return true;
    case Action::restart_run:
      restart(session);
      return true;
    default:
      return false;
  }
}

bool carry_out_view(Action action, Session& session, UiState& state) {
  const auto flip = [](bool& value) {
    value = !value;
    return true;
  };
  switch (action) {
    case Action::fit:
      state.camera.fit = true;
      state.time_window.reset();
      return true;
    case Action::toggle_events:
      // Behind the inspector it is brought to the front first.
      if (state.wishes.events && state.inspector_over_list) state.wishes.events = false;
      state.inspector_over_list = false;
      return flip(state.wishes.events);
    case Action::toggle_inspector:
      return flip(state.wishes.inspector);
    case Action::toggle_timeline:
      return flip(state.wishes.timeline);
    case Action::timeline_zoom_in:
      change_window(session, state, 0.8, 0);
      return true;
    case Action::timeline_zoom_out:
      change_window(session, state, 1.25, 0);
      return true;
    case Action::timeline_left:
      change_window(session, state, 1, -0.1);
      return true;
    case Action::timeline_right:
      change_window(session, state, 1, 0.1);
      return true;
    case Action::find:
      state.wishes.events = true;
      state.inspector_over_list = false;
      state.filter.focus_requested = true;
      return true;
    case Action::gallery:
      state.overlay = state.overlay == Overlay::gallery ? Overlay::none : Overlay::gallery;
      return true;
    case Action::help:
      state.overlay = state.overlay == Overlay::help ? Overlay::none : Overlay::help;
      return true;
    case Action::close:
      close_topmost(state);
      return true;
    default:
      return false;
  }
}

bool carry_out_fault(Action action, Session& session, UiState& state) {
  switch (action) {
    case Action::crash:
      fault(session, state, Action::crash, "crash");
      return true;
    case Action::start_node:
      fault(session, state, Action::start_node, "start");
      return true;
    case Action::power_off:
      fault(session, state, Action::power_off, "power_loss");
      return true;
    case Action::unplug:
      toggle_cable(session, state);
      return true;
    default:
      return false;
  }
}

}  // namespace

std::string why_not(const Session& session, Action action, NodeId id) {
  const NodeView* node = session.world().node(id);
  if (node == nullptr) return "Select a node first: click on its card.";
  if (session.source().state() == SourceState::failed)
    return "The simulation has stopped. Press R to start again.";
  if (!session.source().takes_commands())
    return "This is a recorded trace: it can be looked at, not changed.";
  if (session.playback().at_end())
    return "The run has ended. Go back to an earlier moment and break it there.";
  const std::string& name = session.history().name(id);
  const bool stops = action == Action::crash || action == Action::power_off;
  if (stops && !node->running) return fmt::format("{} is not running.", name);
  if (action == Action::start_node && !node->down())
    return node->running ? fmt::format("{} is running.", name)
                         : fmt::format("{} has not started yet.", name);
  return "";
}

bool carry_out(Action action, Session& session, UiState& state) {
  return carry_out_time(action, session, state) || carry_out_view(action, session, state) ||
         carry_out_fault(action, session, state);
}

}  // namespace eventarium::viz::ui
