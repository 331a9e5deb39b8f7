// See camera.h. Everything is recomputed from the camera each frame, so that resizing just works.
#include "viz/ui/camera.h"

#include <vector>

namespace eventarium::viz::ui {

namespace {

constexpr float margin_units = 22;
constexpr float zoom_min = 0.15F, zoom_max = 4;
constexpr float fit_zoom_max = 1.5F;  // times the scale

/// Room for the numbers of those who read a partition.
double numbers_width(const History& history) {
  constexpr double number = 32;
  constexpr std::size_t numbers_max = 2;
  return number * static_cast<double>(std::min(history.groups().size(), numbers_max));
}

/// Room for ★, the longest name of a partition, and who reads it.
double label_width(const History& history) {
  constexpr double mark = 36, character = 10.3, longest = 22;
  double characters = 5;
  for (const auto& [partition, replicas] : history.assignments())
    characters = std::max(characters, static_cast<double>(to_text(partition).size()));
  return mark + character * std::min(characters, longest) + numbers_width(history);
}

/// From generous to tight: narrower for small windows, lower for flat ones.
std::vector<LayoutMetrics> shapes() {
  LayoutMetrics generous;
  generous.card_height = 132;
  generous.row_height = 44;
  LayoutMetrics narrow = generous;
  narrow.card_width = 186;
  narrow.service_width = 214;
  narrow.channel_width = 470;
  narrow.column_gap = 136;
  LayoutMetrics narrowest = generous;
  narrowest.card_width = 178;
  narrowest.service_width = 200;
  narrowest.channel_width = 390;
  narrowest.column_gap = 112;
  std::vector<LayoutMetrics> all = {generous, narrow, narrowest};
  for (LayoutMetrics low : {generous, narrow, narrowest}) {
    low.service_height = 128;
    low.member_height = 112;
    low.group_header = 76;
    low.card_height = 128;
    low.gap = 14;
    low.spread_max = 30;
    low.header_height = 46;
    low.row_height = 40;
    all.push_back(low);
  }
  return all;
}

constexpr std::size_t rows_readable_max = 14;   // of one broker
constexpr std::size_t cards_readable_max = 12;  // brokers with rows

/// With many replicas: lower rows, and brokers beside each other; tiles when that is not enough.
std::vector<LayoutMetrics> metrics_ladder(const RowCount& count) {
  std::vector<LayoutMetrics> ladder;
  if (count.most > rows_readable_max || count.brokers > cards_readable_max) {
    for (const std::size_t columns : {3U, 4U, 5U, 6U, 8U, 10U, 12U, 15U, 20U}) {
      LayoutMetrics tiles = shapes().back();
      tiles.tiles = true;
      tiles.broker_columns =
          std::min<std::size_t>(columns, std::max<std::size_t>(count.brokers, 1));
      tiles.header_height = 40;
      ladder.push_back(tiles);
    }
    return ladder;
  }
  ladder = shapes();
  if (count.total <= 6) return ladder;
  const std::vector<LayoutMetrics> base = {ladder[3], ladder[4], ladder[5]};
  for (std::size_t columns = 1; columns <= std::min<std::size_t>(count.brokers, 4); ++columns)
    for (const double row_height : {40.0, 34.0, 28.0, 24.0})
      for (LayoutMetrics metrics : base) {
        metrics.broker_columns = columns;
        metrics.row_height = row_height;
        if (columns > 1) metrics.channel_width *= 0.82;
        ladder.push_back(metrics);
      }
  return ladder;
}

/// How large the smallest text that matters gets: names on cards, or in the rows of brokers.
float legibility(const LayoutMetrics& metrics, float zoom) {
  constexpr double text = 17, part_of_row = 0.56;
  const double row = metrics.tiles ? text : std::min(text, metrics.row_height * part_of_row);
  return zoom * static_cast<float>(row / text);
}

ImVec2 center_in_layout(const View& view) {
  const Point center = view.to_layout(view.area.center());
  return {static_cast<float>(center.x), static_cast<float>(center.y)};
}

}  // namespace

View make_view(const Camera& camera, const Rect& area, const Box& bounds, const Theme& theme) {
  View view;
  view.area = area;
  view.text_min_px = theme.text_min_px();
  ImVec2 center = camera.center;
  view.zoom = camera.zoom;
  if (camera.fit) {
    const Rect room = area.shrunk(theme.px(margin_units));
    const float across = room.width() / std::max(1.0F, static_cast<float>(bounds.width));
    const float down = room.height() / std::max(1.0F, static_cast<float>(bounds.height));
    view.zoom = std::clamp(std::min(across, down), zoom_min, fit_zoom_max * theme.scale);
    center = {static_cast<float>(bounds.x + bounds.width / 2),
              static_cast<float>(bounds.y + bounds.height / 2)};
  }
  view.origin = area.center() - center * view.zoom;
  return view;
}

void fit_layout(Frame& frame, const Rect& area) {
  LayoutFit& fit = frame.state.layout_fit;
  const LayoutKey key = layout_key(frame.session.history());
  if (fit.size.x == area.width() && fit.size.y == area.height() &&
      fit.scale == frame.theme().scale && fit.key == key)
    return;
  const bool resized =
      fit.size.x != area.width() || fit.size.y != area.height() || fit.scale != frame.theme().scale;
  if (resized) frame.state.shown.jump = true;
  fit = {area.size(), frame.theme().scale, key};
  const History& history = frame.session.history();
  float best = 0;
  LayoutMetrics chosen;
  constexpr float gain_min = 1.08F;  // a tighter card shows less: it has to earn that
  constexpr float enough = 1.1F;     // times the scale: text of 20 px
  for (LayoutMetrics metrics : metrics_ladder(count_rows(history))) {
    if (best >= enough * frame.theme().scale) break;
    const auto zoom_now = [&] {
      const Layout layout = make_layout(history, metrics);
      return make_view(Camera{}, area, layout.bounds, frame.theme()).zoom;
    };
    const double full = label_width(history);
    if (!metrics.tiles) metrics.channel_width += numbers_width(history);
    metrics.row_label_width = full * std::min(1.0, metrics.row_height / 31);
    float zoom = zoom_now();
    // Text that can't get smaller needs more of a small picture.
    const double wider = full * static_cast<double>(frame.theme().text_min_px() / zoom) / 17;
    if (!metrics.tiles && wider > metrics.row_label_width) {
      metrics.channel_width += wider - metrics.row_label_width;
      metrics.row_label_width = wider;
      zoom = zoom_now();
    }
    const float now = legibility(metrics, zoom);
    if (now < best * gain_min) continue;
    best = now;
    chosen = metrics;
  }
  frame.session.set_metrics(chosen);
}

void zoom_at(Camera& camera, const View& view, ImVec2 pixel, float factor) {
  const Point fixed = view.to_layout(pixel);
  camera.zoom = std::clamp(view.zoom * factor, zoom_min, zoom_max);
  const ImVec2 off = pixel - view.area.center();
  camera.center = {static_cast<float>(fixed.x) - off.x / camera.zoom,
                   static_cast<float>(fixed.y) - off.y / camera.zoom};
  camera.fit = false;
}

void pan_by(Camera& camera, const View& view, ImVec2 delta) {
  camera.center = center_in_layout(view) - delta * (1 / view.zoom);
  camera.zoom = view.zoom;
  camera.fit = false;
}

}  // namespace eventarium::viz::ui
