// See layout.h. Nodes are sorted into ranks (columns of meaning); a rank with more nodes than fit
// below each other becomes several columns; columns are centred on a common axis.
#include "viz/model/layout.h"

#include <algorithm>
#include <cmath>
#include <deque>
#include <map>
#include <set>

namespace eventarium::viz {
namespace {

constexpr std::size_t cards_per_column = 6;
constexpr std::size_t channels_per_column = 4;
constexpr std::size_t managers_per_row = 8;
constexpr double arch_least = 22;    // how high a link between two of the row above rises
constexpr double round_reach = 110;  // how far a link that leads round a grid pulls away from it

// A group with more members than this shows them as chips.
constexpr std::size_t members_as_cards_max = 4;
constexpr std::size_t small_members_max = 18;  // with their names

struct Card {
  NodeId node;
  double width = 0, height = 0;
  std::size_t group = no_group;  // a frame with cards in it, not a node
  static constexpr std::size_t no_group = static_cast<std::size_t>(-1);
};
using Column = std::vector<Card>;

double height_of(const Column& column, double gap) {
  double height = 0;
  for (const Card& card : column) height += card.height + gap;
  return column.empty() ? 0 : height - gap;
}

double width_of(const Column& column) {
  double width = 0;
  for (const Card& card : column) width = std::max(width, card.width);
  return width;
}

/// Partitions per broker, in order.
std::map<NodeId, std::vector<PartitionId>> rows_by_broker(const History& history) {
  std::map<NodeId, std::vector<PartitionId>> rows;
  for (const auto& [partition, brokers] : history.assignments())
    for (const NodeId broker : brokers) rows[broker].push_back(partition);
  return rows;
}

/// Without a channel in the middle: how many calls away from a producer, at least 1.
std::map<NodeId, std::size_t> call_depths(const History& history) {
  std::map<NodeId, std::size_t> depth;
  std::deque<NodeId> open;
  for (const NodeInfo& node : history.nodes())
    if (node.role == Role::producer && node.id.valid()) {
      depth[node.id] = 0;
      open.push_back(node.id);
    }
  while (!open.empty()) {
    const NodeId from = open.front();
    open.pop_front();
    for (const LinkInfo& link : history.links()) {
      if (link.a != from) continue;
      if (depth.try_emplace(link.b, depth[from] + 1).second) open.push_back(link.b);
    }
  }
  return depth;
}

class Builder {
 public:
  Builder(const History& history, const LayoutMetrics& metrics)
      : history_(history), metrics_(metrics), rows_(rows_by_broker(history)) {}

  Layout build() {
    layout_.nodes.resize(history_.nodes().size());
    layout_.groups.resize(history_.groups().size());
    sort_into_ranks();
    place_columns();
    place_managers();
    add_rows();
    add_links();
    set_bounds();
    return std::move(layout_);
  }

 private:
  struct Place {  // in a grid of channels
    std::size_t column = 0, row = 0;
  };

  void sort_into_ranks() {
    const bool has_channel =
        std::any_of(history_.nodes().begin(), history_.nodes().end(),
                    [](const NodeInfo& node) { return is_channel(node.role); });
    const auto depths = has_channel ? std::map<NodeId, std::size_t>{} : call_depths(history_);
    std::map<std::size_t, Column> ranks;
    std::set<NodeId> grouped;
    for (std::size_t i = 0; has_channel && i < history_.groups().size(); ++i) {
      const Card card = group_card(i);
      if (card.width <= 0) continue;
      ranks[2].push_back(card);
      grouped.insert(history_.groups()[i].members.begin(), history_.groups()[i].members.end());
    }
    for (const NodeInfo& node : history_.nodes()) {
      if (!node.id.valid() || grouped.contains(node.id)) continue;
      const Card card = card_of(node);
      if (is_management(node.role)) {
        managers_.push_back(card);
      } else if (node.role == Role::producer) {
        ranks[0].push_back(card);
      } else if (is_channel(node.role)) {
        ranks[1].push_back(card);
      } else if (has_channel) {
        ranks[2].push_back(card);
      } else {
        const auto depth = depths.find(node.id);
        ranks[depth == depths.end() ? 1 : std::max<std::size_t>(depth->second, 1)].push_back(card);
      }
    }
    for (const auto& [rank, cards] : ranks) {
      const bool channels = has_channel && rank == 1;
      const std::size_t first = columns_.size();
      split(cards, rows_max(cards, channels), channels && !metrics_.tiles);
      if (channels && columns_.size() > first + 1) note_grid(first);
    }
  }

