// See links.h. What a message looks like is decided in look_of(), how it is drawn in moving.cpp.
#include "viz/ui/links.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace eventarium::viz::ui {

namespace {

// Layout units.
constexpr float data_radius = 9;
constexpr float plain_radius = 4.5F;
constexpr float copy_radius = 6.5F;     // from a leader to a follower
constexpr float control_radius = 4.5F;  // an election, a change of an in-sync set
constexpr float routine_radius = 3;     // a heartbeat
// More of them are drawn only while they are used.
constexpr std::size_t quiet_links_max = 12, client_links_max = 80;
constexpr float aside = 7;                // keeps the two ways of a link apart
constexpr std::size_t labelled_max = 10;  // more labels than that only cover each other

struct Look {
  Color color;
  Sprite shape = Sprite::square;
  float radius = plain_radius;
};

Look look_of(const Frame& frame, const Flight& flight) {
  const Palette& color = frame.color();
  Look look;
  const bool back = flight.kind == FlightKind::deliver || flight.kind == FlightKind::response;
  look.shape = back ? Sprite::disc : Sprite::square;
  look.color = color.muted.faded(0.8F);
  if (flight.record.valid()) {
    look.radius = data_radius;
    look.color = flight.kind == FlightKind::deliver ? color.ok : color.accent;
  }
  if (flight.kind == FlightKind::replicate) {
    look.shape = Sprite::disc;
    look.radius = copy_radius;
    look.color = color.cell_line;
  } else if (flight.kind == FlightKind::control) {
    look.shape = Sprite::disc;
    look.radius = flight.message->routine ? routine_radius : control_radius;
    look.color = flight.message->routine ? color.muted.faded(0.55F) : color.text;
  }
  const RecordId followed = selected_record(frame.state);
  if (followed.valid()) {
    const auto* sent = frame.session.history()[flight.message->sent_at].as<trace::MessageSent>();
    const bool carries = sent != nullptr && std::find(sent->records.begin(), sent->records.end(),
                                                      followed) != sent->records.end();
    look.color = carries ? color.follow : look.color.faded(0.35F);
  }
  if (flight.waiting) look.color = color.warn;
  if (flight.lost) look.color = color.bad;
  return look;
}

/// With reduced motion a message steps through four places instead of flying.
float shown_fraction(const Frame& frame, float fraction) {
  if (!frame.state.reduced_motion) return fraction;
  return (std::floor(std::min(fraction, 0.999F) * 4) + 0.5F) / 4;
}

bool is_selected(const Frame& frame, const LinkCurve& link) {
  const auto* way = std::get_if<WaySelection>(&frame.state.selection);
  return way != nullptr && way->a == link.a && way->b == link.b;
}

bool touches(const LinkCurve& link, NodeId node) {
  return node.valid() && (link.a == node || link.b == node);
}

/// An end was switched off and nothing else is wrong: a calm line, no alarm.
bool is_switched_off(const World& world, const LinkCurve& link) {
  bool off = false;
  for (const NodeId end : {link.a, link.b}) {
    const NodeView* node = world.node(end);
    if (node == nullptr || !node->down()) continue;
    if (!node->stopped_cleanly()) return false;
    off = true;
  }
  return off;
}

/// Between those that run the cluster: no client ever uses it.
bool is_quiet(const Frame& frame, const LinkCurve& link) {
  const auto inside = [&](NodeId id) {
    const NodeInfo* info = frame.session.history().node(id);
    return info != nullptr && (info->role == Role::broker || is_management(info->role));
  };
  return inside(link.a) && inside(link.b);
}

/// One of the ends is down, which its card says; or one of them can't be reached, which only the
/// line can say.
bool is_down(const World& world, const LinkCurve& link) {
  for (const NodeId end : {link.a, link.b})
    if (const NodeView* node = world.node(end); node != nullptr && !node->running) return true;
  return false;
}

void draw_quiet_link(Frame& frame, const View& view, const LinkCurve& link, const Curve& curve,
                     bool shown) {
  const Palette& color = frame.color();
  const World& world = frame.session.world();
  const float weight = frame.theme().line_px();
  if (is_down(world, link)) return;
  if (world.way_blocked(link.a, link.b) || world.way_blocked(link.b, link.a))
    return dashed_polyline(frame.canvas, curve.points(32), color.bad.faded(0.75F), weight,
                           view.px(8), view.px(6));
  const bool hot = is_selected(frame, link) || touches(link, frame.state.hovered_node) ||
                   touches(link, selected_node(frame.state));
  if (!hot && !shown) return;
  frame.canvas.list->AddBezierCubic(curve.from, curve.from_control, curve.to_control, curve.to,
                                    (hot ? color.accent : color.line).packed(), weight, 28);
}

void draw_link(Frame& frame, const View& view, const LinkCurve& link, const Curve& curve,
               bool shown) {
  const Palette& color = frame.color();
  const World& world = frame.session.world();
  const float weight = frame.theme().line_px();
  const bool hot = is_selected(frame, link) || touches(link, frame.state.hovered_node) ||
                   touches(link, selected_node(frame.state));
  if (!shown && !hot) return;
  if (is_switched_off(world, link)) {
    frame.canvas.list->AddBezierCubic(curve.from, curve.from_control, curve.to_control, curve.to,
                                      color.line.packed(), weight, 28);
    return;
  }
  if (world.way_blocked(link.a, link.b) || world.way_blocked(link.b, link.a)) {
    dashed_polyline(frame.canvas, curve.points(32), color.bad.faded(0.75F), weight, view.px(8),
                    view.px(6));
    return;
  }
  const Color ink = hot ? color.accent : color.outline.faded(0.7F);
  frame.canvas.list->AddBezierCubic(curve.from, curve.from_control, curve.to_control, curve.to,
                                    ink.packed(), weight, 28);
}

void draw_band(Frame& frame, const View& view, const Traffic& traffic, const Band& band) {
  if (band.link >= traffic.curves.size()) return;
  const Palette& color = frame.color();
  const Curve& curve = traffic.curves[band.link];
  const Color ink = band.kind == FlightKind::deliver     ? color.ok
                    : band.kind == FlightKind::replicate ? color.cell_line
                    : band.kind == FlightKind::control   ? color.muted
                                                         : color.accent;
  const float weight =
      view.px(6 + 3 * std::log10(1.0F + static_cast<float>(band.messages) / 50.0F));
  frame.canvas.list->AddBezierCubic(curve.from, curve.from_control, curve.to_control, curve.to,
                                    ink.faded(0.4F).packed(), weight, 28);
  const std::string text = fmt::format("{}", band.messages);
  const Pen pen{Face::mono, view.text_px(15), color.on_meaning};
  const ImVec2 at = curve.at(band.forward ? 0.35F : 0.65F);
  const float wide = text_width(frame.canvas, pen, text) + view.px(14);
  const Rect chip = Rect::at(at.x - wide / 2, at.y - view.px(12), wide, view.px(24));
  fill(frame.canvas, chip, ink, view.px(12));
  draw_text_in(frame.canvas, chip, pen, text, Align::center);
}

void draw_labels(Frame& frame, const View& view, const Traffic& traffic) {
  std::size_t with_records = 0;
  const auto has_label = [](const Flight& flight) {
    return flight.record.valid() && flight.kind != FlightKind::replicate;
  };
  for (const Flight& flight : traffic.flights) with_records += has_label(flight) ? 1 : 0;
  if (with_records > labelled_max) return;
  std::vector<Rect> taken;
  for (std::size_t i = 0; i < traffic.flights.size(); ++i) {
    const Flight& flight = traffic.flights[i];
    if (!has_label(flight)) continue;
    const Pen pen{Face::mono, view.text_px(14), frame.color().text};
    const std::string text = flight_label(frame.session.history(), *flight.message);
    const ImVec2 at = place(traffic.curves, traffic.moving[i]);
    const float wide = text_width(frame.canvas, pen, text);
    Rect label =
        Rect::at(at.x - wide / 2, at.y - view.px(data_radius + 5) - pen.size_px, wide, pen.size_px);
    const auto covered = [&] {
      return std::any_of(taken.begin(), taken.end(),
                         [&](const Rect& other) { return other.overlaps(label); });
    };
    if (covered()) continue;
    taken.push_back(label.shrunk(-view.px(3), 0));
    fill(frame.canvas, label.shrunk(-view.px(4), -view.px(1)), frame.color().background.faded(0.8F),
         view.px(4));
    draw_text(frame.canvas, label.min, pen, text);
  }
}

}  // namespace

