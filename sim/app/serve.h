// A run that is steered from outside: the window's child process without its pipes. It takes
// lines of commands and answers through the trace and through {"reached":t} lines.
//
// A command takes effect at exactly its time `at`, after everything else of that instant. So it
// makes no difference whether it was given in good time or at the last moment: same scenario,
// seed and commands, same run. What is impossible in the state that it finds then is told then;
// only a line that has no time within the run is refused as soon as it is read.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "sim/app/live_command.h"
#include "sim/app/simulation.h"
#include "sim/trace/writer.h"

namespace eventarium::app {

class Server {
 public:
  /// `simulation` has not begun; `writer` is one of its sinks. Begins it.
  Server(Simulation& simulation, trace::Writer& writer);

  /// Carries out one line. False after quit. What is malformed or impossible becomes a
  /// CommandRejected in the trace; after the end of the run, when a trace takes no more events,
  /// it is returned by complaint().
  bool handle_line(std::string_view line);
  /// What the latest line was refused for after the end of the run; empty when it wasn't.
  const std::string& complaint() const { return complaint_; }

 private:
  /// Gives the command to the simulation for its time, or refuses it.
  void take(std::optional<SimTime> at, const std::string& line,
            const std::function<void(SimTime due)>& give);
  void advance(SimTime until);
  void reject(const std::string& line, std::string reason);

  Simulation& simulation_;
  trace::Writer& writer_;
  std::string complaint_;
};

}  // namespace eventarium::app
