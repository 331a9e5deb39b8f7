// Groups of consumers on brokers with their coordinator: who reads what after which time, and what
// is delivered again.
#include <algorithm>
#include <set>

#include <doctest/doctest.h>

#include "sim/coordinator/group_coordinator.h"
#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

/// One broker, which coordinates; a producer; consumers of groups.
class GroupCluster {
 public:
  explicit GroupCluster(std::vector<NewTopic> topics) {
    topics.push_back({"__consumer_offsets", 1, 1, {}});
    settled_ = std::make_unique<SettledCluster>(make_cluster_image({NodeId{0}}, topics));
    engine.add_sink(trace);
    auto broker = std::make_unique<Broker>(BrokerOptions{}, settled_->make_link());
    broker->add_part(std::make_unique<GroupCoordinator>());
    add("broker-1", std::move(broker), {});
    auto host = std::make_unique<ProducerHost>(Config{}, std::vector{NodeId{0}});
    producer = host.get();
    add("producer", std::move(host), {});
  }

  NodeId member(std::string name, Config config = {}, Duration start_at = 1s,
                CommitPolicy commit = CommitPolicy::automatic,
                std::vector<std::string> topics = {"orders"}) {
    config.try_emplace("group.id", "billing");
    config.try_emplace("auto.offset.reset", "earliest");
    return add(std::move(name),
               std::make_unique<ConsumerHost>(config, std::vector{NodeId{0}},
                                              Assignment{{}, std::move(topics)}, commit),
               sim_time(start_at));
  }
  ConsumerHost& host(NodeId id) { return dynamic_cast<ConsumerHost&>(engine.node(id)); }
  std::string assigned(NodeId id) {
    std::string text;
    for (const TopicPartition& tp : host(id).consumer.assigned())
      text += (text.empty() ? "" : " ") + to_text(tp);
    return text;
  }
  void run_until(Duration t) { engine.run_until(sim_time(t)); }
  void publish(int count, const std::string& topic = "orders", std::int32_t partition = 0) {
    engine.schedule(engine.now() + 1us, [this, count, topic, partition] {
      for (int i = 0; i < count; ++i) producer->publish(topic, {}, 100, partition);
    });
  }
  /// When a node was given partitions, in the order of time.
  std::vector<SimTime> assigned_at(NodeId id) const {
    std::vector<SimTime> times;
    for (const auto& [event, assigned] : trace.all<trace::PartitionAssigned>())
      if (event.node == id) times.push_back(event.t);
    return times;
  }
  std::set<std::int64_t> generations() const {
    std::set<std::int64_t> seen;
    for (const auto& [event, ended] : trace.all<trace::RebalanceEnded>())
      seen.insert(ended.generation);
    return seen;
  }

  Trace trace;
  engine::LeanEngine engine{42};
  ProducerHost* producer = nullptr;

 private:
  NodeId add(std::string name, std::unique_ptr<engine::Node> node, SimTime start_at) {
    engine::NodeSpec spec;
    spec.name = std::move(name);
    spec.start_at = start_at;
    return engine.add_node(spec, std::move(node));
  }

  std::unique_ptr<SettledCluster> settled_;
};

const Config roundrobin{{"partition.assignment.strategy", "RoundRobinAssignor"}};
const Config cooperative{{"partition.assignment.strategy", "CooperativeStickyAssignor"}};

Config with(Config config, const std::string& key, const std::string& value) {
  config[key] = value;
  return config;
}

}  // namespace

TEST_CASE("a lone consumer reads three seconds after it has joined") {
  GroupCluster cluster({{"orders", 2, 1, {}}});
  const NodeId a = cluster.member("billing-1");
  cluster.publish(5);
  cluster.run_until(3900ms);
  CHECK(cluster.host(a).deliveries.empty());
  cluster.run_until(5s);
  CHECK(cluster.assigned(a) == "orders-0 orders-1");
  CHECK(cluster.host(a).deliveries.size() == 5);
}

