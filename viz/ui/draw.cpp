// See draw.h. Everything ends in ImGui's draw list; sizes are pixels already.
#include "viz/ui/draw.h"

#include <array>
#include <cmath>

namespace eventarium::viz::ui {

namespace {

constexpr float pi = 3.14159265F;

ImVec2 on_circle(ImVec2 center, float radius, float turns) {
  const float angle = turns * 2 * pi;
  return {center.x + radius * std::sin(angle), center.y - radius * std::cos(angle)};
}

/// Bytes of the UTF-8 character that starts with `lead`.
std::size_t character_bytes(char lead) {
  const auto byte = static_cast<unsigned char>(lead);
  if (byte < 0x80) return 1;
  if (byte < 0xE0) return 2;
  return byte < 0xF0 ? 3 : 4;
}

}  // namespace

float text_width(const Canvas& canvas, const Pen& pen, std::string_view text) {
  const ImFont* font = canvas.fonts->get(pen.face, pen.size_px);
  return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, text.data(), text.data() + text.size()).x;
}

float draw_text(const Canvas& canvas, ImVec2 at, const Pen& pen, std::string_view text) {
  if (text.empty()) return 0;
  const ImFont* font = canvas.fonts->get(pen.face, pen.size_px);
  const ImVec2 pixel{std::floor(at.x + 0.5F), std::floor(at.y + 0.5F)};
  canvas.list->AddText(font, font->FontSize, pixel, pen.color.packed(), text.data(),
                       text.data() + text.size());
  return text_width(canvas, pen, text);
}

std::string elided(const Canvas& canvas, const Pen& pen, std::string_view text, float width_px) {
  if (text_width(canvas, pen, text) <= width_px) return std::string(text);
  const float room = width_px - text_width(canvas, pen, "…");
  std::size_t end = 0;
  float used = 0;
  while (end < text.size()) {
    const std::size_t next = std::min(text.size(), end + character_bytes(text[end]));
    const float wide = text_width(canvas, pen, text.substr(end, next - end));
    if (used + wide > room) break;
    used += wide;
    end = next;
  }
  if (end == 0) return "";
  while (end > 0 && text[end - 1] == ' ') --end;
  return std::string(text.substr(0, end)) + "…";
}

bool draw_text_in(const Canvas& canvas, const Rect& room, const Pen& pen, std::string_view text,
                  Align align) {
  const std::string shown = elided(canvas, pen, text, room.width());
  const float width = text_width(canvas, pen, shown);
  float x = room.min.x;
  if (align == Align::center) x = room.center().x - width / 2;
  if (align == Align::right) x = room.max.x - width;
  const float height = canvas.fonts->get(pen.face, pen.size_px)->FontSize;
  draw_text(canvas, {x, room.center().y - height / 2}, pen, shown);
  return shown.size() != text.size();
}

namespace {

/// Bytes of `text` that make up one line: up to a line break, else as many whole words as fit,
/// else as many characters (at least one).
std::size_t line_bytes(const Canvas& canvas, const Pen& pen, std::string_view text,
                       float width_px) {
  const std::size_t stop = std::min(text.find('\n'), text.size());
  std::size_t fits = 0, position = 0;
  float used = 0;
  while (position < stop) {
    const std::size_t end = std::min(std::min(text.find(' ', position), stop), text.size());
    used += text_width(canvas, pen, text.substr(position, end - position));
    if (used > width_px) break;
    fits = end;
    used += text_width(canvas, pen, " ");
    position = end + 1;
  }
  if (fits > 0 || stop == 0) return fits;
  used = 0;
  while (fits < stop) {
    const std::size_t next = std::min(stop, fits + character_bytes(text[fits]));
    used += text_width(canvas, pen, text.substr(fits, next - fits));
    if (used > width_px && fits > 0) break;
    fits = next;
  }
  return fits;
}

}  // namespace

float draw_paragraph(const Canvas& canvas, ImVec2 at, float width_px, const Pen& pen,
                     std::string_view text, bool draw) {
  const ImFont* font = canvas.fonts->get(pen.face, pen.size_px);
  const float line_height = std::round(font->FontSize * 1.12F);
  float y = at.y;
  while (!text.empty()) {
    const std::size_t bytes = line_bytes(canvas, pen, text, width_px);
    if (draw) draw_text(canvas, {at.x, y}, pen, text.substr(0, bytes));
    y += line_height;
    text.remove_prefix(bytes);
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    if (!text.empty() && text.front() == '\n') text.remove_prefix(1);
  }
  return y - at.y;
}

void fill(const Canvas& canvas, const Rect& rect, Color color, float radius_px) {
  canvas.list->AddRectFilled(rect.min, rect.max, color.packed(), radius_px);
}