  /// The channels stand in several columns, from column `first` on.
  void note_grid(std::size_t first) {
    grid_first_ = first;
    for (std::size_t column = first; column < columns_.size(); ++column)
      for (std::size_t row = 0; row < columns_[column].size(); ++row)
        grid_[columns_[column][row].node] = {column - first, row};
    grid_columns_ = columns_.size() - first;
    grid_rows_ = columns_[first].size();
  }

  /// How many cards of this rank stand below each other.
  std::size_t rows_max(const Column& cards, bool channels) const {
    const bool brokers = channels && history_.node(cards.front().node)->role == Role::broker;
    if (brokers && (metrics_.broker_columns > 1 || metrics_.tiles))
      return (cards.size() + metrics_.broker_columns - 1) / metrics_.broker_columns;
    if (brokers) return cards.size();
    const bool groups = !channels && cards.front().group != Card::no_group;
    return groups ? frames_per_column(cards) : channels ? channels_per_column : cards_per_column;
  }

  /// Frames are of many heights: as many as stand below each other without making the picture
  /// higher than it is wide.
  std::size_t frames_per_column(const Column& cards) const {
    constexpr double high = 860;
    const auto columns = static_cast<std::size_t>(std::ceil(height_of(cards, metrics_.gap) / high));
    return (cards.size() + columns - 1) / std::max<std::size_t>(columns, 1);
  }

  Card card_of(const NodeInfo& node) const {
    switch (node.role) {
      case Role::broker: {
        const auto rows = rows_.find(node.id);
        const std::size_t count =
            rows == rows_.end() ? 1 : std::max<std::size_t>(rows->second.size(), 1);
        if (metrics_.tiles) return {node.id, metrics_.tile_width, tile_height()};
        return {node.id, metrics_.channel_width,
                metrics_.header_height + static_cast<double>(count) * metrics_.row_height +
                    metrics_.padding};
      }
      case Role::queue:
        return {node.id, metrics_.channel_width,
                metrics_.header_height + 3 * metrics_.row_height + metrics_.padding};
      case Role::station:
        return {node.id, metrics_.channel_width * 0.6,
                metrics_.header_height + 2 * metrics_.row_height + metrics_.padding};
      case Role::service:
      case Role::consumer:
        return {node.id, metrics_.service_width, metrics_.service_height};
      case Role::controller:
      case Role::zookeeper:
      case Role::admin:
        return {node.id, metrics_.manager_width, metrics_.manager_height};
      case Role::producer:
      case Role::other:
        break;
    }
    return {node.id, metrics_.card_width, metrics_.card_height};
  }

  // ---- groups: a frame, and the members in a grid inside

  struct MemberGrid {
    double width = 0, height = 0, gap = 0;
    std::size_t rows = 1, columns = 1;
    bool compact = false;
  };

  MemberGrid member_grid(std::size_t members) const {
    if (members <= members_as_cards_max)
      return {
          metrics_.service_width, metrics_.member_height, metrics_.gap * 0.6, members, 1, false};
    const bool named = members <= small_members_max;
    MemberGrid grid{named ? 150.0 : 84.0, named ? 66.0 : 44.0, 8, 1, 1, true};
    grid.rows = named ? 6 : 10;
    grid.columns = (members + grid.rows - 1) / grid.rows;
    grid.rows = (members + grid.columns - 1) / grid.columns;
    if (grid.columns == 1) grid.width = metrics_.service_width;
    return grid;
  }

