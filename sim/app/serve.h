// A run that is steered from outside: the window's child process without its pipes. It takes
// lines of commands and answers through the trace and through {"reached":t} lines.
//
// A command for the time `at` is kept until the simulation has come to `at`, and takes effect
// first thing after everything that happens at that instant. So it makes no difference whether it
// was given in good time or at the last moment: same scenario, seed and commands, same run.
#pragma once

#include <map>
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
  struct Order {
    bool breaks = true;
    scenario::Fault fault;
    std::string line;
  };
  void take(std::optional<SimTime> at, Order order);
  void carry_out(const Order& order);
  void advance(SimTime until);
  void reject(const std::string& line, std::string reason);

  Simulation& simulation_;
  trace::Writer& writer_;
  std::multimap<SimTime, Order> orders_;  // not yet due; equal times in order of arrival
  std::string complaint_;
};

}  // namespace eventarium::app
