#include "sim/coordinator/consumer_group.h"

#include <doctest/doctest.h>

#include <string>

#include "sim/coordinator/record_text.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

using Partitions = std::set<TopicPartition>;

Partitions of(const std::string& topic, std::initializer_list<int> numbers) {
  Partitions partitions;
  for (const int number : numbers) partitions.insert({topic, number});
  return partitions;
}

Partitions operator+(Partitions a, const Partitions& b) {
  a.insert(b.begin(), b.end());
  return a;
}

PartitionList list(const Partitions& partitions) { return {partitions.begin(), partitions.end()}; }

/// A group and what its members know of themselves.
struct World {
  ConsumerGroup group{"orders"};
  TopicSizes topics{{"bar", 3}, {"foo", 6}};
  struct Client {
    std::int32_t epoch = 0;
    Partitions owned;
    std::string instance_id;
  };
  std::map<std::string, Client> clients;

  ConsumerGroup::Outcome beat(const std::string& id, bool full = true) {
    Client& client = clients[id];
    ConsumerGroupHeartbeatRequest request;
    request.group = "orders";
    request.member_id = id;
    request.member_epoch = client.epoch;
    request.instance_id = client.instance_id;
    request.rebalance_timeout = 300s;
    if (client.epoch == 0) request.subscribed = {"foo", "bar"};
    if (full) request.owned = list(client.owned);
    auto outcome = group.heartbeat(request, NodeId{1}, id, topics, 100);
    if (outcome.error == Error::none) client.epoch = outcome.member_epoch;
    return outcome;
  }
  /// Takes what it is told: gives up at once, reports it with the next heartbeat.
  Partitions obey(const std::string& id) {
    const auto outcome = beat(id);
    CHECK(outcome.error == Error::none);
    if (outcome.assignment)
      clients[id].owned = {outcome.assignment->begin(), outcome.assignment->end()};
    return clients[id].owned;
  }
  const ConsumerGroupMember& member(const std::string& id) const { return *group.find(id); }
};

}  // namespace

TEST_CASE("U1, U2, U3: uniform: equal shares, nothing moves that need not") {
  const Partitions t1 = of("t1", {0, 1, 2}), t2 = of("t2", {0, 1, 2});
  AssignorMembers members;
  members["A"] = {"", {"topic1", "topic3"}, {}};
  members["B"] = {"", {"topic1", "topic3"}, {}};
  auto target = assign_on_server("uniform", members, {{"topic1", 3}, {"topic3", 2}});
  CHECK(target["A"] == of("topic1", {0, 1, 2}));
  CHECK(target["B"] == of("topic3", {0, 1}));

  members.clear();
  members["A"] = {"", {"t1", "t2"}, of("t1", {0, 2}) + of("t2", {0})};
  members["B"] = {"", {"t1", "t2"}, of("t1", {1}) + of("t2", {1, 2})};
  members["C"] = {"", {"t1", "t2"}, {}};
  target = assign_on_server("uniform", members, {{"t1", 3}, {"t2", 3}});
  CHECK(target["A"] == of("t1", {0, 2}));
  CHECK(target["B"] == of("t1", {1}) + of("t2", {1}));
  CHECK(target["C"] == of("t2", {0, 2}));

  members.clear();
  members["A"] = {"", {"t"}, of("t", {0, 1, 2})};
  members["B"] = {"", {"t"}, of("t", {3, 4, 5})};
  members["C"] = {"", {"t"}, {}};
  target = assign_on_server("uniform", members, {{"t", 6}});
  CHECK(target["A"] == of("t", {0, 1}));
  CHECK(target["B"] == of("t", {3, 4}));
  CHECK(target["C"] == of("t", {2, 5}));
}

TEST_CASE(
    "uniform: members that want different topics share by load, nobody gets what it doesn't want") {
  AssignorMembers members;
  members["A"] = {"", {"t1"}, {}};
  members["B"] = {"", {"t1", "t2"}, {}};
  auto target = assign_on_server("uniform", members, {{"t1", 4}, {"t2", 2}});
  CHECK(target["B"] == of("t1", {3}) + of("t2", {0, 1}));
  CHECK(target["A"] == of("t1", {0, 1, 2}));
}

TEST_CASE("range on the server: contiguous, static members first") {
  AssignorMembers members;
  members["b"] = {"", {"t"}, {}};
  members["c"] = {"inst", {"t"}, {}};
  auto target = assign_on_server("range", members, {{"t", 3}});
  CHECK(target["c"] == of("t", {0, 1}));
  CHECK(target["b"] == of("t", {2}));
}

TEST_CASE("consumer group: a lone member gets everything at once, in epoch 1") {
  World world;
  const auto outcome = world.beat("A");
  CHECK(outcome.error == Error::none);
  CHECK(outcome.joined);
  CHECK(outcome.member_epoch == 1);
  REQUIRE(outcome.assignment);
  CHECK(outcome.assignment->size() == 9);
  CHECK(world.group.state() == "Stable");
  CHECK(world.group.assignor() == "uniform");
}

