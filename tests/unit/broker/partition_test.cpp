// The leader's view of a partition: who may append, what is committed, which epochs are served,
// who is in sync; and what a follower does to its log.
#include "sim/broker/partition.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_batch;

namespace {

constexpr NodeId self{1}, two{2}, three{3};

PartitionState state_of(NodeId leader, std::vector<NodeId> replicas, std::vector<NodeId> isr,
                        std::int32_t leader_epoch = 4, std::int32_t partition_epoch = 10) {
  auto state = std::make_shared<PartitionImage>();
  state->leader = leader;
  state->leader_epoch = leader_epoch;
  state->replicas = std::move(replicas);
  state->isr = std::move(isr);
  state->partition_epoch = partition_epoch;
  return state;
}

/// A partition of three brokers that are all registered, as broker 1 has it.
struct Fixture {
  explicit Fixture(const Config& topic_config = {}, PlantedFaults planted = {})
      : options(make_replication_options(self, {}, planted)),
        partition(options, 0, stored, make_topic_config(topic_config, {})) {
    for (const NodeId id : {self, two, three})
      cluster.brokers[id] = {id, id.value, 0, false, false};
  }
  void lead(std::vector<NodeId> isr, std::int32_t leader_epoch = 4,
            std::int32_t partition_epoch = 10) {
    partition.make_leader(
        state_of(self, {self, two, three}, std::move(isr), leader_epoch, partition_epoch), now);
  }
  void append(std::size_t count) {
    log.append_as_leader(make_batch(1, count), partition.leader_epoch(), now);
  }
  /// The follower fetches; true when the high watermark moves.
  bool fetch(NodeId follower, std::int64_t offset) {
    const bool moved =
        partition.update_follower(follower, offset, now, log.log_end_offset(), follower.value);
    return moved && partition.advance_high_watermark(now, cluster);
  }
  AlterPartitionResponse::Partition answer(Error error, std::vector<NodeId> isr = {},
                                           std::int32_t partition_epoch = 11) {
    return {{"orders", 0},
            error,
            error == Error::none
                ? state_of(self, {self, two, three}, std::move(isr), 4, partition_epoch)
                : nullptr};
  }

  SimTime now = sim_time(100s);
  ReplicationOptions options;
  StoredLog stored{{"orders", 0}, PartitionLog(), 0, 0, {}};
  PartitionLog& log = stored.log;
  ClusterImage cluster;
  Partition partition;
};

}  // namespace

TEST_CASE("only the leader appends, and only with enough replicas in sync for acks=all") {
  const Config at_least_two{{"min.insync.replicas", "2"}};
  const RecordBatch batch = make_batch(1, 1);
  Fixture follower;
  follower.partition.make_follower(state_of(two, {self, two}, {self, two}));
  CHECK(follower.partition.check_append(batch, 1) == Error::not_leader_or_follower);
  Fixture shrunk(at_least_two);
  shrunk.lead({self});
  CHECK(shrunk.partition.check_append(batch, -1) == Error::not_enough_replicas);
  CHECK(shrunk.partition.check_append(batch, 1) == Error::none);
  CHECK(shrunk.partition.check_append(batch, 0) == Error::none);
  Fixture alone(at_least_two);
  alone.partition.make_leader(state_of(self, {self}, {self}), alone.now);
  CHECK(alone.partition.check_append(batch, -1) == Error::none);
}

TEST_CASE("who knows an older or a newer leader epoch is told so") {
  Fixture f;
  f.lead({self});
  CHECK(f.partition.check_leader(-1) == Error::none);
  CHECK(f.partition.check_leader(4) == Error::none);
  CHECK(f.partition.check_leader(3) == Error::fenced_leader_epoch);
  CHECK(f.partition.check_leader(5) == Error::unknown_leader_epoch);
  f.partition.make_follower(state_of(two, {self, two}, {two}, 5, 11));
  CHECK(f.partition.check_leader(5) == Error::not_leader_or_follower);
  CHECK(f.partition.check_leader(4) == Error::fenced_leader_epoch);
}

TEST_CASE("a state that is not newer changes nothing") {
  Fixture f;
  f.lead({self, two}, 4, 10);
  CHECK_FALSE(f.partition.make_follower(state_of(two, {self, two}, {two}, 5, 10)).applied);
  CHECK_FALSE(f.partition.make_leader(state_of(self, {self, two}, {self}, 4, 9), f.now).applied);
  CHECK(f.partition.is_leader());
  CHECK(f.partition.isr().committed() == std::vector{self, two});
}

TEST_CASE(
    "the high watermark is what all in-sync replicas have fetched past; batches carry the "
    "epoch") {
  Fixture f;
  f.lead({self, two, three});
  f.append(3);
  CHECK_FALSE(f.partition.advance_high_watermark(f.now, f.cluster));
  CHECK_FALSE(f.fetch(two, 3));
  CHECK(f.fetch(three, 2));
  CHECK(f.partition.high_watermark() == 2);
  CHECK(f.fetch(three, 3));
  CHECK(f.partition.high_watermark() == 3);
  f.log.for_each_batch(0, [](const RecordBatch& batch) { CHECK(batch.leader_epoch == 4); });
}

