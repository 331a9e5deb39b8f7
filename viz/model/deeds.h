// What can be done to what is selected: break it, mend it, administer it. Each deed knows its
// words, why it can't be done now, and what to ask of the simulation. Knows no keys and no buttons.
#pragma once

#include <string>
#include <vector>

#include "viz/model/commands.h"
#include "viz/model/inspector.h"

namespace eventarium::viz {

/// Those with a key of their own are the same for every node; the others are numbered as they come.
enum class DeedKind { crash, stop, start, pause, power, cable, other };

struct Deed {
  DeedKind kind = DeedKind::other;
  std::string group;    // "machine", "network"; empty for those with a key of their own
  std::string name;     // "Slow disk"; what undoes it while it is on: "Normal disk"
  std::string doc;      // what it does, for a tool tip
  std::string why_not;  // a sentence; empty: it can be done
  bool on = false;      // it has been done, and doing it again undoes it
  LiveRequest request;
};

/// In groups, as they are to be listed. Empty for what nothing can be done to.
std::vector<Deed> deeds_for(const History& history, const World& world, const Selection& selection);

/// The administration of the whole cluster, and of `topic` (empty: of the first one). Empty where
/// there are no brokers.
std::vector<Deed> cluster_deeds(const World& world, const std::string& topic);

}  // namespace eventarium::viz
