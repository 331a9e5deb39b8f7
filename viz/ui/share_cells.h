// The cells of a partition as a share group sees them, over the leader's row: a record that is
// locked for a member is a patch in its colour with its number instead of the offset ("3", "3×2"
// when it is given out for the second time, framed then), a finished one is hollow, an archived one
// struck out. What is free looks like any readable record.
#pragma once

#include <optional>
#include <string>

#include "viz/ui/partition_marks.h"

namespace eventarium::viz::ui {

/// The share group that is shown in the partition's cells: the selected one, else the first that
/// reads the topic; null when none does.
const GroupView* share_group_of(const Frame& frame, const PartitionId& partition);

void draw_share_cells(Frame& frame, const View& view, const Grid& grid, const GroupView& group,
                      const ReplicaId& leader, const ReplicaView& replica);

/// What has become of a record, for the mouse; empty while it is free and has never been given out.
std::string share_text(const Frame& frame, const GroupView& group, const PartitionId& partition,
                       std::int64_t offset);

/// From long to short: "9 in work · 290 done · 1 archived".
std::vector<std::string> share_sums(const GroupView& group);

}  // namespace eventarium::viz::ui
