// One run under the viewer's eyes: source, history, playhead, world and everything derived, kept
// in step by one call a frame. The window holds one of these and draws what it says.
//
//   Session session(std::move(source));
//   each frame: session.frame(time since the last frame);  then draw session.world(), ...
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "sim/trace/header.h"
#include "sim/trace/metrics.h"
#include "viz/model/commands.h"
#include "viz/model/flights.h"
#include "viz/model/history.h"
#include "viz/model/layout.h"
#include "viz/model/plan.h"
#include "viz/model/playback.h"
#include "viz/model/scoreboard.h"
#include "viz/model/timeline.h"
#include "viz/model/trace_source.h"
#include "viz/model/world.h"

namespace eventarium::viz {

class Session {
 public:
  explicit Session(std::unique_ptr<TraceSource> source);

  /// Reads what has come, moves the playhead by `dt_viewer` of the viewer's time, asks the source
  /// for more. True when anything visible may have changed.
  bool frame(Duration dt_viewer);

  TraceSource& source() { return *source_; }
  const TraceSource& source() const { return *source_; }
  const std::optional<trace::Header>& header() const { return header_; }
  const History& history() const { return history_; }
  const Scoreboard& scoreboard() const { return scoreboard_; }
  const Timeline& timeline() const { return timeline_; }
  /// Over the whole run read so far; value i stands for the i-th interval from the start.
  const trace::Metrics& metrics_series() const { return metrics_series_; }
  const World& world() const { return replay_.world(); }
  const Layout& layout() const { return layout_; }
  /// Another number whenever layout() has been made anew.
  std::size_t layout_version() const { return layout_version_; }
  Playback& playback() { return playback_; }
  const Playback& playback() const { return playback_; }

  std::uint64_t score(Score score) const { return scoreboard_.count(score, world().moment); }
  /// The narration line: the latest sentence of the story, for some seconds rather the latest
  /// turning point, or what the run is waiting for.
  std::string narration() const;
  /// Messages in flight at the playhead. A loss stays visible for about 0.8 s of the viewer's time.
  Flights flights(const FlightOptions& options = {}) const;
  /// End of the time axis: as far as the run is known to go.
  SimTime horizon() const;
  /// What the scenario says beforehand, when the caller knows it; before the first frame().
  void set_plan(Plan plan);
  const Plan& plan() const { return plan_; }

  /// Breaks, heals or changes something. At the edge of what is simulated the command goes to the
  /// running simulation and takes effect there, a moment later; with the playhead further back, the
  /// run is branched: the same run up to the playhead, then the request, and what was simulated
  /// beyond is given up. `refused` when the source takes no commands.
  enum class Injected { sent, branched, refused };
  Injected inject(LiveRequest request);
  /// The branch is being simulated up to the playhead; the old run is still shown.
  bool catching_up() const { return catching_up_; }
  /// While paused, the simulation goes on until what was injected has happened, and the playhead
  /// with it: it is seen at once.
  bool fault_awaited() const { return awaited_since_.has_value(); }

  /// Other card sizes for the layout.
  void set_metrics(const LayoutMetrics& metrics);
  const LayoutMetrics& metrics() const { return metrics_; }

  /// From the beginning, same scenario and seed; keeps speed and play state.
  bool restart();

 private:
  bool take(SourceUpdate update);
  void append(std::vector<trace::Event> events);
  void clear();
  void show_awaited_fault();
  Position turning_point() const;
  void lay_out();

  std::unique_ptr<TraceSource> source_;
  std::optional<trace::Header> header_;
  History history_;
  Scoreboard scoreboard_;
  Timeline timeline_;
  trace::Metrics metrics_series_;
  Replay replay_;
  Playback playback_;
  LayoutMetrics metrics_;
  Layout layout_;
  LayoutKey layout_key_;
  std::size_t layout_version_ = 0;
  Plan plan_;
  bool catching_up_ = false;
  std::optional<SimTime> awaited_since_;  // a fault was injected while paused
  Position awaited_from_ = 0;             // it is at this position or later
  SourceUpdate branch_;                   // of the new run, until it has come to the playhead
};

}  // namespace eventarium::viz
