// What the viewer has opened, selected and zoomed, and what they asked for in this frame. All
// windows read and change this; the application carries out the requests between frames.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sim/scenario/scenario.h"
#include "viz/model/commands.h"
#include "viz/model/gallery.h"
#include "viz/model/inspector.h"
#include "viz/model/session.h"
#include "viz/ui/draw.h"
#include "viz/ui/hotkeys.h"
#include "viz/ui/shell.h"

namespace eventarium::viz::ui {

enum class Overlay { none, gallery, help, cluster, table };

/// Which part of the topology is seen. `fit` follows the size of the picture.
struct Camera {
  bool fit = true;
  ImVec2 center{0, 0};  // layout units
  float zoom = 1;       // pixels per layout unit
};

/// Which part of the run the timeline shows; nothing: all of it.
struct TimeWindow {
  SimTime from{}, to{};
};

struct EventFilter {
  std::string text;
  bool story_only = true;
  bool focus_requested = false;  // put the cursor into the field in the next frame
  // What passes, kept between frames; valid for the text and kind below.
  std::vector<Position> rows;
  Position read = 0;
  std::string rows_text;
  bool rows_story_only = true;
  Position scrolled_to = no_position;
};

/// What the layout was last made for; see fit_layout().
struct LayoutFit {
  ImVec2 size{0, 0};
  float scale = 0;
  LayoutKey key;
};

/// The layout on its way from what it was to what it is: when a broker joins, the others make room.
struct ShownLayout {
  Layout now;               // what is drawn
  Layout from;              // where it began to move
  double began_s = 0;       // of the viewer's time
  std::size_t version = 0;  // of Session::layout() that it moves to
  bool moving = false;
  bool jump = true;  // no way to be seen: a new run, another size
};

/// How many lanes the timeline may have so that the picture above it stays large. Only falls
/// until the window or the layout changes: it must not flicker.
struct LaneLimit {
  ImVec2 display{0, 0};
  float scale = 0;
  std::size_t nodes = 0;
  int lanes = 99;
};

/// A sentence to the viewer that takes the narration's place for a moment.
struct Note {
  std::string text;
  double since_s = -1;  // of the viewer's time; below 0: not shown yet
};
constexpr double note_shown_s = 3.5;
constexpr float tip_delay_s = 0.5F;  // a tool tip comes only when the mouse rests

struct UiState {
  Selection selection;
  NodeId hovered_node;  // in any window, in the previous frame
  PanelWishes wishes;
  Overlay overlay = Overlay::none;
  Camera camera;
  LayoutFit layout_fit;
  ShownLayout shown;
  LaneLimit lane_limit;
  Shell shell;  // of the latest frame
  std::optional<TimeWindow> time_window;
  EventFilter filter;
  bool reduced_motion = false;
  bool slow_motion = true;  // wanted; see viz/model/slow_motion.h
  bool more_deeds = false;  // the inspector also lists the numbered ways to break things
  bool routine = false;     // show what goes on all the time: heartbeats, empty fetches
  // Simulated seconds per second of the viewer in this very moment, while time is slowed down.
  std::optional<double> slowed_to;
  bool resume_after_scrub = false;
  float mouse_rests_s = 0;  // unmoved and unpressed for so long
  Note note;
  std::size_t table = 0;  // of the selection's wide tables, which one the overlay shows
  // Where only one side panel has room: the inspector stands in the place of the list of events.
  bool inspector_over_list = false;

  std::vector<GalleryEntry> gallery;
  std::optional<scenario::Scenario> scenario;  // the one that plays, when it could be read

  // Requests of this frame.
  std::vector<Action> actions;
  std::vector<LiveRequest> requests;
  std::optional<std::string> open_scenario;  // path

  void say(std::string text) { note = {std::move(text), -1}; }
  void ask(Action action) { actions.push_back(action); }
};

/// Everything a window needs to draw itself.
struct Frame {
  const Canvas& canvas;
  Session& session;
  UiState& state;
  double viewer_s = 0;  // the viewer's time, for motion that is not the simulation's

  const Theme& theme() const { return *canvas.theme; }
  const Palette& color() const { return canvas.color(); }
  float px(float units) const { return canvas.px(units); }
  /// As it is drawn in this frame: the session's, or on the way to it.
  const Layout& layout() const { return state.shown.now; }
};

/// The node that is selected, if it is one.
inline NodeId selected_node(const UiState& state) {
  const NodeId* node = std::get_if<NodeId>(&state.selection);
  return node != nullptr ? *node : NodeId{};
}

inline RecordId selected_record(const UiState& state) {
  const RecordId* record = std::get_if<RecordId>(&state.selection);
  return record != nullptr ? *record : RecordId{};
}

}  // namespace eventarium::viz::ui
