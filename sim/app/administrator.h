// Carries out the operations of a scenario and of live commands: makes plans, has them asked one
// by one, waits until the cluster has done its part, and adds machines. Knows the cluster by its
// fold of the trace, as an administrator's tools know it.
//
//   add_broker          a new machine, at once
//   rebalance           plan --> reassign each partition --> all done? --> elect preferred leaders
//   replication_factor  plan --> reassign each partition
//   remove_broker       plan --> reassign each partition --> all done? --> stop it --> ended? -->
//                       unregister it
//   all others          asked as they are
//
// A refusal ends the job. A job that waits for something that never comes waits for ever: it costs
// nothing, and the cluster shows why.
#pragma once

#include <functional>
#include <list>
#include <string>
#include <vector>

#include "sim/app/client_operations.h"
#include "sim/app/cluster_builder.h"
#include "sim/app/cluster_view.h"
#include "sim/app/fault_injector.h"
#include "sim/app/reassignment_plan.h"
#include "sim/check/group_facts.h"
#include "sim/controller/admin_node.h"
#include "sim/engine/engine.h"
#include "sim/scenario/scenario.h"

namespace eventarium::app {

/// "add_broker"
std::string_view operation_name(scenario::OperationKind kind);

class Administrator : public trace::Sink {
 public:
  /// `cluster` null: there is no Kafka, and every operation is refused. `clients`: who carries out
  /// what concerns producers and services.
  Administrator(engine::Engine& engine, const scenario::Scenario& scenario, ClusterBuilder* cluster,
                FaultInjector& faults, ClientOperations& clients);

  /// Why the operation can't be asked for as the cluster is now, with a hint; empty when it can.
  /// What only the controller knows it answers itself.
  std::string check_now(const scenario::Operation& operation) const;
  /// Begins it. Must have passed check_now(), or is told as refused.
  void carry_out(const scenario::Operation& operation);

  void on_event(const trace::Event& event) override;
  const ClusterView& view() const { return view_; }

 private:
  /// Something that takes its time: it goes on when `ready` holds.
  struct Job {
    std::function<bool()> ready;
    std::function<void()> go_on;
    EventId cause;
  };

  NodeId broker(const std::string& name) const;
  std::vector<NodeId> live_brokers(NodeId except = NodeId{}) const;
  AssignmentPlan assignment(const std::string& topic) const;
  std::string check_topic(const scenario::Operation& operation) const;
  std::string check_brokers(const scenario::Operation& operation) const;

  NodeId admin();
  void ask(kafka::AdminOperation operation);
  void reassign(const AssignmentPlan& changes);
  void rebalance(const scenario::Operation& operation);
  void remove_broker(const scenario::Operation& operation);
  void elect_leaders(const scenario::Operation& operation);
  std::string check_reset(const scenario::Operation& operation) const;
  void reset_offsets(const scenario::Operation& operation);
  void wait(std::function<bool()> ready, std::function<void()> go_on);
  bool is_done(const AssignmentPlan& changes) const;
  void look_at_jobs();

  engine::Engine& engine_;
  const scenario::Scenario& scenario_;
  ClusterBuilder* cluster_;
  ClientOperations& clients_;
  check::GroupFacts groups_;
  FaultInjector& faults_;
  ClusterView view_;
  NodeId admin_;  // none: nothing has been asked yet
  kafka::AdminNode* admin_node_ = nullptr;
  std::list<Job> jobs_;  // references stay valid while others end
  bool looking_ = false;
};

}  // namespace eventarium::app
