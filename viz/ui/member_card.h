// A member of a consumer group: its number and colour, the partitions that it reads as chips (of a
// share group the offsets of the records that it works on), how far
// it is behind; hatched with the word "stopped" while a rebalance keeps it from reading. Small
// in a large group: the number and the partitions alone.
#pragma once

#include "viz/ui/card.h"

namespace eventarium::viz::ui {

/// How a member is told from the others: a colour and a short text, its number in its group; with
/// the group's first letter where there are several groups. Never the colour alone: it comes again
/// in a large group.
struct MemberMark {
  Color color;
  std::string text;  // "3", "b1"
};
/// How high a mark is for a text of height 1.
constexpr float mark_part = 1.25F;
MemberMark mark_of(const Frame& frame, const GroupView& group, NodeId client);

/// A patch in the member's colour with its text on it, as high as `area`, at its left edge; returns
/// its width. Faded: it reads nothing now.
float draw_member_mark(const Canvas& canvas, const Rect& area, const MemberMark& mark,
                       bool faded = false);
float member_mark_width(const Canvas& canvas, float height, const MemberMark& mark);

/// Draws the card's inside. `box`: how large it is meant to be.
void draw_member(Card& card, const GroupView& group, const NodeBox& box);

/// Whether and for how long it has stopped in a rebalance that is going on.
bool has_stopped(const World& world, const GroupView& group, const MemberView& member);

/// In a group of one topic "3", else "orders-3".
std::string short_name(const GroupView& group, const PartitionId& partition);

/// A chip with a partition's name in the colour of its reader, hatched when nobody reads it.
/// Returns its width; draws nothing when that is more than `room` is wide.
float draw_partition_chip(const Canvas& canvas, const Rect& room, const Pen& pen,
                          const std::string& name, std::optional<Color> body, Color card);

/// A length of time for a number that counts while one looks: "3.2 s".
std::string seconds_text(Duration length);

}  // namespace eventarium::viz::ui
