// The leader's view of a partition: who may append, what is committed, which epochs are served.
#include "sim/broker/partition.h"

#include <doctest/doctest.h>

#include "tests/unit/broker/scripted_client.h"

using namespace eventarium;
using namespace eventarium::kafka;
using test::make_batch;

namespace {

constexpr NodeId self{1}, other{2};

Partition make_partition(NodeId leader, std::vector<NodeId> replicas, std::vector<NodeId> isr,
                         const Config& topic_config = {}) {
  PartitionImage image;
  image.leader = leader;
  image.leader_epoch = 4;
  image.replicas = std::move(replicas);
  image.isr = std::move(isr);
  return Partition(self, std::move(image), make_topic_config(topic_config, {}));
}

}  // namespace

TEST_CASE("only the leader appends, and only with enough replicas in sync for acks=all") {
  const Config two{{"min.insync.replicas", "2"}};
  const RecordBatch batch = make_batch(1, 1);
  CHECK(make_partition(other, {self, other}, {self, other}).check_append(batch, 1) ==
        Error::not_leader_or_follower);
  const Partition shrunk = make_partition(self, {self, other}, {self}, two);
  CHECK(shrunk.check_append(batch, -1) == Error::not_enough_replicas);
  CHECK(shrunk.check_append(batch, 1) == Error::none);
  CHECK(shrunk.check_append(batch, 0) == Error::none);
  CHECK(make_partition(self, {self}, {self}, two).check_append(batch, -1) == Error::none);
}

TEST_CASE("a client that knows an older or a newer leader epoch is told so") {
  const Partition partition = make_partition(self, {self}, {self});
  CHECK(partition.check_leader(-1) == Error::none);
  CHECK(partition.check_leader(4) == Error::none);
  CHECK(partition.check_leader(3) == Error::fenced_leader_epoch);
  CHECK(partition.check_leader(5) == Error::unknown_leader_epoch);
  CHECK(make_partition(other, {self, other}, {other}).check_leader(4) ==
        Error::not_leader_or_follower);
}

TEST_CASE("the high watermark only rises, never beyond what is done, and batches carry the epoch") {
  Partition partition = make_partition(self, {self}, {self});
  CHECK_FALSE(partition.advance_high_watermark(100));
  CHECK(partition.append(make_batch(1, 3), SimTime{}).leader_epoch == 4);
  partition.append(make_batch(4, 2), SimTime{});
  CHECK(partition.advance_high_watermark(3));
  CHECK(partition.high_watermark() == 3);
  CHECK_FALSE(partition.advance_high_watermark(2));
  CHECK(partition.advance_high_watermark(100));
  CHECK(partition.high_watermark() == 5);
}

TEST_CASE("offsets from log start to log end can be fetched, no others") {
  Partition partition = make_partition(self, {self}, {self});
  partition.append(make_batch(1, 3), SimTime{});
  CHECK(partition.check_fetch_offset(0) == Error::none);
  CHECK(partition.check_fetch_offset(3) == Error::none);
  CHECK(partition.check_fetch_offset(4) == Error::offset_out_of_range);
  CHECK(partition.check_fetch_offset(-1) == Error::offset_out_of_range);
}
