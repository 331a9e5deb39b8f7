// Helpers of the replication tests: brokers with replicated partitions, a client with as many
// connections as it likes, and a controller by hand that does what a test tells it to.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/broker/scripted_client.h"

namespace eventarium::kafka::test {

/// Brokers are nodes 0 to n-1, the client is node n. Topic "orders" has one partition, led by
/// broker 0 in epoch 0, every broker has a replica and is in sync.
class ReplicatedCluster {
 public:
  explicit ReplicatedCluster(std::uint32_t broker_count = 3, Config topic_config = {},
                             Config broker_config = {}, PlantedFaults planted = {},
                             int partitions = 1, const std::function<void(Broker&)>& prepare = {},
                             std::vector<NewTopic> other_topics = {})
      : client_id{broker_count} {
    std::vector<NodeId> ids;
    for (std::uint32_t i = 0; i < broker_count; ++i) ids.push_back(NodeId{i});
    std::vector<NewTopic> topics = std::move(other_topics);
    topics.push_back(
        {"orders", partitions, static_cast<int>(broker_count), std::move(topic_config)});
    settled = std::make_unique<SettledCluster>(make_cluster_image(ids, topics));
    engine.add_sink(trace);
    for (std::uint32_t i = 0; i < broker_count; ++i) {
      engine::NodeSpec spec;
      spec.name = "broker-" + std::to_string(i + 1);
      auto made =
          std::make_unique<Broker>(BrokerOptions{broker_config, planted}, settled->make_link());
      if (prepare) prepare(*made);
      engine.add_node(spec, std::move(made));
    }
    engine::NodeSpec spec;
    spec.name = "client";
    engine.add_node(spec, std::make_unique<ScriptedClient>());
    run(5ms);
  }

  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  Broker& broker(std::uint32_t i) { return dynamic_cast<Broker&>(engine.node(NodeId{i})); }
  ScriptedClient& client() { return dynamic_cast<ScriptedClient&>(engine.node(client_id)); }
  const Partition& on(std::uint32_t i, std::int32_t p = 0) {
    return *broker(i).replicas().find({"orders", p});
  }
  const PartitionImage& state(std::int32_t p = 0) { return *settled->image().find({"orders", p}); }
  std::vector<RecordId> records_on(std::uint32_t i, std::int32_t p = 0,
                                   std::int64_t below = std::numeric_limits<std::int64_t>::max()) {
    std::vector<RecordId> ids;
    const StoredLog& stored = broker(i).logs().logs().at({"orders", p});
    stored.log.for_each_batch(0, [&](const RecordBatch& batch) {
      for (std::size_t r = 0; r < batch.records->size(); ++r)
        if (batch.offset_of(r) < below) ids.push_back((*batch.records)[r].id);
    });
    return ids;
  }

  // ---- the controller by hand
  /// Commits another state of the partition, one partition epoch later.
  template <class Change>
  void change(std::int32_t p, Change change) {
    auto next = std::make_shared<PartitionImage>(state(p));
    const NodeId leader = next->leader;
    change(*next);
    if (next->leader != leader) ++next->leader_epoch;
    ++next->partition_epoch;
    settled->apply({PartitionRecord{{"orders", p}, next}});
  }
  /// The broker leads from now on, with this in-sync set.
  void elect(std::uint32_t leader, std::vector<NodeId> isr, std::int32_t p = 0) {
    change(p, [&](PartitionImage& next) {
      next.leader = NodeId{leader};
      next.isr = std::move(isr);
    });
  }

