// Timers by name.
#include "sim/coordinator/coordinator_timers.h"

#include <doctest/doctest.h>

#include "sim/engine/lean_engine.h"

using namespace eventarium;
using namespace eventarium::kafka;

namespace {

struct TimerNode : engine::Node {
  void on_start(engine::Runtime& runtime) override {
    const auto note = [this](const char* what) {
      return [this, what](engine::Runtime& r) { fired.push_back({what, r.now()}); };
    };
    timers.set(runtime, "session", 10ms, note("first"));
    timers.set(runtime, "session", 20ms, note("second"));
    timers.set(runtime, "other", 5ms, note("other"));
    timers.set(runtime, "cancelled", 6ms, note("cancelled"));
    timers.cancel(runtime, "cancelled");
    timers.cancel(runtime, "never set");
    timers.set(runtime, "again", 7ms,
               [this, note](engine::Runtime& r) { timers.set(r, "again", 7ms, note("again")); });
  }
  void on_message(engine::Runtime&, engine::Message) override {}
  void on_timer(engine::Runtime& runtime, engine::Token token) override {
    CHECK(timers.on_timer(runtime, token));
  }
  CoordinatorTimers timers{16, 1};
  std::vector<std::pair<std::string, SimTime>> fired;
};

}  // namespace

TEST_CASE("a name has one timer: setting it anew replaces it, also from its own action") {
  engine::LeanEngine engine{1};
  engine.add_node({}, std::make_unique<TimerNode>());
  auto& node = dynamic_cast<TimerNode&>(engine.node(NodeId{0}));
  engine.run_until(sim_time(6ms));
  CHECK(node.timers.is_set("session"));
  CHECK_FALSE(node.timers.is_set("other"));
  CHECK_FALSE(node.timers.is_set("cancelled"));
  engine.run_until(sim_time(1s));
  CHECK(node.fired == std::vector<std::pair<std::string, SimTime>>{{"other", sim_time(5ms)},
                                                                   {"again", sim_time(14ms)},
                                                                   {"second", sim_time(20ms)}});
  CHECK_FALSE(node.timers.is_set("session"));
}