void frame(const Canvas& canvas, const Rect& rect, Color color, float weight_px, float radius_px) {
  const float half = weight_px / 2;
  const Rect inner = rect.shrunk(half);
  canvas.list->AddRect(inner.min, inner.max, color.packed(), radius_px, 0, weight_px);
}

void line(const Canvas& canvas, ImVec2 from, ImVec2 to, Color color, float weight_px) {
  canvas.list->AddLine(from, to, color.packed(), weight_px);
}

void dashed_polyline(const Canvas& canvas, const std::vector<ImVec2>& points, Color color,
                     float weight_px, float dash_px, float gap_px) {
  bool drawing = true;
  float left = dash_px;
  for (std::size_t i = 1; i < points.size(); ++i) {
    const ImVec2 step = points[i] - points[i - 1];
    const float length = std::hypot(step.x, step.y);
    float done = 0;
    while (done < length) {
      const float part = std::min(left, length - done);
      if (drawing)
        line(canvas, points[i - 1] + step * (done / length),
             points[i - 1] + step * ((done + part) / length), color, weight_px);
      done += part;
      left -= part;
      if (left > 0.01F) continue;
      drawing = !drawing;
      left = drawing ? dash_px : gap_px;
    }
  }
}

void dashed_frame(const Canvas& canvas, const Rect& rect, Color color, float weight_px,
                  float radius_px) {
  const Rect inner = rect.shrunk(weight_px / 2);
  const float r = std::min(radius_px, std::min(inner.width(), inner.height()) / 2);
  std::vector<ImVec2> outline;
  const std::array<ImVec2, 4> centers = {
      ImVec2{inner.max.x - r, inner.min.y + r}, ImVec2{inner.max.x - r, inner.max.y - r},
      ImVec2{inner.min.x + r, inner.max.y - r}, ImVec2{inner.min.x + r, inner.min.y + r}};
  constexpr int steps = 5;
  for (int corner = 0; corner < 4; ++corner)
    for (int i = 0; i <= steps; ++i) {
      const float turns = 0.25F * static_cast<float>(corner) +
                          0.25F * static_cast<float>(i) / static_cast<float>(steps);
      outline.push_back(on_circle(centers[static_cast<std::size_t>(corner)], r, turns));
    }
  outline.push_back(outline.front());
  dashed_polyline(canvas, outline, color, weight_px, 5 * weight_px, 3 * weight_px);
}

void star(const Canvas& canvas, ImVec2 at, float radius_px, Color color) {
  const ImVec2 center{at.x, at.y + radius_px * 0.06F};
  std::array<ImVec2, 10> points;
  for (std::size_t i = 0; i < points.size(); ++i)
    points[i] = on_circle(center, i % 2 == 0 ? radius_px : radius_px * 0.42F,
                          static_cast<float>(i) / 10.0F);
  // Not convex: a fan around the centre, one triangle pair per point.
  for (std::size_t i = 0; i < points.size(); i += 2) {
    const ImVec2 before = points[(i + 9) % 10];
    const ImVec2 after = points[(i + 1) % 10];
    canvas.list->AddQuadFilled(center, before, points[i], after, color.packed());
  }
}

void ring(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px) {
  canvas.list->AddCircle(at, radius_px - weight_px / 2, color.packed(), 0, weight_px);
}

void disc(const Canvas& canvas, ImVec2 at, float radius_px, Color color) {
  canvas.list->AddCircleFilled(at, radius_px, color.packed());
}

void cross(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px) {
  const float r = radius_px * 0.8F;
  line(canvas, {at.x - r, at.y - r}, {at.x + r, at.y + r}, color, weight_px);
  line(canvas, {at.x - r, at.y + r}, {at.x + r, at.y - r}, color, weight_px);
}

void check_mark(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px) {
  const float r = radius_px;
  const std::array<ImVec2, 3> points = {ImVec2{at.x - 0.7F * r, at.y},
                                        ImVec2{at.x - 0.15F * r, at.y + 0.55F * r},
                                        ImVec2{at.x + 0.75F * r, at.y - 0.55F * r}};
  canvas.list->AddPolyline(points.data(), 3, color.packed(), 0, weight_px);
}

void crown(const Canvas& canvas, ImVec2 at, float r, Color color) {
  const std::uint32_t ink = color.packed();
  const float base = at.y + r * 0.75F, band = at.y + r * 0.35F;
  canvas.list->AddRectFilled({at.x - r, band}, {at.x + r, base}, ink, r * 0.15F);
  // Three spikes that overlap on the band.
  for (const float x : {-0.66F, 0.0F, 0.66F}) {
    const float high = x == 0 ? 0.85F : 0.6F;
    const float tip = at.x + x * r * 1.35F;
    canvas.list->AddTriangleFilled({tip, at.y - high * r}, {at.x + (x + 0.36F) * r, band + 1},
                                   {at.x + (x - 0.36F) * r, band + 1}, ink);
  }
}

