// The line of a link: a cubic curve that leaves a card at its side and arrives at the other's.
// Pure geometry.
#pragma once

#include <vector>

#include "viz/ui/geometry.h"

namespace eventarium::viz::ui {

struct Curve {
  ImVec2 from, from_control, to_control, to;

  /// The point at `t` in [0, 1].
  ImVec2 at(float t) const {
    const float u = 1 - t;
    const float a = u * u * u, b = 3 * u * u * t, c = 3 * u * t * t, d = t * t * t;
    return {a * from.x + b * from_control.x + c * to_control.x + d * to.x,
            a * from.y + b * from_control.y + c * to_control.y + d * to.y};
  }
  /// The direction at `t`, of length 1.
  ImVec2 direction(float t) const;
  Curve reversed() const { return {to, to_control, from_control, from}; }
  /// `count` + 1 points from end to end.
  std::vector<ImVec2> points(int count) const;
  /// Distance in pixels from `p` to the nearest of some points of the curve.
  float distance(ImVec2 p) const;
};

/// Between two cards: from the sides that face each other, straight out of them.
Curve link_between(const Rect& a, const Rect& b);

}  // namespace eventarium::viz::ui
