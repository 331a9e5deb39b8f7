// A group.id is one group: who makes one of another kind has to find it empty.
#include "sim/coordinator/group_manager.h"

#include <doctest/doctest.h>

#include "tests/unit/coordinator/part_host.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

struct OneGroup : GroupManager {
  explicit OneGroup(std::string group_id) : id(std::move(group_id)) {}
  void stop() override {}
  bool handle(engine::Runtime&, RequestTicket, const engine::Message&) override { return false; }
  bool replay(const GroupEntryKey&, const std::optional<std::string>&) override { return false; }
  void on_loaded(engine::Runtime&, std::int32_t) override {}
  void on_unloaded(engine::Runtime&, std::int32_t) override {}
  bool on_written(engine::Runtime&, std::uint64_t, Error) override { return false; }
  bool has(const std::string& group) const override { return group == id; }
  std::vector<std::string> groups(std::int32_t) const override { return {id}; }
  bool give_up(engine::Runtime&, const std::string& group,
               std::vector<CoordinatorEntry>& entries) override {
    if (members > 0) return false;
    entries.push_back({encode({"group", group, "", "", -1}), std::nullopt});
    id.clear();
    return true;
  }
  Error check_commit(const CommitSender&) const override { return Error::none; }
  OffsetLifetime offset_lifetime(const std::string&) const override { return {}; }

  std::string id;
  int members = 0;
};

struct Idle : engine::Node {
  void on_start(engine::Runtime& r) override { runtime = &r; }
  void on_message(engine::Runtime&, engine::Message) override {}
  engine::Runtime* runtime = nullptr;
};

/// An owner that no log of these tests ever calls.
struct Nobody : CoordinatorLog::Owner {
  void replay(std::int32_t, const CoordinatorEntry&, const ProducerStamp&) override {}
  void replay_marker(std::int32_t, const ProducerStamp&) override {}
  void on_loaded(engine::Runtime&, std::int32_t) override {}
  void on_unloaded(engine::Runtime&, std::int32_t) override {}
  void on_written(engine::Runtime&, std::uint64_t, Error) override {}
  std::size_t entries(std::int32_t) const override { return 0; }
};

}  // namespace

TEST_CASE("a group id changes hands only when nobody is in the group") {
  engine::LeanEngine engine{1};
  engine.add_node({}, std::make_unique<Idle>());
  engine.run_until(sim_time(1ms));
  engine::Runtime& runtime = *dynamic_cast<Idle&>(engine.node(NodeId{0})).runtime;
  Nobody nobody;
  CoordinatorLog log("__consumer_offsets", 16, nobody);
  CoordinatorTimers timers(16, 0);
  OneGroup classic("billing"), consumer("audit");
  const GroupContext context{nullptr, log, timers, {&classic, &consumer}, {}};
  CHECK(context.manager_of("billing") == &classic);
  CHECK(context.manager_of("audit") == &consumer);
  CHECK(context.manager_of("shipping") == nullptr);

  std::vector<CoordinatorEntry> entries;
  CHECK(context.make_room(runtime, "shipping", consumer, entries));  // nobody's
  CHECK(context.make_room(runtime, "audit", consumer, entries));     // its own
  CHECK(entries.empty());
  classic.members = 1;
  CHECK_FALSE(context.make_room(runtime, "billing", consumer, entries));
  CHECK(context.manager_of("billing") == &classic);
  classic.members = 0;
  CHECK(context.make_room(runtime, "billing", consumer, entries));
  REQUIRE(entries.size() == 1);
  CHECK_FALSE(entries[0].value.has_value());
  CHECK(context.manager_of("billing") == nullptr);
}