TEST_CASE("a new leader knows no follower's offset; one that stays leader remembers them") {
  Fixture f;
  f.lead({self, two});
  f.append(2);
  f.fetch(two, 2);
  CHECK(f.partition.find_follower(two)->log_end_offset() == 2);
  f.lead({self, two}, 5, 11);
  CHECK(f.partition.find_follower(two)->log_end_offset() == 2);
  f.partition.make_follower(state_of(two, {self, two, three}, {two, self}, 6, 12));
  f.lead({self, two}, 7, 13);
  CHECK(f.partition.find_follower(two)->log_end_offset() == Replica::unknown_offset);
  // Whoever is in sync has its time again, the others have none.
  CHECK(f.partition.find_follower(two)->last_caught_up() == f.now);
  CHECK(f.partition.find_follower(three)->last_caught_up() == Replica::never);
}

TEST_CASE("with too few replicas in sync the high watermark is frozen, though all have the batch") {
  Fixture f(Config{{"min.insync.replicas", "2"}});
  f.lead({self});
  f.append(2);
  CHECK_FALSE(f.partition.advance_high_watermark(f.now, f.cluster));
  // A pending expansion doesn't unfreeze it: the committed set counts.
  CHECK_FALSE(f.fetch(two, 2));
  REQUIRE(f.partition.propose_expand(two, f.cluster));
  CHECK_FALSE(f.partition.advance_high_watermark(f.now, f.cluster));
  CHECK(f.partition.on_isr_answer(f.answer(Error::none, {self, two})) ==
        Partition::IsrAnswer::committed);
  CHECK(f.partition.advance_high_watermark(f.now, f.cluster));
  CHECK(f.partition.high_watermark() == 2);
}

TEST_CASE("while a replica is about to join or to leave, the high watermark waits for it") {
  Fixture f;
  f.lead({self, two});
  CHECK_FALSE(f.fetch(three, 0));
  REQUIRE(f.partition.propose_expand(three, f.cluster));
  f.append(2);
  CHECK_FALSE(f.fetch(two, 2));  // three may be in sync by now: the answer is on its way
  CHECK(f.fetch(three, 2));
  f.partition.on_isr_answer(f.answer(Error::none, {self, two, three}));
  f.append(1);
  f.now += 31s;
  f.fetch(two, 3);
  const auto shrink = f.partition.propose_shrink(f.now);
  REQUIRE(shrink);
  CHECK(shrink->changed == std::vector{three});
  CHECK(shrink->wish.new_isr == std::vector{self, two});
  CHECK_FALSE(f.partition.advance_high_watermark(f.now, f.cluster));
  CHECK(f.partition.on_isr_answer(f.answer(Error::none, {self, two}, 12)) ==
        Partition::IsrAnswer::committed);
  CHECK(f.partition.advance_high_watermark(f.now, f.cluster));
  CHECK(f.partition.high_watermark() == 3);
}

TEST_CASE(
    "check 16: a replica below the start of the leader's epoch may not join; at it, it is "
    "proposed, and is in sync when the controller has answered") {
  Fixture f;
  f.lead({self, two, three}, 4, 9);
  f.append(10);  // 0 to 9 of epoch 4
  f.log.set_high_watermark(3);
  f.lead({self, two}, 5, 10);
  f.fetch(three, 3);  // at the high watermark, but below the epoch's start
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  f.fetch(three, 10);
  const auto proposal = f.partition.propose_expand(three, f.cluster);
  REQUIRE(proposal);
  CHECK(proposal->wish.new_isr == std::vector{self, two, three});
  CHECK(proposal->wish.leader_epoch == 5);
  CHECK(proposal->wish.partition_epoch == 10);
  CHECK_FALSE(f.partition.isr().has(three));
  CHECK(f.partition.isr().maximal_has(three));
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));  // one change at a time
  auto committed = f.answer(Error::none, {self, two, three});
  committed.state = state_of(self, {self, two, three}, {self, two, three}, 5, 11);
  f.partition.on_isr_answer(committed);
  CHECK(f.partition.isr().has(three));
}

TEST_CASE("brokers that are fenced, ending, or of a former life are not proposed") {
  Fixture f;
  f.lead({self, two});
  f.fetch(three, 0);
  f.cluster.brokers[three].fenced = true;
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  f.cluster.brokers[three] = {three, 3, 0, false, true};
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  f.cluster.brokers[three] = {three, 99, 0, false, false};
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  f.cluster.brokers[three] = {three, 3, 0, false, false};
  CHECK(f.partition.propose_expand(three, f.cluster));
}

TEST_CASE("a refused change: an ineligible replica may be proposed again, else metadata decides") {
  Fixture f;
  f.lead({self, two});
  f.fetch(three, 0);
  REQUIRE(f.partition.propose_expand(three, f.cluster));
  CHECK(f.partition.on_isr_answer(f.answer(Error::ineligible_replica)) ==
        Partition::IsrAnswer::refused);
  CHECK_FALSE(f.partition.isr().pending());
  REQUIRE(f.partition.propose_expand(three, f.cluster));
  CHECK(f.partition.on_isr_answer(f.answer(Error::invalid_update_version)) ==
        Partition::IsrAnswer::refused);
  CHECK(f.partition.isr().pending());
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  f.lead({self}, 4, 12);
  CHECK_FALSE(f.partition.isr().pending());
  CHECK(f.partition.isr().committed() == std::vector{self});
}

