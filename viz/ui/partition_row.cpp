// See partition_row.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/partition_row.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

namespace eventarium::viz::ui {

namespace {

// Layout units.
constexpr float cell_width_min = 26;
constexpr float cell_gap = 3;
constexpr float cell_height = 27;
constexpr float digit_width = 9.2F;
constexpr float marker_height = 12;  // of a reader's position, below the cells
constexpr int holes_shown = 2;       // empty cells behind the log end
constexpr double flash_s = 0.6;      // of the viewer's time, after an append

struct Grid {
  OffsetRange range;
  float cell_px = 0, pitch_px = 0;
  Rect cells;  // pixels

  Rect cell(std::int64_t offset) const {
    const float x = cells.min.x + static_cast<float>(offset - range.first) * pitch_px;
    return {{x, cells.min.y}, {x + cell_px, cells.max.y}};
  }
};

Grid make_grid(const View& view, const RowBox& row, const ReplicaView& replica) {
  Grid grid;
  grid.cells = view.to_screen(row.cells);
  const float middle = grid.cells.center().y;
  grid.cells.min.y = middle - view.px(cell_height) / 2;
  grid.cells.max.y = middle + view.px(cell_height) / 2;
  const auto digits = static_cast<float>(std::to_string(replica.log_end_offset).size());
  const float width = std::max(cell_width_min, digits * digit_width + 7);
  grid.cell_px = view.px(width);
  grid.pitch_px = view.px(width + cell_gap);
  const int count = static_cast<int>((grid.cells.width() + view.px(cell_gap)) / grid.pitch_px);
  grid.range = visible_offsets(replica.log_start_offset, replica.log_end_offset, count);
  return grid;
}

/// 1 just after the record was appended, falling to 0.
float freshness(const Frame& frame, Position appended) {
  if (frame.state.reduced_motion) return 0;
  const Duration age = frame.session.world().t - frame.session.history()[appended].t;
  const double viewer_s = to_seconds(age) / frame.session.playback().speed();
  return static_cast<float>(std::clamp(1 - viewer_s / flash_s, 0.0, 1.0));
}

void draw_cell(Frame& frame, const View& view, const Rect& cell, const ReplicaId& id,
               std::int64_t offset, const ReplicaView& replica, float alpha) {
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
  Color body = readable ? color.cell : color.beyond;
  Color ink = readable ? color.cell_text : color.beyond_text;
  if (content && followed.valid() && content->record == followed) {
    body = color.follow;
    ink = color.on_meaning;
  } else if (content) {
    body = mix(body, color.accent, 0.55F * freshness(frame, content->appended));
  }
  fill(frame.canvas, cell, body.faded(alpha), radius);
  if (readable)
    frame.canvas.list->AddRect(cell.min, cell.max, color.cell_line.faded(alpha).packed(), radius);
  const float size = view.px(15);
  if (size < 8) return;  // too small to be read: the colours still tell
  draw_text_in(frame.canvas, cell, {Face::mono, size, ink.faded(std::max(alpha, 0.75F))},
               std::to_string(offset), Align::center);
}

void draw_label(Frame& frame, const View& view, const RowBox& row, const PartitionView& partition,
                NodeId broker, bool dead) {
  const Palette& color = frame.color();
  Rect label = view.to_screen(row.label);
  const float mark = view.px(9);
  const ImVec2 at{label.min.x + mark, label.center().y};
  const bool leads = partition.leader == broker;
  if (leads)
    star(frame.canvas, at, mark, dead ? color.muted : color.accent);
  else
    ring(frame.canvas, at, mark * 0.75F, color.muted, frame.theme().line_px());
  label.cut_left(view.px(26));
  const bool selected = frame.state.selection == Selection(partition.id) ||
                        frame.state.selection == Selection(ReplicaId{partition.id, broker});
  const Color ink = selected ? color.accent : dead ? color.muted : color.text;
  draw_text_in(frame.canvas, label, {Face::mono, view.text_px(17), ink}, to_text(partition.id));
}

/// Consumers that read the same offset next.
struct Readers {
  std::int64_t offset = 0;
  std::vector<NodeId> nodes;
};

/// By offset, only those in sight.
std::vector<Readers> readers_in(const Frame& frame, const Grid& grid, const PartitionId& id) {
  std::map<std::int64_t, std::vector<NodeId>> by_offset;
  for (const auto& [reader, offset] : readers_of(frame.session.world(), id))
    if (offset >= grid.range.first && offset < grid.range.first + grid.range.cells)
      by_offset[offset].push_back(reader);
  std::vector<Readers> readers;
  for (auto& [offset, nodes] : by_offset) readers.push_back({offset, std::move(nodes)});
  return readers;
}

/// Below the row, under the middle of the cell that is read next.
Rect marker_room(const View& view, const Grid& grid, std::int64_t offset) {
  const Rect cell = grid.cell(offset);
  return {{cell.min.x, cell.max.y}, {cell.max.x, cell.max.y + view.px(marker_height)}};
}

/// One marker however many stand there, with their number beside it.
void draw_positions(Frame& frame, const View& view, const Grid& grid, const PartitionId& id) {
  for (const Readers& readers : readers_in(frame, grid, id)) {
    const bool hot = std::any_of(readers.nodes.begin(), readers.nodes.end(), [&](NodeId node) {
      return selected_node(frame.state) == node || frame.state.hovered_node == node;
    });
    const Color color = hot ? frame.color().accent : frame.color().ok;
    const Rect room = marker_room(view, grid, readers.offset);
    const Pen pen{Face::mono, std::max(view.px(14), 9.0F), color};
    const std::string count =
        readers.nodes.size() > 1 ? "×" + std::to_string(readers.nodes.size()) : "";
    const float r = view.px(hot ? 6 : 5);
    const float gap = count.empty() ? 0 : view.px(2);
    const float wide = 2 * r + gap + text_width(frame.canvas, pen, count);
    const float x = room.center().x - wide / 2 + r, y = room.min.y + view.px(2);
    frame.canvas.list->AddTriangleFilled({x, y}, {x + r, y + r * 1.4F}, {x - r, y + r * 1.4F},
                                         color.packed());
    if (!count.empty())
      draw_text_in(frame.canvas,
                   {{x + r + gap, y - view.px(2)}, {x + wide, y + r * 1.4F + view.px(3)}}, pen,
                   count);
  }
}

}  // namespace

OffsetRange visible_offsets(std::int64_t log_start, std::int64_t log_end, int cells) {
  OffsetRange range{log_start, std::max(0, cells)};
  const std::int64_t needed = log_end - log_start + holes_shown;
  if (needed > range.cells) range.first = std::max(log_start, log_end + holes_shown - range.cells);
  return range;
}

void draw_partition_row(Frame& frame, const View& view, const RowBox& row,
                        const PartitionView& partition, NodeId broker, bool dead) {
  const ReplicaView* replica = partition.replica(broker);
  if (replica == nullptr) return;
  draw_label(frame, view, row, partition, broker, dead);
  const Grid grid = make_grid(view, row, *replica);
  const float alpha = dead ? 0.45F : 1.0F;
  const ReplicaId id{partition.id, broker};
  for (std::int64_t offset = grid.range.first; offset < grid.range.first + grid.range.cells;
       ++offset)
    draw_cell(frame, view, grid.cell(offset), id, offset, *replica, alpha);
  const std::int64_t mark = replica->high_watermark;
  if (mark >= grid.range.first && mark <= grid.range.first + grid.range.cells) {
    const float x = grid.cell(mark).min.x - view.px(cell_gap) / 2;
    const float over = view.px(5);
    line(frame.canvas, {x, grid.cells.min.y - over}, {x, grid.cells.max.y + over},
         frame.color().ok.faded(alpha), std::max(2.0F, view.px(2.5F)));
  }
  if (partition.leader == broker && !dead) draw_positions(frame, view, grid, partition.id);
}

RowHit hit_partition_row(const Frame& frame, const View& view, const RowBox& row,
                         const PartitionView& partition, NodeId broker, ImVec2 pixel) {
  RowHit hit;
  const ReplicaView* replica = partition.replica(broker);
  if (replica == nullptr) return hit;
  hit.label = view.to_screen(row.label).contains(pixel);
  const Grid grid = make_grid(view, row, *replica);
  if (grid.pitch_px <= 0) return hit;
  if (partition.leader == broker)
    for (const Readers& readers : readers_in(frame, grid, partition.id))
      if (marker_room(view, grid, readers.offset).contains(pixel)) hit.readers = readers.nodes;
  if (!grid.cells.contains(pixel)) return hit;
  const auto index = static_cast<std::int64_t>((pixel.x - grid.cells.min.x) / grid.pitch_px);
  const std::int64_t offset = grid.range.first + index;
  if (index < grid.range.cells && offset >= replica->log_start_offset &&
      offset < replica->log_end_offset)
    hit.offset = offset;
  return hit;
}

}  // namespace eventarium::viz::ui
