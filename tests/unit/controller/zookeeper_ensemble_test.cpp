#include "sim/controller/zookeeper_server.h"

#include <doctest/doctest.h>

#include "tests/unit/controller/zookeeper_world.h"

using namespace eventarium;
using namespace eventarium::zookeeper;
using namespace eventarium::zookeeper::test;

TEST_CASE("a new ensemble elects the server of the highest id, and it serves") {
  Ensemble e(3, 1, false);
  e.run(2s);
  CHECK(e.leader() == 2);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(e.server(i).serving());
  const auto elected = e.trace.all<trace::ZookeeperLeaderElected>();
  REQUIRE(elected.size() == 1);
  CHECK(elected[0].second.epoch == 1);
}

TEST_CASE("an ensemble of one serves alone") {
  Ensemble e(1, 1, false);
  e.run(2s);
  CHECK(e.leader() == 0);
  e.client().connect(e.id(0));
  e.run(100ms);
  CHECK(e.client().session == 1);
}

TEST_CASE("what is written by one server is read from all of them") {
  Ensemble e(3, 3);
  e.run(100ms);
  for (std::uint32_t i = 0; i < 3; ++i) e.client(i).connect(e.id(i));
  e.run(100ms);
  for (std::uint32_t i = 0; i < 3; ++i) CHECK(e.client(i).session != 0);
  const auto written = e.client(0).write(e.id(0), {create("/a", "hello")});
  e.run(100ms);
  REQUIRE(e.client(0).reply(written));
  CHECK(e.client(0).reply(written)->code == Code::ok);
  for (std::uint32_t i = 0; i < 3; ++i) {
    const auto read = e.client(i).read(e.id(i), Read::Kind::get, "/a");
    e.run(10ms);
    REQUIRE(e.client(i).reply(read));
    CHECK(content(e.client(i).reply(read)->value) == "hello");
  }
}

TEST_CASE("a session reads its own writes although they travel to the leader") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(0));
  e.run(100ms);
  e.client().write(e.id(0), {create("/a", "mine")});
  const auto read = e.client().read(e.id(0), Read::Kind::get, "/a");
  e.run(100ms);
  REQUIRE(e.client().reply(read));
  CHECK(content(e.client().reply(read)->value) == "mine");
  CHECK(e.client().replies.size() == 2);
  CHECK(e.client().replies[0].number < e.client().replies[1].number);
}

TEST_CASE("a watch fires once") {
  Ensemble e(3, 2);
  e.run(100ms);
  e.client(0).connect(e.id(0));
  e.client(1).connect(e.id(1));
  e.run(100ms);
  e.client(0).read(e.id(0), Read::Kind::exists, "/controller", true);
  e.client(0).read(e.id(0), Read::Kind::children, "/", true);
  e.run(100ms);
  e.client(1).write(e.id(1), {create("/controller", "1", true)});
  e.run(100ms);
  REQUIRE(e.client(0).events.size() == 2);
  CHECK(e.client(0).events[0].kind == WatchEvent::Kind::created);
  CHECK(e.client(0).events[1].kind == WatchEvent::Kind::children_changed);
  e.client(1).write(e.id(1), {erase("/controller")});
  e.run(100ms);
  CHECK(e.client(0).events.size() == 2);
}

TEST_CASE("a silent client's session expires after its time-out, rounded up to a tick") {
  Ensemble e(3, 2);
  e.run(100ms);
  for (std::uint32_t i = 0; i < 2; ++i) {
    e.client(i).connect(e.id(i));
    e.run(100ms);
    e.client(i).write(e.id(i), {create("/alive-" + std::to_string(i), "", true)});
  }
  e.run(400ms);
  e.engine.stop(e.client_id(0), engine::StopReason::power_loss);
  // Client 1 goes on pinging.
  for (int s = 0; s < 25; ++s) {
    e.client(1).send(e.id(1), ClientPing{});
    e.run(1s);
  }
  const auto expired = e.trace.all<trace::ZookeeperSessionExpired>();
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].second.owner == e.client_id(0));
  // Last heard at about 0.3 s, by the leader at the next half tick: 1 s + 18 s, up to 20 s.
  CHECK(expired[0].first.t >= sim_time(20s));
  CHECK(expired[0].first.t < sim_time(20s + 50ms));
  CHECK(e.server(0).tree().find("/alive-0") == nullptr);
  CHECK(e.server(0).tree().find("/alive-1") != nullptr);
}

