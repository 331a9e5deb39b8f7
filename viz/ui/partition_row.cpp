// See partition_row.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/partition_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "viz/ui/partition_marks.h"
#include "viz/ui/share_cells.h"

namespace eventarium::viz::ui {

namespace {

// Layout units.
constexpr float cell_width_min = 26;
constexpr float cell_gap = 3;
constexpr float cell_height_max = 27;
constexpr float cell_part = 0.66F;    // of a row's height
constexpr float digit_width = 0.62F;  // of the digits' size
constexpr float digits_part = 0.95F;  // of a cell's height, at most
constexpr int holes_shown = 2;        // empty cells behind the log end, where there is room
constexpr double flash_s = 0.6;       // of the viewer's time, after an append

/// All copies of a partition show the same offsets, so that what one lacks stands as a gap below
/// what the leader has.
Grid make_grid(const View& view, const RowBox& row, const PartitionView& partition,
               const ReplicaView& replica) {
  std::int64_t end = partition.log_end_offset(), start = replica.log_start_offset;
  if (const ReplicaView* leader = partition.replica(partition.leader))
    start = leader->log_start_offset;
  end = std::max(end, replica.log_end_offset);
  Grid grid;
  grid.cells = view.to_screen(row.cells);
  const float row_height = static_cast<float>(row.cells.height);
  const float height = std::min(cell_height_max, row_height * cell_part);
  grid.scale = height / cell_height_max;
  const float middle = grid.cells.center().y;
  grid.cells.min.y = middle - view.px(height) / 2;
  grid.cells.max.y = middle + view.px(height) / 2;
  // In cells that are too low for digits the colours alone must tell.
  grid.digits_px = view.text_px(15 * std::max(grid.scale, 0.8F));
  if (grid.digits_px > digits_part * view.px(height)) grid.digits_px = 0;
  const auto digits = static_cast<float>(std::to_string(end).size());
  grid.cell_px = std::max(view.px(cell_width_min * grid.scale),
                          digits * digit_width * grid.digits_px + view.px(7 * grid.scale));
  grid.pitch_px = grid.cell_px + view.px(cell_gap);
  const int count = static_cast<int>((grid.cells.width() + view.px(cell_gap)) / grid.pitch_px);
  grid.range = visible_offsets(start, end, count);
  return grid;
}

/// 1 just after the record was appended, falling to 0.
float freshness(const Frame& frame, Position appended) {
  if (frame.state.reduced_motion) return 0;
  const Duration age = frame.session.world().t - frame.session.history()[appended].t;
  const double viewer_s = to_seconds(age) / frame.session.playback().speed();
  return static_cast<float>(std::clamp(1 - viewer_s / flash_s, 0.0, 1.0));
}

/// A marker that ends a transaction is no record: a ring with a tick or a cross in its place.
void draw_marker(Frame& frame, const View& view, const Rect& cell, CellFate fate, float alpha) {
  const bool commit = fate == CellFate::commit_marker;
  const Color ink = (commit ? frame.color().ok : frame.color().bad).faded(alpha);
  const float weight = frame.theme().line_px();
  fill(frame.canvas, cell, frame.color().hole.faded(alpha), view.px(4));
  const float r = std::min(cell.width(), cell.height()) * 0.4F;
  ring(frame.canvas, cell.center(), r, ink, weight);
  if (commit)
    check_mark(frame.canvas, cell.center(), r * 0.6F, ink, weight);
  else
    cross(frame.canvas, cell.center(), r * 0.5F, ink, weight);
}

/// Outlined: its transaction is open. Hatched and struck out: it was aborted.
void draw_fate(Frame& frame, const View& view, const Rect& cell, CellFate fate, float alpha) {
  const Palette& color = frame.color();
  const float weight = frame.theme().line_px();
  if (fate == CellFate::open)
    dashed_frame(frame.canvas, cell.shrunk(view.px(1)), color.follow.faded(alpha), weight * 1.3F,
                 view.px(4));
  if (fate != CellFate::aborted) return;
  hatch(frame.canvas, cell, color.bad.faded(0.35F * alpha), view.px(7), weight);
  line(frame.canvas, {cell.min.x + view.px(2), cell.center().y},
       {cell.max.x - view.px(2), cell.center().y}, color.bad.faded(alpha), weight * 1.2F);
}

void draw_cell(Frame& frame, const View& view, const Rect& cell, const ReplicaId& id,
               std::int64_t offset, const ReplicaView& replica, float digits_px, float alpha) {
  const Palette& color = frame.color();
  const float radius = view.px(4);
  if (offset >= replica.log_end_offset || offset < replica.log_start_offset) {
    fill(frame.canvas, cell, color.hole.faded(alpha), radius);
    frame.canvas.list->AddRect(cell.min, cell.max, color.line.faded(alpha * 0.8F).packed(), radius);
    return;
  }
  const auto content = frame.session.history().cell(id, offset, frame.session.world().moment);
  const RecordId followed = selected_record(frame.state);
  const bool readable = offset < replica.high_watermark;
  const CellFate fate =
      content ? frame.session.history().fate(*content, offset, frame.session.world().moment)
              : CellFate::plain;
  if (fate == CellFate::commit_marker || fate == CellFate::abort_marker)
    return draw_marker(frame, view, cell, fate, alpha);
  Color body = readable ? color.cell : color.beyond;
  Color ink = readable ? color.cell_text : color.beyond_text;
  if (fate == CellFate::aborted) {
    body = color.hole;
    ink = color.muted;
  }
  if (content && followed.valid() && content->record == followed) {
    body = color.follow;
    ink = color.on_meaning;
  } else if (content) {
    body = mix(body, color.accent, 0.55F * freshness(frame, content->appended));
  }
  fill(frame.canvas, cell, body.faded(alpha), radius);
  if (readable)
    frame.canvas.list->AddRect(cell.min, cell.max, color.cell_line.faded(alpha).packed(), radius);
  draw_fate(frame, view, cell, fate, alpha);
  if (digits_px <= 0) return;
  draw_text_in(frame.canvas, cell, {Face::mono, digits_px, ink.faded(std::max(alpha, 0.75F))},
               std::to_string(offset), Align::center);
}

/// The first offset in sight at which the copy has what the leader has not: written while it was
/// cut off. Only a copy that is out of sync can have it; nothing: its log is a part of the
/// leader's.
std::optional<std::int64_t> parts_at(const Frame& frame, const OffsetRange& range,
                                     const PartitionView& partition, const ReplicaView& copy) {
  const ReplicaView* leader = partition.replica(partition.leader);
  if (leader == nullptr || leader == &copy || partition.in_sync(copy.broker)) return std::nullopt;
  const History& history = frame.session.history();
  const Position moment = frame.session.world().moment;
  const std::int64_t end = std::min(range.first + range.cells, copy.log_end_offset);
  const std::int64_t first =
      std::max({range.first, copy.log_start_offset, leader->log_start_offset});
  for (std::int64_t offset = first; offset < end; ++offset) {
    if (offset >= leader->log_end_offset) return offset;
    const auto own = history.cell({partition.id, copy.broker}, offset, moment);
    const auto leaders = history.cell({partition.id, leader->broker}, offset, moment);
    if (own && leaders && own->record != leaders->record) return offset;
  }
  return std::nullopt;
}

/// From there on its log is another one: framed and hatched in the colour of trouble, with a word.
void draw_parting(Frame& frame, const View& view, const Grid& grid, const ReplicaView& copy,
                  std::int64_t from) {
  const Color color = frame.color().bad;
  const Rect area{grid.cell(from).min,
                  grid.cell(std::min(copy.log_end_offset, grid.end()) - 1).max};
  const float weight = frame.theme().line_px();
  hatch(frame.canvas, area, color.faded(0.3F), view.px(8), weight);
  ui::frame(frame.canvas, area.shrunk(-view.px(1)), color, weight * 1.5F, view.px(4));
  const Pen pen{Face::strong, std::max(grid.digits_px, view.text_min_px), color};
  const std::string word = "diverged";
  const float wide = text_width(frame.canvas, pen, word) + view.px(12);
  if (wide > area.width() * 0.7F) return;  // the offsets are to be seen as well
  const Rect chip = Rect::at(area.max.x - wide, area.min.y + 1, wide, area.height() - 2);
  fill(frame.canvas, chip, frame.color().card, view.px(4));
  draw_text_in(frame.canvas, chip, pen, word, Align::center);
}

/// What the leader has and this copy has not: hatched cells and their number.
void draw_gap(Frame& frame, const View& view, const Grid& grid, const PartitionView& partition,
              const ReplicaView& replica, float alpha) {
  const std::int64_t lag = partition.lag(replica);
  if (lag <= 0 || replica.broker == partition.leader) return;
  const std::int64_t first = std::max(replica.log_end_offset, grid.range.first);
  const std::int64_t last = std::min(partition.log_end_offset(), grid.end()) - 1;
  if (last < first) return;
  const bool in_sync = partition.in_sync(replica.broker);
  const Color ink = in_sync ? frame.color().muted : frame.color().warn;
  Rect gap{grid.cell(first).min, grid.cell(last).max};
  const float weight = frame.theme().line_px();
  fill(frame.canvas, gap, frame.color().hole, view.px(4));
  hatch(frame.canvas, gap, ink.faded(alpha * (in_sync ? 0.45F : 0.7F)), view.px(9) * grid.scale,
        weight);
  frame.canvas.list->AddRect(gap.min, gap.max, ink.faded(alpha).packed(), view.px(4), 0, weight);
  const std::string text = fmt::format("{} behind", lag), number = fmt::format("-{}", lag);
  const Pen pen{Face::mono_strong, std::max(grid.digits_px, view.text_min_px), ink};
  const float air = view.px(6);
  for (const std::string& words : {text, number}) {
    const float wide = text_width(frame.canvas, pen, words) + 2 * air;
    if (wide > gap.width()) continue;
    const Rect chip = Rect::at(gap.center().x - wide / 2, gap.min.y + 1, wide, gap.height() - 2);
    fill(frame.canvas, chip, frame.color().card, view.px(4));
    draw_text_in(frame.canvas, chip, pen, words, Align::center);
    return;
  }
}

/// ★ leads, ○ follows and is in sync, hatched: out of sync; a red star takes itself for the leader
/// and is not.
void draw_mark(Frame& frame, ImVec2 at, float radius, const PartitionView& partition,
               const ReplicaView& replica, bool dead) {
  const Palette& color = frame.color();
  const float weight = frame.theme().line_px();
  if (!dead && partition.stale_leader(replica)) {
    star(frame.canvas, at, radius, color.bad);
    return line(frame.canvas, {at.x - radius, at.y + radius}, {at.x + radius, at.y - radius},
                color.card, weight * 1.5F);
  }
  if (partition.leader == replica.broker)
    return star(frame.canvas, at, radius, dead ? color.muted : color.accent);
  const float r = radius * 0.75F;
  if (partition.in_sync(replica.broker) || partition.isr.empty())
    return ring(frame.canvas, at, r, color.muted, weight);
  const Rect square{{at.x - r, at.y - r}, {at.x + r, at.y + r}};
  hatch(frame.canvas, square, dead ? color.muted : color.warn, r * 0.62F, weight);
  ui::frame(frame.canvas, square, dead ? color.muted : color.warn, weight, r * 0.3F);
}

/// A word behind the name where something is going on; empty when nothing is.
std::pair<std::string_view, Color> row_word(const Frame& frame, const PartitionView& partition,
                                            NodeId broker) {
  const auto among = [broker](const std::vector<NodeId>& nodes) {
    return std::find(nodes.begin(), nodes.end(), broker) != nodes.end();
  };
  if (partition.offline()) return {"no leader", frame.color().bad};
  if (among(partition.adding)) return {"joins", frame.color().accent};
  if (among(partition.removing)) return {"leaves", frame.color().muted};
  return {};
}

void draw_label(Frame& frame, const View& view, const RowBox& row, const PartitionView& partition,
                const ReplicaView& replica, bool dead, bool diverged) {
  const Palette& color = frame.color();
  Rect label = view.to_screen(row.label);
  const float size = std::min(17.0F, static_cast<float>(row.label.height) * 0.56F);
  const float mark = view.px(size * 0.53F);
  draw_mark(frame, {label.min.x + mark, label.center().y}, mark, partition, replica, dead);
  label.cut_left(view.px(size * 1.5F));
  const bool selected = frame.state.selection == Selection(partition.id) ||
                        frame.state.selection == Selection(ReplicaId{partition.id, replica.broker});
  const Color ink = selected              ? color.accent
                    : partition.offline() ? color.bad
                    : dead                ? color.muted
                                          : color.text;
  const Pen pen{Face::mono, view.text_px(size), ink};
  if (partition.leader == replica.broker)
    label.max.x -= draw_owners(frame, view, label, partition.id, size);
  const std::string name = to_text(partition.id);
  draw_text_in(frame.canvas, label, pen, name);
  auto [word, word_color] = row_word(frame, partition, replica.broker);
  if (diverged) std::tie(word, word_color) = std::pair("diverged", frame.color().bad);
  if (word.empty()) return;
  const Pen word_pen{Face::strong, view.text_px(size * 0.85F), word_color};
  label.min.x += text_width(frame.canvas, pen, name) + view.px(8);
  if (text_width(frame.canvas, word_pen, word) <= label.width())
    draw_text_in(frame.canvas, label, word_pen, word);
}

}  // namespace

OffsetRange visible_offsets(std::int64_t log_start, std::int64_t log_end, int cells) {
  OffsetRange range{log_start, std::max(0, cells)};
  const int holes = std::min(holes_shown, range.cells / 2);  // records come first
  const std::int64_t needed = log_end - log_start + holes;
  if (needed > range.cells) range.first = std::max(log_start, log_end + holes - range.cells);
  return range;
}

void draw_partition_row(Frame& frame, const View& view, const RowBox& row,
                        const PartitionView& partition, NodeId broker, bool dead) {
  const ReplicaView* replica = partition.replica(broker);
  if (replica == nullptr) return;
  const Grid grid = make_grid(view, row, partition, *replica);
  const auto parting = parts_at(frame, grid.range, partition, *replica);
  draw_label(frame, view, row, partition, *replica, dead, parting.has_value());
  const float alpha = dead ? 0.45F : 1.0F;
  const ReplicaId id{partition.id, broker};
  for (std::int64_t offset = grid.range.first; offset < grid.end(); ++offset)
    draw_cell(frame, view, grid.cell(offset), id, offset, *replica, grid.digits_px, alpha);
  if (partition.leader == broker && !dead)
    if (const GroupView* group = share_group_of(frame, partition.id))
      draw_share_cells(frame, view, grid, *group, id, *replica);
  draw_gap(frame, view, grid, partition, *replica, alpha);
  if (parting) draw_parting(frame, view, grid, *replica, *parting);
  const std::int64_t mark = replica->high_watermark;
  if (mark >= grid.range.first && mark <= grid.end()) {
    const float x = grid.cell(mark).min.x - view.px(cell_gap) / 2;
    const float over = view.px(5 * grid.scale);
    line(frame.canvas, {x, grid.cells.min.y - over}, {x, grid.cells.max.y + over},
         frame.color().ok.faded(alpha), std::max(2.0F, view.px(2.5F)));
  }
  if (partition.leader != broker || dead) return;
  draw_last_stable_offset(frame, view, grid, *replica);
  draw_row_marks(frame, view, grid, partition);
}

RowHit hit_partition_row(const Frame& frame, const View& view, const RowBox& row,
                         const PartitionView& partition, NodeId broker, ImVec2 pixel) {
  RowHit hit;
  const ReplicaView* replica = partition.replica(broker);
  if (replica == nullptr) return hit;
  hit.label = view.to_screen(row.label).contains(pixel);
  const Grid grid = make_grid(view, row, partition, *replica);
  if (grid.pitch_px <= 0) return hit;
  if (partition.leader == broker) {
    for (const RowMark& mark : positions_in(frame, grid, partition.id))
      if (position_room(view, grid, mark.offset).contains(pixel)) hit.readers = mark.readers;
    for (const RowMark& mark : commits_in(frame, grid, partition.id))
      if (commit_room(view, grid, mark.offset).contains(pixel)) {
        hit.groups = mark.groups;
        hit.committed = mark.offset;
      }
  }
  if (!grid.cells.contains(pixel)) return hit;
  const auto index = static_cast<std::int64_t>((pixel.x - grid.cells.min.x) / grid.pitch_px);
  const std::int64_t offset = grid.range.first + index;
  if (index < grid.range.cells && offset >= replica->log_start_offset &&
      offset < replica->log_end_offset)
    hit.offset = offset;
  return hit;
}

}  // namespace eventarium::viz::ui
