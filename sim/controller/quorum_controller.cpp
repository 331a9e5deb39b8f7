#include "sim/controller/quorum_controller.h"

#include <utility>

#include "sim/controller/commit_events.h"

namespace eventarium::kafka {
namespace {

constexpr ConfigScope scope = ConfigScope::broker;
constexpr std::size_t elections_per_pass = 1'000;
constexpr Duration next_pass = 10ms;  // when a pass could not do everything

/// What a controller says that can't keep its promise: nothing of it is committed.
void fail(Response& response) {
  if (auto* registration = dynamic_cast<BrokerRegistrationResponse*>(&response)) {
    registration->error = Error::not_controller;
  } else if (auto* heartbeat = dynamic_cast<BrokerHeartbeatResponse*>(&response)) {
    heartbeat->error = Error::not_controller;
  } else if (auto* alter = dynamic_cast<AlterPartitionResponse*>(&response)) {
    alter->error = Error::not_controller;
    alter->partitions.clear();
  } else if (auto* admin = dynamic_cast<AdminResponse*>(&response)) {
    admin->error = Error::not_controller;
    admin->text.clear();
  }
}

void respond(engine::Runtime& runtime, NodeId to, engine::Lane lane,
             std::unique_ptr<Response> response) {
  const std::uint64_t size_bytes = response->size_bytes();
  runtime.send(to, std::move(response), size_bytes, lane);
}

}  // namespace

QuorumController::QuorumController(ControllerOptions options, RaftClient& raft)
    : options_(std::move(options)),
      raft_(raft),
      session_timeout_(config_ms(options_.config, scope, "broker.session.timeout.ms")),
      no_op_period_(config_ms(options_.config, scope, "metadata.max.idle.interval.ms")),
      preferred_period_(std::chrono::seconds(
          config_int(options_.config, scope, "leader.imbalance.check.interval.seconds"))),
      unclean_period_(config_ms(options_.config, scope, "unclean.leader.election.interval.ms")),
      rebalance_(config_bool(options_.config, scope, "auto.leader.rebalance.enable")),
      heartbeats_(session_timeout_) {
  raft_.add_listener(*this);
}

void QuorumController::start(engine::Runtime& runtime) {
  replication_ = std::make_unique<ReplicationControl>(
      working_, options_, [&runtime](NodeId node) { return runtime.name_of(node); });
}

void QuorumController::stop() {
  active_ = false;
  committed_ = working_ = ClusterImage{};
  heartbeats_.clear();
  deferred_.clear();
  for (TimerId& timer : timers_) timer = TimerId{};
}

void QuorumController::on_begin(engine::Runtime&, const MetadataBootstrap* bootstrap) {
  committed_ = bootstrap ? bootstrap->image : ClusterImage{};
}

// ---- being in charge ----------------------------------------------------------------------------

void QuorumController::on_leader(engine::Runtime& runtime, NodeId leader, std::int32_t epoch) {
  const bool leads = leader == runtime.self();
  if (active_ && (!leads || epoch != active_epoch_)) {
    const bool higher = epoch > active_epoch_;
    deactivate(runtime, higher ? "a higher epoch" : "it resigned: no majority, or asked to end");
  }
  if (leads && !active_) activate(runtime, epoch);
}

void QuorumController::activate(engine::Runtime& runtime, std::int32_t epoch) {
  active_ = true;
  active_epoch_ = epoch;
  working_ = committed_;
  runtime.emit(trace::ControllerElected{epoch});
  // Who was heard of when was the predecessor's knowledge: every session begins anew.
  heartbeats_.clear();
  for (const auto& [id, broker] : working_.brokers)
    if (!broker.fenced) heartbeats_.touch(id, runtime.now(), runtime.current_cause());
  every(runtime, session_check, session_timeout_ / 8);
  if (no_op_period_ > Duration::zero()) every(runtime, no_op, no_op_period_);
  if (rebalance_) every(runtime, preferred_check, preferred_period_);
  every(runtime, unclean_check, unclean_period_);
}

void QuorumController::deactivate(engine::Runtime& runtime, const std::string& reason) {
  active_ = false;
  runtime.emit(trace::ControllerResigned{active_epoch_, reason});
  for (TimerId& timer : timers_) runtime.cancel_timer(timer);
  heartbeats_.clear();
  working_ = ClusterImage{};
  for (Deferred& waiting : std::exchange(deferred_, {})) {
    fail(*waiting.response);
    respond(runtime, waiting.to, waiting.lane, std::move(waiting.response));
  }
}

void QuorumController::every(engine::Runtime& runtime, Kind kind, Duration period) {
  timers_[kind] = runtime.set_timer(period, {quorum_controller_component, kind, 0});
}

bool QuorumController::on_timer(engine::Runtime& runtime, engine::Token token) {
  if (token.component != quorum_controller_component) return false;
  timers_[token.kind] = TimerId{};
  if (!active_) return true;
  Records records;
  switch (token.kind) {
    case session_check:
      check_sessions(runtime);
      break;
    case no_op:
      records.push_back({NoOpRecord{}, "", false});
      every(runtime, no_op, no_op_period_);
      break;
    case preferred_check: {
      const bool more = replication_->elect_preferred(elections_per_pass, records);
      every(runtime, preferred_check, more ? next_pass : preferred_period_);
      break;
    }
    case unclean_check:
      replication_->elect_unclean(records);
      every(runtime, unclean_check, unclean_period_);
      break;
  }
  write(runtime, std::move(records));
  return true;
}

/// One broker at a time: whoever is found second is fenced 10 ms later.
void QuorumController::check_sessions(engine::Runtime& runtime) {
  const auto stale = heartbeats_.find_stale(working_, runtime.now());
  every(runtime, session_check, stale ? next_pass : session_timeout_ / 8);
  if (!stale) return;
  runtime.set_cause(heartbeats_.find(*stale)->heard);  // the last sign of life
  const std::string why = "no heartbeat for " + format_duration(session_timeout_);
  Records records;
  replication_->broker_leaves(*stale, runtime.name_of(*stale) + " was fenced: " + why, records);
  BrokerImage broker = *working_.find_broker(*stale);
  broker.fenced = true;
  records.push_back({BrokerRegistrationChangeRecord{broker}, why, false});
  write(runtime, std::move(records));
}

// ---- writing and answering ----------------------------------------------------------------------

std::int64_t QuorumController::write(engine::Runtime& runtime, Records records) {
  if (records.empty()) return raft_.next_offset();
  for (const NotedRecord& noted : records) apply(working_, noted.record);
  return raft_.append(runtime, std::move(records));
}

/// What was decided from a state that is not committed must not be known before that is.
void QuorumController::answer(engine::Runtime& runtime, const engine::Message& message,
                              const Header& header, std::unique_ptr<Response> response) {
  response->header = header;
  if (active_ && raft_.next_offset() > raft_.high_watermark()) {
    deferred_.push_back({raft_.next_offset(), message.source, message.lane, std::move(response)});
  } else {
    respond(runtime, message.source, message.lane, std::move(response));
  }
}

void QuorumController::complete(engine::Runtime& runtime) {
  while (!deferred_.empty() && deferred_.front().offset <= raft_.high_watermark()) {
    Deferred done = std::move(deferred_.front());
    deferred_.pop_front();
    respond(runtime, done.to, done.lane, std::move(done.response));
  }
}

void QuorumController::on_committed(engine::Runtime& runtime, std::int64_t,
                                    const MetadataEntries& entries) {
  for (const auto& entry : entries) {
    if (raft_.is_leader() && !std::exchange(entry->told, true))
      tell_committed(runtime, committed_, options_.config, entry->noted, entry->appended);
    apply(committed_, entry->noted.record);
  }
  if (active_) complete(runtime);
}

void QuorumController::on_disconnect(NodeId peer, engine::Lane lane) {
  std::erase_if(deferred_, [&](const Deferred& d) { return d.to == peer && d.lane == lane; });
}

// ---- requests -----------------------------------------------------------------------------------

bool QuorumController::on_message(engine::Runtime& runtime, const engine::Message& message) {
  if (const auto* heartbeat = message.as<BrokerHeartbeatRequest>()) {
    on_heartbeat(runtime, message, *heartbeat);
  } else if (const auto* alter = message.as<AlterPartitionRequest>()) {
    on_alter_partition(runtime, message, *alter);
  } else if (const auto* registration = message.as<BrokerRegistrationRequest>()) {
    on_registration(runtime, message, *registration);
  } else if (const auto* admin = message.as<AdminRequest>()) {
    on_admin(runtime, message, *admin);
  } else {
    return false;
  }
  return true;
}

void QuorumController::on_registration(engine::Runtime& runtime, const engine::Message& message,
                                       const BrokerRegistrationRequest& request) {
  auto response = std::make_unique<BrokerRegistrationResponse>();
  response->error =
      active_ ? register_broker(runtime, request, response->broker_epoch) : Error::not_controller;
  answer(runtime, message, request.header, std::move(response));
}

Error QuorumController::register_broker(engine::Runtime& runtime,
                                        const BrokerRegistrationRequest& request,
                                        std::int64_t& broker_epoch) {
  const BrokerImage* known = working_.find_broker(request.broker);
  if (known && known->incarnation == request.incarnation) {  // its answer was lost
    heartbeats_.touch(request.broker, runtime.now(), runtime.current_cause());
    broker_epoch = known->epoch;
    return Error::none;
  }
  if (known && heartbeats_.has_valid_session(request.broker, runtime.now()))
    return Error::duplicate_broker_registration;
  Records records;
  if (known)
    replication_->broker_restarted(request.broker, request.previous_broker_epoch == known->epoch,
                                   records);
  broker_epoch = raft_.next_offset() + static_cast<std::int64_t>(records.size());
  const BrokerImage broker{request.broker, broker_epoch, request.incarnation, true, false};
  records.push_back({RegisterBrokerRecord{broker}, "registered", false});
  heartbeats_.remove(request.broker);
  heartbeats_.touch(request.broker, runtime.now(), runtime.current_cause());
  write(runtime, std::move(records));
  return Error::none;
}

void QuorumController::on_heartbeat(engine::Runtime& runtime, const engine::Message& message,
                                    const BrokerHeartbeatRequest& request) {
  auto response = std::make_unique<BrokerHeartbeatResponse>();
  const BrokerImage* broker = active_ ? working_.find_broker(request.broker) : nullptr;
  if (!active_) {
    response->error = Error::not_controller;
  } else if (!broker) {
    response->error = Error::broker_id_not_registered;
  } else if (broker->epoch != request.broker_epoch) {
    response->error = Error::stale_broker_epoch;
  } else {
    change_broker_state(runtime, request, *response);
  }
  answer(runtime, message, request.header, std::move(response));
}

/// Kafka's BrokerHeartbeatManager.calculateNextBrokerState and what follows from it.
void QuorumController::change_broker_state(engine::Runtime& runtime,
                                           const BrokerHeartbeatRequest& request,
                                           BrokerHeartbeatResponse& response) {
  const BrokerImage now = *working_.find_broker(request.broker);
  auto& heard = heartbeats_.touch(now.id, runtime.now(), runtime.current_cause());
  heard.metadata_offset = request.metadata_offset;
  response.is_caught_up = request.metadata_offset > now.epoch;
  BrokerImage next = now;
  if (now.fenced) {
    next.fenced = request.want_fence || request.want_shutdown || !response.is_caught_up;
    response.should_shutdown = request.want_shutdown;
  } else if (request.want_shutdown) {
    const bool leads = replication_->has_leaderships(now.id);
    const bool others_know = heard.shutdown_offset <= heartbeats_.lowest_active_offset(working_);
    response.should_shutdown = !leads && (!now.in_controlled_shutdown || others_know);
    next.fenced = response.should_shutdown;
    next.in_controlled_shutdown = !response.should_shutdown;
  } else {
    next.fenced = request.want_fence;
  }
  response.is_fenced = next.fenced;
  if (next == now) return;
  const std::string name = runtime.name_of(now.id);
  Records records;
  if (!next.fenced && now.fenced) {
    next.in_controlled_shutdown = false;
    records.push_back({BrokerRegistrationChangeRecord{next}, "caught up", false});
    replication_->broker_unfenced(now.id, records);
  } else {
    replication_->broker_leaves(now.id, name + " is shutting down", records);
    records.push_back({BrokerRegistrationChangeRecord{next}, "controlled shutdown", false});
  }
  write(runtime, std::move(records));
  if (next.in_controlled_shutdown) heard.shutdown_offset = raft_.next_offset();
}

void QuorumController::on_alter_partition(engine::Runtime& runtime, const engine::Message& message,
                                          const AlterPartitionRequest& request) {
  auto response = std::make_unique<AlterPartitionResponse>();
  response->error = active_ ? replication_->check_broker_epoch(request.broker, request.broker_epoch)
                            : Error::not_controller;
  if (response->error == Error::none) {
    Records records;
    for (const auto& wish : request.partitions) {
      auto result = replication_->alter_partition(request, wish);
      response->partitions.push_back(std::move(result.answer));
      for (NotedRecord& record : result.records) records.push_back(std::move(record));
    }
    write(runtime, std::move(records));
  }
  answer(runtime, message, request.header, std::move(response));
}

void QuorumController::on_admin(engine::Runtime& runtime, const engine::Message& message,
                                const AdminRequest& request) {
  auto response = std::make_unique<AdminResponse>();
  if (!active_) {
    response->error = Error::not_controller;
  } else {
    auto result = replication_->administer(request.operation, runtime.random("placement"));
    response->error = result.error;
    response->text = std::move(result.text);
    write(runtime, std::move(result.records));
    if (const auto* gone = std::get_if<UnregisterBroker>(&request.operation);
        gone && response->error == Error::none)
      heartbeats_.remove(gone->broker);
  }
  answer(runtime, message, request.header, std::move(response));
}

}  // namespace eventarium::kafka
