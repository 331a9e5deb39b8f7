#include "sim/controller/combined_server.h"

#include <utility>

namespace eventarium::kafka {

CombinedServer::CombinedServer(std::unique_ptr<ControllerCore> core,
                               std::unique_ptr<engine::Node> broker)
    : core_(std::move(core)), broker_(std::move(broker)) {}

void CombinedServer::on_start(engine::Runtime& runtime) {
  broker_->on_start(runtime);
  core_->start(runtime);
}

void CombinedServer::on_message(engine::Runtime& runtime, engine::Message message) {
  if (!core_->on_message(runtime, message)) broker_->on_message(runtime, std::move(message));
}

void CombinedServer::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (!core_->on_timer(runtime, token)) broker_->on_timer(runtime, token);
}

void CombinedServer::on_done(engine::Runtime& runtime, engine::Token token) {
  if (!core_->on_done(runtime, token)) broker_->on_done(runtime, token);
}

void CombinedServer::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (!core_->on_disconnect(runtime, peer, lane)) broker_->on_disconnect(runtime, peer, lane);
}

bool CombinedServer::on_stop_request(engine::Runtime& runtime) {
  return broker_->on_stop_request(runtime);
}

void CombinedServer::on_stop(engine::Runtime& runtime, engine::StopReason reason) {
  broker_->on_stop(runtime, reason);
  core_->stop(runtime, reason);
}

double CombinedServer::handling_work_flops(const engine::Message& message) const {
  if (ControllerCore::is_for_controllers(message)) return controller_request_work_flops;
  return broker_->handling_work_flops(message);
}

}  // namespace eventarium::kafka
