// Where everything stands: producers left, channel in the centre, services right, controllers,
// ZooKeeper and the admin in a row above, the members of a group in a frame. Deterministic, in
// abstract units (1 unit = 1 pixel at scale 1, y grows downwards, origin top left of the whole).
// Depends on what exists, never on the playhead.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "viz/model/history.h"

namespace eventarium::viz {

struct Point {
  double x = 0, y = 0;
  bool operator==(const Point&) const = default;
};

struct Box {
  double x = 0, y = 0, width = 0, height = 0;
  bool operator==(const Box&) const = default;
  Point centre() const { return {x + width / 2, y + height / 2}; }
  bool contains(Point p) const {
    return p.x >= x && p.x < x + width && p.y >= y && p.y < y + height;
  }
  bool overlaps(const Box& other) const {
    return x < other.x + other.width && other.x < x + width && y < other.y + other.height &&
           other.y < y + height;
  }
};

/// A partition's row inside a broker.
struct RowBox {
  PartitionId partition;
  Box label;  // ★ and name
  Box cells;  // the row of offsets
};

struct NodeBox {
  NodeId node;
  Box box;
  std::vector<RowBox> rows;  // brokers only, in order of partition; none on a tile
  bool tile = false;         // a small square for each replica; its rows have no boxes
  bool compact = false;      // a member of a large group: a number and what it reads
};

/// The frame around the members of a consumer group.
struct GroupBox {
  std::string name;
  Box box;
  Box header;  // name, state, lag
};

/// A cubic Bézier from border to border: a, two control points, b.
struct LinkCurve {
  NodeId a, b;
  Point p0, p1, p2, p3;
  Point at(double fraction) const;  // 0 at a, 1 at b
};

struct Layout {
  std::vector<NodeBox> nodes;    // index = NodeId::value; undeclared ones have zero size
  std::vector<LinkCurve> links;  // index = that of History::links()
  std::vector<GroupBox> groups;  // index = that of History::groups()
  Box bounds;
  const NodeBox* at(Point p) const;         // the node whose card is there, or null
  const GroupBox* group_at(Point p) const;  // the group whose frame is there, or null
};

struct LayoutMetrics {
  double card_width = 190, card_height = 116;        // producers and others
  double service_width = 230, service_height = 150;  // services and consumers
  double member_height = 124;                        // of a group
  double group_header = 82, group_padding = 10;      // of the frame around one
  double channel_width = 560;                        // brokers, queues; stations are smaller
  double header_height = 50;                         // name and label of a card
  double row_height = 40;                            // a partition; rows of a queue or station
  double row_label_width = 150;
  std::size_t broker_columns = 1;                   // brokers beside each other
  bool tiles = false;                               // brokers as tiles
  double tile_width = 190, tile_square = 13;        // and how large a replica's square is on one
  double manager_width = 190, manager_height = 66;  // controllers, ZooKeeper, the admin
  double gap = 24;                                  // between cards of a column, at least
  double spread_max = 70;                           // more than that, where there is room
  double column_gap = 170;                          // between columns: where messages fly
  double padding = 16;
};

/// Replicas of the broker with the most of them, and all of them: what a layout has to have room
/// for.
struct RowCount {
  std::size_t brokers = 0, most = 0, total = 0;
};
RowCount count_rows(const History& history);

/// A queue has room for three rows (waiting, leased, dead letters), a station for two.
Layout make_layout(const History& history, const LayoutMetrics& metrics = {});

/// Changes whenever make_layout() would give something else: compare before laying out again.
struct LayoutKey {
  std::size_t nodes = 0, links = 0, assignments = 0, members = 0;
  bool operator==(const LayoutKey&) const = default;
};
LayoutKey layout_key(const History& history);

}  // namespace eventarium::viz
