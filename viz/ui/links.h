// Links between cards and the messages on them. Square: on its way to a channel or a called
// node; round: from there. Small and grey: carries no records. A way to the dead is dashed red.
// What the cluster says to itself is quieter: smaller marks, thin lines that show while they are
// used.
#pragma once

#include "viz/ui/camera.h"
#include "viz/ui/moving.h"

namespace eventarium::viz::ui {

/// One frame's links and messages in pixels.
struct Traffic {
  std::vector<Curve> curves;  // index = that of Layout::links
  std::vector<Moving> moving;
  std::vector<Flight> flights;  // parallel to `moving`
  std::vector<Band> bands;
  std::vector<bool> busy;  // by link: something moves on it
};

Traffic make_traffic(const Frame& frame, const View& view);

void draw_links(Frame& frame, const View& view, const Traffic& traffic);
void draw_messages(Frame& frame, const View& view, const Traffic& traffic);

/// The flight whose mark is at `pixel`, or null.
const Flight* flight_at(const View& view, const Traffic& traffic, ImVec2 pixel);
/// The link at `pixel`: an index into the curves, or -1.
int link_at(const View& view, const Traffic& traffic, ImVec2 pixel);

}  // namespace eventarium::viz::ui
