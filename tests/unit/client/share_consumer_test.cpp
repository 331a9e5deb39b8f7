// Share consumers on a broker with everything that a share group needs: who is handed which record,
// and what comes back when nobody says that it is done.
#include "sim/client/share_consumer.h"

#include <map>
#include <set>

#include <doctest/doctest.h>

#include "sim/coordinator/group_coordinator.h"
#include "sim/coordinator/share_coordinator.h"
#include "sim/coordinator/share_groups.h"
#include "sim/coordinator/share_leader.h"
#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition jobs_0{"jobs", 0};

/// Hosts a share consumer; `fails` says what its handler makes of a record.
class Worker : public engine::Node, public bus::Listener {
 public:
  explicit Worker(const Config& config) : consumer(5, config, {NodeId{0}}, {"jobs"}) {
    consumer.set_listener(*this);
  }
  void on_start(engine::Runtime& runtime) override { consumer.start(runtime); }
  void on_message(engine::Runtime& runtime, engine::Message message) override {
    consumer.handle_message(runtime, message);
  }
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    if (token.component != 9) {
      consumer.handle_timer(runtime, token);
      return;
    }
    consumer.finished(runtime, token.value, !fails(deliveries.back()));
  }
  void on_disconnect(engine::Runtime& runtime, NodeId peer, engine::Lane lane) override {
    consumer.handle_disconnect(runtime, peer, lane);
  }
  void on_stop(engine::Runtime& runtime, engine::StopReason reason) override {
    consumer.stop(runtime, reason);
  }
  void on_delivery(engine::Runtime& runtime, const bus::Delivery& delivery) override {
    deliveries.push_back(delivery);
    runtime.set_timer(service_time, {9, 0, delivery.handle});
  }

  ShareConsumer consumer;
  Duration service_time = 100ms;
  std::function<bool(const bus::Delivery&)> fails = [](const bus::Delivery&) { return false; };
  std::vector<bus::Delivery> deliveries;
};

/// One broker, which leads, coordinates and keeps; a producer; workers of one share group.
struct Workshop {
  explicit Workshop(const Config& broker_config = {}) {
    settled = std::make_unique<SettledCluster>(make_cluster_image(
        {NodeId{0}},
        {{"jobs", 1, 1, {}}, {"__consumer_offsets", 1, 1, {}}, {"__share_group_state", 1, 1, {}}}));
    engine.add_sink(trace);
    auto broker = std::make_unique<Broker>(BrokerOptions{broker_config, {}}, settled->make_link());
    auto groups = std::make_unique<GroupCoordinator>();
    groups->add_manager(std::make_unique<ShareGroups>(groups->context()));
    broker->add_part(std::move(groups));
    broker->add_part(std::make_unique<ShareCoordinator>());
    auto led = std::make_unique<ShareLeader>(ShareGroupResets{{"work", "earliest"}});
    leader = led.get();
    broker->add_part(std::move(led));
    add("broker-1", std::move(broker));
    auto host = std::make_unique<ProducerHost>(Config{}, std::vector{NodeId{0}});
    producer = host.get();
    add("desk", std::move(host));
  }
  NodeId add(const std::string& name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = name;
    return engine.add_node(spec, std::move(node));
  }
  Worker& worker(const std::string& name, Config config = {}) {
    config["group.id"] = "work";
    config.try_emplace("max.poll.records", "1");
    return dynamic_cast<Worker&>(engine.node(add(name, std::make_unique<Worker>(config))));
  }
  void publish(Duration when, int count) {
    engine.schedule(sim_time(when), [this, count] {
      for (int i = 0; i < count; ++i) producer->publish("jobs", {}, 100, 0);
    });
  }
  void run_until(Duration t) { engine.run_until(sim_time(t)); }

  Trace trace;
  engine::LeanEngine engine{42};
  std::unique_ptr<SettledCluster> settled;
  ShareLeader* leader = nullptr;
  ProducerHost* producer = nullptr;
};

