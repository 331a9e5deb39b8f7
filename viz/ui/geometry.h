// Rectangles and points in pixels, on top of ImGui's ImVec2.
#pragma once

#include <imgui.h>

#include <algorithm>

namespace eventarium::viz::ui {

inline ImVec2 operator+(ImVec2 a, ImVec2 b) { return {a.x + b.x, a.y + b.y}; }
inline ImVec2 operator-(ImVec2 a, ImVec2 b) { return {a.x - b.x, a.y - b.y}; }
inline ImVec2 operator*(ImVec2 a, float k) { return {a.x * k, a.y * k}; }

struct Rect {
  ImVec2 min, max;

  static Rect at(float x, float y, float width, float height) {
    return {{x, y}, {x + width, y + height}};
  }
  float width() const { return max.x - min.x; }
  float height() const { return max.y - min.y; }
  ImVec2 size() const { return max - min; }
  ImVec2 center() const { return (min + max) * 0.5F; }
  bool empty() const { return width() <= 0 || height() <= 0; }
  bool contains(ImVec2 p) const {
    return p.x >= min.x && p.x < max.x && p.y >= min.y && p.y < max.y;
  }
  bool overlaps(const Rect& other) const {
    return min.x < other.max.x && other.min.x < max.x && min.y < other.max.y && other.min.y < max.y;
  }
  /// Smaller by `by` on every side (larger when negative).
  Rect shrunk(float by) const { return shrunk(by, by); }
  Rect shrunk(float x, float y) const { return {{min.x + x, min.y + y}, {max.x - x, max.y - y}}; }

  /// Cut a strip off one side: returns the strip, keeps the rest.
  Rect cut_left(float width) { return cut(min.x, width, +1, true); }
  Rect cut_right(float width) { return cut(max.x, width, -1, true); }
  Rect cut_top(float height) { return cut(min.y, height, +1, false); }
  Rect cut_bottom(float height) { return cut(max.y, height, -1, false); }

 private:
  Rect cut(float& edge, float length, int direction, bool along_x) {
    const float room = std::max(0.0F, along_x ? width() : height());
    const float taken = std::min(length, room);
    Rect strip = *this;
    const float inner = edge + taken * static_cast<float>(direction);
    if (along_x) (direction > 0 ? strip.max.x : strip.min.x) = inner;
    if (!along_x) (direction > 0 ? strip.max.y : strip.min.y) = inner;
    edge = inner;
    return strip;
  }
};

}  // namespace eventarium::viz::ui
