// A KRaft cluster for tests: controllers on nodes of their own (controller-1 ...) and brokers that
// are nothing but their link to them (broker-1 ...): what they are told about partitions is kept,
// and they are ready as soon as they have caught up.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/controller/controller_node.h"
#include "sim/controller/kraft_link.h"
#include "sim/engine/lean_engine.h"

namespace eventarium::kafka::test {

class Trace : public trace::Sink {
 public:
  void on_event(const trace::Event& event) override { events.push_back(event); }
  template <class Body>
  std::vector<std::pair<trace::Event, Body>> all() const {
    std::vector<std::pair<trace::Event, Body>> found;
    for (const trace::Event& event : events)
      if (const Body* body = event.as<Body>()) found.emplace_back(event, *body);
    return found;
  }
  template <class Body>
  std::vector<std::pair<trace::Event, Body>> since(SimTime t) const {
    std::vector<std::pair<trace::Event, Body>> found;
    for (const auto& entry : all<Body>())
      if (entry.first.t >= t) found.push_back(entry);
    return found;
  }
  std::vector<trace::Event> events;
};

/// A broker without partitions' logs.
class LinkHost final : public engine::Node, public ClusterListener {
 public:
  explicit LinkHost(RaftOptions options) : link(std::move(options)) {}

  void on_start(engine::Runtime& runtime) override {
    runtime_ = &runtime;
    link.start(runtime, *this);
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    link.on_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    link.on_timer(runtime, token);
  }
  void on_done(engine::Runtime& runtime, engine::Token token) override {
    link.on_done(runtime, token);
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    link.on_disconnect(runtime, peer, lane);
  }
  bool on_stop_request(engine::Runtime& runtime) override {
    link.begin_shutdown(runtime);
    return false;
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    link.stop(runtime, reason);
  }
  void on_metadata(engine::Runtime& runtime, const std::vector<TopicPartition>& list) override {
    for (const TopicPartition& tp : list) changed.push_back(tp);
    link.ready(runtime);
  }
  void on_partition_altered(engine::Runtime&,
                            const AlterPartitionResponse::Partition& answer) override {
    answers.push_back(answer);
  }
  void on_shutdown_granted(engine::Runtime& runtime) override {
    runtime.exit(engine::StopReason::clean);
  }

  void propose(const TopicPartition& tp, std::vector<NodeId> isr) {
    const PartitionImage& now = *link.image().find(tp);
    AlterPartitionRequest::Partition wish{tp, now.leader_epoch, now.partition_epoch, isr, {}, true};
    for (const NodeId broker : isr)
      wish.new_isr_epochs.push_back(link.image().find_broker(broker)->epoch);
    link.alter_partition(*runtime_, std::move(wish));
  }

  KraftLink link;
  std::vector<TopicPartition> changed;
  std::vector<AlterPartitionResponse::Partition> answers;

 private:
  engine::Runtime* runtime_ = nullptr;
};

/// Sends prepared administrators' requests.
class AdminHost final : public engine::Node {
 public:
  void on_start(engine::Runtime& runtime) override { runtime_ = &runtime; }
  void on_message(engine::Runtime&, engine::Message message) override {
    if (const auto* response = message.as<AdminResponse>()) answers.push_back(*response);
  }
  void ask(NodeId controller, AdminOperation operation) {
    auto request = std::make_unique<AdminRequest>();
    request->operation = std::move(operation);
    runtime_->send(controller, std::move(request), 100, engine::Lane{runtime_->self(), 1});
  }
  std::vector<AdminResponse> answers;

 private:
  engine::Runtime* runtime_ = nullptr;
};

struct KraftCluster {
  /// Controllers are nodes 0 ... c-1, brokers c ... c+b-1, the administrator is the last.
  KraftCluster(int controllers, int brokers, std::vector<NewTopic> topics = {}, Config config = {},
               PlantedFaults planted = {}, bool cold = false, std::uint64_t seed = 42)
      : engine(seed), controller_count(controllers) {
    engine.add_sink(trace);
    RaftOptions options;
    for (int i = 0; i < controllers; ++i) options.voters.push_back(id(i));
    options.config = std::move(config);
    options.planted = planted;
    std::vector<NodeId> broker_ids;
    for (int i = 0; i < brokers; ++i) broker_ids.push_back(id(controllers + i));
    if (!cold)
      options.bootstrap = bootstrap_log(make_cluster_image(broker_ids, topics), options.voters);
    for (int i = 0; i < controllers; ++i)
      add("controller-" + std::to_string(i + 1), std::make_unique<ControllerNode>(options));
    for (int i = 0; i < brokers; ++i)
      add("broker-" + std::to_string(i + 1), std::make_unique<LinkHost>(options));
    admin_id = add("admin", std::make_unique<AdminHost>());
  }

  static NodeId id(int index) { return NodeId{static_cast<NodeId::rep>(index)}; }
  NodeId controller_id(int number) const { return id(number - 1); }
  NodeId broker_id(int number) const { return id(controller_count + number - 1); }
  const ControllerCore& controller(int number) {
    return dynamic_cast<ControllerNode&>(engine.node(controller_id(number))).core();
  }
  LinkHost& broker(int number) { return dynamic_cast<LinkHost&>(engine.node(broker_id(number))); }
  AdminHost& admin() { return dynamic_cast<AdminHost&>(engine.node(admin_id)); }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  /// Number of the active controller; 0: none.
  int active() {
    for (int i = 1; i <= controller_count; ++i)
      if (engine.is_running(controller_id(i)) && controller(i).controller().is_active()) return i;
    return 0;
  }
  /// The partition as broker `number` knows it.
  const PartitionImage& partition(int number, const TopicPartition& tp) {
    return *broker(number).link.image().find(tp);
  }
  /// When the broker was fenced for the first time after `t`; max: never.
  SimTime fenced_at(NodeId broker, SimTime t) const {
    for (const auto& [event, fenced] : trace.since<trace::BrokerFenced>(t))
      if (fenced.broker == broker) return event.t;
    return SimTime::max();
  }

  Trace trace;
  engine::LeanEngine engine;
  int controller_count;
  NodeId admin_id;

 private:
  NodeId add(std::string name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = std::move(name);
    return engine.add_node(spec, std::move(node));
  }
};

}  // namespace eventarium::kafka::test
