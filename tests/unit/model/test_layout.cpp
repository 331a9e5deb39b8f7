#include <doctest/doctest.h>

#include <cmath>

#include "trace_builder.h"
#include "viz/model/layout.h"

using namespace eventarium;
using namespace eventarium::viz;
using testing::TraceBuilder;

namespace {

void check_tidy(const Layout& layout) {
  for (const NodeBox& a : layout.nodes) {
    if (!a.node.valid()) continue;
    CHECK(a.box.x >= layout.bounds.x);
    CHECK(a.box.y >= layout.bounds.y);
    CHECK(a.box.x + a.box.width <= layout.bounds.width + 1e-6);
    CHECK(a.box.y + a.box.height <= layout.bounds.height + 1e-6);
    for (const NodeBox& b : layout.nodes)
      if (b.node.valid() && a.node < b.node) CHECK_FALSE(a.box.overlaps(b.box));
    for (const RowBox& row : a.rows) {
      CHECK(a.box.contains({row.label.x, row.label.y}));
      CHECK(row.cells.x >= row.label.x + row.label.width);
      CHECK(row.cells.x + row.cells.width <= a.box.x + a.box.width);
      CHECK(row.cells.y + row.cells.height <= a.box.y + a.box.height);
    }
  }
}

bool same(Point a, Point b) { return std::abs(a.x - b.x) < 1e-6 && std::abs(a.y - b.y) < 1e-6; }

}  // namespace

TEST_CASE("layout: producers left, brokers in the centre, services right, controllers above") {
  TraceBuilder t;
  const NodeId crm = t.declare("service", "crm"), shop = t.declare("producer", "shop");
  const NodeId one = t.declare("broker", "broker-1"), two = t.declare("broker", "broker-2");
  const NodeId boss = t.declare("controller", "controller-1");
  t.partition("orders", 0, one, {one, two});
  t.partition("orders", 1, two, {two});
  t.send(shop, one, "Produce");
  t.send(crm, two, "Fetch");
  t.send(two, one, "Fetch");
  const Layout layout = make_layout(t.history);
  check_tidy(layout);
  const auto box = [&](NodeId id) { return layout.nodes[id.value].box; };
  CHECK(box(shop).x + box(shop).width < box(one).x);
  CHECK(box(one).x + box(one).width < box(crm).x);
  CHECK(box(one).y < box(two).y);
  CHECK(box(one).x == box(two).x);
  CHECK(box(boss).y + box(boss).height < box(one).y);
  CHECK(layout.nodes[one.value].rows.size() == 1);
  CHECK(layout.nodes[two.value].rows.size() == 2);
  CHECK(box(two).height > box(one).height);
  CHECK(layout.at(box(crm).centre())->node == crm);
  CHECK(layout.at({-5, -5}) == nullptr);

  REQUIRE(layout.links.size() == 3);
  const LinkCurve& produce = layout.links[0];
  CHECK(produce.a == shop);
  CHECK(same(produce.at(0), produce.p0));
  CHECK(same(produce.at(1), produce.p3));
  CHECK(produce.p0.x == box(shop).x + box(shop).width);
  CHECK(produce.p3.x == box(one).x);
  CHECK(layout.links[1].p0.x == box(crm).x);  // the fetch leaves on the side of its broker
  // Broker to broker goes round the outside.
  CHECK(layout.links[2].at(0.5).x < box(one).x);
}

TEST_CASE("layout: the same trace gives the same layout; its key tells of changes") {
  TraceBuilder a, b;
  for (TraceBuilder* t : {&a, &b}) {
    t->declare("producer", "shop");
    t->declare("broker", "broker-1");
  }
  CHECK(layout_key(a.history) == layout_key(b.history));
  CHECK(make_layout(a.history).nodes[0].box == make_layout(b.history).nodes[0].box);
  a.produce(NodeId{0}, "orders");
  CHECK(layout_key(a.history) == layout_key(b.history));
  a.partition("orders", 0, NodeId{1}, {NodeId{1}});
  const LayoutKey with_partition = layout_key(a.history);
  CHECK(with_partition != layout_key(b.history));
  a.partition("orders", 0, NodeId{1}, {NodeId{1}}, 1);  // only a new epoch
  CHECK(layout_key(a.history) == with_partition);
  a.send(NodeId{0}, NodeId{1}, "Produce");
  CHECK(layout_key(a.history) != with_partition);
}

TEST_CASE("layout: without a channel, columns follow the calls") {
  TraceBuilder t;
  const NodeId shop = t.declare("producer", "shop"), billing = t.declare("service", "billing");
  const NodeId shipping = t.declare("service", "shipping"), idle = t.declare("service", "idle");
  t.send(shop, billing, "Call");
  t.send(billing, shop, "CallReply");
  t.send(billing, shipping, "Call");
  const Layout layout = make_layout(t.history);
  check_tidy(layout);
  CHECK(layout.nodes[shop.value].box.x < layout.nodes[billing.value].box.x);
  CHECK(layout.nodes[billing.value].box.x < layout.nodes[shipping.value].box.x);
  CHECK(layout.nodes[idle.value].box.x == layout.nodes[billing.value].box.x);
}

TEST_CASE("layout: queues and stations are channels; many nodes make more columns") {
  TraceBuilder t;
  t.declare("queue", "queue");
  t.declare("station", "station");
  for (int i = 0; i < 20; ++i) t.declare("service", "service-" + std::to_string(i));
  for (int i = 0; i < 7; ++i) t.declare("producer", "producer-" + std::to_string(i));
  const Layout layout = make_layout(t.history);
  check_tidy(layout);
  CHECK(layout.bounds.height < 1500);
  CHECK(layout.nodes[0].box.x > layout.nodes[22].box.x);  // right of the producers
  CHECK(layout.nodes[0].box.x < layout.nodes[2].box.x);   // left of the services
}

TEST_CASE("layout: nothing, and a node alone") {
  TraceBuilder t;
  CHECK(make_layout(t.history).nodes.empty());
  t.declare("service", "alone");
  const Layout layout = make_layout(t.history);
  CHECK(layout.nodes[0].box.x == 0);
  CHECK(layout.nodes[0].box.y == 0);
  CHECK(layout.bounds.width == layout.nodes[0].box.width);
}
