// From layout units to pixels and back: fit, pan and zoom of the topology.
#pragma once

#include "viz/ui/curve.h"
#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

/// One frame's mapping.
struct View {
  Rect area;        // pixels: where the topology is drawn
  ImVec2 origin{};  // pixel of the layout's (0, 0)
  float zoom = 1;   // pixels per layout unit
  float text_min_px = 14;

  ImVec2 to_screen(Point p) const {
    return {origin.x + static_cast<float>(p.x) * zoom, origin.y + static_cast<float>(p.y) * zoom};
  }
  Rect to_screen(const Box& box) const {
    return {to_screen(Point{box.x, box.y}),
            to_screen(Point{box.x + box.width, box.y + box.height})};
  }
  Point to_layout(ImVec2 p) const {
    return {static_cast<double>((p.x - origin.x) / zoom),
            static_cast<double>((p.y - origin.y) / zoom)};
  }
  Curve to_screen(const LinkCurve& curve) const {
    return {to_screen(curve.p0), to_screen(curve.p1), to_screen(curve.p2), to_screen(curve.p3)};
  }
  /// Layout units to pixels; text never gets smaller than what can be read.
  float px(float units) const { return units * zoom; }
  float text_px(float units) const { return std::max(text_min_px, units * zoom); }
};

/// How `camera` shows `bounds` in `area`; a fitting camera leaves a margin and does not blow a
/// small picture up beyond 1.5 times the theme's scale.
View make_view(const Camera& camera, const Rect& area, const Box& bounds, const Theme& theme);

/// Chooses card sizes for the layout so that the picture fills `area` as large as possible: a
/// narrow window gets narrower brokers and shorter links, not smaller text. Does nothing while
/// neither the area nor the layout has changed.
void fit_layout(Frame& frame, const Rect& area);

/// Zooms by `factor` so that what is under `pixel` stays there. Ends fitting.
void zoom_at(Camera& camera, const View& view, ImVec2 pixel, float factor);
/// Moves the picture by `delta` pixels. Ends fitting.
void pan_by(Camera& camera, const View& view, ImVec2 delta);

}  // namespace eventarium::viz::ui
