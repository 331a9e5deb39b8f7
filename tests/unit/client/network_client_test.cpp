// Correlation ids, requests in flight, time-outs, the pause before a reconnect.
#include "sim/client/network_client.h"

#include <doctest/doctest.h>

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
  const auto lose_again = [&] {
    f.engine.run_until(f.network.usable_at(first) + 1ms);
    f.send(first);
    f.network.connection_lost(*f.runtime, first);
    return f.network.usable_at(first) - f.runtime->now();
  };
  const Duration pause_2 = lose_again();
  CHECK(pause_2 >= 80ms);
  CHECK(pause_2 <= 120ms);
  for (int i = 0; i < 20; ++i) CHECK(lose_again() <= 1000ms);
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

TEST_CASE("hearing again of a loss that is known already costs no further back-off") {
  Fixture f;
  f.send(first);
  CHECK(f.network.connection_lost(*f.runtime, first).size() == 1);
  const SimTime usable_at = f.network.usable_at(first);
  CHECK(usable_at > f.runtime->now());
  CHECK(f.network.connection_lost(*f.runtime, first).empty());
  CHECK(f.network.usable_at(first) == usable_at);
}
