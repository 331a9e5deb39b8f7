// See client_operations.h.
#include "sim/app/client_operations.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sim/app/administrator.h"
#include "sim/scenario/clients.h"
#include "sim/scenario/suggest.h"

namespace eventarium::app {

using scenario::Operation;
using scenario::OperationKind;

namespace {

/// KafkaConsumer.close() waits as long for what it has to say (DEFAULT_CLOSE_TIMEOUT_MS).
constexpr Duration close_timeout = 30s;

template <class Client>
void collect_names(const std::vector<Client>& clients, std::vector<std::string>& names) {
  for (const Client& client : clients)
    for (const std::string& name : {client.name, client.family})
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
}

/// The client itself, not its family.
template <class Client>
Client* exactly(std::vector<Client>& clients, const std::string& name) {
  for (Client& client : clients)
    if (client.name == name) return &client;
  return nullptr;
}

}  // namespace

ClientOperations::ClientOperations(engine::Engine& engine, Assembly& assembly,
                                   const scenario::Scenario& scenario, FaultInjector& faults,
                                   std::function<void()> changed)
    : engine_(engine),
      assembly_(assembly),
      scenario_(scenario),
      faults_(faults),
      changed_(std::move(changed)),
      producers_(scenario.producers),
      services_(scenario.services) {}

bool ClientOperations::knows(OperationKind kind) {
  return kind >= OperationKind::add_producer && kind <= OperationKind::set_client_config;
}

const scenario::Producer* ClientOperations::producer(const Operation& operation) const {
  const bool about_services = operation.kind == OperationKind::add_consumer ||
                              operation.kind == OperationKind::remove_consumer;
  return about_services ? nullptr : find_producer(producers_, operation.client);
}

const scenario::Service* ClientOperations::service(const Operation& operation) const {
  const bool about_producers = operation.kind == OperationKind::add_producer ||
                               operation.kind == OperationKind::remove_producer;
  return about_producers ? nullptr : find_service(services_, operation.client);
}

std::string ClientOperations::check_setting(const Operation& operation) const {
  if (operation.key.empty()) return "the key is missing";
  if (const scenario::Producer* const found = producer(operation)) {
    scenario::Producer changed = *found;
    return set_client_key(changed, operation.key, operation.value);
  }
  scenario::Service changed = *service(operation);
  return set_client_key(changed, operation.key, operation.value);
}

std::string ClientOperations::check_now(const Operation& operation) const {
  if (operation.client.empty()) return "the client is missing: the name of a producer or consumer";
  if (producer(operation) == nullptr && service(operation) == nullptr) {
    std::vector<std::string> known;
    if (operation.kind != OperationKind::add_consumer &&
        operation.kind != OperationKind::remove_consumer)
      collect_names(producers_, known);
    if (operation.kind != OperationKind::add_producer &&
        operation.kind != OperationKind::remove_producer)
      collect_names(services_, known);
    return fmt::format("there is no client '{}'{}", operation.client,
                       scenario::did_you_mean(operation.client, known));
  }
  if (operation.kind == OperationKind::add_producer ||
      operation.kind == OperationKind::add_consumer)
    return engine_.spare_nodes() > 0 ? "" : "the virtual network has no more machines";
  const auto node = engine_.names().find(operation.client);
  if (!node) return fmt::format("which of '{}'? It is several; name one of them", operation.client);
  if (removed_.count(*node) != 0) return fmt::format("'{}' is removed already", operation.client);
  if (operation.kind != OperationKind::set_client_config) return {};
  if (restarts_.count(*node) != 0)
    return fmt::format("'{}' is being restarted; wait until it is back", operation.client);
  return check_setting(operation);
}

void ClientOperations::carry_out(const Operation& operation) {
  switch (operation.kind) {
    case OperationKind::add_producer:
    case OperationKind::add_consumer:
      return add(operation);
    case OperationKind::remove_producer:
    case OperationKind::remove_consumer:
      return remove(operation);
    default:
      return set_config(operation);
  }
}

void ClientOperations::add(const Operation& operation) {
  const scenario::Producer* const like = producer(operation);
  const std::string& family = like != nullptr ? like->family : service(operation)->family;
  const std::string name = !operation.name.empty()
                               ? operation.name
                               : scenario::next_of_family(family, [&](const std::string& taken) {
                                   return engine_.names().find(taken).has_value() ||
                                          scenario::is_promised(scenario_, taken);
                                 });
  const Duration now = engine_.now() - SimTime{};
  const EventId asked =
      engine_.emit(trace::OperationAsked{std::string(operation_name(operation.kind)), name});
  engine_.with_cause(asked, [&] {
    if (like != nullptr) {
      scenario::Producer one = one_more(*like, name);
      one.start = std::max(one.start, now);
      engine_.emit(publisher_of(one.config), assembly_.add(one));
      producers_.push_back(std::move(one));
      return;
    }
    scenario::Service one = one_more(*service(operation), name);
    one.start = now;
    one.stop.reset();
    services_.push_back(one);
    changed_();
    const NodeId node = assembly_.add(one);
    for (trace::SubscriptionDeclared& wanted : subscriptions_of(scenario_, one))
      engine_.emit(std::move(wanted), node);
    if (publishes(one)) engine_.emit(publisher_of(one.producer_config), node);
  });
}

void ClientOperations::remove(const Operation& operation) {
  const NodeId node = *engine_.names().find(operation.client);
  removed_.insert(node);
  restarts_.erase(node);
  const EventId asked = engine_.emit(
      trace::OperationAsked{std::string(operation_name(operation.kind)), operation.client});
  engine_.with_cause(asked, [&] { faults_.end_for_good(node); });
}

void ClientOperations::set_config(const Operation& operation) {
  const NodeId node = *engine_.names().find(operation.client);
  if (scenario::Producer* const found = exactly(producers_, operation.client))
    set_client_key(*found, operation.key, operation.value);
  else if (scenario::Service* const reader = exactly(services_, operation.client))
    set_client_key(*reader, operation.key, operation.value);
  const EventId asked = engine_.emit(trace::OperationAsked{
      "set_client_config",
      fmt::format("{}={} of {}", operation.key,
                  operation.value.empty() ? "(default)" : operation.value, operation.client)});
  engine_.with_cause(asked, [&] {
    if (!engine_.is_running(node)) return apply(node);
    restarts_[node] = asked;
    engine_.request_stop(node);
  });
}

/// Its process is down.
void ClientOperations::apply(NodeId node) {
  const std::string& name = engine_.names().name(node);
  if (const scenario::Producer* const found = exactly(producers_, name)) {
    assembly_.reconfigure(node, *found);
    engine_.emit(publisher_of(found->config), node);
  } else if (const scenario::Service* const reader = exactly(services_, name)) {
    changed_();
    assembly_.reconfigure(node, *reader);
    if (publishes(*reader)) engine_.emit(publisher_of(reader->producer_config), node);
  }
}

/// It has ended, unless somebody else has started it in the same instant.
void ClientOperations::reconfigure(NodeId node) {
  const auto found = restarts_.find(node);
  if (found == restarts_.end() || engine_.is_running(node)) return;
  engine_.with_cause(found->second, [&] { apply(node); });
  start_when_flushed(node, engine_.now() + close_timeout);
}

/// The group gets to know that its member has left, and brokers have what was sent last.
void ClientOperations::start_when_flushed(NodeId node, SimTime patience_ends) {
  const auto found = restarts_.find(node);
  if (found == restarts_.end()) return;
  if (engine_.is_flushing(node) && engine_.now() < patience_ends) {
    engine_.schedule(engine_.now() + engine::Engine::quantum,
                     [this, node, patience_ends] { start_when_flushed(node, patience_ends); });
    return;
  }
  const EventId asked = found->second;
  restarts_.erase(found);
  engine_.with_cause(asked, [&] { engine_.start(node); });
}

void ClientOperations::on_event(const trace::Event& event) {
  if (!event.as<trace::NodeStopped>() || restarts_.count(event.node) == 0) return;
  // Not from inside of the event: the node is still ending.
  engine_.schedule(engine_.now(), [this, node = event.node] { reconfigure(node); });
}

}  // namespace eventarium::app
