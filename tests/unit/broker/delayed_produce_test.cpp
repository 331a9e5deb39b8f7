// acks=all requests that wait: complete, failed, expired, forgotten.
#include "sim/broker/delayed_produce.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

constexpr NodeId self{1}, two{2};

/// Partition number 7, led here, with broker 2 in sync.
struct Fixture {
  Fixture() {
    auto state = std::make_shared<PartitionImage>();
    state->leader = self;
    state->replicas = state->isr = {self, two};
    cluster.brokers[two] = {two, 2, 0, false, false};
    partition.make_leader(state, {});
    for (int i = 0; i < 3; ++i) log.append_as_leader(test::make_batch(1, 2), 0, {});
  }
  void replicate(std::int64_t offset) {
    partition.update_follower(two, offset, {}, log.log_end_offset(), 2);
    partition.advance_high_watermark({}, cluster);
  }
  ReplicationOptions options = make_replication_options(self, {}, {});
  StoredLog stored{{"t", 0}, PartitionLog(), 0, 0, {}};
  PartitionLog& log = stored.log;
  ClusterImage cluster;
  Partition partition{options, 7, stored, make_topic_config({}, {})};
  DelayedProducePurgatory purgatory;
};

DelayedProduce waiting(RequestTicket ticket, std::vector<std::int64_t> required_offsets) {
  DelayedProduce produce;
  produce.ticket = ticket;
  for (const std::int64_t offset : required_offsets) {
    produce.batches.push_back({produce.answers.size(), 7, offset, true});
    produce.answers.push_back({{"t", 0}, Error::none, offset - 2, {}});
  }
  return produce;
}

}  // namespace

TEST_CASE("requests complete in the order of their offsets, as the high watermark passes them") {
  Fixture f;
  f.purgatory.park(waiting({0, 1}, {2}));
  f.purgatory.park(waiting({1, 2}, {4}));
  CHECK(f.purgatory.check(7, &f.partition).empty());
  f.replicate(2);
  auto done = f.purgatory.check(7, &f.partition);
  REQUIRE(done.size() == 1);
  CHECK(done[0].ticket == RequestTicket{0, 1});
  CHECK(done[0].answers[0].error == Error::none);
  CHECK(done[0].answers[0].base_offset == 0);
  CHECK(f.purgatory.size() == 1);
  f.replicate(6);
  CHECK(f.purgatory.check(7, &f.partition).size() == 1);
  CHECK(f.purgatory.check(9, nullptr).empty());
}

TEST_CASE("a request with several batches is complete when the last of them is") {
  Fixture f;
  f.purgatory.park(waiting({0, 1}, {2, 6}));
  f.replicate(4);
  CHECK(f.purgatory.check(7, &f.partition).empty());
  f.replicate(6);
  CHECK(f.purgatory.check(7, &f.partition).size() == 1);
}

TEST_CASE("lost leadership or a dropped replica ends the waiting with NOT_LEADER_OR_FOLLOWER") {
  Fixture f;
  f.purgatory.park(waiting({0, 1}, {2}));
  auto done = f.purgatory.check(7, nullptr);
  REQUIRE(done.size() == 1);
  CHECK(done[0].answers[0].error == Error::not_leader_or_follower);
  CHECK(done[0].answers[0].base_offset == -1);
}

TEST_CASE("expiry tells REQUEST_TIMED_OUT for what still waits only; forgotten ones hold up none") {
  Fixture f;
  f.purgatory.park(waiting({0, 1}, {2, 6}));
  f.purgatory.park(waiting({1, 2}, {6}));
  f.replicate(2);
  CHECK(f.purgatory.check(7, &f.partition).empty());
  const auto expired = f.purgatory.expire({0, 1});
  REQUIRE(expired);
  CHECK(expired->answers[0].error == Error::none);
  CHECK(expired->answers[1].error == Error::request_timed_out);
  CHECK_FALSE(f.purgatory.expire({0, 1}));
  f.replicate(6);
  CHECK(f.purgatory.check(7, &f.partition).size() == 1);
  f.purgatory.park(waiting({0, 3}, {4}));
  f.purgatory.forget({0, 3});
  CHECK(f.purgatory.check(7, &f.partition).empty());
  CHECK(f.purgatory.size() == 0);
}