TEST_CASE("row 39: three members on two partitions: one is idle") {
  GroupCluster cluster({{"orders", 2, 1, {}}});
  std::vector<std::string> all;
  std::vector<NodeId> ids;
  for (const char* name : {"billing-1", "billing-2", "billing-3"})
    ids.push_back(cluster.member(name));
  cluster.run_until(8s);
  for (const NodeId id : ids) all.push_back(cluster.assigned(id));
  std::sort(all.begin(), all.end());
  CHECK(all == std::vector<std::string>{"", "orders-0", "orders-1"});
}

TEST_CASE("row 40: two topics of three partitions: 4 to 2 by range, 3 to 3 by roundrobin") {
  for (const bool by_range : {true, false}) {
    GroupCluster cluster({{"t0", 3, 1, {}}, {"t1", 3, 1, {}}});
    const Config config = by_range ? Config{} : roundrobin;
    const std::vector<std::string> topics{"t0", "t1"};
    const NodeId a = cluster.member("a", config, 1s, CommitPolicy::automatic, topics);
    const NodeId b = cluster.member("b", config, 1s, CommitPolicy::automatic, topics);
    cluster.run_until(8s);
    const auto counts = std::minmax(
        {cluster.host(a).consumer.assigned().size(), cluster.host(b).consumer.assigned().size()});
    CHECK(counts.first == (by_range ? 2 : 3));
    CHECK(counts.second == (by_range ? 4 : 3));
  }
}

TEST_CASE("row 41: a member is killed: its partitions move when its session ends") {
  GroupCluster cluster({{"orders", 2, 1, {}}});
  const NodeId a = cluster.member("billing-1");
  const NodeId b = cluster.member("billing-2");
  cluster.run_until(10s);
  cluster.engine.stop(a, engine::StopReason::crash);
  cluster.run_until(50s);
  CHECK(cluster.host(b).consumer.assigned().size() == 1);
  cluster.run_until(59s);  // 45 s after its last heartbeat, and 3 s for the other to hear of it
  CHECK(cluster.assigned(b) == "orders-0 orders-1");
}

TEST_CASE("row 41: a member is closed: its partitions move at the next heartbeat of the others") {
  GroupCluster cluster({{"orders", 2, 1, {}}});
  const NodeId a = cluster.member("billing-1");
  const NodeId b = cluster.member("billing-2");
  cluster.run_until(10s);
  cluster.engine.stop(a, engine::StopReason::clean);
  cluster.run_until(13100ms);
  CHECK(cluster.assigned(b) == "orders-0 orders-1");
}

TEST_CASE("row 41: a member blocks 6 minutes in its handler: it leaves after 5; its commit fails") {
  GroupCluster cluster({{"orders", 2, 1, {}}});
  const NodeId a = cluster.member("billing-1", {}, 1s, CommitPolicy::after);
  const NodeId b = cluster.member("billing-2", {}, 1s, CommitPolicy::after);
  cluster.run_until(8s);
  const NodeId reader = cluster.assigned(a) == "orders-0" ? a : b;
  const NodeId other = reader == a ? b : a;
  cluster.host(reader).service_time = 6min;
  cluster.publish(1);
  cluster.run_until(307s);
  CHECK(cluster.assigned(other) == "orders-1");
  cluster.run_until(312s);
  CHECK(cluster.assigned(other) == "orders-0 orders-1");
  CHECK(cluster.host(other).deliveries.size() == 1);  // while the old owner still works on it
  CHECK(cluster.trace.all<trace::OffsetCommitFailed>().empty());
  cluster.run_until(375s);
  const auto failed = cluster.trace.all<trace::OffsetCommitFailed>();
  REQUIRE(failed.size() == 1);
  CHECK(failed[0].second.error.find("CommitFailedException") == 0);
  CHECK(cluster.host(reader).consumer.assigned().size() == 1);  // it is back
}

