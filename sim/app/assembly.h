// Builds the nodes of a scenario into an engine: brokers or queue or station, producers, services.
// The only place that knows every kind of node; it decides who is wired to whom and nothing else.
#pragma once

#include <memory>
#include <vector>

#include "sim/app/cluster_builder.h"
#include "sim/base/planted_fault.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

struct Subscription {
  NodeId consumer;
  std::string topic;
  int partition = -1;  // -1: all
  std::string reset;   // Kafka: auto.offset.reset; else empty
};

/// What the nodes share and refer to; must outlive the engine's run.
class Assembly {
 public:
  /// Adds all nodes of the scenario, in its order: the channel's own, producers, services.
  /// References must outlive it. `planted`: mistakes on purpose, in tests.
  Assembly(const scenario::Scenario& scenario, engine::Engine& engine, PlantedFaults planted = {});
  ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  /// Who wants what, in the scenario's order.
  const std::vector<Subscription>& subscriptions() const { return subscriptions_; }
  /// Whether the node writes to the disk of its machine.
  bool has_files(NodeId node) const;
  /// Null without Kafka.
  ClusterBuilder* cluster();

 private:
  struct Shared;
  std::unique_ptr<Shared> shared_;
  std::vector<Subscription> subscriptions_;
};

/// "kafka", "direct", "queue" or "broadcast".
const char* channel_name(scenario::Channel channel);

}  // namespace eventarium::app
