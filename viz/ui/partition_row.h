// A replica as a row of cells with offsets: ★ or ○ and the name, readable records in blue, those
// beyond the high watermark in amber, the green bar at the high watermark, what the leader has and
// this copy has not as a hatched gap, and the marks of those who read (partition_marks.h). Records
// of an open transaction are outlined, those of an aborted one struck out, and the markers that end
// transactions are rings.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "viz/ui/camera.h"

namespace eventarium::viz::ui {

/// What of a row is under the mouse.
struct RowHit {
  bool label = false;
  std::optional<std::int64_t> offset;
  std::vector<NodeId> readers;      // whose position it is
  std::vector<std::string> groups;  // whose kept position it is
  std::int64_t committed = 0;       // that position
};

/// The offsets that a row shows when it has room for `cells`: [first, first + cells).
struct OffsetRange {
  std::int64_t first = 0;
  int cells = 0;
};
/// Keeps the log end in sight with a few empty cells behind it; starts at the log's start while
/// everything fits.
OffsetRange visible_offsets(std::int64_t log_start, std::int64_t log_end, int cells);

/// `dead`: the broker is down, so the row is shown as it was, paler.
void draw_partition_row(Frame& frame, const View& view, const RowBox& row,
                        const PartitionView& partition, NodeId broker, bool dead);

/// What `pixel` points at in the row.
RowHit hit_partition_row(const Frame& frame, const View& view, const RowBox& row,
                         const PartitionView& partition, NodeId broker, ImVec2 pixel);

}  // namespace eventarium::viz::ui