std::map<std::int64_t, int> times_delivered(std::initializer_list<const Worker*> workers) {
  std::map<std::int64_t, int> times;
  for (const Worker* worker : workers)
    for (const bus::Delivery& delivery : worker->deliveries) ++times[delivery.offset];
  return times;
}

const Config explicitly{{"share.acknowledgement.mode", "explicit"}};

}  // namespace

TEST_CASE("share consumers: three of them work on one partition, each record goes to one") {
  Workshop shop;
  Worker& a = shop.worker("a");
  Worker& b = shop.worker("b");
  Worker& c = shop.worker("c");
  shop.publish(8s, 30);
  shop.run_until(20s);
  const auto times = times_delivered({&a, &b, &c});
  CHECK(times.size() == 30);
  for (const auto& [offset, count] : times) CHECK(count == 1);
  for (const Worker* worker : {&a, &b, &c}) {
    CHECK(worker->consumer.assigned() == PartitionList{jobs_0});
    CHECK(worker->deliveries.size() > 5);
  }
  REQUIRE(shop.leader->find("work", jobs_0));
  CHECK(shop.leader->find("work", jobs_0)->start_offset() == 30);
}

TEST_CASE("share consumers: what a handler fails at comes again, five times, then it is archived") {
  Workshop shop;
  Worker& a = shop.worker("a", explicitly);
  a.fails = [](const bus::Delivery& delivery) { return delivery.offset == 2; };
  shop.publish(8s, 5);
  shop.run_until(30s);
  const auto times = times_delivered({&a});
  CHECK(times.size() == 5);
  CHECK(times.at(2) == 5);
  CHECK(times.at(1) == 1);
  CHECK(times.at(4) == 1);
  CHECK(shop.leader->find("work", jobs_0)->start_offset() == 5);
  std::uint32_t last_attempt = 0;
  for (const bus::Delivery& delivery : a.deliveries)
    if (delivery.offset == 2) last_attempt = delivery.attempt;
  CHECK(last_attempt == 5);
}

TEST_CASE("share consumers: who hangs keeps its record until the lock ends, not longer") {
  Workshop shop(Config{{"group.share.record.lock.duration.ms", "5000"}});
  Worker& a = shop.worker("a", explicitly);
  Worker& b = shop.worker("b", explicitly);
  a.service_time = b.service_time = 1s;
  shop.publish(8s, 2);
  shop.run_until(8500ms);
  REQUIRE(a.deliveries.size() == 1);
  REQUIRE(b.deliveries.size() == 1);
  const std::int64_t held = a.deliveries.front().offset;
  const NodeId hanging{2};
  shop.engine.set_paused(hanging, true);
  shop.run_until(12500ms);
  CHECK(times_delivered({&a, &b}).at(held) == 1);
  shop.run_until(16s);
  CHECK(times_delivered({&a, &b}).at(held) == 2);
  CHECK(b.deliveries.back().offset == held);
  CHECK(b.deliveries.back().attempt == 2);
  CHECK(shop.leader->find("work", jobs_0)->start_offset() == 2);
  // Its own acknowledgement comes too late and changes nothing.
  shop.engine.set_paused(hanging, false);
  shop.run_until(25s);
  CHECK(times_delivered({&a, &b}).at(held) == 2);
}

TEST_CASE("share consumers: the state outlives the process of the broker that led and kept it") {
  Workshop shop;
  Worker& a = shop.worker("a", explicitly);
  shop.publish(8s, 10);
  shop.run_until(15s);
  REQUIRE(a.deliveries.size() == 10);
  shop.engine.stop(NodeId{0}, engine::StopReason::crash);
  shop.run_until(16s);
  shop.engine.start(NodeId{0});
  shop.publish(30s, 3);
  shop.run_until(50s);
  const auto times = times_delivered({&a});
  CHECK(times.size() == 13);
  for (const auto& [offset, count] : times) CHECK(count == 1);
}
