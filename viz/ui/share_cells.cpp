// See share_cells.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/share_cells.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/member_card.h"

namespace eventarium::viz::ui {

namespace {

const SharePartition* share_of(const GroupView& group, const PartitionId& id) {
  const auto found = group.shares.find(id);
  return found == group.shares.end() ? nullptr : &found->second;
}

void draw_locked(Frame& frame, const View& view, const Rect& cell, const GroupView& group,
                 const LockedRecord& record, float digits_px) {
  const MemberMark mark = mark_of(frame, group, record.client);
  const float radius = view.px(4), weight = frame.theme().line_px();
  fill(frame.canvas, cell, mark.color, radius);
  if (record.delivery > 1)
    ui::frame(frame.canvas, cell.shrunk(-view.px(1)), frame.color().warn, weight * 1.6F, radius);
  if (digits_px <= 0) return;
  const Pen pen{Face::mono_strong, digits_px, frame.color().on_meaning};
  const std::string counted = fmt::format("{}×{}", mark.text, record.delivery);
  const bool fits = text_width(frame.canvas, pen, counted) <= cell.width() - view.px(2);
  draw_text_in(frame.canvas, cell, pen, record.delivery > 1 && fits ? counted : mark.text,
               Align::center);
}

void draw_finished(Frame& frame, const View& view, const Rect& cell, std::int64_t offset,
                   bool archived, float digits_px) {
  const Palette& color = frame.color();
  const float radius = view.px(4), weight = frame.theme().line_px();
  fill(frame.canvas, cell, color.card, radius);
  fill(frame.canvas, cell, color.hole, radius);
  ui::frame(frame.canvas, cell, archived ? color.bad : color.line, weight, radius);
  if (archived) hatch(frame.canvas, cell, color.bad.faded(0.35F), view.px(7), weight);
  if (digits_px > 0)
    draw_text_in(frame.canvas, cell, {Face::mono, digits_px, color.muted}, std::to_string(offset),
                 Align::center);
  if (archived)
    line(frame.canvas, {cell.min.x + view.px(2), cell.center().y},
         {cell.max.x - view.px(2), cell.center().y}, color.bad, weight * 1.2F);
}

/// The record that is followed keeps its own colour, and a transaction's marker is no record.
bool has_its_own_look(const Frame& frame, const ReplicaId& leader, std::int64_t offset) {
  const History& history = frame.session.history();
  const Position moment = frame.session.world().moment;
  const auto content = history.cell(leader, offset, moment);
  if (!content) return false;
  const RecordId followed = selected_record(frame.state);
  const CellFate fate = history.fate(*content, offset, moment);
  return (followed.valid() && content->record == followed) || fate == CellFate::commit_marker ||
         fate == CellFate::abort_marker;
}

}  // namespace

const GroupView* share_group_of(const Frame& frame, const PartitionId& partition) {
  const auto* selected = std::get_if<GroupSelection>(&frame.state.selection);
  const GroupView* found = nullptr;
  for (const auto& [name, group] : frame.session.world().groups) {
    if (group.kind != "share" || group.topics.count(partition.topic) == 0) continue;
    if (found == nullptr || (selected != nullptr && selected->name == name)) found = &group;
  }
  return found;
}

void draw_share_cells(Frame& frame, const View& view, const Grid& grid, const GroupView& group,
                      const ReplicaId& leader, const ReplicaView& replica) {
  const SharePartition* share = share_of(group, leader.partition);
  const std::int64_t end = std::min(grid.end(), replica.high_watermark);
  for (std::int64_t offset = std::max(grid.range.first, replica.log_start_offset); offset < end;
       ++offset) {
    const bool finished = group.finished(leader.partition, offset);
    const bool locked = share != nullptr && share->locked.contains(offset);
    if ((!finished && !locked) || has_its_own_look(frame, leader, offset)) continue;
    if (locked)
      draw_locked(frame, view, grid.cell(offset), group, share->locked.at(offset), grid.digits_px);
    else
      draw_finished(frame, view, grid.cell(offset), offset,
                    share != nullptr && share->archived.contains(offset), grid.digits_px);
  }
}

std::string share_text(const Frame& frame, const GroupView& group, const PartitionId& partition,
                       std::int64_t offset) {
  const SharePartition* share = share_of(group, partition);
  if (share != nullptr && share->archived.contains(offset))
    return fmt::format("{} has archived it: nobody gets it any more.", group.name);
  if (group.finished(partition, offset)) return group.name + " is done with it.";
  if (share == nullptr) return {};
  const auto locked = share->locked.find(offset);
  if (locked == share->locked.end()) return "Free: the next member that asks gets it.";
  const LockedRecord& record = locked->second;
  return fmt::format("{} has it until {}, delivery {} of {}.",
                     frame.session.history().name(record.client), format_clock(record.until),
                     record.delivery, record.deliveries_max);
}

std::vector<std::string> share_sums(const GroupView& group) {
  const std::size_t locked = group.locked(), archived = group.archived();
  return {fmt::format("{} in work · {} done · {} archived", locked, group.done(), archived),
          archived > 0 ? fmt::format("{} in work · {} archived", locked, archived)
                       : fmt::format("{} in work · {} done", locked, group.done()),
          fmt::format("{} in work", locked)};
}

}  // namespace eventarium::viz::ui
