// See administrator.h.
#include "sim/app/administrator.h"

#include <algorithm>
#include <memory>
#include <utility>

#include <fmt/format.h>

#include "sim/base/config_keys.h"
#include "sim/scenario/clients.h"
#include "sim/scenario/keys.h"

namespace eventarium::app {
namespace {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

/// What is asked and of what: "add_partitions" and "orders to 6 partitions".
std::pair<std::string, std::string> in_words(const kafka::AdminOperation& operation,
                                             const std::function<std::string(NodeId)>& name_of) {
  using Words = std::pair<std::string, std::string>;
  const auto list = [&](const std::vector<NodeId>& nodes) {
    std::string text;
    for (const NodeId node : nodes) text += (text.empty() ? "" : ", ") + name_of(node);
    return text;
  };
  return std::visit(
      Overloaded{
          [](const kafka::CreateTopic& o) {
            return Words{"create_topic",
                         fmt::format("{} with {} partitions of {} replicas", o.topic.name,
                                     o.topic.partitions, o.topic.replicas)};
          },
          [](const kafka::AddPartitions& o) {
            return Words{"add_partitions", fmt::format("{} to {} partitions", o.topic, o.count)};
          },
          [&](const kafka::ReassignPartition& o) {
            return Words{"reassign", fmt::format("{} to {}", to_text(o.tp), list(o.replicas))};
          },
          [](const kafka::ElectLeader& o) {
            return Words{
                "elect_leader",
                fmt::format("{} of {}", o.unclean ? "unclean" : "preferred", to_text(o.tp))};
          },
          [](const kafka::AlterTopicConfig& o) {
            return Words{"set_config", fmt::format("{}={} of {}", o.key, o.value, o.topic)};
          },
          [&](const kafka::UnregisterBroker& o) {
            return Words{"unregister_broker", name_of(o.broker)};
          },
          [](const kafka::DeleteTopic& o) {
            return Words{"delete_topic", o.topic};
          }},
      operation);
}

}  // namespace

using scenario::Operation;
using scenario::OperationKind;

std::string_view operation_name(OperationKind kind) {
  return scenario::choices("operation.do").at(static_cast<std::size_t>(kind));
}

Administrator::Administrator(engine::Engine& engine, const scenario::Scenario& scenario,
                             ClusterBuilder* cluster, FaultInjector& faults,
                             ClientOperations& clients)
    : engine_(engine), scenario_(scenario), cluster_(cluster), clients_(clients), faults_(faults) {}

// ---- what can be asked for

NodeId Administrator::broker(const std::string& name) const {
  const NodeId node = engine_.names().find(name).value_or(NodeId{});
  return view_.brokers().count(node) != 0 ? node : NodeId{};
}

std::vector<NodeId> Administrator::live_brokers(NodeId except) const {
  std::vector<NodeId> live;
  for (const auto& [node, state] : view_.brokers())
    if (!state.fenced && node != except) live.push_back(node);
  return live;
}

/// The replicas of a topic's partitions, or of all; where a reassignment goes on, its target.
AssignmentPlan Administrator::assignment(const std::string& topic) const {
  AssignmentPlan plan;
  for (const auto& [key, partition] : view_.partitions()) {
    if (!topic.empty() && key.first != topic) continue;
    std::vector<NodeId>& replicas = plan[key];
    for (const NodeId replica : partition.replicas)
      if (std::find(partition.removing.begin(), partition.removing.end(), replica) ==
          partition.removing.end())
        replicas.push_back(replica);
  }
  return plan;
}

std::string Administrator::check_topic(const Operation& operation) const {
  const bool creates = operation.kind == OperationKind::create_topic;
  const bool needs_none = operation.kind == OperationKind::add_broker ||
                          operation.kind == OperationKind::remove_broker ||
                          (operation.kind == OperationKind::rebalance && operation.topic.empty());
  if (needs_none) return {};
  if (operation.topic.empty()) return "the topic is missing";
  const int partitions = view_.partition_count(operation.topic);
  if (creates)
    return partitions > 0 ? fmt::format("topic '{}' exists already", operation.topic) : "";
  if (partitions == 0) return fmt::format("there is no topic '{}'", operation.topic);
  if (operation.partition && *operation.partition >= partitions)
    return fmt::format("topic '{}' has {} partitions, numbered from 0", operation.topic,
                       partitions);
  if (operation.kind == OperationKind::reassign && !operation.partition)
    return "reassign needs a partition";
  if (operation.kind == OperationKind::add_partitions && operation.count <= partitions)
    return fmt::format("'{}' has {} partitions already; they can only become more", operation.topic,
                       partitions);
  if (operation.kind != OperationKind::set_config) return {};
  Config own;
  if (const auto changed = view_.configs().find(operation.topic); changed != view_.configs().end())
    for (const auto& [name, value] : changed->second)
      if (!value.empty()) own[name] = value;
  return check_topic_change(std::move(own), operation.key, operation.value);
}

std::string Administrator::check_brokers(const Operation& operation) const {
  const auto live = live_brokers();
  const auto replicas = static_cast<std::size_t>(operation.kind == OperationKind::replication_factor
                                                     ? operation.count
                                                     : operation.replicas_count);
  if ((operation.kind == OperationKind::replication_factor ||
       operation.kind == OperationKind::create_topic) &&
      replicas > live.size())
    return fmt::format("{} replicas need {} brokers, {} are there; add_broker first", replicas,
                       replicas, live.size());
  if (operation.kind == OperationKind::reassign && operation.replicas.empty())
    return "reassign needs replicas: names of brokers";
  for (const std::string& name : operation.replicas)
    if (!broker(name).valid()) return fmt::format("there is no broker '{}'", name);
  if (operation.kind == OperationKind::add_broker) {
    if (!operation.broker.empty() && engine_.names().find(operation.broker))
      return fmt::format("the name '{}' is taken", operation.broker);
    if (!operation.broker.empty() && !operation.broker.starts_with("broker-"))
      return "a broker is called broker-<number>";
  }
  if (operation.kind != OperationKind::remove_broker) return {};
  const NodeId leaving = broker(operation.broker);
  if (!leaving.valid()) return fmt::format("there is no broker '{}'", operation.broker);
  for (const auto& [key, target] : assignment(""))
    if (target.size() > live_brokers(leaving).size())
      return fmt::format("the {} replicas of {}-{} need {} brokers; without {} there are {}",
                         target.size(), key.first, key.second, target.size(), operation.broker,
                         live_brokers(leaving).size());
  return {};
}

std::string Administrator::check_now(const Operation& operation) const {
  if (cluster_ == nullptr) return "there is no Kafka cluster to administer";
  if (ClientOperations::knows(operation.kind)) return clients_.check_now(operation);
  if (std::string problem = check_topic(operation); !problem.empty()) return problem;
  if (operation.kind == OperationKind::reset_offsets) return check_reset(operation);
  return check_brokers(operation);
}

std::string Administrator::check_reset(const Operation& operation) const {
  const auto target = scenario::parse_offset_target(operation.to);
  if (const auto* const error = std::get_if<scenario::UnitError>(&target)) return error->message;
  const check::GroupFact* const group = groups_.find(operation.group);
  if (group == nullptr) return fmt::format("there is no group '{}'", operation.group);
  if (group->kind == "share") return "a share group has no positions that could be committed";
  if (!group->members.empty())
    return fmt::format(
        "NON_EMPTY_GROUP: '{}' is {} with {} members, who would commit over it; "
        "stop them first",
        operation.group, group->state, group->members.size());
  return {};
}

void Administrator::reset_offsets(const Operation& operation) {
  using Reset = kafka::OffsetResetter::Reset;
  const auto parsed = scenario::parse_offset_target(operation.to);
  const auto& target = std::get<scenario::OffsetTarget>(parsed);
  Reset reset;
  switch (target.kind) {
    case scenario::OffsetTarget::Kind::earliest:
      break;
    case scenario::OffsetTarget::Kind::latest:
      reset.to = Reset::To::latest;
      break;
    case scenario::OffsetTarget::Kind::offset:
      reset.to = Reset::To::offset;
      reset.offset = target.offset;
      break;
    case scenario::OffsetTarget::Kind::age:
      reset.to = Reset::To::time;
      reset.time = std::max(engine_.now() - target.age, SimTime{});
      break;
  }
  reset.group = operation.group;
  reset.topic = operation.topic;
  reset.name = operation_name(operation.kind);
  reset.detail = fmt::format("{} in {} to {}", operation.group, operation.topic, operation.to);
  const NodeId node = admin();
  if (!engine_.is_running(node)) engine_.start(node);
  engine_.with_cause(engine_.cause(), [&] { admin_node_->reset_offsets(std::move(reset)); });
}

// ---- asking

/// The node of the administrator, who comes with the first thing to ask.
NodeId Administrator::admin() {
  if (admin_.valid()) return admin_;
  engine::NodeSpec spec;
  spec.name = "admin";
  spec.role = "admin";
  spec.label = "administers the cluster";
  spec.start_at = engine_.now();
  auto node = std::make_unique<kafka::AdminNode>(cluster_->admin_targets(), cluster_->brokers());
  admin_node_ = node.get();
  admin_ = engine_.add_node(std::move(spec), std::move(node));
  return admin_;
}

void Administrator::ask(kafka::AdminOperation operation) {
  const NodeId node = admin();
  if (!engine_.is_running(node)) engine_.start(node);
  const auto name_of = [this](NodeId id) { return engine_.names().name(id); };
  auto [name, detail] = in_words(operation, name_of);
  kafka::AdminNode::Task task{std::move(operation), std::move(name), std::move(detail), nullptr};
  // It sets the cause of what it does, and only a scope takes that back.
  engine_.with_cause(engine_.cause(), [&] { admin_node_->perform(std::move(task)); });
}

void Administrator::reassign(const AssignmentPlan& changes) {
  for (const auto& [key, replicas] : changes)
    ask(kafka::ReassignPartition{{key.first, key.second}, replicas});
}

void Administrator::elect_leaders(const Operation& operation) {
  const int count = view_.partition_count(operation.topic);
  for (int p = 0; p < count; ++p)
    if (!operation.partition || *operation.partition == p)
      ask(kafka::ElectLeader{{operation.topic, p}, operation.unclean});
}

// ---- jobs

void Administrator::carry_out(const Operation& operation) {
  const std::string name(operation_name(operation.kind));
  if (const std::string problem = check_now(operation); !problem.empty()) {
    engine_.emit(trace::OperationAnswered{name, "INVALID_REQUEST", problem});
    return;
  }
  switch (operation.kind) {
    case OperationKind::add_broker: {
      std::string joins = operation.broker;
      for (int n = 1; joins.empty(); ++n)
        if (const auto free = fmt::format("broker-{}", n);
            !engine_.names().find(free) && !scenario::is_promised(scenario_, free))
          joins = free;
      const EventId asked = engine_.emit(trace::OperationAsked{name, joins});
      return engine_.with_cause(asked, [&] { cluster_->add_broker(joins); });
    }
    case OperationKind::remove_broker:
      return remove_broker(operation);
    case OperationKind::rebalance:
      return rebalance(operation);
    case OperationKind::reassign: {
      std::vector<NodeId> replicas;
      for (const std::string& replica : operation.replicas) replicas.push_back(broker(replica));
      return ask(kafka::ReassignPartition{{operation.topic, *operation.partition}, replicas});
    }
    case OperationKind::replication_factor: {
      const AssignmentPlan now = assignment(operation.topic);
      const auto count = static_cast<std::size_t>(operation.count);
      return reassign(changes_of(now, with_replicas(now, count, live_brokers())));
    }
    case OperationKind::add_partitions:
      return ask(kafka::AddPartitions{operation.topic, operation.count});
    case OperationKind::create_topic:
      return ask(kafka::CreateTopic{
          {operation.topic, operation.count, operation.replicas_count, operation.config}});
    case OperationKind::delete_topic:
      return ask(kafka::DeleteTopic{operation.topic});
    case OperationKind::elect_leader:
      return elect_leaders(operation);
    case OperationKind::set_config:
      return ask(kafka::AlterTopicConfig{operation.topic, operation.key, operation.value});
    case OperationKind::reset_offsets:
      return reset_offsets(operation);
    default:
      return clients_.carry_out(operation);
  }
}

bool Administrator::is_done(const AssignmentPlan& changes) const {
  for (const auto& [key, replicas] : changes) {
    const auto found = view_.partitions().find(key);
    if (found == view_.partitions().end()) continue;  // deleted meanwhile
    if (found->second.reassigning() || found->second.replicas != replicas) return false;
  }
  return true;
}

void Administrator::rebalance(const Operation& operation) {
  const AssignmentPlan now = assignment(operation.topic);
  const AssignmentPlan changes = changes_of(now, spread_evenly(now, live_brokers()));
  const std::string what = operation.topic.empty() ? "all topics" : operation.topic;
  const EventId asked = engine_.emit(trace::OperationAsked{
      "rebalance", fmt::format("{}: {} partitions move", what, changes.size())});
  engine_.with_cause(asked, [&] {
    reassign(changes);
    wait([this, changes] { return is_done(changes); },
         [this, changes] {
           for (const auto& [key, replicas] : changes)
             if (const auto found = view_.partitions().find(key);
                 found != view_.partitions().end() && found->second.leader != replicas.front())
               ask(kafka::ElectLeader{{key.first, key.second}, false});
         });
  });
}

void Administrator::remove_broker(const Operation& operation) {
  const NodeId leaving = broker(operation.broker);
  const AssignmentPlan now = assignment("");
  const AssignmentPlan changes =
      changes_of(now, without_broker(now, leaving, live_brokers(leaving)));
  const EventId asked = engine_.emit(trace::OperationAsked{
      "remove_broker", fmt::format("{}: {} partitions move", operation.broker, changes.size())});
  const auto unregister = [this, leaving] { ask(kafka::UnregisterBroker{leaving}); };
  const auto switch_off = [this, operation, leaving, unregister] {
    scenario::Fault stop;
    stop.kind = scenario::FaultKind::stop;
    stop.target = operation.broker;
    if (engine_.is_running(leaving)) faults_.inject(stop);
    wait([this, leaving] { return !engine_.is_running(leaving); }, unregister);
  };
  engine_.with_cause(asked, [&] {
    reassign(changes);
    wait([this, changes] { return is_done(changes); }, switch_off);
  });
}

/// `go_on` follows when `ready` holds, now or after an event that makes it so.
void Administrator::wait(std::function<bool()> ready, std::function<void()> go_on) {
  jobs_.push_back({std::move(ready), std::move(go_on), engine_.cause()});
  if (looking_) return;
  looking_ = true;
  engine_.schedule(engine_.now(), [this] { look_at_jobs(); });
}

void Administrator::on_event(const trace::Event& event) {
  view_.on_event(event);
  groups_.on_event(event);
  const bool matters = event.as<trace::PartitionChanged>() || event.as<trace::TopicDeleted>() ||
                       event.as<trace::NodeStopped>();
  if (!matters || jobs_.empty() || looking_) return;
  looking_ = true;  // not from inside an event: others are still to hear of it
  engine_.schedule(engine_.now(), [this] { look_at_jobs(); });
}

void Administrator::look_at_jobs() {
  looking_ = false;
  for (auto job = jobs_.begin(); job != jobs_.end();) {
    if (!job->ready()) {
      ++job;
      continue;
    }
    const Job due = std::move(*job);
    job = jobs_.erase(job);
    engine_.with_cause(due.cause, due.go_on);
  }
}

}  // namespace eventarium::app
