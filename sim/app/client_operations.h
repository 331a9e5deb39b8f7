// Operations on producers, consumers and services while a run goes on: one more joins, one goes for
// good, one is restarted with another configuration. Nobody else hears of it: what others do about
// it they do because the cluster tells them.
//
//   add_*              declared --> its process starts, at the same instant
//   remove_*           asked to end; only a fault `start` brings it back
//   set_client_config  runs: asked to end --> ended --> configured --> flushed --> started
//                      down: configured; it has it when it is started
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "sim/app/assembly.h"
#include "sim/app/fault_injector.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"
#include "sim/trace/event.h"

namespace eventarium::app {

class ClientOperations : public trace::Sink {
 public:
  /// References must outlive it.
  /// `changed`: called when services() are other ones than before.
  ClientOperations(engine::Engine& engine, Assembly& assembly, const scenario::Scenario& scenario,
                   FaultInjector& faults, std::function<void()> changed);

  /// As they are now: with those that have joined and what has been changed.
  const std::vector<scenario::Service>& services() const { return services_; }

  static bool knows(scenario::OperationKind kind);
  /// Why it can't be done as things are, with a hint; empty when it can.
  std::string check_now(const scenario::Operation& operation) const;
  /// Must have passed check_now().
  void carry_out(const scenario::Operation& operation);

  void on_event(const trace::Event& event) override;

 private:
  const scenario::Producer* producer(const scenario::Operation& operation) const;
  const scenario::Service* service(const scenario::Operation& operation) const;
  std::string check_setting(const scenario::Operation& operation) const;
  void add(const scenario::Operation& operation);
  void remove(const scenario::Operation& operation);
  void set_config(const scenario::Operation& operation);
  void apply(NodeId node);
  void reconfigure(NodeId node);
  void start_when_flushed(NodeId node, SimTime patience_ends);

  engine::Engine& engine_;
  Assembly& assembly_;
  const scenario::Scenario& scenario_;
  FaultInjector& faults_;
  std::function<void()> changed_;
  std::vector<scenario::Producer> producers_;
  std::vector<scenario::Service> services_;
  std::set<NodeId> removed_;
  /// Who is to be started again, and the OperationAsked.
  std::map<NodeId, EventId> restarts_;
};

}  // namespace eventarium::app
