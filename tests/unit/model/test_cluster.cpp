// What is seen of a cluster: who leads and who believes so, gaps, fenced brokers, the quorum; what
// can be done to it, and what is said of it.
#include <doctest/doctest.h>

#include "trace_builder.h"
#include "viz/model/cluster_inspector.h"
#include "viz/model/deeds.h"
#include "viz/model/flights.h"
#include "viz/model/layout.h"
#include "viz/model/real_command.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

struct ThreeBrokers {
  TraceBuilder t;
  NodeId shop, boss;
  std::vector<NodeId> brokers;

  ThreeBrokers() {
    shop = t.declare("producer", "shop");
    for (const char* name : {"broker-1", "broker-2", "broker-3"})
      brokers.push_back(t.declare("broker", name));
    boss = t.declare("controller", "controller-1");
    t.add(boss, trace::ControllerElected{1});
    trace::PartitionCreated created;
    created.topic = "orders";
    created.leader = brokers[0];
    created.replicas = created.isr = brokers;
    created.min_isr = 2;
    t.add(boss, created);
  }
  void change(NodeId leader, std::int64_t epoch, std::vector<NodeId> isr,
              const std::string& reason = "") {
    trace::PartitionChanged changed;
    changed.topic = "orders";
    changed.leader = leader;
    changed.leader_epoch = changed.partition_epoch = epoch;
    changed.replicas = brokers;
    changed.isr = std::move(isr);
    changed.reason = reason;
    t.add(boss, changed);
  }
  PartitionView partition() const { return *t.world().partition({"orders", 0}); }
};

bool says(const Inspection& inspection, const std::string& words) {
  for (const Section& section : inspection.sections)
    for (const Row& row : section.rows)
      if ((row.name + " " + row.value).find(words) != std::string::npos) return true;
  return false;
}

const Deed* find_deed(const std::vector<Deed>& deeds, const std::string& name) {
  for (const Deed& deed : deeds)
    if (deed.name == name) return &deed;
  return nullptr;
}

}  // namespace

TEST_CASE("cluster: a follower's gap is what the leader has and it has not") {
  ThreeBrokers c;
  std::vector<RecordId> records;
  for (int i = 0; i < 5; ++i) records.push_back(c.t.produce(c.shop, "orders"));
  c.t.append(c.brokers[0], "orders", 0, 0, records);
  c.t.add(c.brokers[1], trace::BatchAppended{"orders", 0, 0, {records[0], records[1]}, 0, 9, true});
  const PartitionView view = c.partition();
  CHECK(view.lag(*view.replica(c.brokers[0])) == 0);
  CHECK(view.lag(*view.replica(c.brokers[1])) == 3);
  CHECK(view.lag(*view.replica(c.brokers[2])) == 5);
  CHECK_FALSE(view.under_replicated());
  c.change(c.brokers[0], 0, {c.brokers[0], c.brokers[1]}, "broker-3 lags");
  CHECK(c.partition().under_replicated());
  CHECK_FALSE(c.partition().in_sync(c.brokers[2]));
  CHECK(load_of(c.t.world(), c.brokers[2]).out_of_sync == 1);
  CHECK(health_of(c.t.world()).under_replicated == 1);
  CHECK(health_of(c.t.world()).under_min_isr == 0);
  c.t.add(c.brokers[0], trace::TopicConfigChanged{"orders", "min.insync.replicas", "3", 3});
  CHECK(c.partition().min_isr == 3);
  CHECK(health_of(c.t.world()).under_min_isr == 1);
}

TEST_CASE("cluster: a leader that has not heard of the election believes that it leads") {
  ThreeBrokers c;
  c.change(c.brokers[1], 1, {c.brokers[1], c.brokers[2]});
  PartitionView view = c.partition();
  CHECK(view.stale_leader(*view.replica(c.brokers[0])));
  CHECK_FALSE(view.stale_leader(*view.replica(c.brokers[1])));
  c.t.add(c.brokers[1], trace::LeadershipTaken{"orders", 0, 1, 0});
  c.t.add(c.brokers[0], trace::FollowingStarted{"orders", 0, c.brokers[1], 1});
  view = c.partition();
  CHECK_FALSE(view.stale_leader(*view.replica(c.brokers[0])));
  CHECK(view.replica(c.brokers[0])->follows == c.brokers[1]);
  // Its memory is gone with its process.
  c.t.add(c.brokers[1], trace::NodeStopped{"crash"});
  CHECK_FALSE(c.partition().replica(c.brokers[1])->leads);
}

