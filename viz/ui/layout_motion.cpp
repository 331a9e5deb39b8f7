// See layout_motion.h.
#include "viz/ui/layout_motion.h"

namespace eventarium::viz::ui {

namespace {

constexpr double move_s = 0.5;

double mix(double a, double b, double part) { return a + (b - a) * part; }
Point mix(Point a, Point b, double part) { return {mix(a.x, b.x, part), mix(a.y, b.y, part)}; }
Box mix(const Box& a, const Box& b, double part) {
  return {mix(a.x, b.x, part), mix(a.y, b.y, part), mix(a.width, b.width, part),
          mix(a.height, b.height, part)};
}
void shift(Box& box, double x, double y) {
  box.x += x;
  box.y += y;
}

}  // namespace

Layout between(const Layout& from, const Layout& to, double part) {
  Layout layout = to;
  for (std::size_t i = 0; i < std::min(from.nodes.size(), to.nodes.size()); ++i) {
    NodeBox& box = layout.nodes[i];
    if (from.nodes[i].node != box.node || from.nodes[i].box.width <= 0) continue;
    const Box target = box.box;
    box.box = mix(from.nodes[i].box, target, part);
    for (RowBox& row : box.rows) {
      shift(row.label, box.box.x - target.x, box.box.y - target.y);
      shift(row.cells, box.box.x - target.x, box.box.y - target.y);
    }
  }
  for (std::size_t i = 0; i < std::min(from.links.size(), to.links.size()); ++i) {
    const LinkCurve &a = from.links[i], &b = to.links[i];
    if (a.a != b.a || a.b != b.b) continue;
    layout.links[i] = {b.a,
                       b.b,
                       mix(a.p0, b.p0, part),
                       mix(a.p1, b.p1, part),
                       mix(a.p2, b.p2, part),
                       mix(a.p3, b.p3, part)};
  }
  for (std::size_t i = 0; i < std::min(from.groups.size(), to.groups.size()); ++i) {
    const GroupBox &a = from.groups[i], &b = to.groups[i];
    if (a.name == b.name && a.box.width > 0)
      layout.groups[i] = {b.name, mix(a.box, b.box, part), mix(a.header, b.header, part)};
  }
  layout.bounds = mix(from.bounds, to.bounds, part);
  return layout;
}

void move_layout(Frame& frame) {
  ShownLayout& shown = frame.state.shown;
  const Layout& target = frame.session.layout();
  if (shown.version != frame.session.layout_version()) {
    shown.version = frame.session.layout_version();
    const bool jump = shown.jump || shown.now.nodes.empty() || frame.state.reduced_motion;
    shown.moving = !jump;
    shown.from = shown.now;
    shown.began_s = frame.viewer_s;
    shown.now = target;
  }
  shown.jump = false;
  if (!shown.moving) return;
  const double part = (frame.viewer_s - shown.began_s) / move_s;
  shown.moving = part >= 0 && part < 1;
  const double eased = part * part * (3 - 2 * part);
  shown.now = shown.moving ? between(shown.from, target, eased) : target;
}

}  // namespace eventarium::viz::ui
