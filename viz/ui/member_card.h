// A member of a consumer group: its number and colour, the partitions that it reads as chips, how
// far it is behind; hatched with the word "stopped" while a rebalance keeps it from reading. Small
// in a large group: the number and the partitions alone.
#pragma once

#include "viz/ui/card.h"

namespace eventarium::viz::ui {

/// The colour of a member, by its number in the group (from 1). Several have the same one in a
/// large group: never without the number.
Color member_color(const Palette& palette, std::size_t number);

/// A patch in the member's colour with its number on it, as high as `area`, at its left edge;
/// returns its width. Faded: it reads nothing now.
float draw_member_number(const Canvas& canvas, const Rect& area, std::size_t number,
                         bool faded = false);

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
