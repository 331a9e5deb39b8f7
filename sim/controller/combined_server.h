// A process that is broker and controller at once (process.roles=broker,controller): they share
// one machine, one disk and one metadata log, and die together. Follows Kafka's KafkaRaftServer
// (4.1).
//
//   asked to stop --> the broker's controlled shutdown first; its exit ends the controller, too
#pragma once

#include <memory>

#include "sim/controller/controller_core.h"
#include "sim/engine/node.h"

namespace eventarium::kafka {

class CombinedServer final : public engine::Node {
 public:
  /// The broker's link must have been made for `core->raft()`.
  CombinedServer(std::unique_ptr<ControllerCore> core, std::unique_ptr<engine::Node> broker);

  void on_start(engine::Runtime& runtime) override;
  void on_message(engine::Runtime& runtime, engine::Message message) override;
  void on_timer(engine::Runtime& runtime, engine::Token token) override;
  void on_done(engine::Runtime& runtime, engine::Token token) override;
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override;
  bool on_stop_request(engine::Runtime& runtime) override;
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override;
  double handling_work_flops(const engine::Message& message) const override;

  engine::Node& broker() { return *broker_; }
  const ControllerCore& core() const { return *core_; }

 private:
  std::unique_ptr<ControllerCore> core_;  // outlives the broker, whose link uses it
  std::unique_ptr<engine::Node> broker_;
};

}  // namespace eventarium::kafka
