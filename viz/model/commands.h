// The lines of JSON that the window writes to `eventarium run --serve`. Must not know who reads.
#pragma once

#include <optional>
#include <string>

#include "sim/base/time.h"

namespace eventarium::viz {

/// A fault as a scenario would write it (do/target/for ...), asked for by the viewer.
struct FaultRequest {
  std::string kind;    // crash, power_loss, stop, start, link_down, link_up, latency, ...
  std::string target;  // name of a node
  std::string peer;    // cut: the other node
  bool both_ways = false;
  bool heal = false;              // undo this fault instead; the values below don't matter then
  std::optional<SimTime> at;      // absent: at the time that the simulation has reached
  std::optional<Duration> lasts;  // absent: until healed
  std::optional<Duration> latency;
  std::optional<double> bandwidth_bytes_per_s;
  std::optional<double> loss;  // probability
};

std::string advance_command(SimTime until);
std::string fault_command(const FaultRequest& fault);
std::string quit_command();

}  // namespace eventarium::viz
