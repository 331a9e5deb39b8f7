// See partition_row.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/partition_row.h"

#include <algorithm>
#include <string>

namespace eventarium::viz::ui {

namespace {

// Layout units.
constexpr float cell_width_min = 24;
constexpr float cell_gap = 3;
constexpr float cell_height = 27;
constexpr float digit_width = 8.0F;
constexpr int holes_shown = 2;   // empty cells behind the log end
constexpr double flash_s = 0.6;  // of the viewer's time, after an append

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
  const float size = view.px(13);
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
  draw_text_in(frame.canvas, label, {Face::mono, view.text_px(16), ink}, to_text(partition.id));
}

void draw_positions(Frame& frame, const View& view, const Grid& grid, const PartitionId& id) {
  float shift = 0;
  std::int64_t before = -1;
  auto readers = readers_of(frame.session.world(), id);
  std::sort(readers.begin(), readers.end(),
            [](const auto& a, const auto& b) { return a.second < b.second; });
  for (const auto& [reader, offset] : readers) {
    shift = offset == before ? shift + view.px(10) : 0;
    before = offset;
    if (offset < grid.range.first || offset > grid.range.first + grid.range.cells) continue;
    const bool hot = selected_node(frame.state) == reader || frame.state.hovered_node == reader;
    const float x = grid.cell(offset).min.x + view.px(4) + shift;
    const float y = grid.cells.max.y + view.px(2);
    const float r = view.px(hot ? 6 : 5);
    frame.canvas.list->AddTriangleFilled({x, y}, {x + r, y + r * 1.4F}, {x - r, y + r * 1.4F},
                                         (hot ? frame.color().accent : frame.color().ok).packed());
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

RowHit hit_partition_row(const View& view, const RowBox& row, const PartitionView& partition,
                         NodeId broker, ImVec2 pixel) {
  RowHit hit;
  const ReplicaView* replica = partition.replica(broker);
  if (replica == nullptr) return hit;
  hit.label = view.to_screen(row.label).contains(pixel);
  const Grid grid = make_grid(view, row, *replica);
  if (grid.pitch_px <= 0 || !grid.cells.contains(pixel)) return hit;
  const auto index = static_cast<std::int64_t>((pixel.x - grid.cells.min.x) / grid.pitch_px);
  const std::int64_t offset = grid.range.first + index;
  if (index < grid.range.cells && offset >= replica->log_start_offset &&
      offset < replica->log_end_offset)
    hit.offset = offset;
  return hit;
}

}  // namespace eventarium::viz::ui
