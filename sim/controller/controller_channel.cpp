#include "sim/controller/controller_channel.h"

#include <utility>

namespace eventarium::kafka {
namespace {

constexpr Duration retry_delay = 100ms;  // the channel's thread looks for a controller that often

}  // namespace

void ControllerChannel::send(engine::Runtime& runtime, NodeId controller,
                             std::unique_ptr<Request> request) {
  if (in_flight() || retry_timer_.valid()) return;
  if (!controller.valid()) return retry_later(runtime);
  controller_ = controller;
  correlation_id_ = ++last_correlation_id_;
  request->header = {component_, correlation_id_};
  const std::uint64_t size_bytes = request->size_bytes();
  timeout_timer_ = runtime.set_timer(timeout_, {component_, first_kind_, correlation_id_});
  runtime.send(controller, std::move(request), size_bytes, lane(runtime));
}

bool ControllerChannel::answered(engine::Runtime& runtime, const engine::Message& message) {
  const auto* response = message.as<Response>();
  if (!response || response->header.component != component_ || !in_flight() ||
      response->header.correlation_id != correlation_id_)
    return false;
  correlation_id_ = 0;
  runtime.cancel_timer(timeout_timer_);
  return true;
}

void ControllerChannel::refused(engine::Runtime& runtime) { retry_later(runtime); }

void ControllerChannel::retry_later(engine::Runtime& runtime) {
  if (!retry_timer_.valid())
    retry_timer_ = runtime.set_timer(retry_delay,
                                     {component_, static_cast<std::uint16_t>(first_kind_ + 1), 0});
}

ControllerChannel::Event ControllerChannel::on_timer(engine::Runtime& runtime,
                                                     engine::Token token) {
  if (token.component != component_) return Event::none;
  if (token.kind == first_kind_ + 1) {
    retry_timer_ = TimerId{};
    return Event::retry;
  }
  if (token.kind != first_kind_ || token.value != correlation_id_) return Event::none;
  timeout_timer_ = TimerId{};
  correlation_id_ = 0;
  runtime.disconnect(controller_, lane(runtime));
  retry_later(runtime);
  return Event::none;
}

void ControllerChannel::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (!owns(runtime, lane) || peer != controller_ || !in_flight()) return;
  correlation_id_ = 0;
  runtime.cancel_timer(timeout_timer_);
  retry_later(runtime);
}

void ControllerChannel::stop() {
  correlation_id_ = 0;
  timeout_timer_ = retry_timer_ = TimerId{};
}

}  // namespace eventarium::kafka
