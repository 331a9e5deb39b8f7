// When a client asks for metadata, and what it makes of the answer.
#include "sim/client/metadata_cache.h"

#include <doctest/doctest.h>

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

constexpr NodeId first{1}, second{2};

}  // namespace

TEST_CASE("metadata: asked for at once for a new topic, then after max age or on request") {
  const ClientOptions options = make_producer_options({}).client;
  RandomStream random(1, "backoff");
  MetadataCache cache(options, {first});
  CHECK(cache.next_update() == SimTime::max());
  cache.add_topic("t");
  CHECK(cache.is_due(SimTime{}));
  cache.sent();
  CHECK_FALSE(cache.is_due(sim_time(1h)));
  MetadataResponse response;
  response.brokers = {first, second};
  response.topics.push_back(
      {Error::none,
       "t",
       {{Error::none, 0, second, 3, {}, {}}, {Error::none, 1, NodeId{}, 4, {}, {}}}});
  CHECK(cache.apply(response, sim_time(10ms), random));
  CHECK(cache.brokers() == std::vector{first, second});
  CHECK(cache.topic("t")->count == 2);
  CHECK(cache.topic("t")->available == std::vector{0});
  CHECK(cache.partition({"t", 0}).leader == second);
  CHECK(cache.partition({"t", 0}).leader_epoch == 3);
  CHECK_FALSE(cache.partition({"t", 7}).leader.valid());
  CHECK(cache.next_update() == sim_time(10ms) + 300s);
  cache.request_update();
  CHECK(cache.next_update() > sim_time(10ms) + 79ms);  // retry.backoff.ms, less its jitter
  CHECK(cache.next_update() < sim_time(10ms) + 121ms);
  cache.add_topic("u");
  CHECK(cache.is_due(sim_time(10ms)));
}

TEST_CASE("metadata: answers that bring nothing new come at growing distances") {
  const ClientOptions options = make_producer_options({}).client;
  RandomStream random(1, "backoff");
  MetadataCache cache(options, {first});
  cache.add_topic("t");
  MetadataResponse response;
  response.topics.push_back({Error::unknown_topic_or_partition, "t", {}});
  SimTime now{};
  Duration last{};
  for (int i = 0; i < 8; ++i) {
    cache.sent();
    cache.apply(response, now, random);
    last = cache.next_update() - now;
    now = cache.next_update();
  }
  CHECK(cache.is_missing("t"));
  CHECK(cache.topic("t") == nullptr);
  CHECK(last > 700ms);
  CHECK(last <= 1000ms);
}

TEST_CASE("metadata: a failed request is repeated after a back-off; a crash forgets everything") {
  const ClientOptions options = make_producer_options({}).client;
  RandomStream random(1, "backoff");
  MetadataCache cache(options, {first});
  cache.add_topic("t");
  cache.sent();
  cache.failed(sim_time(1s), random);
  CHECK(cache.next_update() >= sim_time(1080ms));
  CHECK(cache.next_update() <= sim_time(1120ms));
  cache.forget_all();
  CHECK(cache.next_update() == SimTime::max());
}

TEST_CASE("metadata: a broker's word on who leads counts when its epoch is newer (KIP-951)") {
  const ClientOptions options = make_producer_options({}).client;
  RandomStream random(1, "backoff");
  MetadataCache cache(options, {first});
  CHECK_FALSE(cache.learn_leader({"t", 0}, {second, 4}));  // not a topic of ours
  cache.add_topic("t");
  MetadataResponse response;
  response.topics.push_back({Error::none,
                             "t",
                             {{Error::leader_not_available, 0, NodeId{}, 3, {}, {}},
                              {Error::none, 1, first, 3, {}, {}}}});
  cache.apply(response, sim_time(10ms), random);
  CHECK_FALSE(cache.learn_leader({"t", 0}, {NodeId{}, 4}));
  CHECK_FALSE(cache.learn_leader({"t", 1}, {second, 3}));
  CHECK_FALSE(cache.learn_leader({"t", 2}, {second, 4}));
  CHECK(cache.learn_leader({"t", 0}, {second, 4}));
  CHECK(cache.partition({"t", 0}) == PartitionMetadata{second, 4});
  CHECK(cache.topic("t")->available == std::vector{0, 1});
}
