// Builds the nodes of a scenario into an engine: brokers or queue or station, producers, services.
// The only place that knows every kind of node; it decides who is wired to whom and nothing else.
#pragma once

#include <memory>
#include <vector>

#include "sim/app/cluster_builder.h"
#include "sim/base/planted_fault.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/event.h"

namespace eventarium::app {

/// What the reader or publisher says of itself when the run begins, and when it joins later.
std::vector<trace::SubscriptionDeclared> subscriptions_of(const scenario::Scenario& scenario,
                                                          const scenario::Service& service);
trace::PublisherDeclared publisher_of(const Config& producer_config);

/// What the nodes share and refer to; must outlive the engine's run.
class Assembly {
 public:
  /// Adds all nodes of the scenario, in its order: the channel's own, producers, services.
  /// References must outlive it. `planted`: mistakes on purpose, in tests.
  Assembly(const scenario::Scenario& scenario, engine::Engine& engine, PlantedFaults planted = {});
  ~Assembly();
  Assembly(const Assembly&) = delete;
  Assembly& operator=(const Assembly&) = delete;

  // ---- while the run goes on
  /// The node is declared; its process starts at the model's `start`, or now.
  NodeId add(const scenario::Producer& producer);
  NodeId add(const scenario::Service& service);
  /// Its process is down; from the next start on it has the configuration of the model.
  void reconfigure(NodeId node, const scenario::Producer& producer);
  void reconfigure(NodeId node, const scenario::Service& service);

  /// Whether the node writes to the disk of its machine.
  bool has_files(NodeId node) const;
  /// Null without Kafka.
  ClusterBuilder* cluster();

 private:
  struct Shared;
  engine::Engine& engine_;
  std::unique_ptr<Shared> shared_;
};

/// "kafka", "direct", "queue" or "broadcast".
const char* channel_name(scenario::Channel channel);

}  // namespace eventarium::app
