// Helpers of the clients' tests: a small cluster with nodes that host a producer or a consumer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "sim/client/consumer.h"
#include "sim/client/producer.h"
#include "tests/unit/broker/scripted_client.h"

namespace eventarium::kafka::test {

/// Hosts a producer; the test publishes through it.
class ProducerHost : public engine::Node {
 public:
  ProducerHost(const Config& config, std::vector<NodeId> bootstrap)
      : producer(5, config, std::move(bootstrap)) {}

  void on_start(engine::Runtime& runtime) override {
    runtime_ = &runtime;
    producer.start(runtime);
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    producer.handle_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    producer.handle_timer(runtime, token);
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    producer.handle_disconnect(runtime, peer, lane);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    producer.stop(runtime, reason);
  }

  /// Publishes one record of `value_bytes`; returns its id.
  RecordId publish(const std::string& topic, std::optional<std::string> key = {},
                   std::uint32_t value_bytes = 100, std::optional<std::int32_t> partition = {}) {
    auto event = std::make_shared<CloudEvent>();
    event->time = runtime_->now();
    event->partitionkey = key;
    const auto key_bytes = static_cast<std::uint32_t>(key ? key->size() : 0);
    const RecordId id = runtime_->new_record();
    const EventId produced = runtime_->emit(trace::RecordProduced{
        id, event->id, event->type, key.value_or(""), key.has_value(), topic, "", value_bytes});
    runtime_->set_cause(produced);
    if (partition) {
      producer.publish_to(*runtime_, {id, event, key_bytes + value_bytes}, topic, *partition);
    } else {
      producer.publish(*runtime_, {id, event, key_bytes + value_bytes}, topic);
    }
    return id;
  }

  engine::Runtime& runtime() { return *runtime_; }

  Producer producer;

 private:
  engine::Runtime* runtime_ = nullptr;
};

/// Hosts a consumer; takes `service_time` for each record (0: finishes inside on_delivery).
class ConsumerHost : public engine::Node, public bus::Listener {
 public:
  ConsumerHost(const Config& config, std::vector<NodeId> bootstrap, Assignment assignment,
               CommitPolicy commit = CommitPolicy::automatic,
               TransactionalProducer* producer = nullptr)
      : consumer(5, config, std::move(bootstrap), std::move(assignment), commit, producer) {
    consumer.set_listener(*this);
  }

  void on_start(engine::Runtime& runtime) override {
    lent_runtime = &runtime;
    consumer.start(runtime);
  }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    consumer.handle_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (token.component == 9) {
      consumer.finished(runtime, token.value, true);
    } else {
      consumer.handle_timer(runtime, token);
    }
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    consumer.handle_disconnect(runtime, peer, lane);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    consumer.stop(runtime, reason);
  }
  void on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) override {
    deliveries.push_back(delivery);
    if (service_time == Duration{}) return consumer.finished(runtime, delivery.handle, true);
    runtime.set_timer(service_time, {9, 0, delivery.handle});
  }

  Consumer consumer;
  engine::Runtime* lent_runtime = nullptr;
  Duration service_time{};
  std::vector<bus::Delivery> deliveries;
};

/// `brokers` brokers, then the clients in the order in which they are added.
class ClientCluster {
 public:
  ClientCluster(std::uint32_t broker_count, std::vector<NewTopic> topics,
                const Config& broker_config = {}) {
    for (std::uint32_t i = 0; i < broker_count; ++i) brokers.push_back(NodeId{i});
    cluster = std::make_unique<SettledCluster>(make_cluster_image(brokers, topics));
    engine.add_sink(trace);
    for (std::uint32_t i = 0; i < broker_count; ++i)
      add("broker-" + std::to_string(i + 1),
          std::make_unique<Broker>(BrokerOptions{broker_config, {}}, cluster->make_link()));
  }

  ProducerHost& add_producer(const Config& config = {}) {
    auto host = std::make_unique<ProducerHost>(config, brokers);
    ProducerHost& reference = *host;
    producer_id = add("producer-" + std::to_string(engine.node_count()), std::move(host));
    return reference;
  }
  ConsumerHost& add_consumer(const Config& config, Assignment assignment, SimTime start_at = {}) {
    auto host = std::make_unique<ConsumerHost>(config, brokers, std::move(assignment));
    ConsumerHost& reference = *host;
    consumer_id = add("consumer-" + std::to_string(engine.node_count()), std::move(host), start_at);
    return reference;
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void at(Duration when, std::function<void()> action) {
    engine.schedule(sim_time(when), std::move(action));
  }
  const Partition& partition(const std::string& topic, std::int32_t p) {
    const NodeId leader = cluster->image().find({topic, p})->leader;
    return *dynamic_cast<Broker&>(engine.node(leader)).replicas().find({topic, p});
  }
  std::vector<RecordId> log_of(const std::string& topic, std::int32_t p) {
    std::vector<RecordId> ids;
    partition(topic, p).log().for_each_batch(0, [&](const RecordBatch& batch) {
      for (const Record& record : *batch.records) ids.push_back(record.id);
    });
    return ids;
  }
  std::size_t requests(std::string_view label) const {
    std::size_t count = 0;
    for (const auto& [event, sent] : trace.all<trace::MessageSent>()) count += sent.label == label;
    return count;
  }

  Trace trace;
  std::unique_ptr<SettledCluster> cluster;
  engine::LeanEngine engine{42};
  std::vector<NodeId> brokers;
  NodeId producer_id, consumer_id;

 private:
  NodeId add(std::string name, std::unique_ptr<engine::Node> node, SimTime start_at = {}) {
    engine::NodeSpec spec;
    spec.name = std::move(name);
    spec.start_at = start_at;
    return engine.add_node(spec, std::move(node));
  }
};

}  // namespace eventarium::kafka::test
