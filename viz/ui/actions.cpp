// See actions.h. One function per group of actions, each false for what is not its own.
#include "viz/ui/actions.h"

#include <algorithm>
#include <array>
#include <utility>

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

DeedKind kind_of(Action action) {
  switch (action) {
    case Action::crash:
      return DeedKind::crash;
    case Action::stop_node:
      return DeedKind::stop;
    case Action::start_node:
      return DeedKind::start;
    case Action::pause_node:
      return DeedKind::pause;
    case Action::power_off:
      return DeedKind::power;
    case Action::unplug:
      return DeedKind::cable;
    default:
      return DeedKind::other;
  }
}

const Deed* find_kind(const std::vector<Deed>& deeds, DeedKind kind) {
  const auto found = std::find_if(deeds.begin(), deeds.end(),
                                  [kind](const Deed& deed) { return deed.kind == kind; });
  return found == deeds.end() ? nullptr : &*found;
}

constexpr const char* nothing_selected = "Select a node first: click on its card.";

void perform_keyed(Action action, const Session& session, UiState& state) {
  const std::vector<Deed> deeds = deeds_for(session.history(), session.world(), state.selection);
  if (const Deed* deed = find_kind(deeds, kind_of(action))) return perform(*deed, session, state);
  state.say(nothing_selected);
}

void perform_numbered(std::size_t number, const Session& session, UiState& state) {
  const std::vector<Deed> deeds = deeds_at_hand(session, state);
  if (deeds.empty()) return state.say(nothing_selected);
  std::size_t count = 0;
  for (const Deed& deed : deeds)
    if (deed.kind == DeedKind::other && ++count == number) return perform(deed, session, state);
  state.say("There are not so many ways to break it.");
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
      if (std::exchange(state.wishes.metrics, false)) {  // they share a place
        state.wishes.events = true;
        return true;
      }
      // Behind the inspector it is brought to the front first.
      if (state.wishes.events && state.inspector_over_list) state.wishes.events = false;
      state.inspector_over_list = false;
      return flip(state.wishes.events);
    case Action::toggle_metrics:
      state.inspector_over_list = false;
      return flip(state.wishes.metrics);
    case Action::toggle_routine:
      state.say(state.routine ? "Heartbeats and empty fetches are hidden."
                              : "Heartbeats and empty fetches are shown.");
      return flip(state.routine);
    case Action::cluster_menu:
      state.overlay = state.overlay == Overlay::cluster ? Overlay::none : Overlay::cluster;
      return true;
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
      state.wishes.metrics = false;
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

bool carry_out_deed(Action action, Session& session, UiState& state) {
  if (kind_of(action) != DeedKind::other) {
    perform_keyed(action, session, state);
    return true;
  }
  if (action < Action::deed_1 || action > Action::deed_9) return false;
  const int number = static_cast<int>(action) - static_cast<int>(Action::deed_1) + 1;
  perform_numbered(static_cast<std::size_t>(number), session, state);
  return true;
}

}  // namespace

std::string why_no_requests(const Session& session) {
  if (session.source().state() == SourceState::failed)
    return "The simulation has stopped. Press R to start again.";
  if (!session.source().takes_commands())
    return "This is a recorded trace: it can be looked at, not changed.";
  if (session.playback().at_end())
    return "The run has ended. Go back to an earlier moment and break it there.";
  return "";
}

std::string why_not(const Session& session, Action action, NodeId id) {
  const std::vector<Deed> deeds = deeds_for(session.history(), session.world(), Selection(id));
  const Deed* deed = find_kind(deeds, kind_of(action));
  if (deed == nullptr) return nothing_selected;
  const std::string reason = why_no_requests(session);
  return reason.empty() ? deed->why_not : reason;
}

void perform(const Deed& deed, const Session& session, UiState& state) {
  const std::string general = why_no_requests(session);
  const std::string& reason = general.empty() ? deed.why_not : general;
  if (!reason.empty()) return state.say(reason);
  state.requests.push_back(deed.request);
}

std::string key_of(const std::vector<Deed>& deeds, std::size_t index) {
  static constexpr std::array keyed = {Action::crash,      Action::stop_node, Action::start_node,
                                       Action::pause_node, Action::power_off, Action::unplug};
  for (const Action action : keyed)
    if (deeds[index].kind == kind_of(action)) return std::string(key_shown(action));
  std::size_t number = 1;
  for (std::size_t i = 0; i < index; ++i) number += deeds[i].kind == DeedKind::other ? 1 : 0;
  return number <= 9 ? std::to_string(number) : std::string();
}

std::vector<Deed> deeds_at_hand(const Session& session, const UiState& state) {
  if (state.overlay != Overlay::cluster)
    return deeds_for(session.history(), session.world(), state.selection);
  std::string topic;
  if (const auto* id = std::get_if<PartitionId>(&state.selection)) topic = id->topic;
  if (const auto* id = std::get_if<ReplicaId>(&state.selection)) topic = id->partition.topic;
  return cluster_deeds(session.world(), topic);
}

bool carry_out(Action action, Session& session, UiState& state) {
  return carry_out_time(action, session, state) || carry_out_view(action, session, state) ||
         carry_out_deed(action, session, state);
}

}  // namespace eventarium::viz::ui
