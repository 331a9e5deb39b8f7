#include "sim/controller/broker_lifecycle.h"

#include <utility>

namespace eventarium::kafka {
namespace {

constexpr ConfigScope scope = ConfigScope::broker;
constexpr Duration registration_retry = 2s;
constexpr Duration starting_heartbeat = 10ms;
constexpr Duration first_shutdown_heartbeat = 50ms;
constexpr Duration shutdown_timeout = 5min;

}  // namespace

BrokerLifecycle::BrokerLifecycle(const Config& config, Owner& owner)
    : heartbeat_interval_(config_ms(config, scope, "broker.heartbeat.interval.ms")),
      registration_timeout_(config_ms(config, scope, "initial.broker.registration.timeout.ms")),
      owner_(owner),
      channel_(broker_lifecycle_component, channel_kinds, heartbeat_lane,
               config_ms(config, scope, "broker.session.timeout.ms") / 2) {}

void BrokerLifecycle::start(engine::Runtime& runtime, const BrokerImage* registered) {
  ready_ = shutdown_answered_ = false;
  registered_ = registered != nullptr;
  former_epoch_ = std::exchange(previous_epoch_, -1);
  if (registered) {
    incarnation_ = registered->incarnation;
    broker_epoch_ = registered->epoch;
    state_ = State::running;
    ready_ = true;
    // Brokers that have been running for a while don't beat in step.
    const auto interval = static_cast<std::uint64_t>(to_ns(heartbeat_interval_));
    const auto phase = static_cast<std::int64_t>(runtime.random("heartbeat").below(interval));
    communicate_in(runtime, Duration{phase});
    return;
  }
  incarnation_ = runtime.random("incarnation").next();
  broker_epoch_ = -1;
  state_ = State::starting;
  registration_timer_ =
      runtime.set_timer(registration_timeout_, {broker_lifecycle_component, registration_timer, 0});
  communicate(runtime);
}

void BrokerLifecycle::stop(engine::StopReason reason) {
  if (reason == engine::StopReason::clean) previous_epoch_ = broker_epoch_;
  state_ = State::stopped;
  broker_epoch_ = -1;
  channel_.stop();
  communicate_timer_ = registration_timer_ = TimerId{};
}

void BrokerLifecycle::ready(engine::Runtime& runtime) {
  if (state_ != State::recovery || std::exchange(ready_, true)) return;
  communicate(runtime);
}

void BrokerLifecycle::begin_shutdown(engine::Runtime& runtime) {
  const bool hands_over = state_ == State::running;
  state_ = State::controlled_shutdown;
  if (hands_over) runtime.emit(trace::ShutdownAsked{});
  const Duration wait = hands_over ? shutdown_timeout : Duration::zero();
  runtime.set_timer(wait, {broker_lifecycle_component, exit_timer, 0});
  if (hands_over) communicate(runtime);
}

void BrokerLifecycle::communicate_in(engine::Runtime& runtime, Duration delay) {
  runtime.cancel_timer(communicate_timer_);
  communicate_timer_ = runtime.set_timer(delay, {broker_lifecycle_component, communicate_timer, 0});
}

/// The present wish. While an answer is awaited nothing is sent: what comes after it will say it.
void BrokerLifecycle::communicate(engine::Runtime& runtime) {
  if (!registered_) {
    auto request = std::make_unique<BrokerRegistrationRequest>();
    request->broker = runtime.self();
    request->incarnation = incarnation_;
    request->previous_broker_epoch = former_epoch_;
    return channel_.send(runtime, owner_.controller(), std::move(request));
  }
  auto request = std::make_unique<BrokerHeartbeatRequest>();
  request->broker = runtime.self();
  request->broker_epoch = broker_epoch_;
  request->metadata_offset = owner_.applied_offset();
  request->want_fence = !ready_;
  request->want_shutdown = state_ == State::controlled_shutdown;
  channel_.send(runtime, owner_.controller(), std::move(request));
}

bool BrokerLifecycle::on_message(engine::Runtime& runtime, const engine::Message& message) {
  const auto* registration = message.as<BrokerRegistrationResponse>();
  const auto* heartbeat = message.as<BrokerHeartbeatResponse>();
  if (!registration && !heartbeat) return false;
  if (!channel_.answered(runtime, message)) return true;
  const Error error = registration ? registration->error : heartbeat->error;
  if (error == Error::not_controller) {
    channel_.refused(runtime);
  } else if (registration) {
    on_registered(runtime, *registration);
  } else if (error != Error::none) {
    communicate_in(runtime, heartbeat_interval_);
  } else {
    on_heartbeat(runtime, *heartbeat);
  }
  return true;
}

void BrokerLifecycle::on_registered(engine::Runtime& runtime,
                                    const BrokerRegistrationResponse& response) {
  if (response.error != Error::none) {
    runtime.emit(
        trace::RegistrationRefused{std::string(name_of(response.error)), registration_retry});
    return communicate_in(runtime, registration_retry);
  }
  registered_ = true;
  runtime.cancel_timer(registration_timer_);
  broker_epoch_ = response.broker_epoch;
  communicate_in(runtime, starting_heartbeat);
}

void BrokerLifecycle::on_heartbeat(engine::Runtime& runtime,
                                   const BrokerHeartbeatResponse& response) {
  switch (state_) {
    case State::starting:
      if (!response.is_caught_up) return communicate_in(runtime, starting_heartbeat);
      state_ = State::recovery;
      communicate_in(runtime, heartbeat_interval_);
      return owner_.on_caught_up(runtime);  // may become ready at once
    case State::recovery:
      if (!response.is_fenced) state_ = State::running;
      return communicate_in(
          runtime, response.is_fenced && ready_ ? starting_heartbeat : heartbeat_interval_);
    case State::running:
      return communicate_in(runtime, heartbeat_interval_);
    case State::controlled_shutdown:
      if (response.should_shutdown) return owner_.on_may_exit(runtime);
      return communicate_in(runtime, std::exchange(shutdown_answered_, true)
                                         ? heartbeat_interval_
                                         : first_shutdown_heartbeat);
    case State::stopped:
      return;
  }
}

bool BrokerLifecycle::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != broker_lifecycle_component) return false;
  switch (token.kind) {
    case communicate_timer:
      communicate_timer_ = TimerId{};
      communicate(runtime);
      break;
    case registration_timer:
      runtime.emit(trace::RegistrationRefused{"gave up: no controller has taken it", Duration{}});
      runtime.exit(engine::StopReason::clean);
      break;
    case exit_timer:
      owner_.on_may_exit(runtime);
      break;
    default:
      if (channel_.on_timer(runtime, token) == ControllerChannel::Event::retry)
        communicate(runtime);
      break;
  }
  return true;
}

bool BrokerLifecycle::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (!channel_.owns(runtime, lane)) return false;
  channel_.on_disconnect(runtime, peer, lane);
  return true;
}

}  // namespace eventarium::kafka
