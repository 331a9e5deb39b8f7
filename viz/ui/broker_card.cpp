// See broker_card.h. A tile's squares stand in order of partition, so that they keep their place.
#include "viz/ui/broker_card.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "viz/ui/partition_row.h"

namespace eventarium::viz::ui {

namespace {

// Layout units; the tile's are those of LayoutMetrics.
constexpr float square_gap = 2.5F;
constexpr float badge_height = 24;

/// A copy that takes itself for the leader although another broker leads by now.
const PartitionView* wrongly_led(const World& world, const NodeBox& box) {
  for (const RowBox& row : box.rows) {
    const PartitionView* partition = world.partition(row.partition);
    const ReplicaView* copy = partition == nullptr ? nullptr : partition->replica(box.node);
    if (copy != nullptr && partition->stale_leader(*copy)) return partition;
  }
  return nullptr;
}

/// How the cluster counts on it, in words from long to short.
struct Standing {
  std::vector<std::string> texts;
  Color color;
};

/// The groups that it coordinates, in words from long to short; nothing for none.
std::vector<std::string> coordinated_by(const Card& card) {
  if (!card.node.faults.empty()) return {};
  std::vector<std::string> names;
  for (const auto& [name, group] : card.frame.session.world().groups)
    if (group.coordinator == card.info.id) names.push_back(name);
  if (names.empty()) return {};
  const std::string all = fmt::format("{}", fmt::join(names, ", "));
  return {"coordinates " + all, "coord. " + all,
          names.size() == 1 ? "coordinator" : fmt::format("{} groups", names.size())};
}

Standing standing_of(const Card& card, const NodeBox& box) {
  const MembershipView& member = card.node.member;
  const Palette& color = card.color();
  const World& world = card.frame.session.world();
  const auto [text, text_color] = subtitle(card);
  if (member.unregistered) return {{"left the cluster"}, color.muted};
  if (card.dead) {
    const bool noticed = member.fenced || member.expired;
    const bool unnoticed = !card.calm && !noticed && world.controller.valid();
    const char* more = member.fenced    ? ", fenced"
                       : member.expired ? ", session expired"
                       : unnoticed      ? ", not noticed yet"
                                        : "";
    return {{text + more, text, unnoticed ? "not noticed yet" : "down"}, text_color};
  }
  if (card.unborn()) return {{text}, text_color};
  if (const PartitionView* lost = wrongly_led(world, box))
    return {{fmt::format("does not know that it lost {}", to_text(lost->id)),
             fmt::format("lost {}", to_text(lost->id)), "out of date"},
            color.bad};
  if (member.fenced) return {{"fenced: " + member.reason, "fenced"}, color.warn};
  if (member.expired) return {{"its session has expired", "session expired"}, color.warn};
  if (member.leaving) return {{"hands its leaderships over", "leaves"}, color.warn};
  if (const std::vector<std::string> groups = coordinated_by(card); !groups.empty())
    return {groups, color.muted};
  return {{text}, text_color};
}

struct Badge {
  std::string text;
  Color body, ink;
};

/// Its part in the quorum of controllers; an empty text when it has none.
Badge badge_of(const Card& card) {
  const ControllerView& controller = card.node.controller;
  const Palette& color = card.color();
  if (card.dead) return {};
  if (controller.active) return {"controller", color.accent, color.on_meaning};
  if (controller.raft_role.empty()) return {};
  const bool calm = controller.raft_role == "follower" || controller.raft_role == "voted";
  return {calm ? "voter" : controller.raft_role, calm ? color.inset : color.warn,
          calm ? color.muted : color.on_meaning};
}

void draw_badge(const Card& card, Rect& head) {
  const Badge badge = badge_of(card);
  if (badge.text.empty()) return;
  const Pen pen = card.pen(Face::strong, 15, badge.ink);
  const float mark = badge.text == "controller" ? card.view.px(18) : 0;
  const float wide = text_width(card.frame.canvas, pen, badge.text) + card.view.px(18) + mark;
  if (wide > head.width() * 0.5F) return;
  Rect chip = head.cut_right(wide);
  head.cut_right(card.view.px(8));
  const float extra = (chip.height() - card.view.px(badge_height)) / 2;
  if (extra > 0) chip = chip.shrunk(0, extra);
  fill(card.frame.canvas, chip, badge.body, card.view.px(6));
  if (mark > 0)
    crown(card.frame.canvas, {chip.min.x + card.view.px(15), chip.center().y}, card.view.px(7),
          badge.ink);
  chip.min.x += mark;
  draw_text_in(card.frame.canvas, chip, pen, badge.text, Align::center);
}

void draw_broker_head(Card& card, const NodeBox& box) {
  Rect head = card.rest.cut_top(card.view.px(28));
  const Rect all = card.rest;
  draw_badge(card, head);
  card.rest = head;
  draw_head(card, Align::left);
  card.rest = all;
  const Standing standing = standing_of(card, box);
  const Pen pen = card.pen(Face::regular, text_size, standing.color);
  const Pen name = card.pen(Face::strong, name_size, standing.color);
  head.min.x += text_width(card.frame.canvas, name, card.info.name) +
                card.view.px(card.dead && !card.calm ? 42 : 16);
  draw_text_in(card.frame.canvas, head, pen,
               first_that_fits(card, pen, head.width(), standing.texts));
  card.rest.cut_top(card.view.px(6));
}

/// Where the squares of a tile stand.
struct TileGrid {
  ImVec2 origin;
  float step = 0, side = 0;
  std::size_t per_row = 1;

