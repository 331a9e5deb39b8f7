// Drawing in the project's own hand: text that fits its room, frames, dashes, and the marks that
// stand for states (star leads, ring follows, crown decides,
// hatched is behind, cross is dead). Marks are shapes, not letters, so
// that no font has to have them. Knows colours and fonts, nothing of the model.
#pragma once

#include <imgui.h>

#include <string>
#include <string_view>
#include <vector>

#include "viz/ui/color.h"
#include "viz/ui/fonts.h"
#include "viz/ui/geometry.h"
#include "viz/ui/theme.h"

namespace eventarium::viz::ui {

/// Where to draw and with what. `list` is not owned.
struct Canvas {
  ImDrawList* list = nullptr;
  const Theme* theme = nullptr;
  Fonts* fonts = nullptr;
  bool tips = true;  // tool tips are due: the mouse rests

  const Palette& color() const { return theme->color; }
  float px(float units) const { return theme->px(units); }
};

enum class Align { left, center, right };

/// A way of writing: face, size in pixels and colour.
struct Pen {
  Face face = Face::regular;
  float size_px = 18;
  Color color;
};

float text_width(const Canvas& canvas, const Pen& pen, std::string_view text);
/// One line with its top left corner at `at`; returns the width.
float draw_text(const Canvas& canvas, ImVec2 at, const Pen& pen, std::string_view text);
/// One line, centred vertically in `room`, cut with "…" when it does not fit. True: was cut.
bool draw_text_in(const Canvas& canvas, const Rect& room, const Pen& pen, std::string_view text,
                  Align align = Align::left);
/// Wrapped at words to `width_px`; returns the height. With `draw` false only measures.
float draw_paragraph(const Canvas& canvas, ImVec2 at, float width_px, const Pen& pen,
                     std::string_view text, bool draw = true);
/// The longest beginning of `text` that fits with "…" behind it, or all of it.
std::string elided(const Canvas& canvas, const Pen& pen, std::string_view text, float width_px);

void fill(const Canvas& canvas, const Rect& rect, Color color, float radius_px = 0);
void frame(const Canvas& canvas, const Rect& rect, Color color, float weight_px, float radius_px);
void dashed_frame(const Canvas& canvas, const Rect& rect, Color color, float weight_px,
                  float radius_px);
void line(const Canvas& canvas, ImVec2 from, ImVec2 to, Color color, float weight_px);
void dashed_polyline(const Canvas& canvas, const std::vector<ImVec2>& points, Color color,
                     float weight_px, float dash_px, float gap_px);

// Marks, centred at `at`; `radius_px` is half their height.
void star(const Canvas& canvas, ImVec2 at, float radius_px, Color color);
void ring(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px);
void disc(const Canvas& canvas, ImVec2 at, float radius_px, Color color);
void cross(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px);
void check_mark(const Canvas& canvas, ImVec2 at, float radius_px, Color color, float weight_px);
/// A crown: the one that decides for the others.
void crown(const Canvas& canvas, ImVec2 at, float radius_px, Color color);
/// Diagonal lines inside `rect`, `step_px` apart: not all there, not in order.
void hatch(const Canvas& canvas, const Rect& rect, Color color, float step_px, float weight_px);
void triangle_down(const Canvas& canvas, ImVec2 tip, float radius_px, Color color);

enum class Icon { play, pause, step_forward, step_back, restart, minus, plus, close, more, fit };
void icon(const Canvas& canvas, Icon which, ImVec2 at, float radius_px, Color color);

}  // namespace eventarium::viz::ui