  Card group_card(std::size_t index) const {
    const std::size_t members = history_.groups()[index].members.size();
    if (members == 0) return {};
    const MemberGrid grid = member_grid(members);
    const auto rows = static_cast<double>(grid.rows), columns = static_cast<double>(grid.columns);
    return {
        history_.groups()[index].members.front(),
        columns * (grid.width + grid.gap) - grid.gap + 2 * metrics_.group_padding,
        metrics_.group_header + rows * (grid.height + grid.gap) - grid.gap + metrics_.group_padding,
        index};
  }

  void place_group(const Card& card, double x, double y) {
    const History::Group& group = history_.groups()[card.group];
    layout_.groups[card.group] = {
        group.name, {x, y, card.width, card.height}, {x, y, card.width, metrics_.group_header}};
    const MemberGrid grid = member_grid(group.members.size());
    for (std::size_t i = 0; i < group.members.size(); ++i) {
      const auto column = static_cast<double>(i / grid.rows),
                 row = static_cast<double>(i % grid.rows);
      NodeBox& box = layout_.nodes[group.members[i].value];
      box.node = group.members[i];
      box.compact = grid.compact;
      box.box = {x + metrics_.group_padding + column * (grid.width + grid.gap),
                 y + metrics_.group_header + row * (grid.height + grid.gap), grid.width,
                 grid.height};
    }
  }

  void place_card(const Card& card, double x, double y) {
    if (card.group != Card::no_group) return place_group(card, x, y);
    layout_.nodes[card.node.value] = {card.node, {x, y, card.width, card.height}, {}, false};
  }

  /// All tiles are as high as the fullest one.
  double tile_height() const {
    std::size_t most = 1;
    for (const auto& [broker, rows] : rows_) most = std::max(most, rows.size());
    const double wide = metrics_.tile_width - 2 * metrics_.padding;
    const auto per_row = static_cast<std::size_t>(std::max(1.0, wide / metrics_.tile_square));
    const std::size_t rows = (most + per_row - 1) / per_row;
    return metrics_.header_height + static_cast<double>(rows) * metrics_.tile_square +
           metrics_.padding;
  }

  /// Even columns: 7 cards become 4 + 3, not 6 + 1.
  /// `talk`: cards of neighbouring columns send each other messages that must be seen.
  void split(const Column& cards, std::size_t rows_max, bool talk) {
    const std::size_t columns = (cards.size() + rows_max - 1) / rows_max;
    const std::size_t rows = (cards.size() + columns - 1) / columns;
    for (std::size_t first = 0; first < cards.size(); first += rows) {
      const std::size_t last = std::min(first + rows, cards.size());
      columns_.push_back(Column(cards.begin() + static_cast<std::ptrdiff_t>(first),
                                cards.begin() + static_cast<std::ptrdiff_t>(last)));
      // Columns of one rank stand closer.
      gaps_.push_back(last == cards.size() ? metrics_.column_gap
                      : talk               ? metrics_.column_gap * 0.5
                                           : metrics_.gap * (metrics_.tiles ? 1 : 2));
    }
  }

  void place_columns() {
    double tallest = 0;
    for (const Column& column : columns_)
      tallest = std::max(tallest, height_of(column, metrics_.gap));
    double x = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const double width = width_of(columns_[i]);
      const bool in_grid = grid_columns_ > 0 && i >= grid_first_ && i < grid_first_ + grid_columns_;
      // All columns of a grid begin at the height of its first one.
      const double height = in_grid ? height_of(columns_[grid_first_], metrics_.gap) : 0;
      if (in_grid)
        place_in_grid(columns_[i], x, width, (tallest - height) / 2);
      else
        place_column(columns_[i], x, width, tallest);
      x += width + gaps_[i];
    }
    width_ = columns_.empty() ? 0 : x - gaps_.back();
  }

