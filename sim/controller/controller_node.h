// A controller on a machine of its own (process.roles=controller). Follows Kafka's
// ControllerServer (4.1).
//
//   start --> voter of the quorum, which it leads or not
//   asked to stop --> a leader names its successors and ends when one of them leads (5 s at most)
//   crash: log, epoch and vote stay    power loss: of those, what was fsynced
#pragma once

#include "sim/controller/controller_core.h"
#include "sim/engine/node.h"

namespace eventarium::kafka {

class ControllerNode final : public engine::Node {
 public:
  explicit ControllerNode(RaftOptions options, bool elr = true);

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  bool on_stop_request(engine::Runtime& runtime) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  double handling_work_flops(const engine::Message& message) const override;

  const ControllerCore& core() const { return core_; }

 private:
  ControllerCore core_;
};

}  // namespace eventarium::kafka
