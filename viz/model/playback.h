// The playhead: play, pause, step, speed, seek. A pure function of the viewer's time that the
// caller gives it; it reads no clock. Simulated time never passes what the source has reached.
#pragma once

#include <optional>
#include <string>

#include "sim/base/time.h"
#include "viz/model/history.h"

namespace eventarium::viz {

/// Speeds are simulated seconds per second of the viewer.
inline constexpr double speed_min = 1e-3, speed_max = 1e3;

/// "1 s here = 20 ms there"
std::string speed_words(double speed);
/// The next of 1, 2, 5, 10 ... steps up or down, within the limits.
double faster(double speed);
double slower(double speed);

enum class StepKind { story, any };

class Playback {
 public:
  void play();
  void pause();
  void toggle() { playing_ ? pause() : play(); }
  bool playing() const { return playing_; }
  /// Playing, but the source has not come far enough yet.
  bool starved() const { return starved_; }
  /// The playhead stands at the end of a run that goes no further.
  bool at_end() const { return at_end_; }

  double speed() const { return speed_; }
  void set_speed(double speed);  // clamped

  SimTime playhead() const { return t_; }
  /// Number of events that have happened at the playhead.
  Position moment() const { return moment_; }

  /// Pauses and goes to the next event. When the history has none yet, waits for it: the step is
  /// made by a later tick(). story: the next event that the narration tells.
  void step(const History& history, StepKind kind);
  /// Pauses and takes back the last event (story: to just after the previous told one).
  void step_back(const History& history, StepKind kind);
  bool step_pending() const { return pending_step_.has_value(); }

  /// To a time before or after the playhead, at most as far as the source has reached; beyond,
  /// the playhead waits there for the source.
  void seek(SimTime t);
  /// To just after an event; pauses.
  void seek_event(const History& history, Position position);
  /// Plays up to `t` and pauses there.
  void run_until(SimTime t);
  void rewind();

  /// Moves the playhead by `dt_viewer` of the viewer's time. `reached` is the source's;
  /// `complete`: nothing will come after it.
  void tick(const History& history, Duration dt_viewer, SimTime reached, bool complete);

  /// How far the source should come for the next moments: the playhead and a small lookahead.
  SimTime wanted() const;

 private:
  void place(const History& history, SimTime t);
  bool try_step(const History& history);

  SimTime t_{};
  Position moment_ = 0;
  bool playing_ = false, starved_ = false, at_end_ = false;
  bool stepped_ = false;  // moment_ may be less than all events at t_
  double speed_ = 1;
  double carry_ns_ = 0;  // what was left below one nanosecond
  std::optional<SimTime> stop_at_, seek_to_;
  std::optional<StepKind> pending_step_;
};

}  // namespace eventarium::viz
