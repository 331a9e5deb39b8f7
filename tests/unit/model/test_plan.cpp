// What is known of a run before it begins, from the shipped scenarios.
#include "viz/model/plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sim/scenario/loader.h"
#include "trace_builder.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

Plan plan_for(const std::string& name) {
  const auto loaded =
      scenario::load_file(std::string(EVENTARIUM_SOURCE_DIR) + "/scenarios/" + name + ".yaml");
  REQUIRE(loaded.scenario.has_value());
  return plan_of(*loaded.scenario);
}

bool has(const Plan& plan, LaneKind kind) {
  return std::find(plan.lanes.begin(), plan.lanes.end(), kind) != plan.lanes.end();
}

}  // namespace

TEST_CASE("plan: publishers, lanes and the first event come from the scenario") {
  const Plan newsletter = plan_for("newsletter");
  REQUIRE(newsletter.publishers.size() == 1);
  CHECK(newsletter.publishers[0].node == "website");
  CHECK(newsletter.publishers[0].topic == "subscribers");
  CHECK(newsletter.first_event == sim_time(2s));
  CHECK(newsletter.end == sim_time(30s));
  CHECK(has(newsletter, LaneKind::effects));
  CHECK_FALSE(has(newsletter, LaneKind::faults));
  CHECK(has(plan_for("newsletter-direct"), LaneKind::faults));
  CHECK(has(plan_for("letter"), LaneKind::queue_depth));
  CHECK(has(plan_for("radio"), LaneKind::subscribers));
}

TEST_CASE("plan: expected lanes are there before anything is in them") {
  Timeline timeline;
  CHECK(timeline.lanes().empty());
  timeline.expect({LaneKind::effects, LaneKind::faults});
  REQUIRE(timeline.lanes().size() == 2);
  CHECK(timeline.lanes()[0]->kind == LaneKind::faults);
}

TEST_CASE("history: expected links join publishers and readers with the leaders of their topic") {
  TraceBuilder t;
  t.history.expect({{"shop", "orders"}, {"nobody", "orders"}});
  const NodeId shop = t.declare("producer", "shop"), one = t.declare("broker", "broker-1");
  const NodeId two = t.declare("broker", "broker-2"), crm = t.declare("service", "crm");
  t.subscribe(crm, "orders", "kafka");
  CHECK(t.history.links().empty());
  t.partition("orders", 0, one, {one});
  t.partition("payments", 0, two, {two});
  REQUIRE(t.history.links().size() == 2);
  CHECK(t.history.links()[0].a == shop);
  CHECK(t.history.links()[0].b == one);
  CHECK(t.history.links()[0].messages == 0);
  CHECK(t.history.links()[1].a == crm);
  t.send(shop, one, "Produce");  // the link is there already
  CHECK(t.history.links().size() == 2);
  CHECK(t.history.links()[0].messages == 1);
  t.partition("orders", 0, two, {one, two}, 1);  // a new leader is talked to
  CHECK(t.history.links().size() == 4);
}

TEST_CASE("history: without a channel the publisher is linked with its readers") {
  TraceBuilder t;
  t.history.expect({{"shop", "orders"}});
  const NodeId shop = t.declare("producer", "shop"), crm = t.declare("service", "crm");
  const NodeId other = t.declare("service", "other");
  t.subscribe(crm, "orders", "direct");
  t.subscribe(other, "payments", "direct");
  REQUIRE(t.history.links().size() == 1);
  CHECK(t.history.links()[0].a == shop);
  CHECK(t.history.links()[0].b == crm);
}