TEST_CASE(
    "consumer group: a third member joins; partitions move only when their owners gave them up") {
  World world;
  world.obey("A");
  world.obey("B");
  world.obey("A");
  world.obey("A");
  world.obey("B");
  REQUIRE(world.group.state() == "Stable");
  const std::int32_t before = world.group.epoch();
  const Partitions a = world.clients["A"].owned, b = world.clients["B"].owned;
  REQUIRE(a.size() + b.size() == 9);

  CHECK(world.obey("C").empty());
  CHECK(world.group.epoch() == before + 1);
  CHECK(world.member("C").state == MemberState::unreleased_partitions);
  CHECK(world.clients["C"].epoch == before + 1);
  CHECK(world.group.state() == "Reconciling");

  const Partitions a_kept = world.obey("A"), b_kept = world.obey("B");
  CHECK(a_kept.size() == 3);
  CHECK(b_kept.size() == 3);
  CHECK(world.member("A").state == MemberState::unrevoked_partitions);
  CHECK(world.clients["A"].epoch == before);
  CHECK(world.clients["B"].epoch == before);
  CHECK(world.obey("C").empty());  // nobody has acknowledged yet

  world.obey("A");
  CHECK(world.clients["A"].epoch == before + 1);
  CHECK(world.member("A").state == MemberState::stable);
  const std::size_t freed = a.size() - a_kept.size();
  CHECK(world.obey("C").size() == freed);
  CHECK(world.member("C").state == MemberState::unreleased_partitions);
  world.obey("B");
  CHECK(world.obey("C").size() == 3);
  CHECK(world.group.state() == "Stable");
  CHECK(world.clients["A"].owned + world.clients["B"].owned + world.clients["C"].owned ==
        of("bar", {0, 1, 2}) + of("foo", {0, 1, 2, 3, 4, 5}));
}

