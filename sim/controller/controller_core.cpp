#include "sim/controller/controller_core.h"

#include <utility>

namespace eventarium::kafka {
namespace {

/// KafkaRaftManager waits this long for a successor.
constexpr Duration hand_over_timeout = 5s;

ControllerOptions controller_options(const RaftOptions& raft, bool elr) {
  return {raft.config, raft.planted, elr};
}

}  // namespace

ControllerCore::ControllerCore(RaftOptions raft, bool elr)
    : raft_(raft), controller_(controller_options(raft, elr), raft_) {}

void ControllerCore::start(engine::Runtime& runtime) {
  leaving_ = false;
  controller_.start(runtime);
  raft_.start(runtime);
}

bool ControllerCore::is_for_controllers(const engine::Message& message) {
  return message.as<FetchMetadataRequest>() || raft_response_in(message) ||
         message.as<BrokerHeartbeatRequest>() || message.as<AlterPartitionRequest>() ||
         message.as<VoteRequest>() || message.as<BeginQuorumEpochRequest>() ||
         message.as<EndQuorumEpochRequest>() || message.as<BrokerRegistrationRequest>() ||
         message.as<AdminRequest>();
}

void ControllerCore::exit_when_handed_over(engine::Runtime& runtime) {
  if (!leaving_ || !raft_.has_handed_over()) return;
  leaving_ = false;
  runtime.exit(engine::StopReason::clean);
}

bool ControllerCore::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (controller_.on_message(runtime, message)) return true;
  if (!raft_.on_message(runtime, message)) return false;
  exit_when_handed_over(runtime);
  return true;
}

bool ControllerCore::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component == controller_server_component) {
    if (leaving_) runtime.exit(engine::StopReason::clean);
    return true;
  }
  return controller_.on_timer(runtime, token) || raft_.on_timer(runtime, token);
}

bool ControllerCore::on_done(engine::Runtime& runtime, engine::Token token) {
  return raft_.on_done(runtime, token);
}

bool ControllerCore::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  controller_.on_disconnect(peer, lane);
  return raft_.on_disconnect(runtime, peer, lane);
}

bool ControllerCore::begin_shutdown(engine::Runtime& runtime) {
  if (leaving_) return false;
  if (raft_.begin_shutdown(runtime)) return true;
  leaving_ = true;
  runtime.set_timer(hand_over_timeout, {controller_server_component, 0, 0});
  return false;
}

void ControllerCore::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean && !leaving_) raft_.begin_shutdown(runtime);
  leaving_ = false;
  controller_.stop();
  raft_.stop(reason);
}

}  // namespace eventarium::kafka
