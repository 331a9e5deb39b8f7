// Helpers of the broker's tests: a node that sends prepared requests and keeps what comes back,
// and a trace that can be asked for events of one kind.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "sim/broker/broker.h"
#include "sim/broker/settled_cluster.h"
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
  std::vector<trace::Event> events;
};

struct Received {
  SimTime at{};
  std::shared_ptr<const engine::Payload> payload;
};

class ScriptedClient : public engine::Node {
 public:
  void on_start(engine::Runtime& runtime) override { runtime_ = &runtime; }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    received.push_back({runtime.now(), std::move(message.payload)});
  }
  void on_disconnect(engine::Runtime&, NodeId, engine::Lane) override { ++disconnects; }

  template <class R>
  void send(NodeId broker, R request, engine::Lane lane = {}) {
    const std::uint64_t size_bytes = request.size_bytes();
    runtime_->send(broker, std::make_unique<R>(std::move(request)), size_bytes, lane);
  }
  template <class R>
  const R* last() const {
    return received.empty() ? nullptr : dynamic_cast<const R*>(received.back().payload.get());
  }

  std::vector<Received> received;
  int disconnects = 0;

 private:
  engine::Runtime* runtime_ = nullptr;
};

inline Record make_record(std::uint64_t id, std::uint32_t value_bytes = 100, SimTime time = {}) {
  auto event = std::make_shared<CloudEvent>();
  event->id = std::to_string(id);
  event->time = time;
  return {RecordId{id}, event, value_bytes};
}

inline RecordBatch make_batch(std::uint64_t first_id, std::size_t count,
                              std::uint32_t value_bytes = 100, SimTime time = {}) {
  auto records = std::make_shared<std::vector<Record>>();
  RecordBatch batch;
  batch.size_bytes = batch_header_size_bytes;
  for (std::size_t i = 0; i < count; ++i) {
    records->push_back(make_record(first_id + i, value_bytes, time));
    batch.size_bytes += record_size_bytes(records->back(), static_cast<std::int64_t>(i), 0);
  }
  batch.max_timestamp = time;
  batch.records = std::move(records);
  return batch;
}

/// Two brokers (nodes 0 and 1) and a client (node 2). "orders" has partition 0 on broker 0 and
/// partition 1 on broker 1.
struct Cluster {
  explicit Cluster(Config topic_config = {}, Config broker_config = {}) {
    settled = std::make_unique<SettledCluster>(
        make_cluster_image({NodeId{0}, NodeId{1}}, {{"orders", 2, 1, std::move(topic_config)}}));
    engine.add_sink(trace);
    for (int i = 0; i < 2; ++i) {
      engine::NodeSpec spec;
      spec.name = "broker-" + std::to_string(i + 1);
      engine.add_node(
          spec, std::make_unique<Broker>(BrokerOptions{broker_config, {}}, settled->make_link()));
    }
    engine::NodeSpec spec;
    spec.name = "client";
    engine.add_node(spec, std::make_unique<ScriptedClient>());
    run(1ms);
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  Broker& broker(std::uint32_t index) { return dynamic_cast<Broker&>(engine.node(NodeId{index})); }
  ScriptedClient& client() { return dynamic_cast<ScriptedClient&>(engine.node(NodeId{2})); }
  const Partition& partition(std::int32_t p) {
    return *broker(static_cast<std::uint32_t>(p)).replicas().find({"orders", p});
  }
  void produce(std::int32_t partition, RecordBatch batch, std::int16_t acks = 1,
               std::uint32_t to_broker = 0) {
    ProduceRequest request;
    request.header = {7, next_correlation_id++};
    request.acks = acks;
    request.partitions.push_back({{"orders", partition}, std::move(batch)});
    client().send(NodeId{to_broker}, std::move(request));
  }
  void fetch(std::int64_t offset, Duration max_wait = 500ms, std::uint64_t min_bytes = 1,
             std::uint64_t max_bytes = 1'000'000) {
    FetchRequest request;
    request.header = {7, next_correlation_id++};
    request.max_wait = max_wait;
    request.min_bytes = min_bytes;
    request.max_bytes = max_bytes;
    request.partitions.push_back({{"orders", 0}, 0, offset, max_bytes});
    // A fetch that waits would hold back what is produced on the same connection.
    client().send(NodeId{0}, std::move(request), {NodeId{2}, 1});
  }

  Trace trace;
  std::unique_ptr<SettledCluster> settled;
  engine::LeanEngine engine{42};
  std::uint32_t next_correlation_id = 1;
};

}  // namespace eventarium::kafka::test
