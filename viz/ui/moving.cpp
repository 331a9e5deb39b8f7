// See moving.h. Measured by tests/bench/moving_messages.cpp.
#include "viz/ui/moving.h"

#include <algorithm>

namespace eventarium::viz::ui {

ImVec2 place(const std::vector<Curve>& curves, const Moving& moving) {
  const Curve& curve = curves[moving.curve];
  const ImVec2 at = curve.at(moving.along);
  if (moving.aside_px == 0) return at;
  const ImVec2 ahead = curve.direction(moving.along);
  return {at.x - ahead.y * moving.aside_px, at.y + ahead.x * moving.aside_px};
}

void draw_moving(const Canvas& canvas, const std::vector<Curve>& curves,
                 const std::vector<Moving>& all) {
  // A batch stays below what 16-bit indices can address.
  constexpr std::size_t batch = 8000;
  const SpriteUv disc = canvas.fonts->sprite(Sprite::disc);
  const SpriteUv square = canvas.fonts->sprite(Sprite::square);
  for (std::size_t first = 0; first < all.size(); first += batch) {
    const std::size_t count = std::min(batch, all.size() - first);
    canvas.list->PrimReserve(static_cast<int>(count) * 6, static_cast<int>(count) * 4);
    for (std::size_t i = first; i < first + count; ++i) {
      const Moving& moving = all[i];
      const ImVec2 at = place(curves, moving);
      const SpriteUv& uv = moving.shape == Sprite::disc ? disc : square;
      const float r = moving.radius_px;
      canvas.list->PrimRectUV({at.x - r, at.y - r}, {at.x + r, at.y + r}, uv.min, uv.max,
                              moving.color.packed());
    }
  }
}

}  // namespace eventarium::viz::ui
