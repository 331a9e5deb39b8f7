// See curve.h.
#include "viz/ui/curve.h"

#include <cmath>

namespace eventarium::viz::ui {

ImVec2 Curve::direction(float t) const {
  const float u = 1 - t;
  const ImVec2 d = (from_control - from) * (u * u) + (to_control - from_control) * (2 * u * t) +
                   (to - to_control) * (t * t);
  const float length = std::hypot(d.x, d.y);
  return length > 0 ? d * (1 / length) : ImVec2{1, 0};
}

std::vector<ImVec2> Curve::points(int count) const {
  std::vector<ImVec2> result;
  result.reserve(static_cast<std::size_t>(count) + 1);
  for (int i = 0; i <= count; ++i)
    result.push_back(at(static_cast<float>(i) / static_cast<float>(count)));
  return result;
}

float Curve::distance(ImVec2 p) const {
  constexpr int samples = 24;
  float best = 1e9F;
  ImVec2 before = from;
  for (int i = 1; i <= samples; ++i) {
    const ImVec2 next = at(static_cast<float>(i) / samples);
    const ImVec2 step = next - before;
    const float squared = step.x * step.x + step.y * step.y;
    const ImVec2 off = p - before;
    const float part =
        squared > 0 ? std::clamp((off.x * step.x + off.y * step.y) / squared, 0.0F, 1.0F) : 0;
    const ImVec2 nearest = before + step * part;
    best = std::min(best, std::hypot(p.x - nearest.x, p.y - nearest.y));
    before = next;
  }
  return best;
}

Curve link_between(const Rect& a, const Rect& b) {
  const float gap_right = b.min.x - a.max.x;
  const float gap_left = a.min.x - b.max.x;
  const ImVec2 ca = a.center(), cb = b.center();
  if (gap_right >= 0 || gap_left >= 0) {
    const bool right = gap_right >= 0;
    const ImVec2 from{right ? a.max.x : a.min.x, ca.y};
    const ImVec2 to{right ? b.min.x : b.max.x, cb.y};
    const float reach = (to.x - from.x) * 0.5F;
    return {from, {from.x + reach, from.y}, {to.x - reach, to.y}, to};
  }
  const bool down = cb.y > ca.y;
  const ImVec2 from{ca.x, down ? a.max.y : a.min.y};
  const ImVec2 to{cb.x, down ? b.min.y : b.max.y};
  const float reach = (to.y - from.y) * 0.5F;
  return {from, {from.x, from.y + reach}, {to.x, to.y - reach}, to};
}

}  // namespace eventarium::viz::ui