Traffic make_traffic(const Frame& frame, const View& view) {
  Traffic traffic;
  const Layout& layout = frame.layout();
  traffic.curves.reserve(layout.links.size());
  for (const LinkCurve& link : layout.links) traffic.curves.push_back(view.to_screen(link));
  FlightOptions options;
  options.routine = frame.state.routine;
  Flights flights = frame.session.flights(options);
  traffic.bands = std::move(flights.bands);
  traffic.busy.resize(layout.links.size());
  traffic.moving.reserve(flights.flights.size());
  for (const Flight& flight : flights.flights) {
    if (flight.link >= traffic.curves.size()) continue;
    traffic.busy[flight.link] = true;
    const Look look = look_of(frame, flight);
    Moving moving;
    moving.curve = flight.link;
    const float fraction = shown_fraction(frame, flight.fraction);
    moving.along = flight.forward ? fraction : 1 - fraction;
    moving.aside_px = view.px(flight.forward ? aside : -aside);
    moving.radius_px = std::max(2.5F, view.px(look.radius));
    moving.color = look.color;
    moving.shape = look.shape;
    traffic.moving.push_back(moving);
    traffic.flights.push_back(flight);
  }
  return traffic;
}

void draw_links(Frame& frame, const View& view, const Traffic& traffic) {
  const Layout& layout = frame.layout();
  const auto quiet = static_cast<std::size_t>(
      std::count_if(layout.links.begin(), layout.links.end(),
                    [&](const LinkCurve& link) { return is_quiet(frame, link); }));
  for (std::size_t i = 0; i < layout.links.size(); ++i) {
    const bool shown = traffic.busy[i] || (frame.state.routine && quiet <= quiet_links_max);
    if (is_quiet(frame, layout.links[i]))
      draw_quiet_link(frame, view, layout.links[i], traffic.curves[i], shown);
    else
      draw_link(frame, view, layout.links[i], traffic.curves[i],
                traffic.busy[i] || layout.links.size() - quiet <= client_links_max);
  }
  for (const Band& band : traffic.bands) draw_band(frame, view, traffic, band);
}

