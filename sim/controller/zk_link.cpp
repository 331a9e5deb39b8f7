#include "sim/controller/zk_link.h"

#include <utility>

#include "sim/base/check.h"
#include "sim/controller/zk_components.h"

namespace eventarium::kafka {
namespace {

using zookeeper::Code;
using zookeeper::Reply;

// A broker that finds its former registration exits; whoever supervises the process starts it
// again after a while.
constexpr Duration register_retry_pause = 5s;
constexpr Duration controller_socket_timeout = 30s;  // controller.socket.timeout.ms

zookeeper::ClientOptions client_options(const ZkOptions& options) {
  zookeeper::ClientOptions client;
  client.servers = options.zookeepers;
  client.session_timeout =
      config_ms(options.config, ConfigScope::broker, "zookeeper.session.timeout.ms");
  client.in_flight_max = static_cast<std::size_t>(
      config_int(options.config, ConfigScope::broker, "zookeeper.max.in.flight.requests"));
  client.component = zookeeper_client_component;
  client.lane_purpose = zookeeper_lane;
  return client;
}

}  // namespace

ZkLink::ZkLink(ZkOptions options)
    : options_(std::move(options)),
      client_(client_options(options_), *this),
      controller_({options_.config, options_.planted}, client_, image_),
      pushes_([] {}),
      push_calls_(client_, pushes_) {}

// ---- life

void ZkLink::start(engine::Runtime& runtime, ClusterListener& listener) {
  runtime_ = &runtime;
  listener_ = &listener;
  controller_.start(runtime);
  push_calls_.start(runtime);
  const ZkBootstrap* bootstrap = options_.bootstrap.get();
  const bool settled =
      !std::exchange(begun_, true) && bootstrap && bootstrap->sessions.count(runtime.self()) > 0;
  if (settled) return settle(runtime);
  state_ = State::starting;
  image_ = {};
  configured_.clear();
  client_.start(runtime);
}

/// The broker has been running when the run begins; only its connections are new.
void ZkLink::settle(engine::Runtime& runtime) {
  const ZkBootstrap& bootstrap = *options_.bootstrap;
  state_ = State::running;
  registered_ = true;
  image_ = bootstrap.image;
  for (const auto& [name, topic] : image_.topics) configured_.insert(name);
  broker_epoch_ = image_.find_broker(runtime.self())->epoch;
  controller_epoch_ = 1;
  pushing_controller_ = bootstrap.controller;
  client_.start(runtime, bootstrap.sessions.at(runtime.self()));
  if (bootstrap.controller == runtime.self()) controller_.settle(image_);
  std::vector<TopicPartition> all;
  for (const auto& [name, topic] : image_.topics)
    for (std::size_t p = 0; p < topic.partitions.size(); ++p)
      all.push_back({name, static_cast<std::int32_t>(p)});
  listener_->on_metadata(runtime, all);
}

void ZkLink::ready(engine::Runtime&) {
  if (state_ == State::recovery) state_ = State::running;
}

void ZkLink::stop(engine::Runtime& runtime, engine::StopReason reason) {
  if (reason == engine::StopReason::clean) client_.close(runtime);
  client_.forget();
  controller_.stop();
  proposals_.stop();
  pushes_.stop();
  state_ = State::stopped;
  registered_ = false;
  broker_epoch_ = -1;
  controller_epoch_ = 0;
  pushing_controller_ = NodeId{};
  shutdown_attempts_left_ = 0;
  shutdown_correlation_id_ = 0;
  shutdown_timer_ = TimerId{};
}

// ---- session and registration

void ZkLink::on_session(engine::Runtime& runtime, zookeeper::SessionId session, bool is_new) {
  runtime.emit(trace::ZookeeperSessionOpened{session});
  if (is_new) return register_and_stand();
  if (!controller_.known_controller().valid() || controller_.active()) {
    // The first connection of a run: what was watched before has to be watched anew.
    controller_.stand_for_election();
    controller_.watch_again();
    pushes_.add([this] { return watch_config_changes(); });
  }
}

/// KafkaController.processRegisterBrokerAndReelect.
void ZkLink::register_and_stand() {
  controller_.events().add([this] { return register_broker(); });
  pushes_.add([this] { return read_config_of_all(); });
}

Task<> ZkLink::register_broker() {
  ZkCalls& calls = controller_.calls();
  const std::string path = zk_path::broker(runtime_->self());
  ZkWrite write;
  write.push_back(zk_create(path, std::make_shared<BrokerZnode>(runtime_->self()), true));
  const Reply created = co_await calls.write_one(std::move(write));
  if (created.code == Code::ok) {
    broker_epoch_ = static_cast<std::int64_t>(created.stats.front().created);
  } else {
    const Reply found = co_await calls.get(path);
    const bool own = found.code == Code::ok && found.stats.front().owner == calls.session();
    if (!own) {
      runtime_->emit(trace::RegistrationRefused{"NODEEXISTS", register_retry_pause});
      runtime_->set_timer(register_retry_pause, {zk_link_component, register_timer, 0});
      co_return;
    }
    broker_epoch_ = static_cast<std::int64_t>(found.stats.front().created);
  }
  registered_ = true;
  controller_.stand_for_election();
}

void ZkLink::on_session_expired(engine::Runtime&, zookeeper::SessionId) {
  registered_ = false;
  controller_.on_session_expired();
}

void ZkLink::on_watch(engine::Runtime&, const zookeeper::WatchEvent& event) {
  if (event.path == zk_path::config_changes)
    pushes_.add([this] { return read_config_of_all(); });
  else
    controller_.on_watch(event);
}

NodeId ZkLink::controller_node() const {
  const NodeId known = controller_.known_controller();
  return known.valid() ? known : pushing_controller_;
}

// ---- what reaches the process

bool ZkLink::on_message(engine::Runtime& runtime, engine::Message& message) {
  if (client_.on_message(runtime, message)) return true;
  if (const auto* push = message.as<PushRequest>()) {
    on_push(message, *push);
    return true;
  }
  if (const auto* answer = message.as<ControlledShutdownResponse>()) {
    on_shutdown_answer(runtime, *answer);
    return true;
  }
  std::vector<AlterPartitionResponse::Partition> answers;
  if (proposals_.on_message(runtime, message, answers)) {
    for (const auto& answer : answers) listener_->on_partition_altered(runtime, answer);
    proposals_.run(runtime, controller_node(), broker_epoch_);
    return true;
  }
  return controller_.on_message(message);
}

bool ZkLink::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (client_.on_timer(runtime, token)) return true;
  if (proposals_.on_timer(runtime, token)) {
    proposals_.run(runtime, controller_node(), broker_epoch_);
    return true;
  }
  if (token.component != zk_link_component) return controller_.on_timer(token);
  if (token.kind == register_timer) {
    if (!registered_ && client_.session() != 0)
      controller_.events().add([this] { return register_broker(); });
  } else {
    shutdown_timer_ = TimerId{};
    if (token.kind == shutdown_retry_timer)
      ask_to_stop(runtime);
    else
      shutdown_attempt_failed(runtime);
  }
  return true;
}

