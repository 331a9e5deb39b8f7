// The messages on their way, drawn as one batch of quads: twenty thousand of them must cost the
// processor less than two milliseconds a frame.
#pragma once

#include <cstdint>
#include <vector>

#include "viz/ui/curve.h"
#include "viz/ui/draw.h"

namespace eventarium::viz::ui {

/// One message on a curve. `curve` is an index into the curves given to draw_moving().
struct Moving {
  std::uint32_t curve = 0;
  float along = 0;     // 0 at the curve's start, 1 at its end
  float aside_px = 0;  // to the right of the direction of travel, so that two ways stay apart
  float radius_px = 6;
  Color color;
  Sprite shape = Sprite::square;
};

/// Where it is now.
ImVec2 place(const std::vector<Curve>& curves, const Moving& moving);

/// Draws them in order, in batches of quads from the font texture.
void draw_moving(const Canvas& canvas, const std::vector<Curve>& curves,
                 const std::vector<Moving>& all);

}  // namespace eventarium::viz::ui