void hatch(const Canvas& canvas, const Rect& rect, Color color, float step_px, float weight_px) {
  if (rect.empty() || step_px < 1) return;
  const float width = rect.width(), height = rect.height();
  // Lines from lower left to upper right: x + y is constant on each, cut off at the edges.
  for (float sum = step_px * 0.5F; sum < width + height; sum += step_px) {
    const ImVec2 low{rect.min.x + std::max(0.0F, sum - height), rect.min.y + std::min(sum, height)};
    const ImVec2 high{rect.min.x + std::min(sum, width), rect.min.y + std::max(0.0F, sum - width)};
    line(canvas, low, high, color, weight_px);
  }
}

void triangle_down(const Canvas& canvas, ImVec2 tip, float radius_px, Color color) {
  canvas.list->AddTriangleFilled({tip.x - radius_px, tip.y - radius_px * 1.5F},
                                 {tip.x + radius_px, tip.y - radius_px * 1.5F}, tip,
                                 color.packed());
}

namespace {

void triangle_side(const Canvas& canvas, ImVec2 at, float r, float direction, Color color) {
  const ImVec2 tip{at.x + direction * r * 0.8F, at.y};
  const ImVec2 top{at.x - direction * r * 0.8F, at.y - r};
  const ImVec2 bottom{at.x - direction * r * 0.8F, at.y + r};
  // ImGui's anti-aliasing needs one winding.
  if (direction > 0)
    canvas.list->AddTriangleFilled(tip, bottom, top, color.packed());
  else
    canvas.list->AddTriangleFilled(tip, top, bottom, color.packed());
}

void bar(const Canvas& canvas, ImVec2 at, float half_width, float half_height, Color color) {
  fill(canvas, {{at.x - half_width, at.y - half_height}, {at.x + half_width, at.y + half_height}},
       color, half_width * 0.5F);
}

void restart_arrow(const Canvas& canvas, ImVec2 at, float r, Color color) {
  canvas.list->PathArcTo(at, r * 0.85F, -0.2F * pi, 1.45F * pi, 24);
  canvas.list->PathStroke(color.packed(), 0, r * 0.26F);
  const ImVec2 tip = on_circle(at, r * 0.85F, 0.02F);
  canvas.list->AddTriangleFilled({tip.x - r * 0.12F, tip.y - r * 0.5F},
                                 {tip.x + r * 0.55F, tip.y + r * 0.02F},
                                 {tip.x - r * 0.12F, tip.y + r * 0.52F}, color.packed());
}

}  // namespace

void icon(const Canvas& canvas, Icon which, ImVec2 at, float r, Color color) {
  switch (which) {
    case Icon::play:
      return triangle_side(canvas, {at.x + r * 0.1F, at.y}, r, +1, color);
    case Icon::pause:
      bar(canvas, {at.x - r * 0.5F, at.y}, r * 0.24F, r * 0.95F, color);
      return bar(canvas, {at.x + r * 0.5F, at.y}, r * 0.24F, r * 0.95F, color);
    case Icon::step_forward:
      triangle_side(canvas, {at.x - r * 0.2F, at.y}, r * 0.9F, +1, color);
      return bar(canvas, {at.x + r * 0.72F, at.y}, r * 0.16F, r * 0.9F, color);
    case Icon::step_back:
      triangle_side(canvas, {at.x + r * 0.2F, at.y}, r * 0.9F, -1, color);
      return bar(canvas, {at.x - r * 0.72F, at.y}, r * 0.16F, r * 0.9F, color);
    case Icon::restart:
      return restart_arrow(canvas, at, r, color);
    case Icon::minus:
      return bar(canvas, at, r * 0.7F, r * 0.12F, color);
    case Icon::plus:
      bar(canvas, at, r * 0.7F, r * 0.12F, color);
      return bar(canvas, at, r * 0.12F, r * 0.7F, color);
    case Icon::close:
      return cross(canvas, at, r * 0.8F, color, r * 0.24F);
    case Icon::more:
      for (const float x : {-0.7F, 0.0F, 0.7F}) disc(canvas, {at.x + x * r, at.y}, r * 0.2F, color);
      return;
    case Icon::fit:
      return frame(canvas, {{at.x - r, at.y - r * 0.7F}, {at.x + r, at.y + r * 0.7F}}, color,
                   r * 0.22F, r * 0.3F);
  }
}

}  // namespace eventarium::viz::ui