bool ZkLink::on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) {
  if (client_.on_disconnect(runtime, peer, lane)) return true;
  if (proposals_.on_disconnect(runtime, peer, lane)) return true;
  if (lane == engine::Lane{runtime.self(), controlled_shutdown_lane}) {
    if (shutdown_correlation_id_ != 0) shutdown_attempt_failed(runtime);
    return true;
  }
  return controller_.on_disconnect(peer, lane);
}

void ZkLink::alter_partition(engine::Runtime& runtime, AlterPartitionRequest::Partition wish) {
  proposals_.propose(std::move(wish));
  proposals_.run(runtime, controller_node(), broker_epoch_);
}

// ---- controlled shutdown: KafkaServer.controlledShutdown

void ZkLink::begin_shutdown(engine::Runtime& runtime) {
  state_ = State::controlled_shutdown;
  runtime.set_cause(runtime.emit(trace::ShutdownAsked{}));
  if (!config_bool(options_.config, ConfigScope::broker, "controlled.shutdown.enable"))
    return listener_->on_shutdown_granted(runtime);
  shutdown_attempts_left_ = static_cast<int>(
      config_int(options_.config, ConfigScope::broker, "controlled.shutdown.max.retries"));
  ask_to_stop(runtime);
}

void ZkLink::ask_to_stop(engine::Runtime& runtime) {
  if (shutdown_attempts_left_-- <= 0) return listener_->on_shutdown_granted(runtime);
  if (!controller_node().valid()) return shutdown_attempt_failed(runtime);
  auto request = std::make_unique<ControlledShutdownRequest>();
  request->header = {zk_link_component, ++shutdown_correlation_id_};
  request->broker = runtime.self();
  request->broker_epoch = broker_epoch_;
  const std::uint64_t size_bytes = request->size_bytes();
  shutdown_timer_ =
      runtime.set_timer(controller_socket_timeout, {zk_link_component, shutdown_timeout_timer, 0});
  runtime.send(controller_node(), std::move(request), size_bytes,
               {runtime.self(), controlled_shutdown_lane});
}

void ZkLink::on_shutdown_answer(engine::Runtime& runtime,
                                const ControlledShutdownResponse& answer) {
  if (answer.header.correlation_id != shutdown_correlation_id_ || !shutdown_timer_.valid()) return;
  if (answer.error != Error::none || !answer.remaining.empty())
    return shutdown_attempt_failed(runtime);
  runtime.cancel_timer(shutdown_timer_);
  listener_->on_shutdown_granted(runtime);
}

/// After the last attempt the broker stops all the same; its leaderships move when its session is
/// closed.
void ZkLink::shutdown_attempt_failed(engine::Runtime& runtime) {
  runtime.cancel_timer(shutdown_timer_);
  if (shutdown_attempts_left_ <= 0) return listener_->on_shutdown_granted(runtime);
  const Duration pause =
      config_ms(options_.config, ConfigScope::broker, "controlled.shutdown.retry.backoff.ms");
  shutdown_timer_ = runtime.set_timer(pause, {zk_link_component, shutdown_retry_timer, 0});
}

}  // namespace eventarium::kafka
