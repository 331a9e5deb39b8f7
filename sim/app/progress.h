// A progress bar on stderr, only on a terminal and only for runs that take a while. It looks at
// the wall clock, which the simulation never does.
#pragma once

#include <chrono>

#include "sim/base/time.h"

namespace eventarium::app {

class Progress {
 public:
  /// `visible` false: does nothing.
  Progress(bool visible, SimTime end);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Redraws at most ten times a second, and not in the first half second.
  void show(SimTime now);

 private:
  using Clock = std::chrono::steady_clock;
  bool visible_, drawn_ = false;
  SimTime end_;
  Clock::time_point next_;
};

}  // namespace eventarium::app
