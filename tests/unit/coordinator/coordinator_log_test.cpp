// What a coordinator keeps in an internal topic: who may write, when a write is done, what a new
// leader finds.
#include "sim/coordinator/coordinator_log.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/part_host.h"

using namespace eventarium;
using namespace eventarium::kafka;
using namespace eventarium::kafka::test;

namespace {

constexpr std::uint16_t component = 16;
const TopicPartition kept{"__consumer_offsets", 0};

/// Keeps what it reads, as text.
class Keeper : public BrokerPart, public CoordinatorLog::Owner {
 public:
  void start(engine::Runtime& runtime, BrokerServices& services) override {
    log.start(runtime, services);
  }
  void stop(engine::Runtime&, engine::StopReason) override { log.stop(); }
  bool handle(engine::Runtime&, RequestTicket, const engine::Message&) override { return false; }
  bool on_timer(engine::Runtime& runtime, engine::Token token) override {
    return log.on_timer(runtime, token);
  }
  bool on_done(engine::Runtime& runtime, engine::Token token) override {
    return log.on_done(runtime, token);
  }
  void on_leadership(engine::Runtime& runtime, const TopicPartition& tp,
                     std::int32_t epoch) override {
    log.on_leadership(runtime, tp, epoch);
  }
  void on_appended(engine::Runtime& runtime, std::uint64_t token, Error error) override {
    log.on_appended(runtime, token, error);
  }

  void replay(std::int32_t, const CoordinatorEntry& entry, const ProducerStamp& stamp) override {
    replayed.push_back(entry.key + "=" + entry.value.value_or("(none)") +
                       (stamp.transactional ? " pending" : ""));
  }
  void replay_marker(std::int32_t, const ProducerStamp& stamp) override {
    replayed.push_back(stamp.control == Control::commit ? "commit" : "abort");
  }
  void on_loaded(engine::Runtime& runtime, std::int32_t) override { loaded_at = runtime.now(); }
  void on_unloaded(engine::Runtime&, std::int32_t) override { unloaded = true; }
  void on_written(engine::Runtime&, std::uint64_t token, Error error) override {
    written.emplace_back(token, error);
  }
  std::size_t entries(std::int32_t) const override { return replayed.size(); }

  CoordinatorLog log{"__consumer_offsets", component, *this};
  std::vector<std::string> replayed;
  std::vector<std::pair<std::uint64_t, Error>> written;
  SimTime loaded_at{};
  bool unloaded = false;
};

struct World {
  World() {
    store.image = make_cluster_image({NodeId{0}}, {{"__consumer_offsets", 1, 1, {}}});
    engine.add_sink(trace);
    engine::NodeSpec spec;
    spec.name = "broker-1";
    engine.add_node(spec, std::make_unique<PartHost>(store, std::make_unique<Keeper>()));
    run(1ms);
  }
  PartHost& host() { return dynamic_cast<PartHost&>(engine.node(NodeId{0})); }
  Keeper& keeper() { return dynamic_cast<Keeper&>(host().part()); }
  CoordinatorLog& log() { return keeper().log; }
  void run(Duration how_long) { engine.run_until(engine.now() + how_long); }
  void lead(std::int32_t epoch) {
    at([this, epoch] { host().lead(kept, epoch); });
  }
  void at(const std::function<void()>& action) {
    engine.schedule(engine.now() + 1us, action);
    run(2us);
  }
  std::uint64_t write(std::vector<CoordinatorEntry> entries, ProducerStamp stamp = {}) {
    std::uint64_t token = 0;
    at([&] { token = log().write(host().runtime(), 0, std::move(entries), stamp); });
    return token;
  }

  Trace trace;
  Store store;
  engine::LeanEngine engine{42};
};

}  // namespace

TEST_CASE("a partition is coordinated by its leader, once it has been read") {
  World world;
  CHECK(world.log().partition_of("billing") == 0);
  CHECK(world.log().check("billing") == Error::not_coordinator);
  world.at([&] {
    world.host().lead(kept, 3);
    CHECK(world.log().check("billing") == Error::coordinator_load_in_progress);
  });
  CHECK(world.trace.all<trace::CoordinatorLoading>().size() == 1);
  world.run(1ms);
  CHECK(world.log().check("billing") == Error::none);
  CHECK(world.log().epoch(0) == 3);
  REQUIRE(world.trace.all<trace::CoordinatorLoaded>().size() == 1);
  CHECK(world.trace.all<trace::CoordinatorLoaded>()[0].second.leader_epoch == 3);
}

TEST_CASE("a write is in the log at once and done when it is replicated") {
  World world;
  world.lead(0);
  world.run(1ms);
  world.host().hold();
  const std::uint64_t token = world.write({{"a", "1", "Kept"}, {"b", std::nullopt, "Kept"}});
  CHECK(world.log().in_log(token));
  CHECK(world.store.logs[kept].log_end_offset() == 2);
  CHECK_FALSE(world.log().is_replicated(0));
  world.run(1s);
  CHECK(world.keeper().written.empty());
  world.at([&] { world.host().release(); });
  CHECK(world.keeper().written == std::vector{std::pair{token, Error::none}});
  CHECK(world.log().is_replicated(0));
}