  Rect square(std::size_t i) const {
    const auto column = static_cast<float>(i % per_row), row = static_cast<float>(i / per_row);
    return Rect::at(origin.x + column * step, origin.y + row * step, side, side);
  }
};

TileGrid tile_grid(const Frame& frame, const View& view, const NodeBox& box) {
  const LayoutMetrics& metrics = frame.session.metrics();
  const Rect area = view.to_screen(box.box);
  TileGrid grid;
  grid.origin = {area.min.x + view.px(static_cast<float>(metrics.padding)),
                 area.min.y + view.px(static_cast<float>(metrics.header_height))};
  grid.step = view.px(static_cast<float>(metrics.tile_square));
  grid.side = grid.step - view.px(square_gap);
  const double wide = box.box.width - 2 * metrics.padding;
  grid.per_row = static_cast<std::size_t>(std::max(1.0, wide / metrics.tile_square));
  return grid;
}

void draw_square(const Card& card, const Rect& area, const PartitionView& partition) {
  const Palette& color = card.color();
  const NodeId self = card.info.id;
  const float alpha = card.dead ? 0.5F : 1;
  if (partition.offline()) return fill(card.frame.canvas, area, color.bad.faded(alpha));
  if (partition.leader == self) return fill(card.frame.canvas, area, color.accent.faded(alpha));
  if (partition.in_sync(self)) return fill(card.frame.canvas, area, color.cell.faded(alpha));
  fill(card.frame.canvas, area, color.hole);
  hatch(card.frame.canvas, area, color.warn.faded(alpha), area.width() * 0.36F,
        card.frame.theme().line_px());
}

void draw_tile(Card& card, const NodeBox& box) {
  const World& world = card.frame.session.world();
  const TileGrid grid = tile_grid(card.frame, card.view, box);
  for (std::size_t i = 0; i < box.rows.size(); ++i)
    if (const PartitionView* partition = world.partition(box.rows[i].partition))
      draw_square(card, grid.square(i), *partition);
  Rect head = card.rest.cut_top(card.view.px(24));
  const ControllerView& controller = card.node.controller;
  if (controller.active && !card.dead)
    crown(card.frame.canvas,
          {head.cut_left(card.view.px(20)).min.x + card.view.px(8), head.center().y},
          card.view.px(7), card.color().accent);
  card.rest = head;
  draw_head(card, Align::left);
}

}  // namespace

void draw_broker(Card& card, const NodeBox& box) {
  if (box.tile) return draw_tile(card, box);
  draw_broker_head(card, box);
  if (box.rows.empty() && !card.unborn())
    draw_text_in(card.frame.canvas, card.cut_line(name_size),
                 card.pen(Face::regular, text_size, card.color().muted), "no partitions here");
  for (const RowBox& row : box.rows)
    if (const PartitionView* partition = card.frame.session.world().partition(row.partition))
      draw_partition_row(card.frame, card.view, row, *partition, card.info.id, card.dead);
}

std::optional<PartitionId> hit_tile(const Frame& frame, const View& view, const NodeBox& box,
                                    ImVec2 pixel) {
  const TileGrid grid = tile_grid(frame, view, box);
  for (std::size_t i = 0; i < box.rows.size(); ++i)
    if (grid.square(i).contains(pixel)) return box.rows[i].partition;
  return std::nullopt;
}

std::string manager_words(const World& world, const NodeView& node) {
  const ControllerView& view = node.controller;
  if (node.role == Role::admin) return "asks for changes";
  if (node.role == Role::zookeeper)
    return view.leads_ensemble ? fmt::format("leads, epoch {}", view.ensemble_epoch) : "follows";
  if (view.active) return fmt::format("active, epoch {}", view.epoch);
  if (view.raft_role.empty()) return world.controller.valid() ? "stands by" : "waits for a leader";
  if (view.raft_epoch >= 0) return fmt::format("{}, epoch {}", view.raft_role, view.raft_epoch);
  return view.raft_role;
}

void draw_manager(Card& card) {
  const ControllerView& view = card.node.controller;
  const bool leads = !card.dead && (view.active || view.leads_ensemble);
  const bool marked = card.info.role != Role::admin && !card.dead && !card.unborn();
  Rect mark = card.rest;
  if (marked) {
    mark = card.rest.cut_left(card.view.px(24));
    const ImVec2 at{mark.min.x + card.view.px(8), mark.min.y + card.view.px(14)};
    const bool votes = view.raft_role == "candidate" || view.raft_role == "prospective";
    if (leads)
      crown(card.frame.canvas, at, card.view.px(9), card.color().accent);
    else
      ring(card.frame.canvas, at, card.view.px(7), votes ? card.color().warn : card.color().muted,
           card.frame.theme().line_px() * (votes ? 2.0F : 1.0F));
  }
  draw_head(card, Align::left);
  auto [text, color] = subtitle(card);
  if (!card.dead && !card.unborn() && card.node.faults.empty()) {
    text = manager_words(card.frame.session.world(), card.node);
    color = leads ? card.color().accent : card.color().muted;
  }
  draw_text_in(card.frame.canvas, card.cut_line(label_size),
               card.pen(Face::regular, label_size, color), text);
}

}  // namespace eventarium::viz::ui
