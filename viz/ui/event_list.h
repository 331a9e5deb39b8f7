// The list of events around the playhead, in plain words, with a filter. A click goes there.
#pragma once

#include "viz/ui/ui_state.h"

namespace eventarium::viz::ui {

void draw_event_list(Frame& frame, const Rect& area);

/// Brings `filter.rows` up to date with the history and its own text; letters match in either
/// case, against the sentence.
void refresh_filter(EventFilter& filter, const History& history);

}  // namespace eventarium::viz::ui
