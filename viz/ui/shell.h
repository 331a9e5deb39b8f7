// Where each part of the window goes, for any size and scale: a pure function, so that tests can
// prove that nothing overlaps or is cut off. Side panels close when the picture in the middle
// would get too small.
//
//   +------------------------ top bar ------------------------+
//   |  events  |             centre              | inspector  |
//   +---------------------- timeline -------------------------+
//   +---------------------- narration ------------------------+
#pragma once

#include "viz/ui/geometry.h"
#include "viz/ui/theme.h"

namespace eventarium::viz::ui {

/// What the user wants open.
struct PanelWishes {
  bool events = false;
  bool inspector = true;
  bool timeline = true;
  int timeline_lanes = 4;
  bool metrics = false;  // in the place of the list of events
};

struct Shell {
  Rect top_bar, centre, narration;
  Rect events, inspector, timeline;  // empty when closed
  // Wanted, but there is no room: the controls that open them say so.
  bool events_squeezed = false, inspector_squeezed = false, timeline_squeezed = false;
};

/// `size` is the window's in pixels.
Shell arrange(ImVec2 size, const Theme& theme, const PanelWishes& wishes);

}  // namespace eventarium::viz::ui