  /// Cards of a short column spread, so that their links fan out instead of bundling.
  void place_column(const Column& column, double x, double width, double tallest) {
    const double free = tallest - height_of(column, metrics_.gap);
    const double extra =
        std::min(free / static_cast<double>(column.size() + 1), metrics_.spread_max);
    double y = (free - extra * static_cast<double>(column.size() - 1)) / 2;
    for (const Card& card : column) {
      place_card(card, x + (width - card.width) / 2, y);
      y += card.height + metrics_.gap + extra;
    }
  }

  void place_in_grid(const Column& column, double x, double width, double y) {
    for (const Card& card : column) {
      layout_.nodes[card.node.value] = {
          card.node, {x + (width - card.width) / 2, y, card.width, card.height}, {}, false};
      y += card.height + metrics_.gap;
    }
  }

  /// In rows above everything, the first row lowest.
  void place_managers() {
    const double step = metrics_.manager_height + metrics_.gap / 2;
    const double air = grid_rows_ > 1 && !metrics_.tiles ? round_reach * 0.6 : metrics_.gap * 2;
    double y = -(metrics_.manager_height + air);
    for (std::size_t first = 0; first < managers_.size(); first += managers_per_row, y -= step) {
      const std::size_t last = std::min(first + managers_per_row, managers_.size());
      double total = -metrics_.gap;
      for (std::size_t i = first; i < last; ++i) total += managers_[i].width + metrics_.gap;
      double x = (width_ - total) / 2;
      for (std::size_t i = first; i < last; ++i) {
        const Card& card = managers_[i];
        layout_.nodes[card.node.value] = {card.node, {x, y, card.width, card.height}, {}, false};
        x += card.width + metrics_.gap;
      }
    }
  }

  void add_rows() {
    for (NodeBox& node : layout_.nodes) {
      const auto rows = rows_.find(node.node);
      if (!node.node.valid() || rows == rows_.end()) continue;
      node.tile = metrics_.tiles;
      if (node.tile) {
        for (const PartitionId& partition : rows->second) node.rows.push_back({partition, {}, {}});
        continue;
      }
      double y = node.box.y + metrics_.header_height;
      const double x = node.box.x + metrics_.padding;
      const double cells_width = node.box.width - 2 * metrics_.padding - metrics_.row_label_width;
      for (const PartitionId& partition : rows->second) {
        node.rows.push_back({partition,
                             {x, y, metrics_.row_label_width, metrics_.row_height},
                             {x + metrics_.row_label_width, y, cells_width, metrics_.row_height}});
        y += metrics_.row_height;
      }
    }
  }

  void add_links() {
    for (const LinkInfo& link : history_.links()) {
      LinkCurve curve{link.a, link.b, {}, {}, {}, {}};
      if (link.a.valid() && link.b.valid() && link.a.value < layout_.nodes.size() &&
          link.b.value < layout_.nodes.size())
        bend(curve, layout_.nodes[link.a.value].box, layout_.nodes[link.b.value].box);
      layout_.links.push_back(curve);
    }
  }

  bool is_manager(NodeId node) const { return is_management(history_.node(node)->role); }

  void bend(LinkCurve& curve, const Box& a, const Box& b) const {
    if (history_.node(curve.a) == nullptr || history_.node(curve.b) == nullptr) return;
    const bool above_a = is_manager(curve.a), above_b = is_manager(curve.b);
    if (above_a && above_b) return arch(curve, a, b);
    if (above_a || above_b) return drop(curve, above_a ? a : b, above_a ? b : a, above_a);
    if (const auto below = way_round(curve)) return go_round(curve, a, b, *below);
    const bool right = b.x >= a.x + a.width, left = a.x >= b.x + b.width;
    if (right || left) {
      curve.p0 = {right ? a.x + a.width : a.x, a.centre().y};
      curve.p3 = {right ? b.x : b.x + b.width, b.centre().y};
      const double reach = (curve.p3.x - curve.p0.x) * 0.5;
      curve.p1 = {curve.p0.x + reach, curve.p0.y};
      curve.p2 = {curve.p3.x - reach, curve.p3.y};
      return;
    }
    if (a.y + a.height <= b.y - metrics_.gap || b.y + b.height <= a.y - metrics_.gap) {
      // One above the other: round the left side.
      curve.p0 = {a.x, a.centre().y};
      curve.p3 = {b.x, b.centre().y};
      const double out = std::min(a.x, b.x) - metrics_.column_gap * 0.35;
      curve.p1 = {out, curve.p0.y};
      curve.p2 = {out, curve.p3.y};
      return;
    }
    curve.p0 = curve.p1 = a.centre();
    curve.p2 = curve.p3 = b.centre();
  }

