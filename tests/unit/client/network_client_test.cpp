// Correlation ids, requests in flight, time-outs and back-off, and the metadata cache's clock.
#include "sim/client/network_client.h"

#include <doctest/doctest.h>

#include "sim/client/exponential_backoff.h"
#include "tests/unit/client/client_cluster.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

/// Gives a test a runtime to call with.
class Lender : public engine::Node {
 public:
  void on_start(engine::Runtime& runtime) override { lent = &runtime; }
  void on_message(engine::Runtime&, engine::Message) override {}
  engine::Runtime* lent = nullptr;
};

struct Fixture {
  explicit Fixture(const Config& config = {})
      : options(make_producer_options(config).client), network(5, options) {
    engine::NodeSpec spec;
    spec.name = "client";
    auto node = std::make_unique<Lender>();
    Lender& lender = *node;
    engine.add_node(spec, std::move(node));
    for (const char* name : {"broker-1", "broker-2"}) {
      spec.name = name;
      engine.add_node(spec, std::make_unique<Lender>());
    }
    engine.run_until(sim_time(1ms));
    runtime = lender.lent;
  }
  std::uint32_t send(NodeId node) {
    return network.send(*runtime, node, std::make_unique<MetadataRequest>());
  }

  engine::LeanEngine engine{1};
  engine::Runtime* runtime = nullptr;
  ClientOptions options;
  NetworkClient network;
};

constexpr NodeId first{1}, second{2};

}  // namespace

TEST_CASE("correlation ids go up, and only what is in flight can complete, once") {
  Fixture f;
  const std::uint32_t a = f.send(first), b = f.send(first);
  CHECK(b == a + 1);
  CHECK(f.network.complete(first, {5, b}));
  CHECK_FALSE(f.network.complete(first, {5, b}));
  CHECK_FALSE(f.network.complete(second, {5, a}));
  CHECK(f.network.complete(first, {5, a}));
}

TEST_CASE("max.in.flight.requests.per.connection counts per broker") {
  Fixture f(Config{{"max.in.flight.requests.per.connection", "2"}});
  f.send(first);
  const std::uint32_t b = f.send(first);
  CHECK_FALSE(f.network.can_send(first, f.runtime->now()));
  CHECK(f.network.can_send(second, f.runtime->now()));
  f.network.complete(first, {5, b});
  CHECK(f.network.can_send(first, f.runtime->now()));
}

TEST_CASE("the oldest request decides whether a broker is overdue") {
  Fixture f(Config{{"request.timeout.ms", "1000"}});
  const SimTime start = f.runtime->now();
  const std::uint32_t a = f.send(first);
  CHECK(f.network.next_deadline() == start + 1s);
  CHECK_FALSE(f.network.overdue(start + 999ms).has_value());
  CHECK(f.network.overdue(start + 1s) == first);
  f.network.complete(first, {5, a});
  CHECK(f.network.next_deadline() == SimTime::max());
}

TEST_CASE("a lost connection fails all its requests and backs off, longer each time") {
  Fixture f;
  const std::uint32_t a = f.send(first), b = f.send(first);
  const SimTime now = f.runtime->now();
  CHECK(f.network.connection_lost(*f.runtime, first) == std::vector{a, b});
  const Duration pause_1 = f.network.usable_at(first) - now;
  CHECK(pause_1 >= 40ms);
  CHECK(pause_1 <= 60ms);
  CHECK_FALSE(f.network.can_send(first, now));
  CHECK(f.network.can_send(first, now + pause_1));
  f.network.connection_lost(*f.runtime, first);
  const Duration pause_2 = f.network.usable_at(first) - now;
  CHECK(pause_2 >= 80ms);
  CHECK(pause_2 <= 120ms);
  for (int i = 0; i < 20; ++i) f.network.connection_lost(*f.runtime, first);
  CHECK(f.network.usable_at(first) - now <= 1000ms);
}

TEST_CASE("the least loaded broker is asked, none while all back off") {
  Fixture f;
  RandomStream random(1, "metadata");
  f.send(first);
  CHECK(f.network.least_loaded({first, second}, f.runtime->now(), random) == second);
  f.network.connection_lost(*f.runtime, second);
  CHECK(f.network.least_loaded({first, second}, f.runtime->now(), random) == first);
  f.network.connection_lost(*f.runtime, first);
  CHECK_FALSE(f.network.least_loaded({first, second}, f.runtime->now(), random).has_value());
}

TEST_CASE("exponential back-off: doubles with 20 % jitter, never above its limit") {
  RandomStream random(1, "backoff");
  const ExponentialBackoff backoff(100ms, 1000ms);
  for (std::uint32_t failures = 0; failures < 3; ++failures) {
    const Duration middle = 100ms * (1 << failures);
    for (int i = 0; i < 50; ++i) {
      const Duration pause = backoff.after(failures, random);
      CHECK(pause >= middle * 8 / 10);
      CHECK(pause <= middle * 12 / 10);
    }
  }
  for (int i = 0; i < 50; ++i) CHECK(backoff.after(1000, random) <= 1000ms);
  CHECK(ExponentialBackoff(5000ms, 1000ms).after(0, random) == 1000ms);
  CHECK(ExponentialBackoff(0ms, 1000ms).after(7, random) == 0ms);
}

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