TEST_CASE("a clean close removes ephemeral znodes at once") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(0));
  e.run(100ms);
  e.client().write(e.id(0), {create("/me", "", true)});
  e.run(100ms);
  e.client().send(e.id(0), Close{});
  e.run(20ms);
  CHECK(e.server(0).tree().find("/me") == nullptr);
  CHECK(e.trace.all<trace::ZookeeperSessionExpired>().empty());
}

TEST_CASE("the leader's process dies: another one leads within a second, and sessions live on") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(0));
  e.run(100ms);
  const SessionId session = e.client().session;
  e.client().write(e.id(0), {create("/me", "", true)});
  e.run(100ms);
  CHECK(e.leader() == 2);
  e.engine.stop(e.id(2), engine::StopReason::crash);
  e.run(1s);
  CHECK(e.leader() == 1);
  CHECK(e.client().disconnects > 0);  // its server has looked for a leader meanwhile
  e.client().connect(e.id(1), session);
  e.run(100ms);
  CHECK(e.client().session == session);
  const auto written = e.client().write(e.id(1), {set("/me", "still here")});
  e.run(100ms);
  REQUIRE(e.client().reply(written));
  CHECK(e.client().reply(written)->code == Code::ok);
  CHECK(epoch_of(e.server(1).on_disk().last_zxid()) == 2);
}

TEST_CASE("a leader that loses power is missed after sync_limit") {
  Ensemble e;
  e.run(1s);
  e.engine.stop(e.id(2), engine::StopReason::power_loss);
  e.run(8s);
  CHECK(e.leader() == 3);
  e.run(4s);
  CHECK(e.leader() == 1);
}

TEST_CASE(
    "without a quorum nobody is served and no session expires; then all have their time again") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(0));
  e.run(100ms);
  e.client().write(e.id(0), {create("/me", "", true)});
  e.run(100ms);
  e.engine.stop(e.id(1), engine::StopReason::crash);
  e.engine.stop(e.id(2), engine::StopReason::crash);
  e.run(60s);
  CHECK(!e.server(0).serving());
  CHECK(e.leader() == 3);
  CHECK(e.trace.all<trace::ZookeeperSessionExpired>().empty());
  e.engine.start(e.id(1));
  const SimTime back = e.engine.now();
  e.run(15s);
  CHECK(e.leader() != 3);
  CHECK(e.server(0).tree().find("/me") != nullptr);
  e.run(30s);
  const auto expired = e.trace.all<trace::ZookeeperSessionExpired>();
  REQUIRE(expired.size() == 1);
  CHECK(expired[0].first.t >= back + 18s);
}

TEST_CASE("a server that was away is given what it has missed") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(1));
  e.run(100ms);
  e.engine.stop(e.id(0), engine::StopReason::crash);
  for (int i = 0; i < 5; ++i)
    e.client().write(e.id(1), {create("/n" + std::to_string(i), std::to_string(i))});
  e.run(1s);
  e.engine.start(e.id(0));
  e.run(3s);
  CHECK(e.server(0).serving());
  CHECK(e.server(0).tree().find("/n4") != nullptr);
  CHECK(e.server(0).tree().last_zxid() == e.server(2).tree().last_zxid());
}

TEST_CASE("what only a leader without followers has written down is cut off when it returns") {
  Ensemble e;
  e.run(100ms);
  e.client().connect(e.id(2));
  e.run(100ms);
  // The leader is alone with its client.
  for (const std::uint32_t other : {0U, 1U}) {
    e.engine.set_cut(e.id(2), e.id(other), true);
    e.engine.set_cut(e.id(other), e.id(2), true);
  }
  const auto lost = e.client().write(e.id(2), {create("/lost")});
  e.run(5s);
  CHECK(e.client().reply(lost) == nullptr);
  e.run(15s);
  CHECK(e.leader() == 1);
  CHECK(!e.server(2).serving());
  for (const std::uint32_t other : {0U, 1U}) {
    e.engine.set_cut(e.id(2), e.id(other), false);
    e.engine.set_cut(e.id(other), e.id(2), false);
  }
  e.run(90s);
  CHECK(e.server(2).serving());
  CHECK(e.server(2).tree().find("/lost") == nullptr);
  CHECK(e.server(2).on_disk().last_zxid() == e.server(1).on_disk().last_zxid());
}
