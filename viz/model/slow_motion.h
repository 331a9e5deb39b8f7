// A message between machines takes a fraction of a millisecond, a story takes seconds: at any one
// speed either the messages are too fast to be seen or nothing ever happens. So the viewer's time
// is stretched while events fly. What happens, and in which order, stays exactly the same.
#pragma once

#include "sim/base/time.h"
#include "viz/model/history.h"

namespace eventarium::viz {

struct SlowMotionOptions {
  double visible_s = 0.7;         // of the viewer's time: how long a flight should be seen
  double visible_least_s = 0.08;  // when shorter flights follow each other too densely, none is
  double budget_s = 2.0;          // at most this much is spent on a second of the viewer's time
};

struct SlowMotion {
  Duration viewer_time{};  // to hand to Session::frame() instead of the real one
  bool slowed = false;     // the playhead is among flying events at the end of it
  double speed = 0;        // there, in simulated seconds per second of the viewer
};

/// How the viewer's time `dt` is to be spent from `t` on, at `speed` simulated seconds per second
/// of the viewer. Flights are messages that carry records and whose arrival is known.
SlowMotion slow_motion(const History& history, SimTime t, Duration dt, double speed,
                       const SlowMotionOptions& options = {});

}  // namespace eventarium::viz
