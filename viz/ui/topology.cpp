// See topology.h. What is pointed at is found first, then everything is drawn, hovered or not.
#include "viz/ui/topology.h"

#include <fmt/format.h>

#include <cmath>

#include "viz/ui/cards.h"
#include "viz/ui/links.h"
#include "viz/ui/partition_row.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

/// What the mouse points at: what a click selects and what the tool tip says.
struct Pointed {
  NodeId node;  // the card, also when a part of it is meant
  Selection selection;
  std::string text;
  bool any() const { return selection != Selection{}; }
};

std::string node_text(const Frame& frame, NodeId id) {
  const NodeInfo* info = frame.session.history().node(id);
  return fmt::format("{} ({}{}{})\nClick to see all about it.", info->name, info->role_name,
                     info->label.empty() ? "" : " · ", info->label);
}

Pointed point_at_card(const Frame& frame, const View& view, const NodeBox& box, ImVec2 pixel) {
  Pointed pointed{box.node, Selection(box.node), node_text(frame, box.node)};
  const History& history = frame.session.history();
  for (const RowBox& row : box.rows) {
    const PartitionView* partition = frame.session.world().partition(row.partition);
    if (partition == nullptr) continue;
    const RowHit hit = hit_partition_row(view, row, *partition, box.node, pixel);
    const ReplicaId replica{row.partition, box.node};
    if (hit.label) {
      pointed.selection = replica;
      const ReplicaView* copy = partition->replica(box.node);
      pointed.text = fmt::format("{} on {}: {}\nlog end offset {}, high watermark {}",
                                 to_text(row.partition), history.name(box.node),
                                 partition->leader == box.node ? "the leader" : "a follower",
                                 copy->log_end_offset, copy->high_watermark);
    }
    if (!hit.offset) continue;
    const auto cell = history.cell(replica, *hit.offset, frame.session.world().moment);
    if (!cell) continue;
    pointed.selection = cell->record;
    const trace::RecordProduced* made = history.produced(cell->record);
    pointed.text = fmt::format("{} @ {}: {} {}", to_text(row.partition), *hit.offset,
                               made != nullptr ? made->event_type : std::string(),
                               history.record_name(cell->record));
  }
  return pointed;
}

Pointed point_at(const Frame& frame, const View& view, const Traffic& traffic, ImVec2 pixel) {
  const History& history = frame.session.history();
  if (const Flight* flight = flight_at(view, traffic, pixel)) {
    Pointed pointed;
    pointed.selection =
        flight->record.valid() ? Selection(flight->record) : Selection(flight->message->id);
    const auto* sent = history[flight->message->sent_at].as<trace::MessageSent>();
    pointed.text =
        fmt::format("{}: {} → {}{}", sent != nullptr ? sent->label : "message",
                    history.name(flight->message->from), history.name(flight->message->to),
                    flight->lost ? "\nIt is lost." : "");
    if (flight->record.valid())
      pointed.text += fmt::format("\n{}", flight_label(history, *flight->message));
    return pointed;
  }
  if (const NodeBox* box = frame.session.layout().at(view.to_layout(pixel)))
    return point_at_card(frame, view, *box, pixel);
  Pointed pointed;
  const int link = link_at(view, traffic, pixel);
  if (link >= 0) {
    const LinkInfo& info = history.links()[static_cast<std::size_t>(link)];
    pointed.text = fmt::format("{} and {} talk to each other here.", history.name(info.a),
                               history.name(info.b));
    if (frame.session.world().way_blocked(info.a, info.b) ||
        frame.session.world().way_blocked(info.b, info.a))
      pointed.text += "\nThe way is blocked: one of them is down or cut off.";
  }
  return pointed;
}

