// See plan.h.
#include "viz/model/plan.h"

#include <algorithm>

namespace eventarium::viz {
namespace {

Duration first_of(const scenario::Producer& producer) {
  return producer.at.empty() ? producer.start
                             : *std::min_element(producer.at.begin(), producer.at.end());
}

std::vector<LaneKind> lanes_of(const scenario::Scenario& scenario) {
  std::vector<LaneKind> lanes = {LaneKind::produced_rate, LaneKind::delivered_rate};
  if (!scenario.faults.empty()) lanes.push_back(LaneKind::faults);
  if (scenario.channel == scenario::Channel::queue) lanes.push_back(LaneKind::queue_depth);
  if (scenario.channel == scenario::Channel::broadcast) lanes.push_back(LaneKind::subscribers);
  const bool effects = std::any_of(
      scenario.services.begin(), scenario.services.end(), [](const scenario::Service& service) {
        return std::any_of(
            service.reactions.begin(), service.reactions.end(),
            [](const scenario::Reaction& reaction) { return !reaction.effects.empty(); });
      });
  const bool groups =
      std::any_of(scenario.services.begin(), scenario.services.end(),
                  [](const scenario::Service& service) { return !service.group().empty(); });
  if (groups && scenario.channel == scenario::Channel::kafka) lanes.push_back(LaneKind::groups);
  if (effects) lanes.push_back(LaneKind::effects);
  return lanes;
}

}  // namespace

Plan plan_of(const scenario::Scenario& scenario) {
  Plan plan;
  plan.end = sim_time(scenario.duration);
  plan.lanes = lanes_of(scenario);
  Duration first = scenario.duration;
  for (const scenario::Producer& producer : scenario.producers) {
    plan.publishers.push_back({producer.name, producer.topic});
    first = std::min(first, first_of(producer));
  }
  for (const scenario::Service& service : scenario.services)
    for (const scenario::Reaction& reaction : service.reactions)
      for (const scenario::Emission& emission : reaction.emits)
        if (!emission.topic.empty()) plan.publishers.push_back({service.name, emission.topic});
  for (const scenario::Fault& fault : scenario.faults) first = std::min(first, fault.at);
  plan.first_event = sim_time(first);
  return plan;
}

}  // namespace eventarium::viz