  /// Between two of the row above: over their heads.
  static void arch(LinkCurve& curve, const Box& a, const Box& b) {
    curve.p0 = {a.centre().x, a.y};
    curve.p3 = {b.centre().x, b.y};
    const double high = arch_least + 0.06 * std::abs(curve.p3.x - curve.p0.x);
    curve.p1 = {curve.p0.x, curve.p0.y - high};
    curve.p2 = {curve.p3.x, curve.p3.y - high};
  }

  /// From one of the row above straight down to a card, ending where it is nearest.
  static void drop(LinkCurve& curve, const Box& manager, const Box& card, bool manager_first) {
    const Point from{manager.centre().x, manager.y + manager.height};
    const double inset = std::min(30.0, card.width / 4);
    const Point to{std::clamp(from.x, card.x + inset, card.x + card.width - inset), card.y};
    const double reach = (to.y - from.y) * 0.5;
    const Point from_control{from.x, from.y + reach}, to_control{to.x, to.y - reach};
    curve.p0 = manager_first ? from : to;
    curve.p1 = manager_first ? from_control : to_control;
    curve.p2 = manager_first ? to_control : from_control;
    curve.p3 = manager_first ? to : from;
  }

  const Place* place_of(NodeId node) const {
    const auto found = grid_.find(node);
    return found == grid_.end() ? nullptr : &found->second;
  }

  /// Whether other columns of the grid stand between the two: true when the way leads below
  /// them, false when it leads above; nothing when the straight way is free.
  std::optional<bool> way_round(const LinkCurve& curve) const {
    if (grid_columns_ == 0 || metrics_.tiles) return std::nullopt;
    const Place *a = place_of(curve.a), *b = place_of(curve.b);
    if (a == nullptr && b == nullptr) return std::nullopt;
    const auto is_below = [&](const Place& place) {
      return grid_rows_ == 1 || place.row * 2 >= grid_rows_;
    };
    if (a != nullptr && b != nullptr) {
      const std::size_t apart =
          a->column > b->column ? a->column - b->column : b->column - a->column;
      if (apart < 2) return std::nullopt;
      return is_below(*a) && is_below(*b);
    }
    const Place& place = a != nullptr ? *a : *b;
    const NodeId other = a != nullptr ? curve.b : curve.a;
    const NodeId self = a != nullptr ? curve.a : curve.b;
    const bool from_left = layout_.nodes[other.value].box.x < layout_.nodes[self.value].box.x;
    const std::size_t between = from_left ? place.column : grid_columns_ - 1 - place.column;
    if (between == 0) return std::nullopt;
    return is_below(place);
  }

  /// Below (or above) all cards of the grid.
  void go_round(LinkCurve& curve, const Box& a, const Box& b, bool below) const {
    double edge = below ? -1e9 : 1e9;
    for (const auto& [node, place] : grid_) {
      const Box& box = layout_.nodes[node.value].box;
      edge = below ? std::max(edge, box.y + box.height) : std::min(edge, box.y);
    }
    const double out = edge + (below ? 1 : -0.7) * round_reach;
    const auto end_of = [&](const Box& box, NodeId node, const Box& other, Point& end,
                            Point& control) {
      const bool right = other.x > box.x;
      if (place_of(node) == nullptr) {
        end = {right ? box.x + box.width : box.x, box.centre().y};
        control = {end.x + (right ? 1 : -1) * metrics_.column_gap * 0.9, out};
        return;
      }
      end = {box.x + box.width * (right ? 0.65 : 0.35), below ? box.y + box.height : box.y};
      control = {end.x + (right ? 1 : -1) * metrics_.column_gap * 0.3, out};
    };
    end_of(a, curve.a, b, curve.p0, curve.p1);
    end_of(b, curve.b, a, curve.p3, curve.p2);
  }

