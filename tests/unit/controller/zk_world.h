// Helpers of the tests of ZooKeeper mode: an ensemble, brokers and an administrator on the lean
// engine, and questions to the trace.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sim/broker/admin_protocol.h"
#include "sim/broker/broker.h"
#include "sim/controller/zk_link.h"
#include "tests/unit/controller/zookeeper_world.h"

namespace eventarium::kafka::test {

using Trace = zookeeper::test::Trace;

class AdminClient : public engine::Node {
 public:
  void on_start(engine::Runtime& runtime) override { runtime_ = &runtime; }
  void on_message(engine::Runtime&, engine::Message message) override {
    if (const auto* response = message.as<AdminResponse>()) answers.push_back(*response);
  }
  void ask(NodeId broker, AdminOperation operation) {
    auto request = std::make_unique<AdminRequest>();
    request->header = {1, ++last_};
    request->operation = std::move(operation);
    runtime_->send(broker, std::move(request), 100, {runtime_->self(), 1});
  }
  std::vector<AdminResponse> answers;

 private:
  engine::Runtime* runtime_ = nullptr;
  std::uint32_t last_ = 0;
};

/// Brokers are nodes 0 ..., then `zookeepers` servers, then an administrator.
struct ZkWorld {
  explicit ZkWorld(std::uint32_t broker_count, std::vector<NewTopic> topics,
                   std::uint32_t zookeepers = 3, Config config = {})
      : brokers(broker_count) {
    engine.add_sink(trace);
    std::vector<NodeId> broker_ids, server_ids;
    for (std::uint32_t i = 0; i < brokers; ++i) broker_ids.push_back(NodeId{i});
    for (std::uint32_t i = 0; i < zookeepers; ++i) server_ids.push_back(NodeId{brokers + i});
    const auto bootstrap =
        make_zookeeper_bootstrap(make_cluster_image(broker_ids, topics), server_ids);
    for (std::uint32_t i = 0; i < brokers; ++i) {
      auto link = std::make_unique<ZkLink>(ZkOptions{config, server_ids, bootstrap, {}});
      links.push_back(link.get());
      BrokerOptions options;
      options.config = config;
      engine.add_node({"broker-" + std::to_string(i + 1), "broker", "", {}, {}},
                      std::make_unique<Broker>(options, std::move(link)));
    }
    for (std::uint32_t i = 0; i < zookeepers; ++i)
      engine.add_node(
          {"zookeeper-" + std::to_string(i + 1), "zookeeper", "", {}, {}},
          std::make_unique<zookeeper::ZookeeperServer>(server_ids, bootstrap->ensemble));
    admin_id = engine.add_node({"admin", "admin", "", {}, {}}, std::make_unique<AdminClient>());
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  ZkLink& link(std::uint32_t broker) { return *links[broker]; }
  AdminClient& admin() { return dynamic_cast<AdminClient&>(engine.node(admin_id)); }
  const PartitionImage& seen_by(std::uint32_t broker, const TopicPartition& tp) {
    return *links[broker]->image().find(tp);
  }
  /// The brokers' count when nobody is.
  std::uint32_t controller() {
    for (std::uint32_t i = 0; i < brokers; ++i)
      if (engine.is_running(NodeId{i}) && links[i]->controller().active()) return i;
    return brokers;
  }
  /// Both ways, between a broker and the whole ensemble.
  void cut_from_zookeeper(std::uint32_t broker, bool cut) {
    for (std::uint32_t s = brokers; s < admin_id.value; ++s) {
      engine.set_cut(NodeId{broker}, NodeId{s}, cut);
      engine.set_cut(NodeId{s}, NodeId{broker}, cut);
    }
  }
  /// The first event of the kind at or after `from`, or null.
  template <class Body>
  const trace::Event* first(SimTime from = SimTime{}) {
    for (const trace::Event& event : trace.events)
      if (event.t >= from && event.as<Body>()) return &event;
    return nullptr;
  }
  std::size_t sent(NodeId by, const std::string& label, SimTime from = SimTime{}) {
    std::size_t count = 0;
    for (const trace::Event& event : trace.events)
      if (const auto* message = event.as<trace::MessageSent>())
        count += event.t >= from && event.node == by && message->label == label ? 1 : 0;
    return count;
  }

  Trace trace;
  engine::LeanEngine engine{42};
  std::uint32_t brokers;
  std::vector<ZkLink*> links;
  NodeId admin_id;
};

}  // namespace eventarium::kafka::test