TEST_CASE("row 42: a static member that is back within its session keeps its partitions") {
  for (const bool in_time : {true, false}) {
    GroupCluster cluster({{"orders", 2, 1, {}}});
    const NodeId a = cluster.member("billing-1", {{"group.instance.id", "one"}});
    const NodeId b = cluster.member("billing-2", {{"group.instance.id", "two"}});
    cluster.run_until(10s);
    const std::string before = cluster.assigned(a);
    cluster.engine.stop(a, engine::StopReason::clean);
    cluster.run_until(in_time ? 30s : 70s);
    CHECK(cluster.host(b).consumer.assigned().size() == (in_time ? 1 : 2));
    cluster.engine.start(a);
    cluster.run_until(in_time ? 32s : 76s);
    CHECK(cluster.assigned(a) == before);
    CHECK(cluster.generations().size() == (in_time ? 1 : 3));
  }
}

TEST_CASE("row 43: a third consumer joins: cooperative moves two partitions, eager stops all six") {
  for (const bool is_cooperative : {true, false}) {
    GroupCluster cluster({{"orders", 6, 1, {}}});
    const Config config = is_cooperative ? cooperative : roundrobin;
    cluster.member("a", config);
    cluster.member("b", config);
    const NodeId c = cluster.member("c", config, 10s);
    cluster.run_until(20s);
    CHECK(cluster.host(c).consumer.assigned().size() == 2);
    CHECK(cluster.trace.all<trace::PartitionRevoked>().size() == (is_cooperative ? 2 : 6));
    CHECK(cluster.generations().size() == (is_cooperative ? 3 : 2));
  }
}

TEST_CASE("row 47: a crash before the commit: delivered again; after it: skipped") {
  for (const auto commit : {CommitPolicy::after, CommitPolicy::before}) {
    GroupCluster cluster({{"orders", 1, 1, {}}});
    const NodeId a = cluster.member("billing-1", {{"session.timeout.ms", "6000"}}, 1s, commit);
    cluster.host(a).service_time = 100ms;
    cluster.run_until(6s);
    cluster.publish(20);
    cluster.run_until(7050ms);  // ten are finished
    const std::size_t delivered = cluster.host(a).deliveries.size();
    CHECK(delivered >= 10);
    CHECK(delivered < 15);
    cluster.engine.stop(a, engine::StopReason::crash);
    cluster.engine.start(a);
    cluster.run_until(30s);
    CHECK(cluster.host(a).deliveries.size() ==
          (commit == CommitPolicy::after ? delivered + 20 : delivered));
  }
}

TEST_CASE("row 50: two groups read the same topic, each at its own pace") {
  GroupCluster cluster({{"orders", 1, 1, {}}});
  const NodeId a = cluster.member("billing-1");
  const NodeId b =
      cluster.member("audit-1", {{"group.id", "audit"}, {"enable.auto.commit", "false"}});
  cluster.publish(10);
  cluster.run_until(12s);
  cluster.engine.stop(a, engine::StopReason::clean);
  cluster.engine.stop(b, engine::StopReason::clean);
  cluster.run_until(13s);
  cluster.engine.start(a);
  cluster.engine.start(b);
  cluster.run_until(20s);
  CHECK(cluster.host(a).deliveries.size() == 10);
  CHECK(cluster.host(b).deliveries.size() == 20);
}

TEST_CASE("records flow on through joins, leaves and crashes; none is missed") {
  GroupCluster cluster({{"orders", 6, 1, {}}});
  std::vector<NodeId> ids;
  for (int i = 0; i < 4; ++i)
    ids.push_back(cluster.member("m" + std::to_string(i),
                                 with(cooperative, "session.timeout.ms", "6000"),
                                 Duration{1s} * (1 + 5 * i), CommitPolicy::after));
  for (int second = 1; second < 60; ++second) {
    cluster.run_until(Duration{1s} * second);
    for (std::int32_t p = 0; p < 6; ++p) cluster.publish(3, "orders", p);
    if (second == 30) cluster.engine.stop(ids[0], engine::StopReason::crash);
    if (second == 35) cluster.engine.stop(ids[1], engine::StopReason::clean);
    if (second == 45) cluster.engine.start(ids[0]);
  }
  cluster.run_until(90s);
  std::set<std::pair<std::int64_t, std::int64_t>> seen;
  for (const NodeId id : ids)
    for (const bus::Delivery& delivery : cluster.host(id).deliveries)
      seen.emplace(delivery.partition, delivery.offset);
  CHECK(seen.size() == 59 * 6 * 3);
}
