// The manager of consumer groups on a broker of its own: what is kept before it is answered, who
// is removed when, what another coordinator finds.
#include "sim/coordinator/consumer_groups.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/part_host.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

const TopicPartition kept{"__consumer_offsets", 0};

/// A coordinator of consumer groups and nothing else.
class Coordinator : public BrokerPart, public CoordinatorLog::Owner {
 public:
  void start(engine::Runtime& runtime, BrokerServices& services) override {
    context.broker = &services;
    log.start(runtime, services);
  }
  void stop(engine::Runtime&, engine::StopReason) override {
    log.stop();
    timers.forget_all();
    groups.stop();
  }
  bool handle(engine::Runtime& runtime, RequestTicket ticket,
              const engine::Message& message) override {
    return groups.handle(runtime, ticket, message);
  }
  bool on_timer(engine::Runtime& runtime, engine::Token token) override {
    return log.on_timer(runtime, token) || timers.on_timer(runtime, token);
  }
  bool on_done(engine::Runtime& runtime, engine::Token token) override {
    return log.on_done(runtime, token);
  }
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override {
    log.on_leadership(runtime, tp, epoch);
  }
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override {
    log.on_appended(runtime, token, error);
  }
  void replay(std::int32_t, const CoordinatorEntry& entry, const ProducerStamp&) override {
    groups.replay(*decode_group_key(entry.key), entry.value);
  }
  void replay_marker(std::int32_t, const ProducerStamp&) override {}
  void on_loaded(engine::Runtime& runtime, std::int32_t partition) override {
    groups.on_loaded(runtime, partition);
  }
  void on_unloaded(engine::Runtime& runtime, std::int32_t partition) override {
    groups.on_unloaded(runtime, partition);
  }
  void on_written(engine::Runtime& runtime, std::uint64_t token, Error error) override {
    groups.on_written(runtime, token, error);
  }
  std::size_t entries(std::int32_t partition) const override {
    return groups.groups(partition).size();
  }

  CoordinatorLog log{"__consumer_offsets", 16, *this};
  CoordinatorTimers timers{17, 0};
  GroupContext context{nullptr, log, timers, {}, {}};
  ConsumerGroups groups{context};
};

struct World {
  World() {
    store.image =
        make_cluster_image({NodeId{0}}, {{"__consumer_offsets", 1, 1, {}}, {"orders", 4, 1, {}}});
    engine.add_sink(trace);
    add("broker-1", std::make_unique<PartHost>(store, std::make_unique<Coordinator>()));
    for (const char* name : {"billing-1", "billing-2"})
      add(name, std::make_unique<ScriptedClient>());
    run(1ms);
    at([&] { host().lead(kept, 1); });
    run(10ms);
  }
  void add(const std::string& name, std::unique_ptr<engine::Node> node) {
    engine::NodeSpec spec;
    spec.name = name;
    engine.add_node(spec, std::move(node));
  }
  PartHost& host() { return dynamic_cast<PartHost&>(engine.node(NodeId{0})); }
  Coordinator& coordinator() { return dynamic_cast<Coordinator&>(host().part()); }
  const ConsumerGroup* group() { return coordinator().groups.find("billing"); }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void at(const std::function<void()>& action) {
    engine.schedule(engine.now() + 1us, action);
    run(2us);
  }
  void send(std::uint32_t client, ConsumerGroupHeartbeatRequest request) {
    auto& node = dynamic_cast<ScriptedClient&>(engine.node(NodeId{client}));
    at([&] { node.send(NodeId{0}, std::move(request)); });
  }
  ConsumerGroupHeartbeatResponse beat(std::uint32_t client, std::int32_t epoch,
                                      std::optional<PartitionList> owned = PartitionList{}) {
    ConsumerGroupHeartbeatRequest request;
    request.group = "billing";
    request.member_id = client == 1 ? "A" : "B";
    request.member_epoch = epoch;
    request.rebalance_timeout = 60s;
    if (epoch == 0) request.subscribed = {"orders"};
    request.owned = std::move(owned);
    auto& node = dynamic_cast<ScriptedClient&>(engine.node(NodeId{client}));
    const std::size_t before = node.received.size();
    send(client, std::move(request));
    run(20ms);
    REQUIRE(node.received.size() == before + 1);
    const auto* response = node.last<ConsumerGroupHeartbeatResponse>();
    REQUIRE(response);
    return *response;
  }

  Trace trace;
  Store store;
  engine::LeanEngine engine{42};
};

}  // namespace

