// Connection states, correlation ids, requests in flight, time-outs, the pause before a reconnect.
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
  /// The node answers: the connection is ready.
  void connect(NodeId node) {
    CHECK_FALSE(network.ready(*runtime, node));
    REQUIRE(network.complete(node, {5, ++last_id}));
  }
  std::uint32_t send(NodeId node) {
    return last_id = network.send(*runtime, node, std::make_unique<MetadataRequest>());
  }

  engine::LeanEngine engine{1};
  engine::Runtime* runtime = nullptr;
  ClientOptions options;
  NetworkClient network;
  std::uint32_t last_id = 0;  // correlation ids are counted from 1
};

constexpr NodeId first{1}, second{2};

}  // namespace

TEST_CASE("correlation ids go up, and only what is in flight can complete, once") {
  Fixture f;
  f.connect(first);
  const std::uint32_t a = f.send(first), b = f.send(first);
  CHECK(b == a + 1);
  CHECK(f.network.complete(first, {5, b}));
  CHECK_FALSE(f.network.complete(first, {5, b}));
  CHECK_FALSE(f.network.complete(second, {5, a}));
  CHECK(f.network.complete(first, {5, a}));
}

TEST_CASE("max.in.flight.requests.per.connection counts per broker") {
  Fixture f(Config{{"max.in.flight.requests.per.connection", "2"}});
  f.connect(first);
  f.connect(second);
  f.send(first);
  const std::uint32_t b = f.send(first);
  CHECK_FALSE(f.network.can_send(first));
  CHECK(f.network.can_send(second));
  f.network.complete(first, {5, b});
  CHECK(f.network.can_send(first));
}

TEST_CASE("the oldest request decides whether a broker is overdue") {
  Fixture f(Config{{"request.timeout.ms", "1000"}});
  f.connect(first);
  const SimTime start = f.runtime->now();
  const std::uint32_t a = f.send(first);
  CHECK(f.network.next_deadline() == start + 1s);
  CHECK_FALSE(f.network.overdue(start + 999ms).has_value());
  CHECK(f.network.overdue(start + 1s) == first);
  f.network.complete(first, {5, a});
  CHECK(f.network.next_deadline() == SimTime::max());
}

TEST_CASE("a node is disconnected, connecting, ready; only then it can be sent to") {
  Fixture f;
  CHECK(f.network.state(first) == ConnectionState::disconnected);
  CHECK_FALSE(f.network.ready(*f.runtime, first));
  CHECK(f.network.state(first) == ConnectionState::connecting);
  CHECK(f.network.in_flight(first) == 1);
  CHECK_FALSE(f.network.ready(*f.runtime, first));  // the attempt goes on, there is no second one
  CHECK(f.network.in_flight(first) == 1);
  CHECK_FALSE(f.network.can_send(first));
  CHECK(f.network.complete(first, {5, 1}));
  CHECK(f.network.state(first) == ConnectionState::ready);
  CHECK(f.network.ready(*f.runtime, first));
  CHECK(f.network.state(second) == ConnectionState::disconnected);
  f.network.forget_all();
  CHECK(f.network.state(first) == ConnectionState::disconnected);
}

TEST_CASE("an attempt to connect that fails concerns no request of the owner, and is backed off") {
  Fixture f;
  f.network.ready(*f.runtime, first);
  CHECK(f.network.connection_lost(*f.runtime, first).empty());
  CHECK(f.network.state(first) == ConnectionState::disconnected);
  CHECK(f.network.backs_off_until(first) > f.runtime->now());
  CHECK_FALSE(f.network.ready(*f.runtime, first));
  CHECK(f.network.state(first) == ConnectionState::disconnected);
  CHECK_FALSE(f.network.complete(first, {5, 1}));  // the answer to an attempt given up
  f.engine.run_until(f.network.backs_off_until(first) + 1ms);
  f.network.ready(*f.runtime, first);
  CHECK(f.network.state(first) == ConnectionState::connecting);
}

