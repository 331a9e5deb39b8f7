// See legend.h.
#include "viz/ui/legend.h"

#include <algorithm>
#include <string_view>
#include <vector>

namespace eventarium::viz::ui {

namespace {

constexpr float gap_units = 22;

enum class LegendMark {
  square,
  disc,
  bar,
  triangle,
  star,
  ring,
  hatched,
  crown,
  pin,
  span,
  dashes,
  outlined,
  struck,
  hollow,
  tick
};

struct LegendEntry {
  const char* text;
  LegendMark mark;
  Color color;
  float radius = 7;
};

/// Only what this picture can show.
std::vector<LegendEntry> legend_entries(const Frame& frame) {
  const Palette& color = frame.color();
  const auto& nodes = frame.session.history().nodes();
  const bool channel = std::any_of(nodes.begin(), nodes.end(),
                                   [](const NodeInfo& info) { return is_channel(info.role); });
  const auto& partitions = frame.session.world().partitions;
  const bool copies = std::any_of(partitions.begin(), partitions.end(), [](const auto& partition) {
    return partition.second.assigned > 1;
  });
  std::vector<LegendEntry> entries = {
      {channel ? "events out" : "events", LegendMark::square, color.accent}};
  if (channel) entries.push_back({"events in", LegendMark::disc, color.ok});
  if (copies) {
    entries.push_back({"copies", LegendMark::disc, color.cell_line, 6});
    entries.push_back({"leader", LegendMark::star, color.accent, 8});
    entries.push_back({"follower", LegendMark::ring, color.muted});
    entries.push_back({"out of sync", LegendMark::hatched, color.warn});
    entries.push_back({"not readable yet", LegendMark::square, color.beyond});
  }
  if (!partitions.empty()) {
    entries.push_back({"high watermark", LegendMark::bar, color.ok});
  }
  const auto& groups = frame.session.world().groups;
  const auto sharing =
      static_cast<std::size_t>(std::count_if(groups.begin(), groups.end(), [](const auto& group) {
        return group.second.kind == "share";
      }));
  if (!partitions.empty() && (sharing == 0 || groups.size() > sharing))
    entries.push_back({"position", LegendMark::triangle, color.ok});
  if (sharing > 0) {
    entries.push_back({"share-partition start", LegendMark::pin, color.text});
    entries.push_back({"in a member's hands", LegendMark::square, color.members.front()});
    entries.push_back({"done", LegendMark::hollow, color.muted});
    entries.push_back({"archived", LegendMark::struck, color.bad});
  }
  if (groups.size() > sharing) {
    entries.push_back({"committed", LegendMark::pin, color.text});
    entries.push_back({"lag", LegendMark::span, color.warn});
    entries.push_back({"not committed", LegendMark::span, color.members.front()});
    entries.push_back({"nobody reads", LegendMark::hatched, color.warn});
  }
  if (!frame.session.world().transactions.empty()) {
    entries.push_back({"last stable offset", LegendMark::dashes, color.follow});
    entries.push_back({"open transaction", LegendMark::outlined, color.follow});
    entries.push_back({"aborted", LegendMark::struck, color.bad});
    entries.push_back({"marker", LegendMark::tick, color.ok});
  }
  entries.push_back(
      {channel ? "requests, answers" : "answers", LegendMark::square, color.muted, 4});
  const World& world = frame.session.world();
  if (!channel || !world.stalled.empty())
    entries.push_back({"held up: sent again later", LegendMark::square, color.warn});
  if (frame.state.routine)
    entries.push_back({"heartbeats, empty fetches", LegendMark::disc, color.muted, 3});
  return entries;
}

void draw_legend_mark(const Canvas& canvas, const LegendEntry& entry, ImVec2 at) {
  const float r = canvas.px(entry.radius);
  switch (entry.mark) {
    case LegendMark::square:
      return fill(canvas, {{at.x - r, at.y - r}, {at.x + r, at.y + r}}, entry.color, r * 0.3F);
    case LegendMark::disc:
      return disc(canvas, at, r, entry.color);
    case LegendMark::bar:
      return fill(canvas, {{at.x - r * 0.2F, at.y - r}, {at.x + r * 0.2F, at.y + r}}, entry.color);
    case LegendMark::star:
      return star(canvas, at, r, entry.color);
    case LegendMark::ring:
      return ring(canvas, at, r, entry.color, canvas.theme->line_px());
    case LegendMark::crown:
      return crown(canvas, at, r, entry.color);
    case LegendMark::hatched: {
      const Rect square{{at.x - r, at.y - r}, {at.x + r, at.y + r}};
      hatch(canvas, square, entry.color, r * 0.62F, canvas.theme->line_px());
      return frame(canvas, square, entry.color, canvas.theme->line_px(), r * 0.3F);
    }
    case LegendMark::pin:
      line(canvas, {at.x, at.y - r * 0.4F}, {at.x, at.y + r}, entry.color, canvas.theme->line_px());
      return canvas.list->AddQuadFilled({at.x, at.y - r}, {at.x + r * 0.6F, at.y - r * 0.4F},
                                        {at.x, at.y + r * 0.2F}, {at.x - r * 0.6F, at.y - r * 0.4F},
                                        entry.color.packed());
    case LegendMark::span:
      return fill(canvas, {{at.x - r, at.y - r * 0.2F}, {at.x + r, at.y + r * 0.25F}}, entry.color,
                  r * 0.2F);
    case LegendMark::dashes:
      return dashed_polyline(canvas, {{at.x, at.y - r}, {at.x, at.y + r}}, entry.color,
                             canvas.px(2.5F), r * 0.7F, r * 0.4F);
    case LegendMark::outlined:
      return dashed_frame(canvas, {{at.x - r, at.y - r}, {at.x + r, at.y + r}}, entry.color,
                          canvas.theme->line_px(), r * 0.3F);
    case LegendMark::struck:
      hatch(canvas, {{at.x - r, at.y - r}, {at.x + r, at.y + r}}, entry.color.faded(0.5F),
            r * 0.62F, canvas.theme->line_px());
      return line(canvas, {at.x - r, at.y}, {at.x + r, at.y}, entry.color, canvas.theme->line_px());
    case LegendMark::hollow:
      return frame(canvas, {{at.x - r, at.y - r}, {at.x + r, at.y + r}}, entry.color,
                   canvas.theme->line_px(), r * 0.3F);
    case LegendMark::tick:
      ring(canvas, at, r, entry.color, canvas.theme->line_px());
      return check_mark(canvas, at, r * 0.6F, entry.color, canvas.theme->line_px());
    case LegendMark::triangle:
      return canvas.list->AddTriangleFilled({at.x, at.y - r * 0.7F}, {at.x + r, at.y + r * 0.7F},
                                            {at.x - r, at.y + r * 0.7F}, entry.color.packed());
  }
}

}  // namespace

void draw_legend(Frame& frame, const Rect& area) {
  const Pen pen{Face::regular, frame.px(15), frame.color().muted};
  std::vector<LegendEntry> entries = legend_entries(frame);
  const auto width_of = [&](const LegendEntry& entry) {
    return frame.px(14 + gap_units) + text_width(frame.canvas, pen, entry.text);
  };
  const float room = area.width() - frame.px(24 + 12 - gap_units);
  float wide = 0;
  for (const LegendEntry& entry : entries) wide += width_of(entry);
  // What is seen everywhere needs no words first.
  for (const char* text : {"requests, answers", "copies", "events out", "events in", "follower",
                           "leader", "out of sync", "heartbeats, empty fetches", "nobody reads",
                           "high watermark", "not readable yet"})
    std::erase_if(entries, [&](const LegendEntry& entry) {
      if (wide <= room || std::string_view(entry.text) != text) return false;
      wide -= width_of(entry);
      return true;
    });
  float x = area.min.x + frame.px(24);
  const float y = area.max.y - frame.px(20);
  const float half = frame.canvas.fonts->get(pen.face, pen.size_px)->FontSize / 2;
  for (const LegendEntry& entry : entries) {
    const float taken = width_of(entry);
    if (x + taken - frame.px(gap_units) > area.max.x - frame.px(12)) return;
    draw_legend_mark(frame.canvas, entry, {x, y});
    draw_text(frame.canvas, {x + frame.px(14), y - half}, pen, entry.text);
    x += taken;
  }
}

}  // namespace eventarium::viz::ui
