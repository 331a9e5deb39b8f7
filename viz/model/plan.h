// What a scenario says beforehand of the run that is about to begin: who will talk to whom, which
// lanes will fill, when something happens first. So the picture stands before the first message.
#pragma once

#include <vector>

#include "sim/base/time.h"
#include "sim/scenario/scenario.h"
#include "viz/model/history.h"
#include "viz/model/timeline.h"

namespace eventarium::viz {

struct Plan {
  SimTime end{};
  SimTime first_event{};  // or first fault, when that comes earlier
  std::vector<Publisher> publishers;
  std::vector<LaneKind> lanes;
};

Plan plan_of(const scenario::Scenario& scenario);

}  // namespace eventarium::viz
