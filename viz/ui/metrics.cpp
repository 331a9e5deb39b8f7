// See metrics.h. One column for each interval; red where the value deserves a look. Nothing after
// the playhead is drawn.
#include "viz/ui/metrics.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/widgets.h"

namespace eventarium::viz::ui {

namespace {

constexpr float row_units = 78;
constexpr float chart_units = 34;
constexpr std::size_t columns_max = 90;  // the latest ones

/// What of a series is seen: intervals [first, last).
struct Seen {
  std::size_t first = 0, last = 0;
};

Seen seen_of(const Frame& frame, const std::vector<double>& series) {
  const Duration interval = frame.session.metrics_series().interval();
  const Duration now = frame.session.playback().playhead().time_since_epoch();
  const auto passed = static_cast<std::size_t>(std::max<std::int64_t>(0, now / interval));
  const std::size_t last = std::min(series.size(), passed);
  return {last > columns_max ? last - columns_max : 0, last};
}

std::string value_text(double value) {
  if (value >= 1e6) return fmt::format("{:.1f} M", value / 1e6);
  if (value >= 1e4) return fmt::format("{:.1f} k", value / 1e3);
  return fmt::format("{:.4g}", value);
}

void draw_chart(Frame& frame, const Canvas& canvas, const Rect& area,
                const std::vector<double>& series, const Seen& seen, double healthy_max) {
  const Palette& color = frame.color();
  const float base = frame.theme().line_px();
  fill(canvas, {{area.min.x, area.max.y - base}, area.max}, color.line);
  double most = 0;
  for (std::size_t i = seen.first; i < seen.last; ++i) most = std::max(most, series[i]);
  if (most <= 0) return;
  const float step =
      area.width() / static_cast<float>(std::max<std::size_t>(30, seen.last - seen.first));
  float x = area.min.x;
  for (std::size_t i = seen.first; i < seen.last; ++i, x += step) {
    if (series[i] <= 0) continue;
    const bool bad = healthy_max >= 0 && series[i] > healthy_max;
    const float high = static_cast<float>(series[i] / most) * (area.height() - base);
    fill(canvas, {{x, area.max.y - high}, {x + std::max(1.0F, step - 1), area.max.y}},
         bad ? color.bad : color.cell_line);
  }
}

void draw_metric(Frame& frame, const Canvas& canvas, Rect row, const trace::MetricInfo& info) {
  const Palette& color = frame.color();
  const std::vector<double>& series = frame.session.metrics_series().series(info.metric);
  const Seen seen = seen_of(frame, series);
  const double now = seen.last > 0 ? series[seen.last - 1] : 0;
  const bool bad = info.healthy_max >= 0 && now > info.healthy_max;
  const Rect all = row;
  Rect head = row.cut_top(frame.px(26));
  const Pen value{Face::mono_strong, frame.px(16), bad ? color.bad : color.text};
  const std::string text = seen.last > 0 ? value_text(now) : "–";
  draw_text_in(canvas, head.cut_right(text_width(canvas, value, text) + frame.px(8)), value, text,
               Align::right);
  draw_text_in(canvas, head, {Face::regular, frame.px(15), color.muted}, info.name);
  draw_chart(frame, canvas, row.cut_top(frame.px(chart_units)), series, seen, info.healthy_max);
  if (hit_area(info.name, all).hovered)
    tooltip(frame.canvas, fmt::format("{} ({})\n{}", info.doc, info.unit, info.mbean), all);
}

/// Those of a cluster are nothing where there is none.
bool has_cluster(const Frame& frame) { return !frame.session.world().partitions.empty(); }

}  // namespace

void draw_metrics(Frame& frame, const Rect& area) {
  if (area.empty()) return;
  const Rect inside = panel(frame.canvas, area, "Metrics");
  if (panel_close(frame.canvas, "close metrics", area, "Close  (V)"))
    frame.state.wishes.metrics = false;
  begin_scroll("metrics", inside, frame.theme());
  Canvas canvas = frame.canvas;
  canvas.list = ImGui::GetWindowDrawList();
  const float scroll = ImGui::GetScrollY();
  float y = inside.min.y - scroll;
  if (!has_cluster(frame)) {
    draw_paragraph(canvas, inside.min, inside.width() - frame.px(14),
                   {Face::regular, frame.px(17), frame.color().muted},
                   "There is no cluster here: Kafka's metrics have nothing to measure.");
    y += frame.px(row_units);
  } else {
    for (const trace::MetricInfo& info : trace::metric_table()) {
      const Rect row =
          Rect::at(inside.min.x, y, inside.width() - frame.px(14), frame.px(row_units));
      if (row.overlaps(inside)) draw_metric(frame, canvas, row, info);
      y += frame.px(row_units);
    }
  }
  end_scroll(y + scroll - inside.min.y);
}

}  // namespace eventarium::viz::ui
