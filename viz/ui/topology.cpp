// See topology.h. What is pointed at is found first, then everything is drawn, hovered or not.
#include "viz/ui/topology.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "viz/ui/broker_card.h"
#include "viz/ui/cards.h"
#include "viz/ui/group_frame.h"
#include "viz/ui/layout_motion.h"
#include "viz/ui/legend.h"
#include "viz/ui/links.h"
#include "viz/ui/partition_row.h"
#include "viz/ui/share_cells.h"
#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

/// What the mouse points at: what a click selects and what the tool tip says.
struct Pointed {
  NodeId node;  // the card, also when a part of it is meant
  Selection selection;
  std::string text;
  Rect about;  // what the tool tip must not hide; empty: what is under the mouse
  bool any() const { return selection != Selection{}; }
};

std::string node_text(const Frame& frame, NodeId id) {
  const NodeInfo* info = frame.session.history().node(id);
  return fmt::format("{} ({}{}{})\nClick to see all about it.", info->name, info->role_name,
                     info->label.empty() ? "" : " · ", info->label);
}

/// What a replica is, and what is wrong with it.
std::string replica_text(const Frame& frame, const PartitionId& id, NodeId broker) {
  const PartitionView* partition = frame.session.world().partition(id);
  const ReplicaView* copy = partition == nullptr ? nullptr : partition->replica(broker);
  if (copy == nullptr) return to_text(id);
  const bool leads = partition->leader == broker;
  std::string text = fmt::format("{} on {}: {}", to_text(id), frame.session.history().name(broker),
                                 leads                        ? "the leader"
                                 : partition->in_sync(broker) ? "a follower, in sync"
                                                              : "a follower, not in sync");
  text += fmt::format("\nlog end offset {}, high watermark {}", copy->log_end_offset,
                      copy->high_watermark);
  if (const std::int64_t lag = partition->lag(*copy); lag > 0 && !leads)
    text += fmt::format(", {} behind", lag);
  if (partition->stale_leader(*copy))
    text += "\nIt takes itself for the leader, but another one has been elected.";
  if (partition->offline()) text += "\nNobody leads it: it can be neither written nor read.";
  return text;
}

/// Of a marker that ends a transaction; empty for a record.
std::string marker_text(const History& history, const History::Cell& cell) {
  const auto* appended = history[cell.appended].as<trace::BatchAppended>();
  if (appended == nullptr || appended->control.empty()) return {};
  return appended->control == "commit" ? "the marker that commits a transaction"
                                       : "the marker that aborts a transaction";
}

Pointed point_at_card(const Frame& frame, const View& view, const NodeBox& box, ImVec2 pixel) {
  Pointed pointed{box.node, Selection(box.node), node_text(frame, box.node),
                  view.to_screen(box.box)};
  const History& history = frame.session.history();
  if (box.tile) {
    if (const auto on = hit_tile(frame, view, box, pixel)) {
      pointed.selection = ReplicaId{*on, box.node};
      pointed.text = replica_text(frame, *on, box.node);
    }
    return pointed;
  }
  for (const RowBox& row : box.rows) {
    const PartitionView* partition = frame.session.world().partition(row.partition);
    if (partition == nullptr) continue;
    const RowHit hit = hit_partition_row(frame, view, row, *partition, box.node, pixel);
    const ReplicaId replica{row.partition, box.node};
    if (hit.label) {
      pointed.selection = replica;
      pointed.text = replica_text(frame, row.partition, box.node);
    }
    if (!hit.readers.empty()) {
      std::vector<std::string> names;
      for (const NodeId reader : hit.readers) names.push_back(history.name(reader));
      pointed.selection = hit.readers.front();
      pointed.text = fmt::format("{} {} on from here: the position in {}", fmt::join(names, ", "),
                                 names.size() == 1 ? "reads" : "read", to_text(row.partition));
    }
    if (!hit.groups.empty()) {
      pointed.selection = GroupSelection{hit.groups.front()};
      pointed.text =
          fmt::format("committed by {} in {}: {}\nWho reads it next begins here.",
                      fmt::join(hit.groups, ", "), to_text(row.partition), hit.committed);
    }
    if (!hit.offset) continue;
    const auto cell = history.cell(replica, *hit.offset, frame.session.world().moment);
    if (!cell) continue;
    if (const std::string marker = marker_text(history, *cell); !marker.empty()) {
      pointed.selection = EventSelection{history[cell->appended].id};
      pointed.text = fmt::format("{} @ {}: {}", to_text(row.partition), *hit.offset, marker);
      continue;
    }
    pointed.selection = cell->record;
    const trace::RecordProduced* made = history.produced(cell->record);
    pointed.text = fmt::format("{} @ {}: {} {}", to_text(row.partition), *hit.offset,
                               made != nullptr ? made->event_type : std::string(),
                               history.record_name(cell->record));
    const CellFate fate = history.fate(*cell, *hit.offset, frame.session.world().moment);
    if (partition->leader == box.node)
      if (const GroupView* group = share_group_of(frame, row.partition))
        pointed.text += "\n" + share_text(frame, *group, row.partition, *hit.offset);
    if (fate == CellFate::open)
      pointed.text += "\nIts transaction is open: readers of committed records wait for its end.";
    if (fate == CellFate::aborted)
      pointed.text += "\nIts transaction was aborted: readers of committed records skip it.";
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
  if (const NodeBox* box = frame.layout().at(view.to_layout(pixel)))
    return point_at_card(frame, view, *box, pixel);
  Pointed pointed;
  if (const GroupBox* box = frame.layout().group_at(view.to_layout(pixel)))
    if (const GroupView* group = frame.session.world().group(box->name)) {
      pointed.selection = GroupSelection{box->name};
      pointed.text = group_text(frame, *group);
      pointed.about = view.to_screen(box->header);
      return pointed;
    }
  const int link = link_at(view, traffic, pixel);
  if (link >= 0) {
    const LinkInfo& info = history.links()[static_cast<std::size_t>(link)];
    pointed.selection = WaySelection{info.a, info.b};
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

}  // namespace

void draw_topology(Frame& frame, const Rect& area) {
  Rect picture = area;
  picture.max.y -= frame.px(20);  // the legend's
  fit_layout(frame, picture);
  move_layout(frame);
  const Layout& layout = frame.layout();
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

  const auto* group = std::get_if<GroupSelection>(&pointed.selection);
  for (const GroupBox& box : layout.groups)
    draw_group_frame(frame, view, box, group != nullptr && group->name == box.name);
  draw_links(frame, view, traffic);
  for (const NodeBox& box : layout.nodes)
    if (box.box.width > 0)
      draw_card(frame, view, box, pointed.node == box.node && box.node.valid());
  for (const GroupBox& box : layout.groups) draw_group_motion(frame, view, box);
  draw_messages(frame, view, traffic);
  draw_legend(frame, area);
  if (!frame.state.camera.fit) {
    box(frame.canvas, fit, fit.contains(ImGui::GetIO().MousePos), false);
    icon(frame.canvas, Icon::fit, fit.center(), frame.px(9), frame.color().text);
  }
  frame.canvas.list->PopClipRect();

  if (pointed.any()) ImGui::SetMouseCursor(ImGuiMouseCursor_Hand);
  if (!pointed.text.empty()) tooltip(frame.canvas, pointed.text, pointed.about);
  frame.state.hovered_node = pointed.node;
}

}  // namespace eventarium::viz::ui