TEST_CASE("cluster: the controller's word about brokers, and who is the controller") {
  ThreeBrokers c;
  CHECK(c.t.world().controller == c.boss);
  c.t.add(c.boss, trace::BrokerFenced{c.brokers[2], "no heartbeat for 9 s"});
  World world = c.t.world();
  CHECK(world.node(c.brokers[2])->member.fenced);
  CHECK(health_of(world).brokers_fenced == 1);
  const Inspection told = inspect(c.t.history, c.t.scoreboard, world, Selection(c.brokers[2]));
  CHECK(says(told, "fenced"));
  CHECK(says(told, "no heartbeat for 9 s"));
  c.t.add(c.boss, trace::BrokerUnfenced{c.brokers[2]});
  CHECK_FALSE(c.t.world().node(c.brokers[2])->member.fenced);
  c.t.add(c.boss, trace::NodeStopped{"crash"});
  world = c.t.world();
  CHECK_FALSE(world.controller.valid());
  CHECK_FALSE(world.node(c.boss)->controller.active);
  REQUIRE(c.t.timeline.lane(LaneKind::controller).rows.size() == 1);
  CHECK(c.t.timeline.lane(LaneKind::controller).rows[0].back().text == "none");
}

TEST_CASE("cluster: an entry that a new leader has overwritten is no entry any more") {
  ThreeBrokers c;
  c.t.add(c.boss, trace::MetadataAppended{0, 1, "PartitionRecord", "orders-0 led by broker-1"});
  c.t.add(c.boss, trace::MetadataAppended{1, 1, "PartitionRecord", "orders-0 led by broker-2"});
  c.t.add(c.boss, trace::MetadataCommitted{1, 1});
  auto entries = metadata_entries(c.t.history, c.t.world(), 10);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].offset == 1);
  CHECK_FALSE(entries[0].committed);
  CHECK(entries[1].committed);
  c.t.add(c.boss, trace::MetadataAppended{1, 2, "PartitionRecord", "orders-0 led by broker-3"});
  entries = metadata_entries(c.t.history, c.t.world(), 10);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].text == "orders-0 led by broker-3");
}

TEST_CASE("cluster: a partition's inspection tells its replicas and what the controller decided") {
  ThreeBrokers c;
  c.change(c.brokers[1], 1, {c.brokers[1]}, "broker-1 was fenced");
  const World world = c.t.world();
  const Inspection told =
      inspect(c.t.history, c.t.scoreboard, world, Selection(PartitionId{"orders", 0}));
  CHECK(says(told, "leader broker-2"));
  CHECK(says(told, "broker-1 was fenced"));
  CHECK(says(told, "out of sync"));
  REQUIRE_FALSE(told.commands.empty());
  CHECK(told.commands[0].output.at(1).find("Leader: 2\tReplicas: 1,2,3\tIsr: 2") !=
        std::string::npos);
  // Before it happened nothing of it is told.
  const World before = c.t.world_at(c.t.history.size() - 1);
  CHECK_FALSE(
      says(inspect(c.t.history, c.t.scoreboard, before, Selection(PartitionId{"orders", 0})),
           "broker-1 was fenced"));
}

TEST_CASE("cluster: what can be done fits what is selected, and is undone by doing it again") {
  ThreeBrokers c;
  auto deeds = deeds_for(c.t.history, c.t.world(), Selection(c.brokers[0]));
  const Deed* slow = find_deed(deeds, "Slow disk");
  REQUIRE(slow != nullptr);
  CHECK(live_command(slow->request) ==
        R"({"command":"fault","do":"slow_disk","target":"broker-1","factor":0.1})");
  c.t.add(c.brokers[0], trace::FaultInjected{"slow_disk", NodeId{}, "10 times slower"});
  deeds = deeds_for(c.t.history, c.t.world(), Selection(c.brokers[0]));
  const Deed* normal = find_deed(deeds, "Normal disk");
  REQUIRE(normal != nullptr);
  CHECK(normal->on);
  CHECK(live_command(normal->request) ==
        R"({"command":"heal","do":"slow_disk","target":"broker-1"})");
  const Deed* isolate = find_deed(deeds, "Isolate");
  REQUIRE(isolate != nullptr);
  CHECK(live_command(isolate->request) ==
        R"({"command":"fault","do":"split","sides":"broker-1|broker-2,broker-3,controller-1"})");
  // A producer has no disk, a broker no events to poison.
  const auto shop = deeds_for(c.t.history, c.t.world(), Selection(c.shop));
  CHECK(find_deed(shop, "Slow disk") == nullptr);
  CHECK(find_deed(shop, "Poison") != nullptr);
  CHECK(find_deed(deeds, "Poison") == nullptr);
  CHECK_FALSE(find_deed(deeds, "Start")->why_not.empty());
  c.t.add(c.brokers[0], trace::NodeStopped{"crash"});
  deeds = deeds_for(c.t.history, c.t.world(), Selection(c.brokers[0]));
  CHECK(find_deed(deeds, "Start")->why_not.empty());
  CHECK_FALSE(find_deed(deeds, "Crash")->why_not.empty());
}