void handle_mouse(Frame& frame, const View& view, const Pointed& pointed, const Hit& hit) {
  Camera& camera = frame.state.camera;
  const ImGuiIO& io = ImGui::GetIO();
  if (hit.hovered && io.MouseWheel != 0)
    zoom_at(camera, view, io.MousePos, std::pow(1.15F, io.MouseWheel));
  if (hit.held && ImGui::IsMouseDragging(ImGuiMouseButton_Left, 4))
    pan_by(camera, view, io.MouseDelta);
  const bool click = hit.clicked && std::hypot(io.MouseClickedPos[0].x - io.MousePos.x,
                                               io.MouseClickedPos[0].y - io.MousePos.y) < 4;
  if (click) {
    frame.state.selection = pointed.selection;
    if (pointed.any()) frame.state.wishes.inspector = true;
  }
  if (hit.double_clicked && !pointed.any()) camera.fit = true;
}

void draw_empty(Frame& frame, const Rect& area) {
  const SourceState state = frame.session.source().state();
  if (state == SourceState::failed) return;  // the banner says it
  const std::string text =
      state == SourceState::ended ? "This trace has no nodes." : "Starting the simulation …";
  draw_text_in(frame.canvas, area, {Face::regular, frame.px(20), frame.color().muted}, text,
               Align::center);
}

/// The shapes' meanings, in one quiet line at the bottom, while there is room.
void draw_legend(Frame& frame, const Rect& area) {
  struct Entry {
    const char* text;
    Sprite shape;
    Color color;
    float radius;
  };
  const Palette& color = frame.color();
  const std::array<Entry, 3> entries = {{{"events out", Sprite::square, color.accent, 7},
                                         {"events in", Sprite::disc, color.ok, 7},
                                         {"requests, answers", Sprite::square, color.muted, 4}}};
  const Pen pen{Face::regular, frame.px(15), color.muted};
  float x = area.min.x + frame.px(24);
  const float y = area.max.y - frame.px(20);
  for (const Entry& entry : entries) {
    const SpriteUv uv = frame.canvas.fonts->sprite(entry.shape);
    const float r = frame.px(entry.radius);
    frame.canvas.list->PrimReserve(6, 4);
    frame.canvas.list->PrimRectUV({x - r, y - r}, {x + r, y + r}, uv.min, uv.max,
                                  entry.color.packed());
    x += frame.px(14);
    x += draw_text(frame.canvas,
                   {x, y - frame.canvas.fonts->get(pen.face, pen.size_px)->FontSize / 2}, pen,
                   entry.text) +
         frame.px(26);
  }
}

}  // namespace

void draw_topology(Frame& frame, const Rect& area) {
  Rect picture = area;
  picture.max.y -= frame.px(20);  // the legend's
  fit_layout(frame, picture);
  const Layout& layout = frame.session.layout();
  const View view = make_view(frame.state.camera, picture, layout.bounds, frame.theme());
  if (layout.bounds.width <= 0) return draw_empty(frame, area);
  frame.canvas.list->PushClipRect(area.min, area.max, true);
  const Traffic traffic = make_traffic(frame, view);

  // Submitted first so that it wins over the picture under it.
  const Rect fit =
      Rect::at(area.max.x - frame.px(56), area.min.y + frame.px(14), frame.px(40), frame.px(36));
  const bool fit_clicked =
      !frame.state.camera.fit &&
      icon_button(frame.canvas, "fit", fit, Icon::fit,
                  {true, false, "Fit the whole picture into the window  (F)", ""});
  if (fit_clicked) frame.state.ask(Action::fit);

  const Hit hit = hit_area("topology", area);
  Pointed pointed;
  if (hit.hovered) pointed = point_at(frame, view, traffic, ImGui::GetIO().MousePos);
  handle_mouse(frame, view, pointed, hit);

  draw_links(frame, view, traffic);
  for (const NodeBox& box : layout.nodes)
    if (box.box.width > 0)
      draw_card(frame, view, box, pointed.node == box.node && box.node.valid());
  draw_messages(frame, view, traffic);
  draw_legend(frame, area);
  if (!frame.state.camera.fit) {
    box(frame.canvas, fit, fit.contains(ImGui::GetIO().MousePos), false);
    icon(frame.canvas, Icon::fit, fit.center(), frame.px(9), frame.color().text);
  }
  frame.canvas.list->PopClipRect();

  if (pointed.any()) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (!pointed.text.empty()) tooltip(frame.canvas, pointed.text);
  frame.state.hovered_node = pointed.node;
}

}  // namespace eventarium::viz::ui
