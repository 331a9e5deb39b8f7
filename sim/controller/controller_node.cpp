#include "sim/controller/controller_node.h"

#include <utility>

namespace eventarium::kafka {

ControllerNode::ControllerNode(RaftOptions options, bool elr) : core_(std::move(options), elr) {}

void ControllerNode::on_start(engine::Runtime& runtime) { core_.start(runtime); }

void ControllerNode::on_message(engine::Runtime& runtime, engine::Message message) {
  core_.on_message(runtime, message);
}

void ControllerNode::on_timer(engine::Runtime& runtime, engine::Token token) {
  core_.on_timer(runtime, token);
}

void ControllerNode::on_done(engine::Runtime& runtime, engine::Token token) {
  core_.on_done(runtime, token);
}

void ControllerNode::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  core_.on_disconnect(runtime, peer, lane);
}

bool ControllerNode::on_stop_request(engine::Runtime& runtime) {
  return core_.begin_shutdown(runtime);
}

void ControllerNode::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  core_.stop(runtime, reason);
}

double ControllerNode::handling_work_flops(const engine::Message&) const {
  return controller_request_work_flops;
}

}  // namespace eventarium::kafka