TEST_CASE("an attempt to connect has socket.connection.setup.timeout.ms, twice that next time") {
  Fixture f;
  const auto wait_for_attempt = [&] {
    f.network.ready(*f.runtime, first);
    return f.network.next_deadline() - f.runtime->now();
  };
  const Duration wait_1 = wait_for_attempt();
  CHECK(wait_1 >= 8s);
  CHECK(wait_1 <= 12s);
  CHECK_FALSE(f.network.overdue(f.runtime->now() + wait_1 - 1ms).has_value());
  CHECK(f.network.overdue(f.runtime->now() + wait_1) == first);
  f.network.connection_lost(*f.runtime, first);
  CHECK(f.network.next_deadline() == SimTime::max());
  f.engine.run_until(f.network.backs_off_until(first) + 1ms);
  const Duration wait_2 = wait_for_attempt();
  CHECK(wait_2 >= 16s);
  CHECK(wait_2 <= 24s);
}

TEST_CASE("a lost connection fails all its requests and backs off, longer each time") {
  Fixture f;
  f.connect(first);
  const std::uint32_t a = f.send(first), b = f.send(first);
  const SimTime now = f.runtime->now();
  CHECK(f.network.connection_lost(*f.runtime, first) == std::vector{a, b});
  const Duration pause_1 = f.network.backs_off_until(first) - now;
  CHECK(pause_1 >= 40ms);
  CHECK(pause_1 <= 60ms);
  CHECK_FALSE(f.network.can_send(first));
  const auto fail_to_connect = [&] {
    f.engine.run_until(f.network.backs_off_until(first) + 1ms);
    f.network.ready(*f.runtime, first);
    f.last_id += 1;
    f.network.connection_lost(*f.runtime, first);
    return f.network.backs_off_until(first) - f.runtime->now();
  };
  const Duration pause_2 = fail_to_connect();
  CHECK(pause_2 >= 80ms);
  CHECK(pause_2 <= 120ms);
  for (int i = 0; i < 20; ++i) CHECK(fail_to_connect() <= 1000ms);
  f.engine.run_until(f.network.backs_off_until(first) + 1ms);
  f.connect(first);
  f.network.connection_lost(*f.runtime, first);
  CHECK(f.network.backs_off_until(first) - f.runtime->now() <= 60ms);  // begins anew
}

TEST_CASE("the least loaded ready broker is asked") {
  Fixture f;
  RandomStream random(1, "metadata");
  const auto ask = [&] { return f.network.least_loaded(*f.runtime, {first, second}, random); };
  f.connect(first);
  f.connect(second);
  f.send(first);
  CHECK(ask() == second);
  f.network.connection_lost(*f.runtime, second);
  CHECK(ask() == first);
  f.network.connection_lost(*f.runtime, first);
  CHECK_FALSE(ask().has_value());
}

TEST_CASE("with no broker ready one is connected to, the one not tried for longest") {
  Fixture f;
  RandomStream random(1, "metadata");
  const auto ask = [&] { return f.network.least_loaded(*f.runtime, {first, second}, random); };
  const auto connecting = [&] {
    CHECK(f.network.in_flight(first) + f.network.in_flight(second) == 1);
    return f.network.in_flight(first) == 1 ? first : second;
  };
  CHECK_FALSE(ask().has_value());
  const NodeId tried_first = connecting();
  CHECK_FALSE(ask().has_value());  // one is on its way
  CHECK(connecting() == tried_first);
  f.network.connection_lost(*f.runtime, tried_first);
  f.engine.run_until(f.network.backs_off_until(tried_first) + 1ms);
  CHECK_FALSE(ask().has_value());
  CHECK(connecting() != tried_first);
}

TEST_CASE("hearing again of a loss that is known already costs no further back-off") {
  Fixture f;
  f.connect(first);
  f.send(first);
  CHECK(f.network.connection_lost(*f.runtime, first).size() == 1);
  const SimTime until = f.network.backs_off_until(first);
  CHECK(until > f.runtime->now());
  CHECK(f.network.connection_lost(*f.runtime, first).empty());
  CHECK(f.network.backs_off_until(first) == until);
  CHECK(f.network.connection_lost(*f.runtime, second).empty());  // there never was one
  CHECK(f.network.backs_off_until(second) <= f.runtime->now());
}