TEST_CASE("cluster: the way between two nodes can be cut, one way or both") {
  ThreeBrokers c;
  const Selection way = WaySelection{c.brokers[0], c.brokers[1]};
  auto deeds = deeds_for(c.t.history, c.t.world(), way);
  REQUIRE(deeds.size() == 3);
  CHECK(live_command(deeds[0].request) ==
        R"({"command":"fault","do":"cut","target":"broker-1","peer":"broker-2","both_ways":true})");
  c.t.add(c.brokers[0], trace::FaultInjected{"cut", c.brokers[1], ""});
  deeds = deeds_for(c.t.history, c.t.world(), way);
  CHECK_FALSE(deeds[0].on);
  CHECK(deeds[1].on);
  CHECK(deeds[1].name == "Mend → broker-2");
}

TEST_CASE("cluster: administration is asked for in the words of a scenario") {
  ThreeBrokers c;
  const auto deeds = cluster_deeds(c.t.world(), "orders");
  REQUIRE(find_deed(deeds, "Add a broker") != nullptr);
  CHECK(live_command(find_deed(deeds, "Add a broker")->request) ==
        R"({"command":"operate","do":"add_broker"})");
  const Deed* grow = find_deed(deeds, "2 partitions");
  REQUIRE(grow != nullptr);
  CHECK(live_command(grow->request) ==
        R"({"command":"operate","do":"add_partitions","topic":"orders","partitions":2})");
  const auto typed =
      commands_for_operation(c.t.history, c.t.world(), std::get<OperationRequest>(grow->request));
  REQUIRE(typed.size() == 1);
  CHECK(typed[0].command.find("--alter --topic orders --partitions 2") != std::string::npos);
  // Three brokers hold three copies already.
  REQUIRE(find_deed(deeds, "4 replicas") != nullptr);
  CHECK(find_deed(deeds, "4 replicas")->why_not == "There are only 3 brokers.");
  CHECK(cluster_deeds(TraceBuilder{}.world(), "").empty());
}

TEST_CASE("cluster: what followers and controllers say is told apart from what clients say") {
  ThreeBrokers c;
  const RecordId record = c.t.produce(c.shop, "orders");
  const MessageId copy = c.t.send(c.brokers[0], c.brokers[1], "ReplicaFetchResponse", {record});
  const MessageId asked = c.t.send(c.brokers[1], c.brokers[0], "ReplicaFetch");
  const MessageId beat = c.t.send(c.brokers[1], c.boss, "BrokerHeartbeat");
  const MessageId change = c.t.send(c.brokers[0], c.boss, "AlterPartition");
  const History& history = c.t.history;
  CHECK(flight_kind(history, *history.message(copy)) == FlightKind::replicate);
  CHECK(flight_kind(history, *history.message(asked)) == FlightKind::control);
  CHECK(flight_kind(history, *history.message(change)) == FlightKind::control);
  CHECK(history.message(beat)->routine);
  CHECK(history.message(asked)->routine);
  CHECK_FALSE(history.message(change)->routine);
  FlightOptions calm;
  calm.routine = false;
  CHECK(flights_at(history, c.t.world(), {}).flights.size() == 4);
  CHECK(flights_at(history, c.t.world(), calm).flights.size() == 2);
}