namespace {

/// Two members in epoch 10 that share foo and bar; a third one has joined, and the assignor, whose
/// result is given here, has spoken: the group is in epoch 11 and nobody has heard of it yet.
World third_member_has_joined() {
  World world;
  World::Client& a = world.clients["A"];
  World::Client& b = world.clients["B"];
  a = {10, of("foo", {0, 1, 2}) + of("bar", {0, 1}), {}};
  b = {10, of("foo", {3, 4, 5}) + of("bar", {2}), {}};
  const auto keep = [&](const std::string& id, std::int32_t epoch, const Partitions& assigned,
                        const Partitions& target) {
    RecordTextWriter text;
    text.text("instance_id", "");
    text.integer("client", 1);
    text.integer("epoch", epoch);
    text.integer("previous_epoch", epoch);
    text.integer("state", static_cast<std::int64_t>(MemberState::stable));
    text.texts("topics", {"bar", "foo"});
    text.text("assignor", "");
    text.integer("rebalance_timeout_ms", 300'000);
    text.partitions("assigned", list(assigned));
    text.partitions("pending_revocation", {});
    text.partitions("target", list(target));
    world.group.replay({ConsumerGroup::member_type, "orders", id, {}, -1}, text.take());
  };
  keep("A", 10, a.owned, of("foo", {0, 1}) + of("bar", {0}));
  keep("B", 10, b.owned, of("foo", {2, 3}) + of("bar", {2}));
  keep("C", 0, {}, of("foo", {4, 5}) + of("bar", {1}));
  RecordTextWriter text;
  text.integer("epoch", 11);
  text.integer("target_epoch", 11);
  text.text("assignor", "uniform");
  text.partitions("topics", {{"bar", 3}, {"foo", 6}});
  world.group.replay({ConsumerGroup::group_type, "orders", {}, {}, -1}, text.take());
  return world;
}

}  // namespace

// Kafka's GroupMetadataManagerTest.testReconciliationProcess, step by step.
TEST_CASE("row 44: a third member joins in epoch 10: who is told what, and in which epoch") {
  World world = third_member_has_joined();
  const Partitions a_keeps = of("foo", {0, 1}) + of("bar", {0});
  const Partitions b_keeps = of("foo", {3}) + of("bar", {2});
  const auto state = [&](const std::string& id) { return world.member(id).state; };

  CHECK(world.obey("C").empty());
  CHECK(world.clients["C"].epoch == 11);
  CHECK(state("C") == MemberState::unreleased_partitions);

  CHECK(world.obey("A") == a_keeps);
  CHECK(world.clients["A"].epoch == 10);
  CHECK(state("A") == MemberState::unrevoked_partitions);
  CHECK(world.obey("B") == b_keeps);
  CHECK(world.clients["B"].epoch == 10);
  CHECK(state("B") == MemberState::unrevoked_partitions);
  CHECK(world.obey("C").empty());

  CHECK(world.obey("A") == a_keeps);
  CHECK(world.clients["A"].epoch == 11);
  CHECK(state("A") == MemberState::stable);
  CHECK(world.obey("C") == of("bar", {1}));
  CHECK(state("C") == MemberState::unreleased_partitions);

  CHECK(world.obey("B") == b_keeps + of("foo", {2}));
  CHECK(world.clients["B"].epoch == 11);
  CHECK(state("B") == MemberState::stable);
  CHECK(world.obey("C") == of("bar", {1}) + of("foo", {4, 5}));
  CHECK(state("C") == MemberState::stable);
  CHECK(world.group.state() == "Stable");
  CHECK(world.group.epoch() == 11);
}

TEST_CASE("consumer group: who says nothing of what it owns still has it") {
  World world;
  world.obey("A");
  world.obey("B");
  world.beat("A");  // is told to give up
  const std::int32_t epoch = world.clients["A"].epoch;
  const auto silent = world.beat("A", false);
  CHECK(silent.member_epoch == epoch);
  CHECK_FALSE(silent.assignment);
  CHECK(world.member("A").state == MemberState::unrevoked_partitions);
}

TEST_CASE("consumer group: epochs that are not the member's are fenced, a lost answer is not") {
  World world;
  CHECK(world.beat("nobody").error == Error::none);
  world.obey("A");
  world.obey("nobody");
  world.clients["A"].epoch += 5;
  CHECK(world.beat("A").error == Error::fenced_member_epoch);
  const ConsumerGroupMember& member = world.member("A");
  REQUIRE(member.previous_epoch >= 0);
  world.clients["A"].epoch = member.previous_epoch;
  world.clients["A"].owned = {};
  if (member.previous_epoch > 0) CHECK(world.beat("A").error == Error::none);
  world.clients["unknown"].epoch = 3;
  CHECK(world.beat("unknown").error == Error::unknown_member_id);
}

TEST_CASE("consumer group: a static member that left for a while finds its place again") {
  World world;
  world.clients["A"].instance_id = "one";
  world.obey("A");
  world.obey("B");
  world.obey("A");
  world.obey("A");
  world.obey("B");
  const Partitions had = world.clients["A"].owned;
  const std::int32_t epoch = world.group.epoch();
  ConsumerGroupHeartbeatRequest leave;
  leave.member_id = "A";
  leave.instance_id = "one";
  leave.member_epoch = leave_group_static_epoch;
  CHECK(world.group.heartbeat(leave, NodeId{1}, "A", world.topics, 100).error == Error::none);
  CHECK(world.group.epoch() == epoch);
  world.clients["A2"].instance_id = "one";
  CHECK(world.obey("A2") == had);
  CHECK(world.group.epoch() == epoch);
  CHECK(world.group.find("A") == nullptr);

  world.clients["A3"].instance_id = "one";
  CHECK(world.beat("A3").error == Error::unreleased_instance_id);
}

TEST_CASE("consumer group: what a member that is gone had is free") {
  World world;
  world.obey("A");
  world.obey("B");
  world.obey("A");
  const auto outcome = world.group.remove("A", "its session has expired");
  CHECK(outcome.left);
  CHECK(outcome.reason == "its session has expired");
  world.obey("B");
  CHECK(world.obey("B").size() == 9);
  CHECK(world.group.remove("A", "again").left == false);
}

TEST_CASE("consumer group: a topic that grows is shared out anew") {
  World world;
  CHECK(world.obey("A").size() == 9);
  const std::int32_t epoch = world.group.epoch();
  world.topics["foo"] = 8;
  CHECK(world.obey("A").size() == 11);
  CHECK(world.group.epoch() == epoch + 1);
  world.topics["other"] = 5;  // nobody reads it
  world.obey("A");
  CHECK(world.group.epoch() == epoch + 1);
}

TEST_CASE("consumer group: only a member in its epoch commits; anybody for an empty group") {
  World world;
  CHECK(world.group.check_commit("", -1) == Error::none);
  world.obey("A");
  CHECK(world.group.check_commit("A", world.clients["A"].epoch) == Error::none);
  CHECK(world.group.check_commit("A", world.clients["A"].epoch - 1) == Error::stale_member_epoch);
  CHECK(world.group.check_commit("B", 1) == Error::unknown_member_id);
  CHECK(world.group.check_commit("", -1) == Error::unknown_member_id);
}

TEST_CASE("consumer group: what is kept in the log makes the same group") {
  World world;
  ConsumerGroup copy("orders");
  const auto follow = [&] {
    for (const CoordinatorEntry& entry : world.group.take_changes())
      copy.replay(*decode_group_key(entry.key), entry.value);
  };
  for (const char* id : {"A", "B", "A", "C", "A", "B", "A", "C"}) {
    world.obey(id);
    follow();
  }
  world.group.remove("B", "gone");
  follow();
  CHECK(copy.members() == world.group.members());
  CHECK(copy.epoch() == world.group.epoch());
  CHECK(copy.target_epoch() == world.group.target_epoch());
  CHECK(copy.assignor() == world.group.assignor());
  CHECK(world.group.take_changes().empty());
}

TEST_CASE("record text: what is written reads back, quotes and dashes included") {
  RecordTextWriter writer;
  writer.integer("n", -3);
  writer.text("t", "a \"b\"");
  writer.partitions("p", {{"a-b", 7}});
  const std::string json = writer.take();
  const RecordText read(json);
  CHECK(read.integer("n") == -3);
  CHECK(read.text("t") == "a \"b\"");
  CHECK(read.partitions("p") == PartitionList{{"a-b", 7}});
}
