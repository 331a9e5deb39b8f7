// See partition_marks.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/partition_marks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "viz/ui/member_card.h"

namespace eventarium::viz::ui {

namespace {

constexpr float marker_height = 12;  // below and above the cells
constexpr float span_height = 3;

/// The colour of a member; of a reader without a group that of what is readable.
Color reader_color(const Frame& frame, const std::vector<NodeId>& readers) {
  if (readers.size() != 1) return frame.color().ok;
  const GroupView* group = frame.session.world().group_of(readers.front());
  return group == nullptr ? frame.color().ok : mark_of(frame, *group, readers.front()).color;
}

bool is_hot(const Frame& frame, const RowMark& mark) {
  const auto* group = std::get_if<GroupSelection>(&frame.state.selection);
  if (group != nullptr &&
      std::find(mark.groups.begin(), mark.groups.end(), group->name) != mark.groups.end())
    return true;
  return std::any_of(mark.readers.begin(), mark.readers.end(), [&](NodeId node) {
    return selected_node(frame.state) == node || frame.state.hovered_node == node;
  });
}

void draw_count(const Canvas& canvas, const Rect& room, const Pen& pen, std::size_t count) {
  if (count > 1) draw_text_in(canvas, room, pen, "×" + std::to_string(count));
}

/// A triangle that points up at the cell, with a number beside it when several stand there.
void draw_position(Frame& frame, const View& view, const Grid& grid, const RowMark& mark) {
  const bool hot = is_hot(frame, mark);
  const Color color = hot ? frame.color().accent : reader_color(frame, mark.readers);
  const Rect room = position_room(view, grid, mark.offset);
  const Pen pen{Face::mono, view.text_px(14 * grid.scale), color};
  const std::string count = mark.readers.size() > 1 ? fmt::format("×{}", mark.readers.size()) : "";
  const float r = view.px((hot ? 7.5F : 6.5F) * grid.scale);
  const float gap = count.empty() ? 0 : view.px(2);
  const float wide = 2 * r + gap + text_width(frame.canvas, pen, count);
  const float x = room.center().x - wide / 2 + r, y = room.min.y + view.px(1.5F);
  frame.canvas.list->AddTriangleFilled({x, y}, {x + r, y + r * 1.3F}, {x - r, y + r * 1.3F},
                                       color.packed());
  draw_count(frame.canvas, {{x + r + gap, y - view.px(2)}, {x + wide, y + r * 1.4F + view.px(3)}},
             pen, mark.readers.size());
}

/// A pin that stands on the edge of the cell at which the group begins again.
void draw_commit(Frame& frame, const View& view, const Grid& grid, const RowMark& mark) {
  const Color color = is_hot(frame, mark) ? frame.color().accent : frame.color().text;
  const float x = grid.edge(mark.offset);
  const float r = view.px(5 * grid.scale);
  const float top = grid.cells.min.y - view.px(9 * grid.scale);
  const float weight = std::max(1.5F, view.px(1.8F));
  line(frame.canvas, {x, top + r}, {x, grid.cells.min.y + view.px(4 * grid.scale)}, color, weight);
  frame.canvas.list->AddQuadFilled({x, top - r * 0.6F}, {x + r, top + r * 0.4F},
                                   {x, top + r * 1.4F}, {x - r, top + r * 0.4F}, color.packed());
  // It lies further back than what is seen.
  if (mark.offset < grid.range.first)
    line(frame.canvas, {x + r * 0.6F, top + r * 0.4F}, {x + r * 2.6F, top + r * 0.4F}, color,
         weight);
}

/// A thin bar along the cells, from one offset to another.
void draw_span(Frame& frame, const View& view, const Grid& grid, std::int64_t from, std::int64_t to,
               bool below, Color color) {
  if (to <= from) return;
  const float left = grid.edge(from), right = grid.edge(to);
  if (right - left < 1) return;
  const float high = std::max(2.0F, view.px(span_height * grid.scale));
  const float air = view.px(1.2F);
  const float y = below ? grid.cells.max.y + air : grid.cells.min.y - air - high;
  fill(frame.canvas, {{left, y}, {right, y + high}}, color, high / 2);
}

}  // namespace

float Grid::edge(std::int64_t offset) const {
  const std::int64_t shown = std::clamp(offset, range.first, end());
  return cells.min.x + static_cast<float>(shown - range.first) * pitch_px -
         (pitch_px - cell_px) / 2;
}

std::vector<RowMark> positions_in(const Frame& frame, const Grid& grid, const PartitionId& id) {
  std::map<std::int64_t, RowMark> by_offset;
  for (const auto& [reader, offset] : readers_of(frame.session.world(), id)) {
    if (offset < grid.range.first || offset >= grid.end()) continue;
    // Its members go to and fro; their records are marked one by one (share_cells.h).
    if (const GroupView* group = frame.session.world().group_of(reader);
        group != nullptr && group->kind == "share")
      continue;
    RowMark& mark = by_offset[offset];
    mark.offset = offset;
    mark.readers.push_back(reader);
  }
  std::vector<RowMark> marks;
  for (auto& [offset, mark] : by_offset) marks.push_back(std::move(mark));
  return marks;
}

std::vector<RowMark> commits_in(const Frame& frame, const Grid& grid, const PartitionId& id) {
  std::map<std::int64_t, RowMark> by_offset;
  for (const auto& [name, group] : frame.session.world().groups) {
    const auto kept = group.committed.find(id);
    if (kept == group.committed.end() || kept->second > grid.end()) continue;
    RowMark& mark = by_offset[kept->second];
    mark.offset = kept->second;
    mark.groups.push_back(name);
  }
  std::vector<RowMark> marks;
  for (auto& [offset, mark] : by_offset) marks.push_back(std::move(mark));
  return marks;
}

Rect position_room(const View& view, const Grid& grid, std::int64_t offset) {
  const Rect cell = grid.cell(offset);
  return {{cell.min.x, cell.max.y}, {cell.max.x, cell.max.y + view.px(marker_height * grid.scale)}};
}

Rect commit_room(const View& view, const Grid& grid, std::int64_t offset) {
  const float x = grid.edge(offset), half = view.px(7 * grid.scale);
  return {{x - half, grid.cells.min.y - view.px(marker_height * grid.scale)},
          {x + half, grid.cells.min.y}};
}

void draw_row_marks(Frame& frame, const View& view, const Grid& grid,
                    const PartitionView& partition) {
  const World& world = frame.session.world();
  const std::int64_t end = partition.high_watermark();
  for (const auto& [name, group] : world.groups) {
    const auto kept = group.committed.find(partition.id);
    const bool has_kept = kept != group.committed.end();
    if (!has_kept && group.topics.count(partition.id.topic) == 0) continue;
    const MemberView* reader = group.reader(partition.id);
    std::optional<std::int64_t> position;
    if (reader != nullptr)
      for (const ReadPosition& at : world.nodes[reader->client.value].receiver.positions)
        if (at.partition == partition.id) position = at.offset;
    // What waits: the gap between who reads and what there is; without a reader since the commit.
    const std::int64_t waits_from = position.value_or(has_kept ? kept->second : end);
    draw_span(frame, view, grid, waits_from, end, true, frame.color().warn);
    if (has_kept && position)
      draw_span(frame, view, grid, kept->second, *position, false,
                mark_of(frame, group, reader->client).color);
  }
  for (const RowMark& mark : commits_in(frame, grid, partition.id))
    draw_commit(frame, view, grid, mark);
  for (const RowMark& mark : positions_in(frame, grid, partition.id))
    draw_position(frame, view, grid, mark);
}

void draw_last_stable_offset(Frame& frame, const View& view, const Grid& grid,
                             const ReplicaView& replica) {
  const std::int64_t stable = replica.last_stable_offset;
  if (stable < 0 || stable >= replica.high_watermark) return;
  if (stable < grid.range.first || stable > grid.end()) return;
  const float x = grid.edge(stable), over = view.px(5 * grid.scale);
  const Color color = frame.color().follow;
  const float weight = std::max(2.0F, view.px(2.5F));
  dashed_polyline(frame.canvas, {{x, grid.cells.min.y - over}, {x, grid.cells.max.y + over}}, color,
                  weight, view.px(5), view.px(3));
  const float r = view.px(4 * grid.scale);
  fill(frame.canvas,
       {{x - r, grid.cells.min.y - over - r}, {x + r, grid.cells.min.y - over + r * 0.6F}}, color);
}

float draw_owners(Frame& frame, const View& view, const Rect& label, const PartitionId& id,
                  float size) {
  constexpr float shown_max = 2;
  const float height = std::max(view.px(size * 1.12F), view.text_min_px * mark_part);
  const float gap = view.px(4);
  float x = label.max.x - view.px(6), used = 0;
  for (const auto& [name, group] : frame.session.world().groups) {
    const auto shared = group.partitions.find(id);
    if (shared == group.partitions.end() || used >= shown_max) continue;
    const MemberMark mark = mark_of(frame, group, shared->second.reader);
    const float wide = member_mark_width(frame.canvas, height, mark);
    x -= wide;
    used += 1;
    const Rect room = Rect::at(x, label.center().y - height / 2, wide, height);
    if (shared->second.unread_since)
      draw_partition_chip(frame.canvas, {room.min, room.max + ImVec2{1, 0}},
                          {Face::mono_strong, height / mark_part, frame.color().text}, "–",
                          std::nullopt, frame.color().card);
    else
      draw_member_mark(frame.canvas, room, mark);
    x -= gap;
  }
  return used > 0 ? label.max.x - x : 0;
}

}  // namespace eventarium::viz::ui