TEST_CASE("consumer groups: a member is answered when its place is kept") {
  World world;
  world.at([&] { world.host().hold(); });
  ConsumerGroupHeartbeatRequest join;
  join.group = "billing";
  join.member_id = "A";
  join.subscribed = {"orders"};
  auto& client = dynamic_cast<ScriptedClient&>(world.engine.node(NodeId{1}));
  world.send(1, join);
  world.run(1s);
  CHECK(client.received.empty());
  world.at([&] { world.host().release(); });
  world.run(20ms);
  const auto* answer = client.last<ConsumerGroupHeartbeatResponse>();
  REQUIRE(answer);
  CHECK(answer->member_epoch == 1);
  CHECK(answer->heartbeat_interval == 5s);
  REQUIRE(answer->assignment);
  CHECK(answer->assignment->size() == 4);
  CHECK(world.trace.all<trace::GroupMemberJoined>().size() == 1);
  CHECK(world.trace.all<trace::GroupAssignmentMade>()[0].second.partitions ==
        "orders-0 orders-1 orders-2 orders-3");
}

TEST_CASE("consumer groups: 45 s without a heartbeat, and the others get what it had") {
  World world;
  world.beat(1, 0);
  CHECK(world.beat(2, 0).assignment->empty());
  const auto told =
      world.beat(1, 1,
                 world.group()->find("A")
                     ? PartitionList{{"orders", 0}, {"orders", 1}, {"orders", 2}, {"orders", 3}}
                     : PartitionList{});
  REQUIRE(told.assignment);
  CHECK(told.assignment->size() == 2);
  // A acknowledges nothing more, B goes on.
  for (int i = 0; i < 8; ++i) {
    world.run(5s);
    world.beat(2, world.group()->find("B")->epoch);
  }
  CHECK(world.group()->find("A") != nullptr);
  world.run(5s);
  CHECK(world.group()->find("A") == nullptr);
  const auto left = world.trace.all<trace::GroupMemberLeft>();
  REQUIRE(left.size() == 1);
  CHECK(left[0].second.reason == "its session has expired: no heartbeat");
  CHECK(world.beat(2, world.group()->find("B")->epoch).assignment->size() == 4);
}

TEST_CASE("consumer groups: who doesn't give up in time is removed, heartbeats or not") {
  World world;
  world.beat(1, 0);
  world.beat(2, 0);
  const PartitionList all{{"orders", 0}, {"orders", 1}, {"orders", 2}, {"orders", 3}};
  for (int i = 0; i < 11; ++i) {
    world.beat(1, 1, all);
    world.run(5s);
  }
  CHECK(world.group()->find("A") != nullptr);
  world.run(6s);
  CHECK(world.group()->find("A") == nullptr);
  CHECK(world.beat(1, 1, all).error == Error::unknown_member_id);
}

TEST_CASE("consumer groups: another coordinator knows members and epochs, sessions begin anew") {
  World world;
  world.beat(1, 0);
  const auto before = world.group()->members();
  world.run(40s);
  world.at([&] { world.host().resign(kept); });
  CHECK(world.group() == nullptr);
  CHECK(world.beat(1, 1).error == Error::not_coordinator);
  world.at([&] { world.host().lead(kept, 2); });
  world.run(10ms);
  REQUIRE(world.group());
  CHECK(world.group()->members() == before);
  world.run(30s);
  CHECK(world.beat(1, 1).error == Error::none);
  CHECK(world.group()->epoch() == 1);
}

TEST_CASE("consumer groups: commits of members in their epoch, of anybody when it is empty") {
  World world;
  world.beat(1, 0);
  const ConsumerGroups& groups = world.coordinator().groups;
  CHECK(groups.check_commit({"billing", "A", "", 1, false}) == Error::none);
  CHECK(groups.check_commit({"billing", "A", "", 0, false}) == Error::stale_member_epoch);
  CHECK(groups.check_commit({"billing", "", "", -1, false}) == Error::unknown_member_id);
  CHECK(groups.check_commit({"strangers", "A", "", 1, false}) == Error::group_id_not_found);
  CHECK(groups.offset_lifetime("billing").subscribed == std::set<std::string>{"orders"});
  CHECK(world.beat(1, -1).member_epoch == -1);
  CHECK(groups.check_commit({"billing", "", "", -1, false}) == Error::none);
  CHECK(groups.offset_lifetime("billing").subscribed.empty());
}