void draw_messages(Frame& frame, const View& view, const Traffic& traffic) {
  draw_moving(frame.canvas, traffic.curves, traffic.moving);
  for (std::size_t i = 0; i < traffic.flights.size(); ++i)
    if (traffic.flights[i].lost)
      cross(frame.canvas, place(traffic.curves, traffic.moving[i]), view.px(13), frame.color().bad,
            frame.theme().line_px() * 1.6F);
  draw_labels(frame, view, traffic);
}

const Flight* flight_at(const View& view, const Traffic& traffic, ImVec2 pixel) {
  const Flight* best = nullptr;
  float best_distance = view.px(14);
  for (std::size_t i = 0; i < traffic.flights.size(); ++i) {
    const ImVec2 off = place(traffic.curves, traffic.moving[i]) - pixel;
    const float distance = std::hypot(off.x, off.y);
    if (distance >= best_distance) continue;
    best = &traffic.flights[i];
    best_distance = distance;
  }
  return best;
}

int link_at(const View& view, const Traffic& traffic, ImVec2 pixel) {
  int best = -1;
  float best_distance = view.px(7);
  for (std::size_t i = 0; i < traffic.curves.size(); ++i) {
    const float distance = traffic.curves[i].distance(pixel);
    if (distance >= best_distance) continue;
    best = static_cast<int>(i);
    best_distance = distance;
  }
  return best;
}

}  // namespace eventarium::viz::ui