TEST_CASE("who writes nothing waits for what was written before") {
  World world;
  world.lead(0);
  world.run(1ms);
  const std::uint64_t nothing_before = world.write({});
  world.run(1ms);
  CHECK(world.keeper().written == std::vector{std::pair{nothing_before, Error::none}});
  world.host().hold();
  const std::uint64_t first = world.write({{"a", "1"}});
  const std::uint64_t second = world.write({});
  world.run(1s);
  CHECK(world.keeper().written.size() == 1);
  world.at([&] { world.host().release(); });
  REQUIRE(world.keeper().written.size() == 3);
  CHECK(world.keeper().written[1] == std::pair{first, Error::none});
  CHECK(world.keeper().written[2] == std::pair{second, Error::none});
  CHECK(world.store.logs[kept].log_end_offset() == 1);
}

TEST_CASE("who waits for a write that is never replicated gives up at the time-out") {
  World world;
  world.lead(0);
  world.run(1ms);
  world.log().set_write_timeout(5s);
  world.host().hold();
  world.write({{"a", "1"}});
  const std::uint64_t token = world.write({});
  world.run(4900ms);
  CHECK(world.keeper().written.empty());
  world.run(200ms);
  CHECK(world.keeper().written == std::vector{std::pair{token, Error::coordinator_not_available}});
}

TEST_CASE("a new leader reads everything in order: tombstones, transactions, markers") {
  World world;
  world.lead(0);
  world.run(1ms);
  ProducerStamp transaction{7, 0, 0, true, Control::none};
  world.write({{"a", "1"}, {"b", "2"}});
  world.write({{"a", std::nullopt}});
  world.write({{"c", "3"}}, transaction);
  transaction.control = Control::commit;
  world.write({{"marker", ""}}, transaction);
  world.at([&] { world.host().resign(kept); });
  CHECK(world.keeper().unloaded);
  CHECK(world.log().check("billing") == Error::not_coordinator);
  world.lead(1);
  world.run(10ms);
  CHECK(world.keeper().replayed ==
        std::vector<std::string>{"a=1", "b=2", "a=(none)", "c=3 pending", "commit"});
  CHECK(world.trace.all<trace::CoordinatorLoaded>().back().second.entries == 5);
}

TEST_CASE("loading takes time in proportion to what there is to read") {
  World world;
  world.lead(0);
  world.run(1ms);
  const std::string value(50'000, 'x');
  for (int i = 0; i < 40; ++i) world.write({{std::to_string(i), value}});
  world.at([&] { world.host().resign(kept); });
  world.lead(1);
  const SimTime begun = world.trace.all<trace::CoordinatorLoading>().back().first.t;
  CHECK(world.log().check("billing") == Error::coordinator_load_in_progress);
  world.run(1s);
  const Duration took = world.keeper().loaded_at - begun;
  CHECK(took > 10ms);  // 2 MB at 200 MB/s
  CHECK(took < 13ms);
  CHECK(world.keeper().replayed.size() == 40);
}

TEST_CASE("who loses the leadership while it reads coordinates nothing") {
  World world;
  world.lead(0);
  world.run(1ms);
  world.write({{"a", "1"}});
  world.at([&] { world.host().resign(kept); });
  world.at([&] {
    world.host().lead(kept, 1);
    world.host().resign(kept);
  });
  world.run(1s);
  CHECK(world.keeper().replayed.empty());
  CHECK(world.log().check("billing") == Error::not_coordinator);
  // A load that was begun again is not finished by the old one's work.
  world.at([&] {
    world.host().lead(kept, 2);
    world.host().resign(kept);
    world.host().lead(kept, 3);
  });
  world.run(1s);
  CHECK(world.keeper().replayed == std::vector<std::string>{"a=1"});
  CHECK(world.log().epoch(0) == 3);
}

TEST_CASE("a leader that stays one in a later epoch goes on") {
  World world;
  world.lead(0);
  world.run(1ms);
  world.write({{"a", "1"}});
  world.lead(1);
  CHECK(world.log().check("billing") == Error::none);
  CHECK(world.log().epoch(0) == 1);
  CHECK(world.keeper().replayed.empty());
}

TEST_CASE("what was being written when the leadership went is not known to be kept") {
  World world;
  world.lead(0);
  world.run(1ms);
  world.host().hold();
  const std::uint64_t token = world.write({{"a", "1"}});
  const std::uint64_t waits = world.write({});
  world.at([&] { world.host().resign(kept); });
  CHECK(world.keeper().written == std::vector{std::pair{token, Error::not_coordinator},
                                              std::pair{waits, Error::not_coordinator}});
}

TEST_CASE("clients are told a coordinator's errors, not a log's") {
  World world;
  world.lead(0);
  world.run(1ms);
  const auto told = [&](Error error) {
    world.host().refuse = error;
    const std::uint64_t token = world.write({{"a", "1"}});
    world.run(1ms);
    CHECK(world.keeper().written.back().first == token);
    return world.keeper().written.back().second;
  };
  CHECK(told(Error::not_enough_replicas) == Error::coordinator_not_available);
  CHECK(told(Error::not_leader_or_follower) == Error::not_coordinator);
  CHECK(told(Error::kafka_storage_error) == Error::not_coordinator);
  CHECK(told(Error::message_too_large) == Error::unknown_server_error);
  CHECK(told(Error::invalid_producer_epoch) == Error::invalid_producer_epoch);
  world.host().refuse = Error::none;
  world.host().hold();
  const std::uint64_t token = world.write({{"a", "1"}});
  world.run(10ms);
  CHECK(world.log().in_log(token));
  world.at([&] { world.host().fail_held(Error::request_timed_out); });
  CHECK(world.keeper().written.back() == std::pair{token, Error::coordinator_not_available});
}