TEST_CASE("cluster: compaction leaves holes, and only in the log that was cleaned") {
  ThreeBrokers c;
  const RecordId a = c.t.produce(c.shop, "orders"), b = c.t.produce(c.shop, "orders");
  for (const NodeId broker : {c.brokers[0], c.brokers[1]})
    c.t.append(broker, "orders", 0, 0, {a, b});
  const Position before = c.t.history.size();
  c.t.add(c.brokers[0], trace::LogCompacted{"orders", 0, 1, {a}, 100});
  const ReplicaId cleaned{{"orders", 0}, c.brokers[0]}, other{{"orders", 0}, c.brokers[1]};
  CHECK_FALSE(c.t.history.cell(cleaned, 0, c.t.history.size()));
  CHECK(c.t.history.cell(cleaned, 0, before)->record == a);
  CHECK(c.t.history.cell(cleaned, 1, c.t.history.size())->record == b);
  CHECK(c.t.history.cell(other, 0, c.t.history.size())->record == a);
}

TEST_CASE("layout: a hundred brokers are tiles that don't overlap, in any number of columns") {
  TraceBuilder t;
  std::vector<NodeId> brokers;
  for (int i = 1; i <= 100; ++i)
    brokers.push_back(t.declare("broker", "broker-" + std::to_string(i)));
  for (std::int64_t p = 0; p < 300; ++p) {
    const auto first = static_cast<std::size_t>(p) % 100;
    t.partition("orders", p, brokers[first], {brokers[first], brokers[(first + 1) % 100]});
  }
  CHECK(count_rows(t.history).brokers == 100);
  CHECK(count_rows(t.history).total == 600);
  for (const std::size_t columns : {1U, 3U, 10U, 12U}) {
    LayoutMetrics metrics;
    metrics.tiles = true;
    metrics.broker_columns = columns;
    const Layout layout = make_layout(t.history, metrics);
    for (const NodeId a : brokers) {
      CHECK(layout.nodes[a.value].tile);
      CHECK(layout.nodes[a.value].rows.size() == 6);
      for (const NodeId b : brokers)
        if (a < b) CHECK_FALSE(layout.nodes[a.value].box.overlaps(layout.nodes[b.value].box));
    }
  }
}

TEST_CASE("layout: those that run the cluster stand in a row above the brokers") {
  TraceBuilder t;
  const NodeId broker = t.declare("broker", "broker-1");
  std::vector<NodeId> above;
  above.push_back(t.declare("zookeeper", "zookeeper-1"));
  above.push_back(t.declare("controller", "controller-1"));
  above.push_back(t.declare("admin", "admin"));
  t.partition("orders", 0, broker, {broker});
  const Layout layout = make_layout(t.history);
  for (const NodeId node : above) {
    const Box& box = layout.nodes[node.value].box;
    CHECK(box.y + box.height < layout.nodes[broker.value].box.y);
    CHECK(box.y == layout.nodes[above[0].value].box.y);
  }
}

TEST_CASE(
    "cluster: a broker whose session has expired is counted on no more, until it has another") {
  ThreeBrokers c;
  c.t.add(c.boss, trace::ZookeeperSessionExpired{1, c.brokers[0]});
  CHECK(c.t.world().node(c.brokers[0])->member.expired);
  CHECK_FALSE(c.t.world().node(c.brokers[1])->member.expired);
  CHECK(says(inspect(c.t.history, c.t.scoreboard, c.t.world(), c.brokers[0]),
             "its session has expired"));
  c.t.add(c.brokers[0], trace::ZookeeperSessionOpened{4});
  CHECK_FALSE(c.t.world().node(c.brokers[0])->member.expired);
}

TEST_CASE("cluster: what was cut off before it could be read was never readable") {
  ThreeBrokers c;
  const RecordId lost = c.t.produce(c.shop, "orders"), kept = c.t.produce(c.shop, "orders");
  const auto readable = [&](RecordId record) {
    for (const LifeLine& line : life_of(c.t.history, record, c.t.history.size()))
      if (line.word == "readable") return true;
    return false;
  };
  c.t.append(c.brokers[0], "orders", 0, 0, {lost});
  c.t.add(c.brokers[0], trace::LogTruncated{"orders", 0, 0, {lost}, "follows the leader"});
  c.t.append(c.brokers[0], "orders", 0, 0, {kept});
  c.t.add(c.brokers[0], trace::HighWatermarkAdvanced{"orders", 0, 1});
  CHECK_FALSE(readable(lost));
  CHECK(readable(kept));
}
