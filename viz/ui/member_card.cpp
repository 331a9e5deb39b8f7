// See member_card.h. Sizes are layout units: 1 unit is 1 pixel at zoom 1.
#include "viz/ui/member_card.h"

#include <fmt/format.h>

#include <algorithm>

#include "viz/ui/group_motion.h"

namespace eventarium::viz::ui {

namespace {

constexpr float chip_height = 24, chip_gap = 5;
constexpr float tiny_width = 100;  // a narrower card has no room for a name

/// "stopped 3.2 s", or why it reads nothing; empty while it reads.
struct State {
  std::string text;
  Color color;
  bool stopped = false;
};

State state_of(const Card& card, const GroupView& group, const MemberView& member) {
  const World& world = card.frame.session.world();
  const Palette& color = card.color();
  if (card.dead || card.unborn()) return {};
  if (!card.node.failure.empty()) return {};  // the subtitle says it
  if (has_stopped(world, group, member)) {
    const char* word = member.was_reading ? "stopped" : "waits";
    const Duration length = world.t - member.stopped_since.value_or(world.t);
    if (!member.stopped_since) return {word, color.warn, true};
    return {fmt::format("{} {}", word, seconds_text(length)), color.warn, true};
  }
  if (!member.held.empty()) return {};
  if (!member.joined()) return {"not in the group", color.muted};
  return {group.rebalancing() ? "waits for a share" : "no partition: idle", color.muted};
}

void draw_number_and_name(Card& card, const GroupView& group, const MemberView& member,
                          float size) {
  Rect head = card.cut_line(size);
  const bool off = card.dead || member.held.empty();
  const float tall = std::max(card.view.px(size + 3), card.view.text_min_px * mark_part);
  const Rect patch = head.shrunk(0, (head.height() - tall) / 2);
  head.min.x +=
      draw_member_mark(card.frame.canvas, patch, mark_of(card.frame, group, member.client), off) +
      card.view.px(8);
  if (card.dead && !card.calm) {
    const float mark = card.view.px(size * 0.36F);
    cross(card.frame.canvas, {head.min.x + mark, head.center().y}, mark, card.color().bad,
          card.frame.theme().line_px() * 1.6F);
    head.min.x += 2 * mark + card.view.px(6);
  }
  const Color ink = card.dead && !card.calm ? card.color().bad : card.ink();
  draw_text_in(card.frame.canvas, head, card.pen(Face::strong, size, ink), card.info.name);
}

struct Chip {
  std::string name;
  bool gliding = false;  // still on its way to the member
};

/// What it reads; of a share group the records that it works on.
std::vector<Chip> chips_of(const Card& card, const GroupView& group, const MemberView& member) {
  std::vector<Chip> chips;
  if (group.kind != "share") {
    for (const PartitionId& id : member.held)
      chips.push_back({short_name(group, id), is_gliding(card.frame, group, id)});
    return chips;
  }
  for (const auto& [id, offset] : group.locked_for(member.client))
    chips.push_back({group.shares.size() == 1 ? std::to_string(offset)
                                              : fmt::format("{}@{}", short_name(group, id), offset),
                     false});
  return chips;
}

void draw_chips(const Card& card, Rect row, const GroupView& group, const MemberView& member,
                float text) {
  const Canvas& canvas = card.frame.canvas;
  const Color body = mark_of(card.frame, group, member.client).color;
  const Pen pen = card.pen(Face::mono_strong, text, card.color().on_meaning);
  const std::vector<Chip> chips = chips_of(card, group, member);
  if (chips.empty()) {
    const Pen quiet = card.pen(Face::regular, 14, card.color().muted);
    draw_text_in(canvas, row, quiet, "no record in hand");
    return;
  }
  for (std::size_t i = 0; i < chips.size(); ++i) {
    const std::size_t rest = chips.size() - i;
    const Pen more = card.pen(Face::mono, text, card.ink());
    const std::string count = fmt::format("+{}", rest);
    const float spare = rest > 1 ? text_width(canvas, more, count) + card.view.px(chip_gap) : 0;
    Rect room = row;
    room.max.x -= spare;
    const float wide =
        draw_partition_chip(canvas, room, pen, chips[i].name,
                            chips[i].gliding ? body.faded(0.25F) : body, card.color().card);
    if (wide > room.width()) {
      draw_text_in(canvas, row, more, count);
      return;
    }
    row.min.x += wide + card.view.px(chip_gap);
  }
}

void draw_shares(Card& card, const GroupView& group, const MemberView& member) {
  Rect row = card.rest.cut_top(std::max(card.view.px(chip_height), card.view.text_px(15) * 1.3F));
  const State state = state_of(card, group, member);
  if (!state.text.empty()) {
    draw_text_in(card.frame.canvas, row,
                 card.pen(state.stopped ? Face::strong : Face::regular, text_size, state.color),
                 state.text);
    return;
  }
  if (member.held.empty()) {
    const auto [text, color] = subtitle(card);
    draw_text_in(card.frame.canvas, row, card.pen(Face::regular, text_size, color), text);
    return;
  }
  const bool paused = !member.paused.empty();  // by itself: back-pressure
  if (paused || group.topics.size() == 1) {
    const Pen pen = card.pen(paused ? Face::strong : Face::regular, label_size,
                             paused ? card.color().warn : card.color().muted);
    const std::string topic = paused ? "paused" : *group.topics.begin();
    const float wide = text_width(card.frame.canvas, pen, topic);
    // Four chips and more need the room.
    if (paused || wide < row.width() * (member.held.size() > 4 ? 0.25F : 0.45F))
      draw_text_in(card.frame.canvas, row.cut_left(wide + card.view.px(8)), pen, topic);
  }
  draw_chips(card, row, group, member, 15);
}

/// A number and what it reads, on one or two lines.
void draw_small(Card& card, const GroupView& group, const MemberView& member, const NodeBox& box) {
  const bool tiny = box.box.width < tiny_width;
  card.rest = card.view.to_screen(box.box).shrunk(card.view.px(8), card.view.px(6));
  const State state = state_of(card, group, member);
  Rect row = card.rest;
  if (tiny) {
    const float tall = std::max(card.view.px(22), card.view.text_min_px * mark_part);
    const Rect patch = row.shrunk(0, (row.height() - tall) / 2);
    row.min.x +=
        draw_member_mark(card.frame.canvas, patch, mark_of(card.frame, group, member.client),
                         card.dead || member.held.empty()) +
        card.view.px(5);
  } else {
    draw_number_and_name(card, group, member, label_size);
    row = card.rest;
  }
  const float tall = std::max(card.view.px(20), card.view.text_min_px * mark_part);
  row = row.shrunk(0, (row.height() - tall) / 2);
  if (!member.held.empty()) return draw_chips(card, row, group, member, 13);
  std::string text = state.text;
  Color color = state.color;
  if (text.empty()) std::tie(text, color) = subtitle(card);
  if (tiny)
    text = card.dead       ? "✕"
           : state.stopped ? seconds_text(member.stopped(card.frame.session.world().t))
                           : "–";
  draw_text_in(card.frame.canvas, row, card.pen(Face::regular, 14, color), text);
}

}  // namespace

MemberMark mark_of(const Frame& frame, const GroupView& group, NodeId client) {
  const auto& groups = frame.session.history().groups();
  const auto place = std::find_if(groups.begin(), groups.end(), [&](const History::Group& known) {
    return known.name == group.name;
  });
  const auto index = static_cast<std::size_t>(place - groups.begin());
  const std::size_t number = std::max<std::size_t>(group.number_of(client), 1);
  const auto& colors = frame.color().members;
  // As many letters, up to three, as tell it from the other groups.
  std::size_t letters = groups.size() > 1 ? 1 : 0;
  const auto is_alike = [&](const History::Group& other) {
    return other.name != group.name && letters > 0 &&
           other.name.substr(0, letters) == group.name.substr(0, letters);
  };
  while (letters < 3 && std::any_of(groups.begin(), groups.end(), is_alike)) ++letters;
  return {colors[(number - 1 + index) % colors.size()],
          group.name.substr(0, letters) + std::to_string(number)};
}

namespace {
Pen mark_pen(float height, Color color) { return {Face::mono_strong, height / mark_part, color}; }
}  // namespace

float member_mark_width(const Canvas& canvas, float height, const MemberMark& mark) {
  return std::max(height,
                  text_width(canvas, mark_pen(height, mark.color), mark.text) + height * 0.4F);
}

float draw_member_mark(const Canvas& canvas, const Rect& area, const MemberMark& mark, bool faded) {
  const float height = area.height(), radius = height * 0.26F;
  const float wide = member_mark_width(canvas, height, mark);
  const Rect patch = Rect::at(area.min.x, area.min.y, wide, height);
  if (faded)
    frame(canvas, patch, mark.color, canvas.theme->line_px() * 0.8F, radius);
  else
    fill(canvas, patch, mark.color, radius);
  const Color ink = faded ? mark.color : canvas.color().on_meaning;
  draw_text_in(canvas, patch, mark_pen(height, ink), mark.text, Align::center);
  return wide;
}

bool has_stopped(const World& world, const GroupView& group, const MemberView& member) {
  const NodeView* node = world.node(member.client);
  if (node == nullptr || !node->running || !member.held.empty()) return false;
  if (member.stopped_since) return true;
  // It was told in time that it has to wait: KIP-848 gives it a share when others let go of one.
  return group.rebalancing() && member.has_read && member.rejoining;
}

std::string short_name(const GroupView& group, const PartitionId& partition) {
  return group.topics.size() <= 1 ? std::to_string(partition.partition) : to_text(partition);
}

float draw_partition_chip(const Canvas& canvas, const Rect& room, const Pen& pen,
                          const std::string& name, std::optional<Color> body, Color card) {
  const float wide = std::max(room.height(), text_width(canvas, pen, name) + room.height() * 0.5F);
  if (wide > room.width()) return wide;
  const Rect chip = Rect::at(room.min.x, room.min.y, wide, room.height());
  const float radius = room.height() * 0.24F;
  if (body) {
    fill(canvas, chip, *body, radius);
    draw_text_in(canvas, chip, pen, name, Align::center);
    return wide;
  }
  const Color warn = canvas.color().warn;
  fill(canvas, chip, card, radius);
  hatch(canvas, chip, warn.faded(0.45F), room.height() * 0.3F, canvas.theme->line_px());
  frame(canvas, chip, warn, canvas.theme->line_px(), radius);
  draw_text_in(canvas, chip, {pen.face, pen.size_px, canvas.color().text}, name, Align::center);
  return wide;
}

std::string seconds_text(Duration length) {
  const double seconds = to_seconds(length);
  if (seconds < 0.01) return fmt::format("{:.0f} ms", seconds * 1e3);
  return fmt::format("{:.{}f} s", seconds, seconds < 1 ? 2 : seconds < 100 ? 1 : 0);
}

void draw_member(Card& card, const GroupView& group, const NodeBox& box) {
  const MemberView* member = group.member(card.info.id);
  if (member == nullptr) return;
  if (box.compact) return draw_small(card, group, *member, box);
  draw_number_and_name(card, group, *member, name_size);
  card.rest.cut_top(card.view.px(3));
  draw_shares(card, group, *member);
  card.rest.cut_top(card.view.px(2));
}

}  // namespace eventarium::viz::ui