  /// Moves everything so that the top left is the origin.
  void set_bounds() {
    double x0 = 0, y0 = 0, x1 = 0, y1 = 0;
    bool first = true;
    std::vector<Box> boxes;
    for (const NodeBox& node : layout_.nodes)
      if (node.node.valid()) boxes.push_back(node.box);
    for (const GroupBox& group : layout_.groups)
      if (group.box.width > 0) boxes.push_back(group.box);
    for (const Box& box : boxes) {
      x0 = first ? box.x : std::min(x0, box.x);
      y0 = first ? box.y : std::min(y0, box.y);
      x1 = first ? box.x + box.width : std::max(x1, box.x + box.width);
      y1 = first ? box.y + box.height : std::max(y1, box.y + box.height);
      first = false;
    }
    // Room for links that lead round the cards.
    if (managers_.size() > 1) y0 -= arch_least;
    if (grid_columns_ > 0 && !metrics_.tiles) y1 += round_reach * 0.5;
    for (NodeBox& node : layout_.nodes) {
      shift(node.box, x0, y0);
      for (RowBox& row : node.rows) {
        shift(row.label, x0, y0);
        shift(row.cells, x0, y0);
      }
    }
    for (GroupBox& group : layout_.groups) {
      shift(group.box, x0, y0);
      shift(group.header, x0, y0);
    }
    for (LinkCurve& link : layout_.links)
      for (Point* point : {&link.p0, &link.p1, &link.p2, &link.p3}) {
        point->x -= x0;
        point->y -= y0;
      }
    layout_.bounds = {0, 0, x1 - x0, y1 - y0};
  }
  static void shift(Box& box, double x, double y) {
    box.x -= x;
    box.y -= y;
  }

  const History& history_;
  const LayoutMetrics& metrics_;
  std::map<NodeId, std::vector<PartitionId>> rows_;
  std::vector<Column> columns_;
  std::vector<double> gaps_;  // to the right of each column
  Column managers_;
  // Channels in several columns; none when there is one column.
  std::map<NodeId, Place> grid_;
  std::size_t grid_first_ = 0, grid_columns_ = 0, grid_rows_ = 0;
  double width_ = 0;
  Layout layout_;
};

}  // namespace

Point LinkCurve::at(double fraction) const {
  const double u = 1 - fraction, f = fraction;
  const double w0 = u * u * u, w1 = 3 * u * u * f, w2 = 3 * u * f * f, w3 = f * f * f;
  return {w0 * p0.x + w1 * p1.x + w2 * p2.x + w3 * p3.x,
          w0 * p0.y + w1 * p1.y + w2 * p2.y + w3 * p3.y};
}

const NodeBox* Layout::at(Point p) const {
  for (const NodeBox& node : nodes)
    if (node.node.valid() && node.box.contains(p)) return &node;
  return nullptr;
}

const GroupBox* Layout::group_at(Point p) const {
  for (const GroupBox& group : groups)
    if (group.box.width > 0 && group.box.contains(p)) return &group;
  return nullptr;
}

RowCount count_rows(const History& history) {
  RowCount count;
  for (const NodeInfo& node : history.nodes())
    if (node.id.valid() && node.role == Role::broker) ++count.brokers;
  for (const auto& [broker, rows] : rows_by_broker(history)) {
    count.most = std::max(count.most, rows.size());
    count.total += rows.size();
  }
  return count;
}

Layout make_layout(const History& history, const LayoutMetrics& metrics) {
  return Builder(history, metrics).build();
}

LayoutKey layout_key(const History& history) {
  std::size_t members = 0;
  for (const History::Group& group : history.groups()) members += group.members.size();
  return {history.nodes().size(), history.links().size(), history.assignment_changes(), members};
}

}  // namespace eventarium::viz
