// The rules of a classic group: transitions, votes, who leads, who may join.
#include "sim/coordinator/classic_group.h"

#include <doctest/doctest.h>

#include "sim/coordinator/classic_group_entry.h"
#include "tests/unit/coordinator/part_host.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

ClassicMember member(std::string id, std::vector<std::string> assignors,
                     std::string instance_id = {}, Duration rebalance_timeout = 300s) {
  ClassicMember made;
  made.id = std::move(id);
  made.instance_id = std::move(instance_id);
  made.client = NodeId{0};
  made.session_timeout = 45s;
  made.rebalance_timeout = rebalance_timeout;
  for (std::string& name : assignors)
    made.protocols.push_back({std::move(name), {{"orders"}, {}, -1}});
  return made;
}

ClassicGroup stable_group() {
  return ClassicGroup::restore(
      "billing", 3, "range", "a",
      {member("a", {"range", "sticky"}), member("b", {"range"}, "static-b")}, {});
}

}  // namespace

TEST_CASE("a group goes from Empty through a join phase to Stable, and back when all have left") {
  ClassicGroup group("billing", {});
  CHECK(group.is(ClassicState::empty));
  CHECK_FALSE(group.has_been_joined());
  group.add(member("a", {"range"}));
  group.transition_to(ClassicState::preparing_rebalance, sim_time(1s));
  CHECK(group.previous_state() == ClassicState::empty);
  CHECK_FALSE(group.can_rebalance());
  group.begin_generation(sim_time(4s));
  CHECK(group.is(ClassicState::completing_rebalance));
  CHECK(group.generation() == 1);
  CHECK(group.protocol() == "range");
  group.transition_to(ClassicState::stable, sim_time(5s));
  CHECK(group.state_since() == sim_time(5s));
  CHECK(group.can_rebalance());
  group.remove("a");
  group.transition_to(ClassicState::preparing_rebalance, sim_time(6s));
  group.begin_generation(sim_time(6s));
  CHECK(group.is(ClassicState::empty));
  CHECK(group.generation() == 2);
  CHECK(group.protocol().empty());
  CHECK(group.has_been_joined());
}

TEST_CASE("the assignor is the one that all members have and most of them prefer") {
  ClassicGroup group("billing", {});
  group.add(member("a", {"roundrobin", "range"}));
  group.add(member("b", {"range", "roundrobin"}));
  group.add(member("c", {"sticky", "range", "roundrobin"}));
  CHECK(group.select_protocol() == "range");
  group.remove("b");
  group.add(member("d", {"roundrobin", "sticky"}));
  CHECK(group.select_protocol() == "roundrobin");
  group.transition_to(ClassicState::preparing_rebalance, {});
  CHECK(group.supports({{"roundrobin", {}}}));
  CHECK_FALSE(group.supports({{"sticky", {}}}));
}

TEST_CASE("an empty group takes members with any assignor, but not with none") {
  const ClassicGroup group("billing", {});
  CHECK(group.supports({{"anything", {}}}));
  CHECK_FALSE(group.supports({}));
}

TEST_CASE("the first member leads; when it goes or does not join again, another one does") {
  ClassicGroup group("billing", {});
  group.add(member("a", {"range"}));
  group.add(member("b", {"range"}));
  CHECK(group.is_leader("a"));
  CHECK_FALSE(group.elect_joined_leader());
  group.find("b")->awaiting_join = WaitingRequest{};
  CHECK(group.elect_joined_leader());
  CHECK(group.is_leader("b"));
  group.remove("b");
  CHECK(group.is_leader("a"));
  group.remove("a");
  CHECK(group.leader().empty());
}

TEST_CASE("all have joined when nobody is awaited, also nobody who only got an id") {
  ClassicGroup group("billing", {});
  group.add(member("a", {"range"}));
  CHECK_FALSE(group.all_joined());
  group.find("a")->awaiting_join = WaitingRequest{};
  CHECK(group.all_joined());
  group.add_pending("b");
  CHECK_FALSE(group.all_joined());
  group.add(member("b", {"range"}));
  CHECK_FALSE(group.is_pending("b"));
}

TEST_CASE("a static member comes back in its old place") {
  ClassicGroup group = stable_group();
  CHECK(group.check_member("b", "static-b") == Error::none);
  const ClassicMember& back = group.replace_static("b", "b2");
  CHECK(back.instance_id == "static-b");
  CHECK(group.static_member("static-b") == "b2");
  CHECK(group.check_member("b", "static-b") == Error::fenced_instance_id);
  CHECK(group.check_member("b", "") == Error::unknown_member_id);
  CHECK(group.check_member("b2", "static-c") == Error::unknown_member_id);
}

TEST_CASE("a full group takes nobody who is not in it") {
  ClassicGroup group = stable_group();
  CHECK(group.accepts("a", 2));
  CHECK_FALSE(group.accepts("", 2));
  CHECK(group.accepts("", 3));
  group.transition_to(ClassicState::preparing_rebalance, {});
  CHECK(group.accepts("", 2));  // places are given to who joins first
  group.find("a")->awaiting_join = WaitingRequest{};
  group.find("b")->awaiting_join = WaitingRequest{};
  CHECK_FALSE(group.accepts("", 2));
  CHECK(group.accepts("a", 2));
}

TEST_CASE("a group reads back from the log as it was written, with its assignment") {
  test::Store store;
  engine::LeanEngine engine{1};
  engine::NodeSpec spec;
  spec.name = "billing-1";
  const NodeId node = engine.add_node(spec, std::make_unique<test::ScriptedClient>());
  struct Probe : engine::Node {
    void on_start(engine::Runtime& r) override { runtime = &r; }
    void on_message(engine::Runtime&, engine::Message) override {}
    engine::Runtime* runtime = nullptr;
  };
  spec.name = "broker-1";
  const NodeId broker = engine.add_node(spec, std::make_unique<Probe>());
  engine.run_until(sim_time(1ms));
  engine::Runtime& runtime = *dynamic_cast<Probe&>(engine.node(broker)).runtime;

  ClassicGroup group = stable_group();
  group.find("a")->client = node;
  group.find("b")->client = node;
  group.find("a")->assignment = {{"orders", 0}, {"two-part-name", 12}};
  const CoordinatorEntry entry = classic_group_entry(runtime, group);
  CHECK(entry.key == R"({"type":"group","group":"billing"})");
  CHECK(entry.value->find(R"("assignment":["orders-0","two-part-name-12"])") != std::string::npos);
  CHECK(entry.value->find(R"("clientId":"billing-1")") != std::string::npos);
  const auto read = decode_classic_group("billing", *entry.value);
  REQUIRE(read.has_value());
  CHECK(read->is(ClassicState::stable));
  CHECK(read->generation() == 3);
  CHECK(read->protocol() == "range");
  CHECK(read->leader() == "a");
  REQUIRE(read->members().size() == 2);
  CHECK(read->find("a")->assignment == group.find("a")->assignment);
  CHECK(read->find("a")->client == node);
  CHECK(read->find("a")->session_timeout == 45s);
  CHECK(read->find("b")->instance_id == "static-b");
  CHECK(read->find("b")->rebalance_timeout == 300s);
  REQUIRE(read->find("b")->subscription("range"));
  CHECK(read->find("b")->subscription("range")->topics == std::vector<std::string>{"orders"});
  CHECK_FALSE(decode_classic_group("billing", "no json").has_value());
  CHECK_FALSE(classic_group_tombstone("billing").value.has_value());
  CHECK(text_of({{"orders", 0}, {"orders", 1}}) == "orders-0 orders-1");
}