  /// Clients and leaders count on the broker no more, or again.
  void fence(std::uint32_t i, bool fenced = true) {
    BrokerImage image = *settled->image().find_broker(NodeId{i});
    image.fenced = fenced;
    settled->apply({BrokerRegistrationChangeRecord{image}});
  }
  /// The process is killed, and the controller notices at once: it leaves the in-sync sets, and
  /// what it led gets the first live in-sync replica as its leader. The last one in sync stays in.
  void crash(std::uint32_t i) {
    engine.stop(NodeId{i}, engine::StopReason::crash);
    fence(i);
    const auto partitions = settled->image().find_topic("orders")->partitions.size();
    for (std::size_t p = 0; p < partitions; ++p) {
      const PartitionImage& now = state(static_cast<std::int32_t>(p));
      if (!now.in_isr(NodeId{i})) continue;
      change(static_cast<std::int32_t>(p), [&](PartitionImage& next) {
        if (next.isr.size() > 1) std::erase(next.isr, NodeId{i});
        if (next.leader == NodeId{i}) next.leader = live_in_sync(next);
      });
    }
  }
  /// It comes back as another incarnation; a partition that has only waited for it is led by it.
  void restart(std::uint32_t i) {
    BrokerImage image = *settled->image().find_broker(NodeId{i});
    image.epoch += 1000;
    image.fenced = false;
    settled->apply({RegisterBrokerRecord{image}});
    engine.start(NodeId{i});
    const auto partitions = settled->image().find_topic("orders")->partitions.size();
    for (std::size_t p = 0; p < partitions; ++p) {
      const PartitionImage& now = state(static_cast<std::int32_t>(p));
      if (now.leader.valid() || !now.in_isr(NodeId{i})) continue;
      change(static_cast<std::int32_t>(p), [&](PartitionImage& next) { next.leader = NodeId{i}; });
    }
  }

  // ---- the client; each request goes on a connection of its own unless one is named
  void produce(std::uint32_t to, RecordBatch batch, std::int16_t acks, Duration timeout = 30s,
               std::uint8_t connection = 0, std::int32_t p = 0) {
    ProduceRequest request;
    request.header = {7, ++correlation_id};
    request.acks = acks;
    request.timeout = timeout;
    request.partitions.push_back({{"orders", p}, std::move(batch)});
    client().send(NodeId{to}, std::move(request), lane(connection));
  }
  void fetch(std::uint32_t from, std::int64_t offset, Duration max_wait = 0ms) {
    FetchRequest request;
    request.header = {7, ++correlation_id};
    request.max_wait = max_wait;
    request.max_bytes = 1'000'000;
    request.partitions.push_back({{"orders", 0}, -1, offset, 1'000'000});
    client().send(NodeId{from}, std::move(request), lane(0));
  }
  ListOffsetsResponse::Partition latest(std::uint32_t from) {
    ListOffsetsRequest request;
    request.header = {7, ++correlation_id};
    request.partitions.push_back({{"orders", 0}, -1, ListOffsetsRequest::Target::latest, {}});
    client().send(NodeId{from}, std::move(request), lane(0));
    run(10ms);
    const auto* response = answer<ListOffsetsResponse>(correlation_id);
    return response ? response->partitions.front() : ListOffsetsResponse::Partition{};
  }
  /// The answer to the request with that number; null while there is none.
  template <class R>
  const R* answer(std::uint32_t number) {
    for (const Received& received : client().received)
      if (const auto* response = dynamic_cast<const R*>(received.payload.get()))
        if (response->header.correlation_id == number) return response;
    return nullptr;
  }
  /// What became of the batch of that number: nothing while there is no answer.
  std::optional<Error> produced(std::uint32_t number) {
    const auto* response = answer<ProduceResponse>(number);
    if (!response) return std::nullopt;
    return response->partitions.front().error;
  }

  Trace trace;
  std::unique_ptr<SettledCluster> settled;
  engine::LeanEngine engine{42};
  NodeId client_id;
  std::uint32_t correlation_id = 0;

 private:
  NodeId live_in_sync(const PartitionImage& partition) const {
    for (const NodeId id : partition.replicas)
      if (partition.in_isr(id) && engine.is_running(id)) return id;
    return {};
  }
  engine::Lane lane(std::uint8_t connection) {
    return {client_id, connection ? connection : next_lane_++};
  }
  std::uint8_t next_lane_ = 1;
};

}  // namespace eventarium::kafka::test
