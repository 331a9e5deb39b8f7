// See legend.h.
#include "viz/ui/legend.h"

#include <algorithm>
#include <vector>

namespace eventarium::viz::ui {

namespace {

enum class LegendMark { square, disc, bar, triangle, star, ring, hatched, crown };

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
    entries.push_back({"readers' positions", LegendMark::triangle, color.ok});
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
    case LegendMark::triangle:
      return canvas.list->AddTriangleFilled({at.x, at.y - r * 0.7F}, {at.x + r, at.y + r * 0.7F},
                                            {at.x - r, at.y + r * 0.7F}, entry.color.packed());
  }
}

}  // namespace

void draw_legend(Frame& frame, const Rect& area) {
  const Pen pen{Face::regular, frame.px(15), frame.color().muted};
  float x = area.min.x + frame.px(24);
  const float y = area.max.y - frame.px(20);
  const float half = frame.canvas.fonts->get(pen.face, pen.size_px)->FontSize / 2;
  for (const LegendEntry& entry : legend_entries(frame)) {
    const float wide = frame.px(14) + text_width(frame.canvas, pen, entry.text);
    if (x + wide > area.max.x - frame.px(12)) return;
    draw_legend_mark(frame.canvas, entry, {x, y});
    draw_text(frame.canvas, {x + frame.px(14), y - half}, pen, entry.text);
    x += wide + frame.px(24);
  }
}

}  // namespace eventarium::viz::ui
