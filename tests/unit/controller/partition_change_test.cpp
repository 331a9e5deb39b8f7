// Which leader and which in-sync set a partition gets.
#include "sim/controller/partition_change.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

std::vector<NodeId> ids(std::initializer_list<std::uint32_t> numbers) {
  std::vector<NodeId> list;
  for (const std::uint32_t n : numbers) list.push_back(NodeId{n});
  return list;
}

PartitionImage partition(std::initializer_list<std::uint32_t> replicas,
                         std::initializer_list<std::uint32_t> isr, std::uint32_t leader) {
  PartitionImage image;
  image.replicas = ids(replicas);
  image.isr = ids(isr);
  image.leader = NodeId{leader};
  return image;
}

PartitionRules rules(std::vector<NodeId> alive, std::size_t min_isr = 1, bool elr = true) {
  PartitionRules r;
  r.acceptable = [alive](NodeId id) { return contains(alive, id); };
  r.min_isr = min_isr;
  r.elr = elr;
  return r;
}

}  // namespace

TEST_CASE(
    "check 21: a valid leader stays when any leader will do, and gives way when the preferred one "
    "is asked for") {
  const PartitionImage now = partition({2, 1, 3}, {2, 1, 3}, 1);
  const PartitionRules all_alive = rules(ids({1, 2, 3}));
  CHECK_FALSE(PartitionChange(now, all_alive).election(Election::online).build());
  const auto preferred = PartitionChange(now, all_alive).election(Election::preferred).build();
  REQUIRE(preferred);
  CHECK(preferred->state->leader == NodeId{2});
  CHECK(preferred->state->leader_epoch == now.leader_epoch + 1);
  CHECK_FALSE(preferred->unclean);
  // The preferred one is not in sync: no change.
  const PartitionImage lagging = partition({2, 1, 3}, {1, 3}, 1);
  CHECK_FALSE(PartitionChange(lagging, all_alive).election(Election::preferred).build());
}

TEST_CASE(
    "check 22: without an in-sync replica alive nobody leads, unless an unclean election is "
    "allowed") {
  const PartitionImage now = partition({2, 1, 3}, {3}, 3);
  const PartitionRules r = rules(ids({1, 2}), 1, false);
  const auto clean = PartitionChange(now, r).build();
  REQUIRE(clean);
  CHECK_FALSE(clean->state->leader.valid());
  CHECK(clean->state->isr == ids({3}));
  const auto unclean = PartitionChange(now, r).election(Election::unclean).build();
  REQUIRE(unclean);
  CHECK(unclean->state->leader == NodeId{2});
  CHECK(unclean->state->isr == ids({2}));
  CHECK(unclean->state->recovering);
  CHECK(unclean->unclean);
}

TEST_CASE("check 25: who leaves the in-sync set below min.insync.replicas stays eligible") {
  const PartitionImage now = partition({1, 2, 3, 4}, {1, 2, 3, 4}, 1);
  const PartitionRules r = rules(ids({1, 2, 3, 4}), 3);
  const auto shrunk = PartitionChange(now, r).isr(ids({1, 2})).build();
  REQUIRE(shrunk);
  CHECK(shrunk->state->isr == ids({1, 2}));
  CHECK(shrunk->state->elr == ids({3, 4}));
  CHECK(shrunk->state->leader == NodeId{1});
  CHECK(shrunk->state->leader_epoch == now.leader_epoch);  // no change of leader, no new epoch
  CHECK(shrunk->state->partition_epoch == now.partition_epoch + 1);
  // Back at the minimum nobody else is eligible.
  const auto grown = PartitionChange(*shrunk->state, r).isr(ids({1, 2, 4})).build();
  REQUIRE(grown);
  CHECK(grown->state->elr.empty());
}

TEST_CASE("check 26: the last in-sync replica dies: an eligible one leads, nothing is lost") {
  PartitionImage now = partition({1, 2, 3, 4}, {1}, 1);
  now.elr = ids({3});
  const auto next = PartitionChange(now, rules(ids({3, 4}), 3)).isr({}).build();
  REQUIRE(next);
  CHECK(next->state->leader == NodeId{3});
  CHECK(next->state->isr == ids({3}));
  CHECK(next->state->elr == ids({1}));
  CHECK_FALSE(next->unclean);
}

TEST_CASE(
    "check 27: all in-sync replicas die at once: all stay eligible, the leader is remembered") {
  const PartitionImage now = partition({1, 2, 3, 4}, {1, 2, 3, 4}, 1);
  const auto next = PartitionChange(now, rules({}, 3)).isr({}).build();
  REQUIRE(next);
  CHECK_FALSE(next->state->leader.valid());
  CHECK(next->state->isr.empty());
  CHECK(next->state->elr == ids({1, 2, 3, 4}));
  CHECK(next->state->last_known_elr == ids({1}));
}

TEST_CASE("when nobody is eligible the last known leader may lead again, uncleanly") {
  PartitionImage now = partition({1, 2}, {}, 1);
  now.leader = NodeId{};
  now.last_known_elr = ids({1});
  const auto next = PartitionChange(now, rules(ids({1, 2}))).build();
  REQUIRE(next);
  CHECK(next->state->leader == NodeId{1});
  CHECK(next->state->isr == ids({1}));
  CHECK(next->state->recovering);
  CHECK(next->unclean);
  // Not while another is eligible, even if that one is away.
  now.elr = ids({2});
  CHECK_FALSE(PartitionChange(now, rules(ids({1}))).build());
}

TEST_CASE("a broker that crashed is not eligible any more: its log may be shorter") {
  PartitionImage now = partition({1, 2, 3}, {}, 1);
  now.leader = NodeId{};
  now.elr = ids({1, 2});
  const auto next = PartitionChange(now, rules({}, 2)).unclean_shutdown(NodeId{2}).build();
  REQUIRE(next);
  CHECK(next->state->elr == ids({1}));
  CHECK_FALSE(next->state->leader.valid());
}

TEST_CASE("planted faults: a lagging replica is elected; the epoch is not raised") {
  const PartitionImage now = partition({2, 1, 3}, {3}, 3);
  PartitionRules r = rules(ids({1, 2}));
  r.planted = PlantedFaults(PlantedFault::unclean_election_when_clean);
  const auto lagging = PartitionChange(now, r).isr({}).build();
  REQUIRE(lagging);
  CHECK(lagging->state->leader == NodeId{2});
  CHECK_FALSE(lagging->unclean);
  r.planted = PlantedFaults(PlantedFault::epoch_not_bumped);
  const auto same_epoch = PartitionChange(now, r).election(Election::unclean).build();
  REQUIRE(same_epoch);
  CHECK(same_epoch->state->leader == NodeId{2});
  CHECK(same_epoch->state->leader_epoch == now.leader_epoch);
}
