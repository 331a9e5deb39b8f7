// The cluster right after its topics were created.
#include "sim/broker/cluster_image.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

TEST_CASE("a new topic's leaders are its first replicas, epoch 0, everybody in sync") {
  const ClusterImage image = make_cluster_image({NodeId{5}, NodeId{4}}, {{"a", 3, 2, {}}});
  REQUIRE(image.brokers.size() == 2);
  CHECK(image.brokers.begin()->first == NodeId{4});
  CHECK(image.find_broker(NodeId{5})->active());
  const PartitionImage* partition = image.find({"a", 1});
  REQUIRE(partition);
  CHECK(partition->leader == NodeId{5});
  CHECK(partition->leader_epoch == 0);
  CHECK(partition->isr == partition->replicas);
  CHECK(image.find({"a", 3}) == nullptr);
  CHECK(image.find({"a", -1}) == nullptr);
  CHECK(image.find({"b", 0}) == nullptr);
}
