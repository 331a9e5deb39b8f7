// Runs of the clusters in this folder in a storm, each in a process of its own: as many at a time
// as there are processors, and SimGrid's engine can be used once per process only.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "sim/app/storm.h"
#include "sim/base/planted_fault.h"
#include "sim/scenario/loader.h"

namespace eventarium::storm {

struct StormRun {
  std::uint64_t seed = 1;
  int intensity = 5;
  bool power_loss = false;
  bool simgrid = false;
  bool zookeeper = false;   // zookeeper.yaml instead of cluster.yaml
  bool groups = false;      // groups.yaml instead: groups, transactions
  bool shares = false;      // share.yaml instead: share groups
  bool patterns = false;    // patterns.yaml instead: services that fail, ask and have queues
  scenario::Overrides set;  // what differs from cluster.yaml
  PlantedFaults planted;
};

/// What a run came to.
struct StormOutcome {
  std::string broken;        // names of violated invariants, with what is wrong; empty: all hold
  std::string first_broken;  // the name of the first
  std::uint64_t produced = 0, acknowledged = 0, failed = 0, lost = 0, undelivered = 0,
                duplicated = 0;
  bool all_explained = true;  // every lost record has a reason
  std::string first_loss;
  std::string unmet;  // expectations of the scenario, one a line
  std::string crash;  // the process did not come to its end
};

/// The command that shows the same run.
std::string how_to_reproduce(const StormRun& run);

/// In order, `visit(run, outcome)` for each of `count` runs; stops early when it returns false.
void run_storms(std::size_t count, const std::function<StormRun(std::size_t)>& run,
                const std::function<bool(const StormRun&, const StormOutcome&)>& visit);

/// A number from the environment.
std::uint64_t from_environment(const char* name, std::uint64_t otherwise);

}  // namespace eventarium::storm
