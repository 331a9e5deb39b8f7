// Marks on a partition's row: where consumers read and where their group's position is kept, what
// lies between (handed out, not committed: read again after a crash) and what is not read yet, the
// last stable offset, and who reads the partition.
#pragma once

#include <vector>

#include "viz/ui/partition_row.h"

namespace eventarium::viz::ui {

/// Where a row's cells stand.
struct Grid {
  OffsetRange range;
  float cell_px = 0, pitch_px = 0;
  float digits_px = 0;  // size of the offsets' digits; 0: there is no room for them
  float scale = 1;      // of marks: small in low rows
  Rect cells;           // pixels

  Rect cell(std::int64_t offset) const {
    const float x = cells.min.x + static_cast<float>(offset - range.first) * pitch_px;
    return {{x, cells.min.y}, {x + cell_px, cells.max.y}};
  }
  std::int64_t end() const { return range.first + range.cells; }
  /// Between the cells of `offset` and the one before it; at the row's edges beyond them.
  float edge(std::int64_t offset) const;
};

/// Who reads on from an offset, and whose position is kept there.
struct RowMark {
  std::int64_t offset = 0;
  std::vector<NodeId> readers;
  std::vector<std::string> groups;
};

/// Positions in sight, by offset.
std::vector<RowMark> positions_in(const Frame& frame, const Grid& grid, const PartitionId& id);
/// Kept positions, by offset; those that lie before what is seen stand at its beginning.
std::vector<RowMark> commits_in(const Frame& frame, const Grid& grid, const PartitionId& id);

/// Room below the cell that is read next, and above the cell at which a position is kept.
Rect position_room(const View& view, const Grid& grid, std::int64_t offset);
Rect commit_room(const View& view, const Grid& grid, std::int64_t offset);

/// On the leader's row.
void draw_row_marks(Frame& frame, const View& view, const Grid& grid,
                    const PartitionView& partition);

/// The last stable offset, where an open transaction holds it back.
void draw_last_stable_offset(Frame& frame, const View& view, const Grid& grid,
                             const ReplicaView& replica);

/// The numbers of the members that read the partition, at the right of its name; returns the width.
float draw_owners(Frame& frame, const View& view, const Rect& label, const PartitionId& id,
                  float size);

}  // namespace eventarium::viz::ui
