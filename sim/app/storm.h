// A storm: random faults from a seed, all healed long before the run ends, so that what has been
// broken can recover and be judged. Same scenario, seed and intensity: same storm, whatever else
// is drawn in the run. Plans only; the scenario's faults are how it takes effect.
//
//   0 ── calm ── 5 s ────────── faults ────────── 60 % of the run ────── calm, >= 60 s ── end
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sim/scenario/scenario.h"

namespace eventarium::app {

struct StormOptions {
  std::uint64_t seed = 1;
  int intensity = 5;        // 1: a fault every 40 s on average, 10: every 4 s
  bool power_loss = false;  // machines may lose power as well, at most one at a time

  bool operator==(const StormOptions&) const = default;
};

/// "7", "7:3" or "7:3:power" as --storm takes it: seed, intensity 1...10 (default 5). Otherwise
/// what is wrong, with a hint.
std::variant<StormOptions, std::string> parse_storm(const std::string& text);
/// As parse_storm() takes it.
std::string storm_text(const StormOptions& storm);

/// The shortest run that leaves room for a storm.
constexpr Duration storm_duration_min = 90s;
/// How long a run of `duration`, shorter than that, has to go on so that a storm can rage until its
/// old end: what is told there is told in the storm, and the calm comes after it.
constexpr Duration lengthened_for_storm(Duration duration) {
  return std::max(duration + 60s, storm_duration_min);
}

/// The faults, in order of time. They hit brokers, controllers and ZooKeeper nodes, and the ways
/// between them and from clients; clients stay alive. Empty when the run is shorter than
/// storm_duration_min or there is no cluster.
std::vector<scenario::Fault> plan_storm(const scenario::Scenario& scenario,
                                        const StormOptions& storm, Duration duration);

/// plan_storm() added to the scenario's faults, in order of time.
void add_storm(scenario::Scenario& scenario, const StormOptions& storm, Duration duration);

/// True when it says how the scenario's own faults and operations go: at a time, or how often
/// something happens, how long it takes, who leads at the end, or that some harm is done. In a
/// storm nobody can promise that; what must hold whatever breaks can be promised.
bool is_about_own_course(const scenario::Expectation& expectation);
/// Takes those out of the scenario and returns them.
std::vector<scenario::Expectation> set_own_course_aside(scenario::Scenario& scenario);

}  // namespace eventarium::app