TEST_CASE("metadata may overtake the answer; nothing is proposed before the answer is there") {
  Fixture f;
  f.lead({self});
  f.fetch(two, 0);
  f.fetch(three, 0);
  REQUIRE(f.partition.propose_expand(two, f.cluster));
  f.lead({self, two}, 4, 11);
  CHECK_FALSE(f.partition.isr().pending());
  CHECK_FALSE(f.partition.propose_expand(three, f.cluster));
  CHECK(f.partition.on_isr_answer(f.answer(Error::none, {self, two})) ==
        Partition::IsrAnswer::ignored);
  CHECK(f.partition.propose_expand(three, f.cluster));
}

TEST_CASE("an idle follower is never dropped for lag: it has all there is") {
  Fixture f;
  f.lead({self, two});
  f.append(1);
  f.fetch(two, 1);
  f.now += 1h;
  CHECK_FALSE(f.partition.propose_shrink(f.now));
  f.append(1);
  CHECK(f.partition.propose_shrink(f.now));
}

TEST_CASE("check 18: a follower that is always one small batch behind stays in sync") {
  Fixture f;
  f.lead({self, two});
  for (int i = 0; i < 100; ++i) {
    f.append(1);
    f.now += 1s;
    f.fetch(two, i);  // never the end, but always what was the end at its fetch before
    CHECK_FALSE(f.partition.propose_shrink(f.now));
  }
  for (int i = 0; i < 40; ++i) {
    f.append(1);
    f.now += 1s;
    f.fetch(two, 99);  // it makes no progress any more
  }
  CHECK(f.partition.propose_shrink(f.now));
}

TEST_CASE(
    "check 14, the rare race: what the high watermark has passed is complete, but with an error if "
    "the in-sync set fell before it was looked at") {
  Fixture f(Config{{"min.insync.replicas", "2"}});
  f.lead({self, two});
  f.append(2);
  CHECK(f.partition.check_replicated(2) == std::nullopt);
  f.fetch(two, 2);
  CHECK(f.partition.check_replicated(2) == Error::none);
  CHECK(f.partition.check_replicated(3) == std::nullopt);
  f.lead({self}, 4, 11);
  CHECK(f.partition.check_replicated(2) == Error::not_enough_replicas_after_append);
  f.partition.make_follower(state_of(two, {self, two}, {two}, 5, 12));
  CHECK(f.partition.check_replicated(2) == Error::not_leader_or_follower);
}

TEST_CASE(
    "check 20: a new leader does not know the end for clients before its high watermark "
    "has reached the start of its epoch") {
  Fixture f;
  f.partition.make_follower(state_of(two, {self, two, three}, {self, two, three}, 3, 9));
  for (int i = 0; i < 5; ++i) {
    RecordBatch batch = make_batch(1, 1);
    batch.base_offset = i;
    f.log.append_as_follower(batch, f.now);
  }
  f.partition.follow_high_watermark(2);
  f.lead({self, three});
  CHECK_FALSE(f.partition.knows_end());
  f.fetch(three, 4);
  CHECK_FALSE(f.partition.knows_end());
  f.fetch(three, 5);
  CHECK(f.partition.knows_end());
}

TEST_CASE("a fetch meets: leadership, divergence, range, in this order") {
  Fixture f;
  f.lead({self, two}, 4, 10);
  f.append(3);
  f.lead({self, two}, 6, 11);  // epoch 4: 0 to 2; epoch 6 from 3 on
  f.append(2);
  const auto check = [&](std::int64_t offset, std::int32_t last_epoch, NodeId follower = two,
                         std::int32_t epoch = 6) {
    return f.partition.check_read({{"orders", 0}, epoch, offset, 100, last_epoch, 0}, follower);
  };
  CHECK(check(5, 6).error == Error::none);
  CHECK(check(5, 6, two, 4).error == Error::fenced_leader_epoch);
  CHECK(check(5, 6, NodeId{9}).error == Error::not_leader_or_follower);
  CHECK(check(6, 6).diverging == EpochEnd{6, 5});
  CHECK(check(5, 4).diverging == EpochEnd{4, 3});  // epoch 4 ends at 3 here
  CHECK(check(3, 4).diverging.epoch == -1);
  CHECK(check(4, 5).diverging == EpochEnd{4, 3});          // epoch 5 is unknown here
  CHECK(check(5, 7).error == Error::offset_out_of_range);  // higher than all that is known
  CHECK(check(6, -1).error == Error::offset_out_of_range);
  CHECK(check(5, -1).error == Error::none);
  CHECK(check(3, -1, NodeId{}).error == Error::none);
  CHECK(check(-1, -1, NodeId{}).error == Error::offset_out_of_range);
}
